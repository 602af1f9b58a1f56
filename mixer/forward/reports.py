"""What time makes due: reports, requests for lost packets and key frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mixer.forward.egress import Egress
from mixer.forward.in_stream import InStream
from mixer.forward.interface import Batch
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState
from mixer.forward.schedule import AWAITED_NS, Due
from mixer.forward.transport_log import ArrivalLog
from mixer.rtp.ntp import UNIX_TO_NTP_NS, ns_to_ntp
from mixer.rtp.rtcp import (
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SenderReport,
    SourceDescription,
)
from mixer.wire.ids import MediaKind

RECEIVER_INTERVAL_NS: Final = 500_000_000
SENDER_INTERVAL_NS: Final = 1_000_000_000
FIRST_REPORT_NS: Final = 100_000_000
SILENT_INTERVAL_NS: Final = 2_000_000_000
"""Of a layer that does not flow: browsers answer with key frames on all others."""
FEEDBACK_INTERVAL_NS: Final = 100_000_000
PUBLISHER_BITRATE_BPS: Final = 4_000_000
"""What publishers without transport-wide feedback are told they may send together; a hall needs
2.5 Mbit/s. Their own loss-based control stays below it where the line is worse."""
_MAX_BLOCKS: Final = 31


class SessionTime:
    """Session and wall time of the monotonic clock, all in ns."""

    __slots__ = ("origin_monotonic_ns", "origin_wall_ns")

    def __init__(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        self.origin_monotonic_ns = origin_monotonic_ns
        self.origin_wall_ns = origin_wall_ns

    def session_ns(self, monotonic_ns: int) -> int:
        """Session time of a monotonic time."""
        return monotonic_ns - self.origin_monotonic_ns

    def ntp(self, monotonic_ns: int) -> int:
        """The 64-bit NTP timestamp of a monotonic time."""
        return ns_to_ntp(self.session_ns(monotonic_ns) + self.origin_wall_ns + UNIX_TO_NTP_NS)


class Reporter:
    """Writes RTCP of our own accord."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self.feedback = 0

    def request_keyframe(self, stream: InStream, now_ns: int, batch: Batch) -> None:
        """Ask the publisher for a key frame, throttled."""
        if stream.kind is MediaKind.VIDEO and stream.gate.request(stream.stream, now_ns):
            self._ask(stream, batch)

    def poll_in(self, due: Due, now_ns: int, batch: Batch) -> None:
        """Ask again for lost packets and for key frames somebody still waits for."""
        for stream in due.streams:
            if stream.nack is not None and stream.peer is not None:
                self._repair(stream, stream.peer, now_ns, batch)
            if stream.gate.is_due(stream.stream, now_ns):
                self._ask(stream, batch)
            elif due.checks_awaited and _may_repeat(stream, now_ns) and stream.is_awaited:
                self.request_keyframe(stream, now_ns, batch)

    def poll_peer(self, peer: PeerState, now_ns: int, time: SessionTime) -> None:
        """Send the reports that are due for one peer."""
        if peer.outbound is None or peer.address is None:
            return
        if peer.media and now_ns >= peer.report_due_ns:
            peer.report_due_ns = now_ns + RECEIVER_INTERVAL_NS
            self._egress.send_rtcp(peer, _reception(peer, now_ns))
        if peer.arrivals is not None and now_ns >= peer.feedback_due_ns:
            peer.feedback_due_ns = now_ns + FEEDBACK_INTERVAL_NS
            self._tell_arrivals(peer, peer.arrivals)
        for out in peer.outs.values():
            if out.sent_packets and now_ns >= out.report_due_ns:
                if out.report_due_ns == 0:
                    # The first packet alone places the stream badly on the clock.
                    out.report_due_ns = now_ns + FIRST_REPORT_NS
                    continue
                out.report_due_ns = now_ns + SENDER_INTERVAL_NS
                self._egress.send_rtcp(peer, _sender_report(out, now_ns, time))

    def _tell_arrivals(self, peer: PeerState, arrivals: ArrivalLog) -> None:
        for report in arrivals.reports(peer.ssrc, next(iter(peer.media), 0)):
            self.feedback += 1
            self._egress.send_rtcp(peer, (report,))

    def say_goodbye(self, peer: PeerState, outs: Iterable[OutStream]) -> None:
        """Tell a peer that streams end (RFC 3550 section 6.6)."""
        ssrcs = tuple(out.line.ssrc for out in outs if out.sent_packets)[:_MAX_BLOCKS]
        if ssrcs:
            self._egress.send_rtcp(peer, (ReceiverReport(ssrcs[0]), Goodbye(ssrcs)))

    def _ask(self, stream: InStream, batch: Batch) -> None:
        stream.keyframes_asked += 1
        if stream.peer is None:
            batch.keyframes_wanted.append(stream.stream)
        elif stream.ssrc >= 0:
            self._egress.send_rtcp(
                stream.peer,
                (ReceiverReport(stream.peer.ssrc), PictureLoss(stream.peer.ssrc, stream.ssrc)),
            )

    def _repair(self, stream: InStream, peer: PeerState, now_ns: int, batch: Batch) -> None:
        nack = stream.nack
        if nack is None:
            return
        lost = nack.poll(now_ns, peer.spacing_ns)
        if lost:
            numbers = tuple(number & 0xFFFF for number in lost)
            self._egress.send_rtcp(
                peer, (ReceiverReport(peer.ssrc), Nack(peer.ssrc, stream.ssrc, numbers))
            )
        if nack.lost > stream.lost_seen:
            stream.lost_seen = nack.lost
            self.request_keyframe(stream, now_ns, batch)


def _may_repeat(stream: InStream, now_ns: int) -> bool:
    silent_ns = now_ns - max(stream.last_packet_ns, stream.gate.asked_ns)
    flows = now_ns - stream.last_packet_ns < AWAITED_NS
    return flows or silent_ns >= SILENT_INTERVAL_NS


def _reception(peer: PeerState, now_ns: int) -> list[Rtcp]:
    streams = list(peer.media.values())[:_MAX_BLOCKS]
    blocks = tuple(_block(stream, now_ns) for stream in streams)
    packets: list[Rtcp] = [
        ReceiverReport(peer.ssrc, blocks),
        SourceDescription(((peer.ssrc, peer.cname),)),
    ]
    video = tuple(stream.ssrc for stream in streams if stream.kind is MediaKind.VIDEO)
    if video and peer.arrivals is None:
        packets.append(Remb(peer.ssrc, PUBLISHER_BITRATE_BPS, video))
    return packets


def _block(stream: InStream, now_ns: int) -> ReportBlock:
    block = stream.statistics.report_block(now_ns)
    stream.loss_fraction = block.fraction_lost / 256
    return block


def _sender_report(out: OutStream, now_ns: int, time: SessionTime) -> tuple[Rtcp, ...]:
    ssrc = out.line.ssrc
    report = SenderReport(
        ssrc,
        time.ntp(now_ns),
        out.timestamp_at(time.session_ns(now_ns)),
        out.sent_packets & 0xFFFFFFFF,
        out.sent_octets & 0xFFFFFFFF,
    )
    return report, SourceDescription(((ssrc, out.peer.cname),))
