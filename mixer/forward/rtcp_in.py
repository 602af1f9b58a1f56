"""What peers tell us by RTCP."""

from __future__ import annotations

from collections.abc import Sequence

from pylibsrtp import Error as SrtpError

from mixer.forward.batch import Batch, BitrateReport, ReceptionReport
from mixer.forward.drops import Drop
from mixer.forward.in_stream import InStream
from mixer.forward.peer import PeerState
from mixer.forward.reports import Reporter, SessionTime
from mixer.forward.sender import Sender
from mixer.rtp.errors import RtpError
from mixer.rtp.receive import round_trip_ns
from mixer.rtp.rtcp import (
    FullIntraRequest,
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SenderReport,
    TransportFeedback,
    parse_rtcp,
)


class RtcpInput:
    """Carries out one compound after the other; a malformed one counts as a whole.

    A peer may send 300 compounds and ask for 1000 packets in a second.
    """

    def __init__(self, streams: dict[int, InStream], reporter: Reporter, sender: Sender) -> None:
        self._streams = streams
        self._reporter = reporter
        self._sender = sender
        self.feedback = 0

    def receive(
        self, peer: PeerState, datagram: bytes, now_ns: int, time: SessionTime, batch: Batch
    ) -> None:
        """Take one SRTCP datagram."""
        if peer.inbound is None:
            peer.drops.add(Drop.NO_KEYS)
            return
        if not peer.rtcp_budget.spend(1, now_ns):
            peer.drops.add(Drop.RTCP_FLOOD)
            return
        ssrc = int.from_bytes(datagram[4:8], "big")
        if not peer.admits(ssrc):
            peer.drops.add(Drop.SSRC_SURPLUS)
            return
        try:
            plain = peer.inbound.unprotect_rtcp(datagram)
        except ValueError:
            peer.drops.add(Drop.TOO_LONG)
            return
        except SrtpError:
            peer.drops.add(Drop.SRTCP_REFUSED)
            return
        peer.admit(ssrc)
        self.read(peer, plain, now_ns, time, batch)

    def read(
        self, peer: PeerState, plain: bytes, now_ns: int, time: SessionTime, batch: Batch
    ) -> None:
        """Take one compound in the clear."""
        try:
            packets = parse_rtcp(plain)
        except RtpError:
            peer.drops.add(Drop.MALFORMED_RTCP)
            return
        for packet in packets:
            self._carry_out(peer, packet, now_ns, time, batch)

    def _carry_out(
        self, peer: PeerState, packet: Rtcp, now_ns: int, time: SessionTime, batch: Batch
    ) -> None:
        match packet:
            case SenderReport():
                _note_sender(peer, packet, now_ns)
                _note_reception(peer, packet.reports, now_ns, time, batch)
            case ReceiverReport():
                _note_reception(peer, packet.reports, now_ns, time, batch)
            case Nack():
                self.resend(peer, packet.media_ssrc, packet.lost, now_ns)
            case PictureLoss():
                self._keyframes(peer, [packet.media_ssrc], now_ns, batch)
            case FullIntraRequest():
                self._keyframes(peer, [ssrc for ssrc, _ in packet.requests], now_ns, batch)
            case Remb():
                batch.bitrates.append(_belief(peer, packet))
            case TransportFeedback():
                self._feedback(peer, packet, now_ns, batch)
            case Goodbye():
                _note_end(peer, packet)

    def _feedback(
        self, peer: PeerState, report: TransportFeedback, now_ns: int, batch: Batch
    ) -> None:
        self.feedback += 1
        told = peer.sent.match(peer.peer, report, now_ns, peer.drops)
        if told is None:
            return
        if peer.estimate is None:
            batch.feedback.append(told)
        else:
            peer.estimate.feedback(told, now_ns)
            if peer.estimate.has_moved:
                batch.moved.append(peer.peer)

    def resend(self, peer: PeerState, ssrc: int, lost: Sequence[int], now_ns: int) -> None:
        """Answer a NACK for 16-bit numbers of one of our streams."""
        out = peer.outs_by_ssrc.get(ssrc)
        if out is None:
            peer.drops.add(Drop.NACK_UNKNOWN_SSRC)
            return
        out.nacks += len(lost)
        for sequence in lost:
            if not peer.nack_budget.spend(1, now_ns):
                out.drops.add(Drop.NACK_THROTTLED)
                continue
            self._sender.repeat(out, sequence, now_ns)

    def _keyframes(self, peer: PeerState, ssrcs: list[int], now_ns: int, batch: Batch) -> None:
        for ssrc in ssrcs:
            out = peer.outs_by_ssrc.get(ssrc)
            if out is None:
                continue
            out.keyframe_requests += 1
            stream = self._streams.get(out.stream) if out.stream is not None else None
            if stream is not None:
                self._reporter.request_keyframe(stream, now_ns, batch)


def _note_sender(peer: PeerState, report: SenderReport, now_ns: int) -> None:
    stream = peer.media.get(report.ssrc)
    if stream is not None:
        stream.statistics.on_sender_report(report.ntp, now_ns)
        peer.clock.on_sender_report(report.ssrc, report.ntp_ns, report.rtp_timestamp, now_ns)


def _note_end(peer: PeerState, goodbye: Goodbye) -> None:
    for ssrc in goodbye.ssrcs:
        stream = peer.media.get(ssrc)
        if stream is not None:
            stream.last_packet_ns = -1


def _belief(peer: PeerState, report: Remb) -> BitrateReport:
    """A REMB that names nothing of ours is taken for one about all."""
    named = (peer.outs_by_ssrc.get(ssrc) for ssrc in report.ssrcs)
    outs = tuple(out.out for out in named if out is not None)
    return BitrateReport(
        peer.peer, report.bitrate_bps, outs or tuple(out.out for out in peer.outs.values())
    )


def _note_reception(
    peer: PeerState,
    blocks: tuple[ReportBlock, ...],
    now_ns: int,
    time: SessionTime,
    batch: Batch,
) -> None:
    for block in blocks:
        out = peer.outs_by_ssrc.get(block.ssrc)
        if out is None:
            continue
        rtt_ns = round_trip_ns(block, time.ntp(now_ns))
        if rtt_ns is not None:
            peer.rtt_ns = out.rtt_ns = rtt_ns
        out.extensions.is_known = True
        out.loss_fraction = block.fraction_lost / 256
        out.jitter_ms = block.jitter * 1000 / out.clock_rate
        peer.loss_fraction = max(peer.loss_fraction, out.loss_fraction)
        peer.jitter_ms = max(peer.jitter_ms, out.jitter_ms)
        if peer.estimate is None:
            batch.reception.append(
                ReceptionReport(peer.peer, out.out, out.loss_fraction, out.jitter_ms, rtt_ns or 0)
            )
        elif rtt_ns:
            peer.estimate.rtt_ns = rtt_ns
