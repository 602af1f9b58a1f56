"""Nineteen seats that send Opus loops in real time, keep what they hear, and are timed."""

import asyncio
import gc
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from bench.clicks import (
    PACKET_NS,
    PILOT_EVERY_SEATS,
    ClickLoop,
    HeardPacket,
    Recording,
    decode_heard,
    match_delays_ms,
    pilot_hz,
)
from bench.processes import read_usage
from bench.workers import BenchError
from mixer.rtp.payload_type import AUDIO_CLOCK_RATE, OPUS
from mixer.rtp.receive import ReceiveStatistics
from mixer.rtp.rtcp import ReceiverReport, serialize_rtcp
from mixer.rtp.sequence import SequenceExtender
from mixer.sound.codec import OpusLibrary
from server.simulate.connection import Connection
from server.simulate.sender import SentTrack

STEP_S = 0.002
REPORT_NS = 1_000_000_000
FEWEST_HEARD = 0.97
"""Of the packets due; a server that sends less has not done the work it is timed for."""
LONGEST_STALL_NS = 40_000_000
"""Two packets. A load that stood still longer has sent a burst of its own making."""
_HEADER = struct.Struct("!BBHII")


class Span(NamedTuple):
    """How long a run takes."""

    settle_s: float
    """Before anything is measured."""
    measured_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """One candidate, once."""

    core_percent: float
    """CPU of the server's processes, in percent of one core."""
    processes_percent: tuple[float, ...]
    """The same by process."""
    delays_ms: tuple[float, ...]
    holes_per_minute: float
    """Windows of 20 ms missing from a pilot, per minute of one pilot."""


class SoundSeat:
    """Sends its loop on one connection, hears on the same or another one."""

    def __init__(self, number: int, loop: ClickLoop, phase_ns: int) -> None:
        """`phase_ns`: how much later than the others' packets its own leave."""
        self.number = number
        self._loop = loop
        self._phase_ns = phase_ns
        self._track = SentTrack(OPUS, AUDIO_CLOCK_RATE, self._send)
        self._connection: Connection | None = None
        self._feedback: Connection | None = None
        self._packet = 0
        self._origin_ns = 0
        self._reported_ns = 0
        self._extender = SequenceExtender()
        self._statistics: ReceiveStatistics | None = None
        self.recording = False
        self.said_ns: list[int] = []
        self.heard: list[HeardPacket] = []

    @property
    def ssrc(self) -> int:
        """What its packets carry."""
        return self._track.ssrc

    def start(self, sending: Connection, hearing: Connection, origin_ns: int) -> None:
        """All seats share `origin_ns`: it places their clicks one behind another."""
        self._connection, self._feedback = sending, hearing
        self._origin_ns = origin_ns + self._phase_ns
        self._track.start(self._origin_ns)

    def advance(self, now_ns: int) -> None:
        """Send what is due."""
        while (due_ns := self._origin_ns + self._packet * PACKET_NS) <= now_ns:
            place = self._packet % len(self._loop.packets)
            self._track.send_frame((self._loop.packets[place],), due_ns, now_ns)
            if place == self._loop.click_packet and self.recording:
                self.said_ns.append(now_ns + self._loop.click_ns)
            self._packet += 1
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            self._report(now_ns)

    def on_rtp(self, packet: bytes) -> None:
        """Keep one packet of the return."""
        now_ns = time.monotonic_ns()
        _, _, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
        if self._statistics is None:
            self._statistics = ReceiveStatistics(ssrc, AUDIO_CLOCK_RATE)
        number = self._extender.extend(sequence)
        self._statistics.on_packet(number, timestamp, now_ns, len(packet))
        if self.recording:
            header = 12 + _extension_bytes(packet)
            self.heard.append(HeardPacket(now_ns, number, packet[header:]))

    def on_rtcp(self, _packet: bytes) -> None:
        """Nothing is asked of sound."""

    def _send(self, packet: bytes) -> None:
        if self._connection is not None:
            self._connection.send_rtp(packet)

    def _report(self, now_ns: int) -> None:
        if self._connection is not None:
            self._connection.send_rtcp(self._track.report(f"bench-{self.number}", now_ns))
        if self._feedback is not None and self._statistics is not None:
            block = self._statistics.report_block(now_ns)
            self._feedback.send_rtcp(serialize_rtcp([ReceiverReport(self.ssrc, (block,))]))


def _extension_bytes(packet: bytes) -> int:
    """Length of the header extension (RFC 3550 section 5.3.1), 0 without."""
    if not packet[0] & 0x10:
        return 0
    return 4 + 4 * int.from_bytes(packet[14:16], "big")


def make_seats(loops: Sequence[ClickLoop], turn: int) -> list[SoundSeat]:
    """A seat a loop; packets leave spread over 20 ms, in another order each `turn`."""
    count = len(loops)
    return [
        SoundSeat(seat, loop, (seat * (2 * turn + 1) % count) * PACKET_NS // count)
        for seat, loop in enumerate(loops)
    ]


@contextmanager
def uncollected() -> Iterator[None]:
    """For a whole run: to collect what a load keeps takes 50 to 120 ms, and no seat sends then."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def drive(
    seats: Sequence[SoundSeat], pids: Iterable[int], library: OpusLibrary, span: Span
) -> Run:
    """Let seats that have been started talk; time the server's processes for the span.

    Raises BenchError when seats heard too little or the load itself stood still,
    ProcessLookupError when a server died.
    """
    processes = tuple(pids)
    loop = asyncio.get_running_loop()
    last_ns = time.monotonic_ns()
    longest_ns = 0

    async def play(until_s: float) -> None:
        nonlocal last_ns, longest_ns
        while loop.time() < until_s:
            now_ns = time.monotonic_ns()
            longest_ns, last_ns = max(longest_ns, now_ns - last_ns), now_ns
            for seat in seats:
                seat.advance(time.monotonic_ns())
            await asyncio.sleep(STEP_S)

    await play(loop.time() + span.settle_s)
    for seat in seats:
        seat.recording = True
    before = [read_usage(pid) for pid in processes]
    await play(loop.time() + span.measured_s)
    after = [read_usage(pid) for pid in processes]
    for seat in seats:
        seat.recording = False
    if longest_ns > LONGEST_STALL_NS:
        raise BenchError(f"the load itself stood still for {longest_ns / 1e6:.0f} ms")
    elapsed_s = after[0].at_s - before[0].at_s
    _check_heard(seats, elapsed_s)
    cores = [late.cores_since(early) for early, late in zip(before, after, strict=True)]
    recordings = [decode_heard(library, seat.heard) for seat in seats]
    return Run(
        core_percent=sum(cores) * 100,
        processes_percent=tuple(core * 100 for core in cores),
        delays_ms=tuple(_delays_ms(seats, recordings)),
        holes_per_minute=_holes(seats, recordings) / (elapsed_s / 60),
    )


def _check_heard(seats: Sequence[SoundSeat], elapsed_s: float) -> None:
    due = elapsed_s * 1e9 / PACKET_NS
    least = min(seats, key=lambda seat: len(seat.heard))
    if len(least.heard) < due * FEWEST_HEARD:
        raise BenchError(f"seat {least.number} heard {len(least.heard)} of {due:.0f} packets")


def _delays_ms(seats: Sequence[SoundSeat], recordings: Sequence[Recording]) -> Iterable[float]:
    for seat, recording in zip(seats, recordings, strict=True):
        said = [moment for other in seats if other is not seat for moment in other.said_ns]
        yield from match_delays_ms(said, recording.onsets_ns())


def _holes(seats: Sequence[SoundSeat], recordings: Sequence[Recording]) -> float:
    """Mean over the pilots, each as its neighbour heard it."""
    pilots = [seat.number for seat in seats if seat.number % PILOT_EVERY_SEATS == 0]
    found = [recordings[(seat + 1) % len(seats)].holes(pilot_hz(seat)) for seat in pilots]
    return sum(found) / len(found)
