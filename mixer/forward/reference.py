"""The fan-out in Python: the reference, and what runs where nothing is compiled."""

from __future__ import annotations

from typing import Final

import structlog

from mixer.forward.drops import Drop
from mixer.forward.fanout_reference import RewriteHeader
from mixer.forward.figures import out_figures, peer_figures, stream_figures
from mixer.forward.forwarder import Forwarder
from mixer.forward.ingress import Ingress
from mixer.forward.interface import (
    NOTHING,
    Address,
    AudioLevel,
    Batch,
    DatagramSocket,
    InjectedPacket,
    OutFigures,
    OutFlow,
    PeerFigures,
    StreamFigures,
    StreamFlow,
    Totals,
    Waiter,
)
from mixer.forward.registry import Registry
from mixer.forward.reports import SessionTime
from mixer.forward.rtcp_in import RtcpInput
from mixer.forward.schedule import Schedule

_log = structlog.get_logger(__name__)
_MAX_BUGS_LOGGED: Final = 10
_READ_BYTES: Final = 2048
_MIN_PACKET: Final = 12


class ReferenceFanout(Registry):
    """Implements `interface.Fanout`; every method belongs to one thread."""

    def __init__(
        self, socket: DatagramSocket, rewrite_header: RewriteHeader, *, first_life: int = 0
    ) -> None:
        """`first_life` must exceed every life of earlier processes."""
        super().__init__(socket, rewrite_header, first_life=first_life)
        self._recvfrom = socket.recvfrom
        self._ingress = Ingress(self._drops, self._binder)
        self._forwarder = Forwarder(self._streams, self._sender, self._drops)
        self._rtcp = RtcpInput(self._streams, self._reporter, self._sender)
        self._time = SessionTime(0, 0)
        self._schedule = self._make_schedule()

    def _make_schedule(self) -> Schedule:
        return Schedule(self._streams, self._peers)

    def set_clock(self, origin_monotonic_ns: int, origin_wall_ns: int) -> None:
        """See `interface.Fanout`."""
        self._time = SessionTime(origin_monotonic_ns, origin_wall_ns)

    def request_keyframe(self, stream: int, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        self._reporter.request_keyframe(self._streams[stream], now_ns, batch)
        return batch

    # --- moving packets -------------------------------------------------------------------------

    def waiter(self) -> Waiter | None:
        """See `interface.Fanout`."""
        return None

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
            self._take(datagram, address[:2], now_ns, batch)
        batch.exhausted = False
        return batch

    def receive(self, datagram: bytes, address: Address, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        self._take(datagram, address, now_ns, batch)
        return batch

    def _take(self, datagram: bytes, address: Address, now_ns: int, batch: Batch) -> None:
        self._now_ns = now_ns
        try:
            self._receive(datagram, address, now_ns, batch)
        except Exception:  # noqa: BLE001  a bug costs this datagram, never the process
            self._drops.add(Drop.INTERNAL_ERROR)
            if self._drops.counts[Drop.INTERNAL_ERROR] <= _MAX_BUGS_LOGGED:
                _log.exception("forward.bug")

    def _receive(self, datagram: bytes, address: Address, now_ns: int, batch: Batch) -> None:
        first = datagram[0] if datagram else 255
        if 128 <= first <= 191 and len(datagram) >= _MIN_PACKET:
            peer = self._by_address.get(address)
            if peer is None:
                self._drops.add(Drop.UNKNOWN_ADDRESS)
            elif 64 <= datagram[1] & 0x7F <= 95:  # RFC 5761 section 4
                self._rtcp.receive(peer, datagram, now_ns, self._time, batch)
            else:
                origin_ns = self._time.origin_monotonic_ns
                accepted = self._ingress.receive(peer, datagram, now_ns, origin_ns)
                if accepted is not None:
                    stream, packet = accepted
                    self._forwarder.pass_on(stream, packet, now_ns - origin_ns, now_ns, batch)
        elif first <= 3 or 20 <= first <= 63:
            batch.control.append((datagram, address))
        else:
            self._drops.add(Drop.UNKNOWN_KIND)

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        self._now_ns = now_ns
        return self._forwarder.inject(packets, now_ns)

    def poll(self, now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        self._now_ns = now_ns
        is_busy = bool(self._sender.busy)
        if is_busy:
            self._sender.poll(now_ns)
        due = self._schedule.look(now_ns)
        if due is None:
            return Batch() if is_busy else NOTHING
        batch = Batch()
        self._reporter.poll_in(due, now_ns, batch)
        for peer in due.peers:
            self._reporter.poll_peer(peer, now_ns, self._time)
        return batch

    def next_due_ns(self, now_ns: int) -> int:
        """See `interface.Fanout`."""
        return self._sender.next_due_ns(now_ns)

    def take_streamed(self) -> list[tuple[Address, bytes]]:
        """See `interface.Fanout`."""
        return self._egress.take_streamed()

    def send_control(self, datagram: bytes, address: Address) -> None:
        """See `interface.Fanout`."""
        self._egress.send_raw(datagram, address)

    # --- figures --------------------------------------------------------------------------------

    def audio_levels(self, now_ns: int) -> list[AudioLevel]:  # noqa: ARG002  all levels are new
        """See `interface.Fanout`."""
        readings = (stream.meter.read(stream.stream) for stream in self._streams.values())
        return [reading for reading in readings if reading is not None]

    def peer_figures(self, now_ns: int) -> list[PeerFigures]:
        """See `interface.Fanout`."""
        return [peer_figures(peer, now_ns) for peer in self._peers.values() if peer.outbound]

    def stream_figures(self) -> list[StreamFigures]:
        """See `interface.Fanout`."""
        return [stream_figures(stream) for stream in self._streams.values()]

    def stream_flows(self) -> list[StreamFlow]:
        """See `interface.Fanout`."""
        return [
            StreamFlow(one.stream, one.payload_type, one.last_packet_ns, one.packets, one.octets)
            for one in self._streams.values()
        ]

    def out_flows(self) -> list[OutFlow]:
        """See `interface.Fanout`."""
        return [
            OutFlow(one.out, one.peer.peer, one.packets, one.octets) for one in self._outs.values()
        ]

    def out_figures(self) -> list[OutFigures]:
        """See `interface.Fanout`."""
        return [out_figures(out) for out in self._outs.values()]

    def _received(self) -> tuple[int, int]:
        return self._ingress.packets, self._ingress.octets

    def _feedback_read(self) -> int:
        return self._rtcp.feedback

    def totals(self) -> Totals:
        """See `interface.Fanout`."""
        return Totals(
            packets_in=self._received()[0],
            packets_out=self._egress.packets,
            octets_in=self._received()[1],
            octets_out=self._egress.octets,
            resent=self._sender.resent,
            drops=dict(self._drops.counts),
            feedback_in=self._feedback_read(),
            feedback_out=self._reporter.feedback,
            probe_packets=self._sender.probe_packets,
            switches=self._forwarder.switches,
        )
