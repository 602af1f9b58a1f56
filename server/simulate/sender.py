"""Sends one track of a simulated site: RTP, sender reports, repair, key frames on request."""

from __future__ import annotations

import secrets
import struct
import time
from typing import TYPE_CHECKING

from mixer.rtp.nack import PacketRing
from mixer.rtp.ntp import ns_to_ntp
from mixer.rtp.rtcp import SenderReport, SourceDescription, serialize_rtcp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HEADER = struct.Struct("!BBHII")
_SECOND_NS = 1_000_000_000


class SentTrack:
    """Numbers, keeps and repeats the packets of one SSRC.

    Times are CLOCK_MONOTONIC in ns; sender reports turn them into Unix time.
    """

    def __init__(self, payload_type: int, clock_rate: int, send: Callable[[bytes], None]) -> None:
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self._payload_type = payload_type
        self._clock_rate = clock_rate
        self._send = send
        self._sequence = secrets.randbelow(1 << 15)
        self._timestamp_offset = secrets.randbits(32)
        self._origin_ns = 0
        self._ring: PacketRing[bytes] = PacketRing(1024)
        self.packets = 0
        self.octets = 0
        self.repeated = 0

    def start(self, origin_ns: int) -> None:
        """Capture time 0 of the RTP clock."""
        self._origin_ns = origin_ns

    def _timestamp(self, time_ns: int) -> int:
        ticks = (time_ns - self._origin_ns) * self._clock_rate // _SECOND_NS
        return (self._timestamp_offset + ticks) & 0xFFFFFFFF

    def send_frame(self, payloads: Sequence[bytes], capture_ns: int, now_ns: int) -> None:
        """Send the payloads of one frame, captured at ``capture_ns``; marker on the last."""
        timestamp = self._timestamp(capture_ns)
        last = len(payloads) - 1
        for index, payload in enumerate(payloads):
            second = self._payload_type | (0x80 if index == last else 0)
            header = _HEADER.pack(0x80, second, self._sequence & 0xFFFF, timestamp, self.ssrc)
            packet = header + payload
            self._ring.store(self._sequence, packet, now_ns)
            self._sequence += 1
            self.packets += 1
            self.octets += len(payload)
            self._send(packet)

    def repeat(self, lost: Sequence[int], now_ns: int) -> None:
        """Answer a NACK."""
        for sequence in lost:
            packet = self._ring.resend(sequence, now_ns, 10_000_000)
            if packet is not None:
                self.repeated += 1
                self._send(packet)

    def report(self, cname: str, now_ns: int) -> bytes:
        """A sender report with its CNAME."""
        wall_ns = time.time_ns() - time.monotonic_ns() + now_ns
        return serialize_rtcp(
            [
                SenderReport(
                    self.ssrc,
                    ns_to_ntp(wall_ns),
                    self._timestamp(now_ns),
                    self.packets & 0xFFFFFFFF,
                    self.octets & 0xFFFFFFFF,
                ),
                SourceDescription(((self.ssrc, cname),)),
            ]
        )
