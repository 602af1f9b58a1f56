"""The fan-out in Python: the reference, and what runs where nothing is compiled."""

from __future__ import annotations

from typing import Final

import structlog

from mixer.forward.compiled import RewriteHeader
from mixer.forward.drops import Drop, DropCounters
from mixer.forward.egress import Egress
from mixer.forward.figures import peer_figures, stream_figures
from mixer.forward.in_stream import InStream
from mixer.forward.ingress import HEADER, Accepted, Ingress, note_keyframe
from mixer.forward.interface import (
    Address,
    Batch,
    DatagramSocket,
    InjectedPacket,
    InLine,
    OutLine,
    PeerFigures,
    SrtpSession,
    StreamFigures,
    TappedPacket,
    Totals,
)
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState
from mixer.forward.reports import Reporter, SessionTime
from mixer.forward.rtcp_in import RtcpInput
from mixer.wire.ids import MediaKind

_log = structlog.get_logger(__name__)
_MAX_BUGS_LOGGED: Final = 10
_READ_BYTES: Final = 2048
_MIN_PACKET: Final = 12
_REPORTS_INTERVAL_NS: Final = 50_000_000
"""Reports are due once or twice a second; looking at every peer each 20 ms costs more than they."""


class ReferenceFanout:
    """Implements `interface.Fanout`; every method belongs to one thread."""

    def __init__(
        self, socket: DatagramSocket, rewrite_header: RewriteHeader, *, first_life: int = 0
    ) -> None:
        """`first_life` must exceed every life of earlier processes."""
        self._recvfrom = socket.recvfrom
        self._rewrite = rewrite_header
        self._drops = DropCounters()
        self._egress = Egress(socket, self._drops)
        self._ingress = Ingress(self._drops, first_life)
        self._reporter = Reporter(self._egress)
        self._peers: dict[int, PeerState] = {}
        self._by_address: dict[Address, PeerState] = {}
        self._streams: dict[int, InStream] = {}
        self._outs: dict[int, OutStream] = {}
        self._rtcp = RtcpInput(self._streams, self._reporter, self._egress, self._drops)
        self._time = SessionTime(0, 0)
        self._reports_due_ns = 0

    def set_clock(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        """See `interface.Fanout`."""
        self._time = SessionTime(origin_monotonic_ns, origin_wall_ns)

    # --- peers ----------------------------------------------------------------------------------

    def add_peer(self, peer: int, cname: str) -> None:
        """See `interface.Fanout`."""
        if peer not in self._peers:
            self._peers[peer] = PeerState(peer, cname)

    def set_keys(self, peer: int, inbound: SrtpSession, outbound: SrtpSession) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.inbound, state.outbound = inbound, outbound
        for out in state.outs.values():
            out.restart()

    def clear_keys(self, peer: int) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.inbound = state.outbound = None

    def set_address(self, peer: int, address: Address, *, send_to: bool) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        before = self._by_address.get(address)
        if before is not None and before is not state:
            self.forget_address(before.peer, address)
        self._by_address[address] = state
        state.addresses.add(address)
        if send_to:
            state.address = address

    def forget_address(self, peer: int, address: Address) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.addresses.discard(address)
        if state.address == address:
            state.address = None
        if self._by_address.get(address) is state:
            del self._by_address[address]

    def remove_peer(self, peer: int) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        self._reporter.say_goodbye(state, state.outs.values())
        for out in tuple(state.outs):
            self._detach(state.outs[out])
            del self._outs[out]
        for stream in tuple(state.in_by_mid.values()):
            self.remove_in(stream.stream)
        for address in tuple(state.addresses):
            self.forget_address(peer, address)
        del self._peers[peer]

    # --- in-streams -----------------------------------------------------------------------------

    def set_in_lines(self, peer: int, lines: tuple[InLine, ...], mid_extension: int) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.lines = {line.mid: line for line in lines}
        state.mid_extension = mid_extension
        for mid, stream in state.in_by_mid.items():
            stream.line = state.lines.get(mid)

    def add_in(self, stream: int, peer: int, mid: str, kind: MediaKind) -> None:
        """See `interface.Fanout`."""
        if stream in self._streams:
            return
        state = self._peers[peer]
        known = InStream(stream, kind, peer=state, mid=mid)
        known.line = state.lines.get(mid)
        state.in_by_mid[mid] = known
        self._streams[stream] = known
        self._feed_waiting(known)

    def add_local(self, stream: int, kind: MediaKind, clock_rate: int) -> int:
        """See `interface.Fanout`."""
        known = self._streams.get(stream)
        if known is None:
            known = InStream(stream, kind, peer=None, clock_rate=clock_rate)
            self._streams[stream] = known
            self._feed_waiting(known)
        known.begin(ssrc=-1, life=self._ingress.next_life(), wants_nack=False)
        return known.life

    def _feed_waiting(self, stream: InStream) -> None:
        """Routes made before their in-stream came."""
        for out in self._outs.values():
            if stream.stream in (out.stream, out.target) and out not in stream.routes:
                stream.routes.append(out)

    def remove_in(self, stream: int) -> None:
        """See `interface.Fanout`."""
        known = self._streams.pop(stream)
        known.routes.clear()
        state = known.peer
        if state is not None:
            state.in_by_mid.pop(known.mid, None)
            state.media.pop(known.ssrc, None)
            state.clock.remove_ssrc(known.ssrc)
            for ssrc in [ssrc for ssrc, owner in state.rtx.items() if owner is known]:
                del state.rtx[ssrc]

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """See `interface.Fanout`."""
        self._streams[stream].tapped = tapped

    # --- out-streams ----------------------------------------------------------------------------

    def add_out(self, out: int, peer: int, line: OutLine) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        known = self._outs.get(out)
        if known is None:
            known = OutStream(out, state, line, self._rewrite, self._drops)
            self._outs[out] = known
            state.outs[out] = known
        elif known.line != line:
            state.outs_by_ssrc.pop(known.line.ssrc, None)
            if known.line.ssrc != line.ssrc:
                known.restart()
            known.line = line
        state.outs_by_ssrc[line.ssrc] = known

    def remove_out(self, out: int) -> None:
        """See `interface.Fanout`."""
        known = self._outs.pop(out)
        self._reporter.say_goodbye(known.peer, (known,))
        self._detach(known)
        del known.peer.outs[out]
        known.peer.outs_by_ssrc.pop(known.line.ssrc, None)

    def set_route(self, out: int, stream: int | None) -> None:
        """See `interface.Fanout`."""
        known = self._outs[out]
        if stream in (known.stream, known.target) and stream is not None:
            if stream == known.stream:
                self._leave(known, known.target)
                known.target = None
            return
        self._leave(known, known.target)
        known.target = None
        flows = known.life >= 0 and known.stream in self._streams
        if stream is not None and flows and known.kind is MediaKind.VIDEO:
            known.target = stream
        else:
            self._leave(known, known.stream)
            known.stream = stream
            known.awaits_keyframe = known.kind is MediaKind.VIDEO
        if stream is not None and stream in self._streams:
            self._streams[stream].routes.append(known)

    def _leave(self, out: OutStream, stream: int | None) -> None:
        known = self._streams.get(stream) if stream is not None else None
        if known is not None and out in known.routes:
            known.routes.remove(out)

    def _detach(self, out: OutStream) -> None:
        self._leave(out, out.stream)
        self._leave(out, out.target)

    def request_keyframe(self, stream: int, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        self._reporter.request_keyframe(self._streams[stream], now_ns, batch)
        return batch

    # --- moving packets -------------------------------------------------------------------------

    def drain(self, now_ns: int, limit: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        recvfrom = self._recvfrom
        for _ in range(limit):
            try:
                datagram, address = recvfrom(_READ_BYTES)
            except BlockingIOError:
                return batch
            except OSError:  # an ICMP error of an earlier send; it says nothing about this read
                continue
            try:
                self._receive(datagram, address[:2], now_ns, batch)
            except Exception:  # noqa: BLE001  a bug costs this datagram, never the process
                self._drops.add(Drop.INTERNAL_ERROR)
                if self._drops.counts[Drop.INTERNAL_ERROR] <= _MAX_BUGS_LOGGED:
                    _log.exception("forward.bug")
        batch.exhausted = False
        return batch

    def _receive(self, datagram: bytes, address: Address, now_ns: int, batch: Batch) -> None:
        first = datagram[0] if datagram else 255
        if 128 <= first <= 191 and len(datagram) >= _MIN_PACKET:
            peer = self._by_address.get(address)
            if peer is None:
                self._drops.add(Drop.UNKNOWN_ADDRESS)
            elif 64 <= datagram[1] & 0x7F <= 95:  # RFC 5761 section 4
                self._rtcp.receive(peer, datagram, now_ns, self._time, batch)
            else:
                accepted = self._ingress.receive(peer, datagram, now_ns)
                if accepted is not None:
                    self._pass_on(accepted, now_ns, batch)
        elif first <= 3 or 20 <= first <= 63:
            batch.control.append((datagram, address))
        else:
            self._drops.add(Drop.UNKNOWN_KIND)

    def _pass_on(self, accepted: Accepted, now_ns: int, batch: Batch) -> None:
        stream, sequence, timestamp, captured_ns, is_keyframe, packet = accepted
        origin_ns = self._time.origin_monotonic_ns
        session_ns = captured_ns - origin_ns
        if stream.tapped:
            batch.tapped.append(
                TappedPacket(
                    stream.stream,
                    stream.life,
                    stream.payload_type,
                    is_keyframe,
                    sequence,
                    now_ns - origin_ns,
                    session_ns,
                    packet,
                )
            )
        if stream.routes:
            self._forward(stream, sequence, timestamp, session_ns, packet, is_keyframe, now_ns)

    def _forward(
        self,
        stream: InStream,
        sequence: int,
        timestamp: int,
        session_ns: int,
        packet: bytes,
        is_keyframe: bool,  # noqa: FBT001  the hot path passes by position
        now_ns: int,
    ) -> None:
        number = stream.stream
        life = stream.life
        send = self._egress.send_rtp
        for out in tuple(stream.routes) if is_keyframe else stream.routes:
            peer = out.peer
            if peer.outbound is None or peer.address is None:
                continue
            if out.stream != number:
                if not is_keyframe:
                    continue
                self._leave(out, out.stream)
                out.stream, out.target = number, None
            plain = out.rewritten(
                life,
                sequence,
                timestamp,
                session_ns,
                packet,
                is_keyframe=is_keyframe,
                now_ns=now_ns,
            )
            if plain is not None:
                send(peer, plain)

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        for number, is_keyframe, sequence, session_ns, packet in packets:
            stream = self._streams.get(number)
            if stream is None or stream.peer is not None:
                self._drops.add(Drop.UNKNOWN_STREAM)
                continue
            if len(packet) <= _MIN_PACKET or packet[0] != 0x80:
                self._drops.add(Drop.MALFORMED_RTP)
                continue
            if not stream.window.is_new(sequence):
                # A number sent twice with other bytes would break the receivers' encryption.
                self._drops.add(Drop.DUPLICATE)
                continue
            _, second, _, timestamp, _ = HEADER.unpack_from(packet)
            canonical = second & 0x7F
            begins = note_keyframe(stream, canonical, timestamp, packet[_MIN_PACKET:])
            stream.payload_type = canonical
            stream.last_packet_ns = now_ns
            stream.packets += 1
            stream.octets += len(packet) - _MIN_PACKET
            is_key = begins or is_keyframe
            if stream.tapped:
                batch.tapped.append(
                    TappedPacket(
                        number, stream.life, canonical, is_key, sequence, 0, session_ns, packet
                    )
                )
            if stream.routes:
                self._forward(stream, sequence, timestamp, session_ns, packet, is_key, now_ns)
        return batch

    def poll(self, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        self._reporter.poll_in(self._streams.values(), now_ns, batch)
        if now_ns >= self._reports_due_ns:
            self._reports_due_ns = now_ns + _REPORTS_INTERVAL_NS
            for peer in self._peers.values():
                self._reporter.poll_peer(peer, now_ns, self._time)
        return batch

    def send_control(self, datagram: bytes, address: Address) -> None:
        """See `interface.Fanout`."""
        self._egress.send_raw(datagram, address)

    # --- figures --------------------------------------------------------------------------------

    def peer_figures(self, now_ns: int) -> list[PeerFigures]:
        """See `interface.Fanout`."""
        return [peer_figures(peer, now_ns) for peer in self._peers.values() if peer.outbound]

    def stream_figures(self) -> list[StreamFigures]:
        """See `interface.Fanout`."""
        return [stream_figures(stream) for stream in self._streams.values()]

    def totals(self) -> Totals:
        """See `interface.Fanout`."""
        return Totals(
            packets_in=self._ingress.packets,
            packets_out=self._egress.packets,
            octets_in=self._ingress.octets,
            octets_out=self._egress.octets,
            resent=self._egress.resent,
            drops=dict(self._drops.counts),
        )
