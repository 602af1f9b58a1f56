"""The compiled fan-out: what it is made of, and which calls go around the interpreter.

Registry, layer switches, repeats, probes, reports and figures are the reference's own code, which
works on the state that the compiled classes hold.
"""

from __future__ import annotations

import socket as sockets
from typing import cast

from mixer.forward import _fanout
from mixer.forward.batch import Batch, InjectedPacket
from mixer.forward.drops import DropCounters
from mixer.forward.egress import Egress
from mixer.forward.in_stream import InStream
from mixer.forward.interface import (
    Address,
    DatagramSocket,
    InLine,
    OutFlow,
    StreamFlow,
    Waiter,
)
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState
from mixer.forward.probe import Probe
from mixer.forward.reference import ReferenceFanout
from mixer.forward.reports import Reporter, SessionTime
from mixer.forward.schedule import Schedule
from mixer.forward.sender import Sender, padded

_fanout.find_library()


class CompiledSender(Sender):
    """A sender whose media waits in the compiled pacers."""

    engine: _fanout.Engine
    probe_type = cast(type[Probe], _fanout.CompiledProbe)

    def poll(self, now_ns: int) -> None:
        """See `Sender`."""
        if self.busy:
            self.engine.release_busy(self.busy, now_ns)

    def _release(self, peer: PeerState, now_ns: int) -> None:
        super()._release(peer, now_ns)
        self.engine.release(cast(_fanout.PeerCore, peer), now_ns)

    def repeat(self, out: OutStream, sequence: int, now_ns: int) -> None:
        """See `Sender`."""
        left = self.engine.repeat(
            cast(_fanout.CompiledOut, out), sequence, now_ns, out.peer.spacing_ns
        )
        if left is None:
            super().repeat(out, sequence, now_ns)
        elif left:
            self.resent += 1
            out.resent += 1

    def _pad(self, peer: PeerState, probe: Probe, now_ns: int) -> None:
        out = cast("_fanout.CompiledOut | None", padded(peer))
        left = None if out is None else self.engine.pad(out, probe, now_ns)
        if left is None:
            super()._pad(peer, probe, now_ns)
        else:
            self.probe_packets += left[0]
            peer.probe_octets += left[1]


class CompiledReporter(Reporter):
    """A reporter whose usual reports are written in C."""

    engine: _fanout.Engine

    def poll_peer(self, peer: PeerState, now_ns: int, time: SessionTime) -> None:
        """See `Reporter`."""
        if not self.engine.tell(cast(_fanout.PeerCore, peer), now_ns):
            super().poll_peer(peer, now_ns, time)


class CompiledFanout(ReferenceFanout):
    """Implements `interface.Fanout`; every method belongs to one thread.

    A socket that is none (of a test) is used by its methods, a session that is none of libsrtp
    too. What is sent leaves at the end of the call that sent it.
    """

    drops_type = cast(type[DropCounters], _fanout.Counters)
    peer_type = cast(type[PeerState], _fanout.CompiledPeer)
    stream_type = cast(type[InStream], _fanout.CompiledStream)
    out_type = cast(type[OutStream], _fanout.CompiledOut)
    sender_type = CompiledSender
    reporter_type = CompiledReporter
    estimate_type = _fanout.CompiledEstimate

    def __init__(self, socket: DatagramSocket, *, first_life: int = 0) -> None:
        """`first_life` must exceed every life of earlier processes."""
        super().__init__(socket, _fanout.rewrite_header, first_life=first_life)
        self._engine = _fanout.Engine(socket, self._drops, self._egress, _fileno(socket))
        self._engine.attach(self)
        cast(CompiledSender, self._sender).engine = self._engine
        cast(CompiledReporter, self._reporter).engine = self._engine
        cast(_fanout.CompiledSchedule, self._schedule).telling = self._engine

    def _make_egress(self, socket: DatagramSocket) -> Egress:
        return cast(Egress, _fanout.Outbox(socket, self._drops, _fileno(socket)))

    def _make_schedule(self) -> Schedule:
        return cast(Schedule, _fanout.CompiledSchedule(self._streams, self._peers))

    def _received(self) -> tuple[int, int]:
        return self._engine.packets, self._engine.octets

    # --- tables that the engine mirrors ---------------------------------------------------------

    def set_clock(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        """See `interface.Fanout`."""
        super().set_clock(origin_monotonic_ns, origin_wall_ns)
        self._engine.origin_ns = origin_monotonic_ns
        self._engine.origin_wall_ns = origin_wall_ns

    def set_address(self, peer: int, address: Address, *, send_to: bool) -> None:
        """See `interface.Fanout`."""
        is_known = self._by_address.get(address) is self._peers[peer]
        super().set_address(peer, address, send_to=send_to)
        if not is_known:
            self._engine.addresses_changed()

    def forget_address(self, peer: int, address: Address) -> None:
        """See `interface.Fanout`."""
        super().forget_address(peer, address)
        self._engine.addresses_changed()

    def set_in_lines(self, peer: int, lines: tuple[InLine, ...]) -> None:
        """See `interface.Fanout`."""
        super().set_in_lines(peer, lines)
        self._forget_streams(self._peers[peer])

    def remove_in(self, stream: int) -> None:
        """See `interface.Fanout`."""
        peer = self._streams[stream].peer
        super().remove_in(stream)
        if peer is not None:
            self._forget_streams(peer)

    def _forget_streams(self, peer: PeerState) -> None:
        cast(_fanout.PeerCore, peer).forget_streams()

    # --- calls after which something leaves -----------------------------------------------------

    def remove_peer(self, peer: int) -> None:
        """See `interface.Fanout`."""
        state = self._peers[peer]  # what waits for it refers to it
        self._egress.flush()
        try:
            super().remove_peer(peer)
        finally:
            self._egress.flush()
        del state

    def remove_out(self, out: int) -> None:
        """See `interface.Fanout`."""
        known = self._outs[out]
        self._egress.flush()
        try:
            super().remove_out(out)
        finally:
            self._egress.flush()
        del known

    def request_keyframe(self, stream: int, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        try:
            return super().request_keyframe(stream, now_ns)
        finally:
            self._egress.flush()

    def poll(self, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        try:
            return super().poll(now_ns)
        finally:
            self._egress.flush()

    def stream_flows(self) -> list[StreamFlow]:
        """See `interface.Fanout`."""
        return _fanout.flows(self._streams)

    def out_flows(self) -> list[OutFlow]:
        """See `interface.Fanout`."""
        return _fanout.out_flows(self._outs)

    def taken(self) -> frozenset[int]:
        """See `interface.Fanout`."""
        return _fanout.taken(self._streams, self._outs)

    def send_control(self, datagram: bytes, address: Address) -> None:
        """See `interface.Fanout`."""
        super().send_control(datagram, address)
        self._egress.flush()

    # --- moving packets -------------------------------------------------------------------------

    def waiter(self) -> Waiter | None:
        """See `interface.Fanout`."""
        if not self._engine.has_socket:
            return None
        return _fanout.Waiter(self._engine, self._schedule, self._sender.busy)

    def drain(self, now_ns: int, limit: int) -> Batch:
        """See `interface.Fanout`."""
        return self._engine.drain(now_ns, limit)

    def receive(self, datagram: bytes, address: Address, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        return self._engine.take_one(datagram, address, now_ns)

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        return self._engine.inject(packets, now_ns)

    def set_paused(self, out: int, *, paused: bool) -> None:
        """See `interface.Fanout`."""
        self._now_ns = max(self._now_ns, self._engine.now_ns)
        super().set_paused(out, paused=paused)

    def read_rtcp(self, peer: PeerState, plain: bytes, now_ns: int, batch: Batch) -> None:
        """What the engine decrypted and does not read itself."""
        self._rtcp.read(peer, plain, now_ns, self._time, batch)

    def _feedback_read(self) -> int:
        return super()._feedback_read() + self._engine.feedback


def _fileno(socket: DatagramSocket) -> int:
    return socket.fileno() if isinstance(socket, sockets.socket) else -1
