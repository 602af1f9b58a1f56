"""Receives the tracks of one connection: counts, asks for what is missing, keeps the return."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

from mixer.rtp.nack import NackGenerator
from mixer.rtp.receive import ReceiveStatistics
from mixer.rtp.rtcp import (
    Nack,
    PictureLoss,
    ReceiverReport,
    SenderReport,
    parse_rtcp,
    serialize_rtcp,
)
from mixer.rtp.sequence import SequenceExtender

if TYPE_CHECKING:
    from collections.abc import Callable

    from .capture import ReturnCapture
    from .description import ReceivedTrack

_FIELDS = struct.Struct("!HII")
PLI_SPACING_NS = 1_000_000_000


class _Stream:
    """One SSRC. Duplicates are found among the last numbers only, which is where they are."""

    def __init__(self, track: ReceivedTrack) -> None:
        self.kind = track.kind
        self.ssrc = track.ssrc
        self.statistics = ReceiveStatistics(track.ssrc, track.clock_rate)
        self.extender = SequenceExtender()
        self.missing = NackGenerator()
        self.highest = -1
        self.repaired = 0
        self.asked_ns = 0


class TrackReceiver:
    """All tracks of a receiving connection. ``send_rtcp`` takes plain RTCP."""

    def __init__(self, send_rtcp: Callable[[bytes], None], capture: ReturnCapture | None) -> None:
        """``capture`` keeps the sound that arrives, for the verdict; None: thrown away."""
        self._send_rtcp = send_rtcp
        self._capture = capture
        self._streams: dict[int, _Stream] = {}
        self._closed: list[_Stream] = []
        self.unknown_ssrc = 0

    def expect(self, tracks: list[ReceivedTrack]) -> None:
        """The tracks of a new description; counts of earlier ones stay in the totals."""
        self._closed += self._streams.values()
        self._streams = {track.ssrc: _Stream(track) for track in tracks}

    def on_rtp(self, packet: bytes) -> None:
        """Count one packet."""
        if len(packet) < 12:
            return
        sequence, timestamp, ssrc = _FIELDS.unpack_from(packet, 2)
        stream = self._streams.get(ssrc)
        if stream is None:
            self.unknown_ssrc += 1
            return
        now_ns = time.monotonic_ns()
        number = stream.extender.extend(sequence)
        late = number <= stream.highest
        if late and number not in stream.missing.missing:
            return
        stream.missing.add(number, now_ns)
        stream.repaired += late
        stream.highest = max(stream.highest, number)
        stream.statistics.on_packet(number, timestamp, now_ns, len(packet), repaired=late)
        if self._capture is not None and stream.kind == "audio":
            self._capture.add(now_ns, number, timestamp, packet[12:])

    def on_rtcp(self, packet: bytes) -> None:
        """Note sender reports, so that ours tell the round trip."""
        now_ns = time.monotonic_ns()
        for part in parse_rtcp(packet):
            if isinstance(part, SenderReport) and part.ssrc in self._streams:
                self._streams[part.ssrc].statistics.on_sender_report(part.ntp, now_ns)

    def ask(self, now_ns: int) -> None:
        """NACK what is missing; a key frame when too much is."""
        for stream in self._streams.values():
            lost = stream.missing.poll(now_ns, 20_000_000)
            if lost:
                wanted = tuple(number & 0xFFFF for number in lost)
                self._send_rtcp(serialize_rtcp([Nack(1, stream.ssrc, wanted)]))
            if stream.kind == "video" and not stream.statistics.packets_received:
                self._want_picture(stream, now_ns)

    def _want_picture(self, stream: _Stream, now_ns: int) -> None:
        if now_ns - stream.asked_ns >= PLI_SPACING_NS:
            stream.asked_ns = now_ns
            self._send_rtcp(serialize_rtcp([PictureLoss(1, stream.ssrc)]))

    def report(self, now_ns: int) -> None:
        """A receiver report for all tracks."""
        blocks = tuple(
            stream.statistics.report_block(now_ns)
            for stream in self._streams.values()
            if stream.statistics.packets_received
        )
        if blocks:
            self._send_rtcp(serialize_rtcp([ReceiverReport(1, blocks)]))

    def totals(self, kind: str) -> tuple[int, int, int]:
        """Packets received, lost for good, repaired; of one kind, over all connections."""
        streams = [
            stream for stream in (*self._closed, *self._streams.values()) if stream.kind == kind
        ]
        return (
            sum(stream.statistics.packets_received for stream in streams),
            sum(max(0, stream.statistics.packets_lost) for stream in streams),
            sum(stream.repaired for stream in streams),
        )
