"""What a transport-wide report costs, from its datagram to the new estimate of the line.

Packets of one out-stream leave through a fan-out in ticks of 5 ms, to a socket that keeps nothing;
ten times a second the receiver tells how they arrived. Counted is the CPU time from the SRTCP
datagram on: decrypt, read, find what was sent, estimate; of all reports the median, as some are
interrupted. Reference and compiled fan-out in turn.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import median

from bench.alternate import alternate
from bench.report import Measurement
from mixer.forward.compiled import choose_hot_path
from mixer.forward.interface import Address, Extensions, InjectedPacket, OutLine
from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import TransportFeedback, serialize_rtcp
from mixer.transport.srtp import PROFILES, make_sessions
from mixer.wire.ids import MediaKind

REPORTS = 400
TICKS = 20
"""Of 5 ms, in the 100 ms of one report."""
TICK_NS = 5_000_000
SIZES = {"20": 1, "245": 12}
"""Packets a report to packets a tick; the larger one has 5 more in its last tick."""
PEER, STREAM, OUT = 1, 1, 1
ADDRESS = ("192.0.2.1", 9)
BODY_BYTES = 800


class _Nowhere:
    def recvfrom(self, _size: int, /) -> tuple[bytes, Address]:
        raise BlockingIOError

    def sendto(self, datagram: bytes, _address: Address, /) -> int:
        return len(datagram)


class Reported:
    """One receiver that tells, and the sender's estimate of its line."""

    def __init__(self, *, compiled: bool) -> None:
        path = choose_hot_path(allow_compiled=compiled)
        if path.is_compiled is not compiled:
            raise ValueError(path.reason)
        self._fanout = path.make_fanout(_Nowhere())
        self._estimate = self._fanout.make_estimate()
        keying = os.urandom(2 * (PROFILES[0].key_bytes + PROFILES[0].salt_bytes))
        ours = make_sessions(PROFILES[0], keying, is_server=True)
        self._keys = make_sessions(PROFILES[0], keying, is_server=False)
        self._fanout.add_peer(PEER, "bench")
        self._fanout.set_keys(PEER, ours.inbound, ours.outbound)
        self._fanout.set_address(PEER, ADDRESS, send_to=True)
        self._fanout.add_local(STREAM, MediaKind.AUDIO, payload_type.AUDIO_CLOCK_RATE)
        extensions = Extensions(transport_sequence=5)
        media = {payload_type.OPUS: 111}
        line = OutLine(
            MediaKind.AUDIO, 2, 0, media, {}, extensions=extensions, nack=False,
            transport_feedback=True,
        )  # fmt: skip
        self._fanout.add_out(OUT, PEER, line)
        self._fanout.set_route(OUT, STREAM)
        self._number = 0
        self._now_ns = 10**9
        self._random = Random(1)

    def cost_us(self, per_tick: int) -> float:
        """CPU time of a report. Raises ValueError when a report did not reach the estimate."""
        spent_ns, told = [], 0
        for _ in range(REPORTS):
            first = self._number + 1
            for tick in range(TICKS):
                self._now_ns += TICK_NS
                last = tick == TICKS - 1 and per_tick > 1
                self._send(per_tick + 5 if last else per_tick)
            datagram = self._report(first)
            begun_ns = time.thread_time_ns()
            batch = self._fanout.receive(datagram, ADDRESS, self._now_ns)
            for report in batch.feedback:
                self._estimate.feedback(report, self._now_ns)
            spent_ns.append(time.thread_time_ns() - begun_ns)
            told += sum(report.packets for report in batch.feedback)
        if told != REPORTS * (TICKS * per_tick + 5 * (per_tick > 1)):
            raise ValueError(f"only {told} packets were told of")
        return median(spent_ns) / 1000

    def _send(self, count: int) -> None:
        packets = []
        for _ in range(count):
            self._number += 1
            packet = RtpPacket(
                payload_type.OPUS, self._number & 0xFFFF, self._number * 960, 1, bytes(BODY_BYTES)
            )
            packets.append(
                InjectedPacket(
                    STREAM,
                    is_keyframe=False,
                    sequence=self._number,
                    session_ns=self._now_ns,
                    packet=packet.serialize(),
                )
            )
        self._fanout.inject(packets, self._now_ns)

    def _report(self, first: int) -> bytes:
        """Each packet some ticks of 250 us after the one before, in whole 100 ms."""
        count = self._number - first + 1
        apart = 400 // count
        deltas = [apart + self._random.randint(0, 1) for _ in range(count)]
        deltas[0] += 400 - sum(deltas)
        reference = self._now_ns // 64_000_000
        report = TransportFeedback(1, 2, first & 0xFFFF, reference, 0, tuple(deltas))
        return self._keys.outbound.protect_rtcp(serialize_rtcp((report,)))


def measure(rounds: int) -> list[Measurement]:
    """Microseconds a report of 20 and of 245 packets, and compiled / reference.

    Raises ValueError where nothing is compiled, or when a report got lost.
    """
    found: list[Measurement] = []
    for size, per_tick in SIZES.items():
        runs: dict[str, Callable[[], float]] = {
            "reference": partial(_once, per_tick, compiled=False),
            "compiled": partial(_once, per_tick, compiled=True),
        }
        costs = alternate(runs, rounds)
        found += [Measurement(f"{name}_{size}", costs.median(name), "us") for name in runs]
        ratio = costs.ratio("compiled", "reference")
        found.append(Measurement(f"compiled_to_reference_{size}", ratio))
    return found


def _once(per_tick: int, *, compiled: bool) -> float:
    return Reported(compiled=compiled).cost_us(per_tick)
