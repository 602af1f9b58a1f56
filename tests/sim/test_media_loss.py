"""A lossy line on both sides of the fan-out, in virtual time: what is lost is repaired."""

from __future__ import annotations

import heapq
import random

import pytest

from mixer.forward.interface import Address, TappedPacket
from mixer.rtp.nack import NackGenerator
from mixer.rtp.packet import Kind, RtpPacket, classify
from mixer.rtp.rtcp import Nack, PictureLoss, parse_rtcp, serialize_rtcp
from mixer.rtp.sequence import SequenceExtender
from tests.unit.mixer.forward.rig import (
    DELTA,
    KEY,
    MS,
    OUT_RTX_SSRC,
    OUT_SSRC,
    PUBLISHER,
    RTX_SSRC,
    VIDEO,
    VIDEO_SSRC,
    VIEWER,
    Rig,
    rtp,
)

DELAY_MS, JITTER_MS = 20, 8
PACKETS = 3000


class LossyLine:
    """Delays by 20 to 28 ms, reorders accordingly, loses and doubles by chance."""

    def __init__(self, source: random.Random, loss: float) -> None:
        self._source = source
        self._loss = loss
        self._queue: list[tuple[float, int, bytes]] = []
        self._count = 0

    def send(self, datagram: bytes, now_ms: float) -> None:
        copies = 0 if self._source.random() < self._loss else 1
        copies += self._source.random() < 0.01
        for _ in range(copies):
            self._count += 1
            due = now_ms + DELAY_MS + self._source.random() * JITTER_MS
            heapq.heappush(self._queue, (due, self._count, datagram))

    def send_all(self, datagrams: list[bytes], now_ms: float) -> None:
        for datagram in datagrams:
            self.send(datagram, now_ms)

    def arrived(self, now_ms: float) -> list[bytes]:
        found = []
        while self._queue and self._queue[0][0] <= now_ms:
            found.append(heapq.heappop(self._queue)[2])
        return found


class Publisher:
    """Sends a packet every 4 ms, repeats what it is asked for, makes key frames on request."""

    def __init__(self) -> None:
        self.sent: dict[int, bytes] = {}
        self.keyframes_asked = 0
        self._rtx = 0
        self._wants_key = True

    def make(self) -> bytes:
        number = len(self.sent)
        payload = KEY if self._wants_key else DELTA
        self._wants_key = False
        packet = rtp(96, 65_000 + number, number * 360, VIDEO_SSRC, payload)
        self.sent[(65_000 + number) & 0xFFFF] = packet
        return packet

    def react(self, datagram: bytes) -> list[bytes]:
        repeated = []
        for item in parse_rtcp(datagram):
            if isinstance(item, PictureLoss):
                self.keyframes_asked += 1
                self._wants_key = True
            if isinstance(item, Nack):
                for number in item.lost:
                    self._rtx += 1
                    packet = self.sent[number]
                    stamp = int.from_bytes(packet[4:8], "big")
                    again = packet[2:4] + packet[12:]
                    repeated.append(rtp(97, self._rtx, stamp, RTX_SSRC, again))
        return repeated


class Viewer:
    """Notes every sequence number it got, first hand or again, and asks for the others."""

    def __init__(self) -> None:
        self.got: set[int] = set()
        self._extender = SequenceExtender()
        self._nack = NackGenerator(reorder_ns=10 * MS)

    def take(self, datagram: bytes, now_ns: int) -> None:
        if classify(datagram) is not Kind.RTP:
            return
        packet = RtpPacket.parse(datagram)
        sequence = packet.sequence
        if packet.ssrc == OUT_RTX_SSRC:
            sequence = int.from_bytes(packet.payload[:2], "big")
        number = self._extender.extend(sequence)
        self._nack.add(number, now_ns)
        self.got.add(number)

    def ask(self, now_ns: int) -> list[bytes]:
        lost = self._nack.poll(now_ns, 60 * MS)
        numbers = tuple(number & 0xFFFF for number in lost)
        return [serialize_rtcp((Nack(1, OUT_SSRC, numbers),))] if numbers else []


class Conference:
    """Publisher, fan-out and viewer with four lossy lines between them."""

    def __init__(self, loss: float, seed: int, *, rtx: bool) -> None:
        source = random.Random(seed)
        self.up, self.up_back, self.down, self.down_back = (
            LossyLine(source, loss) for _ in range(4)
        )
        self.rig = Rig(rtx=rtx)
        self.rig.fanout.set_tap(VIDEO, tapped=True)
        self.publisher, self.viewer = Publisher(), Viewer()
        self.tapped: list[TappedPacket] = []
        self._start_ns = self.rig.now_ns
        for now_ms in range(PACKETS * 4 + 2000):
            self._step(now_ms)

    def _step(self, now_ms: int) -> None:
        now_ns = self.rig.now_ns = self._start_ns + now_ms * MS
        if now_ms % 4 == 0 and now_ms < PACKETS * 4:
            self.up.send(self.publisher.make(), now_ms)
        self._arrive(self.up, PUBLISHER, now_ms)
        self._arrive(self.down_back, VIEWER, now_ms)
        if now_ms % 20 == 0:
            self.rig.fanout.poll(now_ns)
            self.down_back.send_all(self.viewer.ask(now_ns), now_ms)
        self._leave(PUBLISHER, self.up_back, now_ms)
        self._leave(VIEWER, self.down, now_ms)
        for datagram in self.up_back.arrived(now_ms):
            self.up.send_all(self.publisher.react(datagram), now_ms)
        for datagram in self.down.arrived(now_ms):
            self.viewer.take(datagram, now_ns)

    def _arrive(self, line: LossyLine, address: Address, now_ms: int) -> None:
        for datagram in line.arrived(now_ms):
            self.tapped += self.rig.arrive(datagram, address).tapped

    def _leave(self, address: Address, line: LossyLine, now_ms: int) -> None:
        for is_rtcp in (False, True):
            line.send_all(self.rig._taken(address, is_rtcp=is_rtcp), now_ms)


@pytest.mark.parametrize("rtx", [True, False], ids=["rtx", "plain"])
@pytest.mark.parametrize(("loss", "seed"), [(0.0, 1), (0.05, 2), (0.2, 3)])
def test_losses_on_both_lines_are_repaired(loss: float, seed: int, rtx: bool) -> None:
    conference = Conference(loss, seed, rtx=rtx)
    numbers = [packet.sequence for packet in conference.tapped]
    assert len(numbers) == len(set(numbers))
    # The very first packets may be lost before there is anything to compare with.
    begun = PACKETS - (max(numbers) - min(numbers) + 1)
    assert begun <= 5
    assert len(numbers) >= 0.999 * (PACKETS - begun)
    out = sorted(conference.viewer.got)
    assert len(out) >= 0.995 * (out[-1] - out[0] + 1)
    assert len(out) >= 0.99 * len(numbers)
    assert conference.publisher.keyframes_asked <= 12


def test_session_times_follow_capture_and_not_the_line() -> None:
    tapped = sorted(Conference(0.05, 4, rtx=True).tapped, key=lambda packet: packet.sequence)
    later = tapped[len(tapped) // 2 :]
    offsets = [packet.session_ns - packet.sequence * 4 * MS for packet in later]
    assert max(offsets) - min(offsets) < 2 * MS
