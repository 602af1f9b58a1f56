"""What peers tell us by RTCP."""

from __future__ import annotations

from pylibsrtp import Error as SrtpError

from mixer.forward.drops import Drop, DropCounters
from mixer.forward.egress import Egress
from mixer.forward.in_stream import InStream
from mixer.forward.interface import Batch
from mixer.forward.peer import PeerState
from mixer.forward.reports import Reporter, SessionTime
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
    parse_rtcp,
)


class RtcpInput:
    """Carries out one compound after the other; a malformed one counts as a whole."""

    def __init__(
        self,
        streams: dict[int, InStream],
        reporter: Reporter,
        egress: Egress,
        drops: DropCounters,
    ) -> None:
        self._streams = streams
        self._reporter = reporter
        self._egress = egress
        self._drops = drops

    def receive(
        self, peer: PeerState, datagram: bytes, now_ns: int, time: SessionTime, batch: Batch
    ) -> None:
        """Take one SRTCP datagram."""
        if peer.inbound is None:
            self._drops.add(Drop.NO_KEYS)
            return
        try:
            packets = parse_rtcp(peer.inbound.unprotect_rtcp(datagram))
        except ValueError:
            self._drops.add(Drop.TOO_LONG)
            return
        except SrtpError:
            self._drops.add(Drop.SRTCP_REFUSED)
            return
        except RtpError:
            self._drops.add(Drop.MALFORMED_RTCP)
            return
        for packet in packets:
            self._carry_out(peer, packet, now_ns, time, batch)

    def _carry_out(
        self, peer: PeerState, packet: Rtcp, now_ns: int, time: SessionTime, batch: Batch
    ) -> None:
        match packet:
            case SenderReport():
                _note_sender(peer, packet, now_ns)
                _note_reception(peer, packet.reports, now_ns, time)
            case ReceiverReport():
                _note_reception(peer, packet.reports, now_ns, time)
            case Nack():
                self._resend(peer, packet, now_ns)
            case PictureLoss():
                self._keyframes(peer, [packet.media_ssrc], now_ns, batch)
            case FullIntraRequest():
                self._keyframes(peer, [ssrc for ssrc, _ in packet.requests], now_ns, batch)
            case Remb():
                peer.estimate_bps = packet.bitrate_bps
            case Goodbye():
                _note_end(peer, packet)

    def _resend(self, peer: PeerState, nack: Nack, now_ns: int) -> None:
        out = peer.outs_by_ssrc.get(nack.media_ssrc)
        if out is None:
            self._drops.add(Drop.NACK_UNKNOWN_SSRC)
            return
        for sequence in nack.lost:
            packet = out.retransmission(sequence, now_ns, peer.spacing_ns)
            if packet is not None:
                self._egress.send_rtp(peer, packet)
                self._egress.resent += 1

    def _keyframes(self, peer: PeerState, ssrcs: list[int], now_ns: int, batch: Batch) -> None:
        for ssrc in ssrcs:
            out = peer.outs_by_ssrc.get(ssrc)
            stream = self._streams.get(out.stream) if out and out.stream is not None else None
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


def _note_reception(
    peer: PeerState, blocks: tuple[ReportBlock, ...], now_ns: int, time: SessionTime
) -> None:
    for block in blocks:
        out = peer.outs_by_ssrc.get(block.ssrc)
        if out is None:
            continue
        rtt_ns = round_trip_ns(block, time.ntp(now_ns))
        if rtt_ns is not None:
            peer.rtt_ns = rtt_ns
        peer.loss_fraction = max(peer.loss_fraction, block.fraction_lost / 256)
        peer.jitter_ms = max(peer.jitter_ms, block.jitter * 1000 / out.clock_rate)
