"""Peers, in-streams and out-streams of the reference, and how they hang together."""

from __future__ import annotations

from mixer.forward.binding import Binder
from mixer.forward.drops import Drop, DropCounters
from mixer.forward.egress import Egress
from mixer.forward.estimate.measured import MeasuredEstimate
from mixer.forward.fanout_reference import RewriteHeader
from mixer.forward.in_stream import InStream
from mixer.forward.interface import Address, DatagramSocket, InLine, OutLine, SrtpSession
from mixer.forward.keyframe import KeyframeGate
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState
from mixer.forward.reports import Reporter
from mixer.forward.sender import Sender
from mixer.wire.ids import MediaKind


class Registry:
    """The half of `interface.Fanout` that moves no packet."""

    drops_type = DropCounters
    peer_type = PeerState
    stream_type = InStream
    sender_type: type[Sender] = Sender
    reporter_type: type[Reporter] = Reporter
    out_type = OutStream
    estimate_type = MeasuredEstimate

    def __init__(
        self, socket: DatagramSocket, rewrite_header: RewriteHeader, *, first_life: int = 0
    ) -> None:
        """`first_life` must exceed every life of earlier processes."""
        self._rewrite = rewrite_header
        self._drops = self.drops_type()
        self._egress = self._make_egress(socket)
        self._sender = self.sender_type(self._egress)
        self._binder = Binder(first_life)
        self._reporter = self.reporter_type(self._egress)
        self._peers: dict[int, PeerState] = {}
        self._by_address: dict[Address, PeerState] = {}
        self._streams: dict[int, InStream] = {}
        self._outs: dict[int, OutStream] = {}
        self._now_ns = 0
        """Of the last call that told it."""

    def _make_egress(self, socket: DatagramSocket) -> Egress:
        return Egress(socket, self._drops)

    def make_estimate(self) -> MeasuredEstimate:
        """See `interface.Fanout`."""
        return self.estimate_type()

    def judge(self, peer: int, estimate: MeasuredEstimate | None) -> None:
        """See `interface.Fanout`."""
        self._peers[peer].estimate = estimate

    # --- peers ----------------------------------------------------------------------------------

    def add_peer(self, peer: int, cname: str) -> None:
        """See `interface.Fanout`."""
        if peer not in self._peers:
            self._peers[peer] = self.peer_type(peer, cname, self._drops)

    def set_keys(self, peer: int, inbound: SrtpSession, outbound: SrtpSession) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.inbound, state.outbound = inbound, outbound
        self._sender.forget(state)
        state.renew_logs()
        for out in state.outs.values():
            out.restart()

    def clear_keys(self, peer: int) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.inbound = state.outbound = None
        self._sender.forget(state)

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
        self._sender.forget(state)
        self._reporter.say_goodbye(state, state.outs.values())
        for out in tuple(state.outs):
            self._detach(state.outs[out])
            del self._outs[out]
        for stream in tuple(state.streams.values()):
            self.remove_in(stream.stream)
        for address in tuple(state.addresses):
            self.forget_address(peer, address)
        del self._peers[peer]

    def set_pace(self, peer: int, bps: int) -> None:
        """See `interface.Fanout`."""
        self._peers[peer].pacer.bps = max(0, bps)

    def probe(self, peer: int, cluster: int, octets: int, bps: int) -> bool:
        """See `interface.Fanout`."""
        return self._sender.probe(self._peers[peer], cluster, octets, bps)

    # --- in-streams -----------------------------------------------------------------------------

    def set_in_lines(self, peer: int, lines: tuple[InLine, ...]) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        state.set_lines(lines)
        for (mid, _), stream in state.streams.items():
            stream.line = state.lines.get(mid)

    def add_in(self, stream: int, peer: int, mid: str, kind: MediaKind, rid: str = "") -> None:
        """See `interface.Fanout`."""
        if stream in self._streams:
            return
        state = self._peers[peer]
        gate = state.gates.setdefault(mid, KeyframeGate())
        known = self.stream_type(stream, kind, self._drops, peer=state, mid=mid, rid=rid, gate=gate)
        known.line = state.lines.get(mid)
        state.streams[mid, rid] = known
        self._streams[stream] = known
        self._feed_waiting(known)

    def add_local(self, stream: int, kind: MediaKind, clock_rate: int) -> int:
        """See `interface.Fanout`."""
        known = self._streams.get(stream)
        if known is None:
            known = self.stream_type(stream, kind, self._drops, peer=None, clock_rate=clock_rate)
            self._streams[stream] = known
            self._feed_waiting(known)
        known.begin(ssrc=-1, life=self._binder.next_life(), wants_nack=False)
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
        known.leaving.clear()
        state = known.peer
        if state is None:
            return
        state.streams.pop((known.mid, known.rid), None)
        if not any(mid == known.mid for mid, _ in state.streams):
            state.gates.pop(known.mid, None)
        state.media.pop(known.ssrc, None)
        state.clock.remove_ssrc(known.ssrc)
        for ssrc in [ssrc for ssrc, owner in state.rtx.items() if owner is known]:
            del state.rtx[ssrc]

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        """See `interface.Fanout`."""
        self._streams[stream].tapped = tapped

    def taken(self) -> frozenset[int]:
        """See `interface.Fanout`."""
        found = {number for number, stream in self._streams.items() if stream.tapped}
        for out in self._outs.values():
            if out.is_open:
                found.update(stream for stream in (out.stream, out.target) if stream is not None)
        return frozenset(found & self._streams.keys())

    # --- out-streams ----------------------------------------------------------------------------

    def add_out(self, out: int, peer: int, line: OutLine) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]
        known = self._outs.get(out)
        if known is None:
            known = self.out_type(out, state, line, self._rewrite, self._drops)
            self._outs[out] = known
            state.outs[out] = known
        elif known.line != line:
            state.outs_by_ssrc.pop(known.line.ssrc, None)
            is_new = known.line.ssrc != line.ssrc
            self._discard(known)
            known.set_line(line)
            if is_new:
                known.restart()
        state.outs_by_ssrc[line.ssrc] = known

    def remove_out(self, out: int) -> None:
        """See `interface.Fanout`."""
        known = self._outs.pop(out)
        self._discard(known)
        self._reporter.say_goodbye(known.peer, (known,))
        self._detach(known)
        del known.peer.outs[out]
        known.peer.outs_by_ssrc.pop(known.line.ssrc, None)

    def _discard(self, out: OutStream) -> None:
        count = out.peer.pacer.discard(out)
        if count:
            out.drops.add(Drop.KEYS_REPLACED, count)

    def set_route(self, out: int, stream: int | None) -> None:
        """See `interface.Fanout`."""
        known = self._outs[out]
        if stream is not None and stream == known.target:
            return
        if known.target is not None:
            self._leave(known, known.target)
            known.target = None
        if stream is not None and stream == known.stream:
            return
        flows = known.flows and not known.paused and known.stream in self._streams
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
        for stream in self._streams.values():
            if stream.leaving:
                stream.leaving = [entry for entry in stream.leaving if entry[0] is not out]

    def set_paused(self, out: int, *, paused: bool) -> None:
        """See `interface.Fanout`."""
        known = self._outs[out]
        if known.paused == paused:
            return
        known.paused = paused
        known.interrupt(self._now_ns)
        if known.target is not None:
            # Nothing is shown, so there is nothing to go on with until the target comes.
            self._leave(known, known.stream)
            known.stream, known.target = known.target, None
