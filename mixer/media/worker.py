"""The media process: transports, forwarding and the worker link behind the control channel."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from multiprocessing.connection import Connection as Lifeline
from typing import Final

import structlog

from mixer.forward.compiled import choose_hot_path
from mixer.forward.interface import NOTHING, Batch
from mixer.media.allocating import Allocating
from mixer.media.connection import Connection
from mixer.media.connections import Connections
from mixer.media.holdings import Holdings
from mixer.media.link_server import LinkServer
from mixer.media.links import Links
from mixer.media.metrics import Process, collect
from mixer.media.ports import open_ports
from mixer.media.reporting import Reporting
from mixer.media.selector import PacketLoop
from mixer.media.speaking import Speaking
from mixer.media.streaming import StreamInput
from mixer.media.taking import Taking
from mixer.media.turns import make_turns
from mixer.media.udp import PortTakenError, UdpPort
from mixer.transport.ice import Credentials
from mixer.transport.offer import SendAgreement
from mixer.wire.boot import Boot
from mixer.wire.control import (
    AnswerSend,
    Apply,
    Command,
    Condition,
    ControlError,
    Description,
    Done,
    Event,
    FinishSend,
    NegotiateReceive,
    NegotiateSend,
    Outcome,
    PeerState,
    ReadMetrics,
    RequestKeyframe,
    RestartIce,
)
from mixer.wire.ids import PeerId, PublicationId
from mixer.wire.resources import Resource
from mixer.wire.worker import run_worker

_log = structlog.get_logger(__name__)
_REPORT_NS: Final = 1_000_000_000
_LOOK_NS: Final = 50_000_000
"""A tick so long after the last look at handshakes, silence, replays, speakers and takers looks at
them again."""
_LOOK_LATE_NS: Final = 100_000_000
"""So long after it there is a tick for them, unless a connection is being made."""
PORT_TAKEN_EXIT: Final = 3
_LIVES_PER_EPOCH: Final = 1 << 20
"""Milliseconds of Unix time times this stay below 2**63 until the year 2248."""


class MediaWorker:
    """Implements `mixer.wire.worker.Worker`. Everything runs on one event loop."""

    def __init__(self, boot: Boot) -> None:
        """Opens nothing yet; `start` does."""
        self._boot = boot
        self._report: Callable[[Event], None] = _ignore
        self._look_due_ns = self._report_due_ns = 0
        self._port: UdpPort | None = None

    # --- life -----------------------------------------------------------------------------------

    async def start(self, report: Callable[[Event], None]) -> None:
        """Open the port and the link. Exits with status 3 when the port is taken."""
        self._report = report
        boot = self._boot
        try:
            self._ports = open_ports(boot)
        except PortTakenError as error:
            _log.error("media.port_taken", host=boot.udp_host, text=str(error))
            raise SystemExit(PORT_TAKEN_EXIT) from error
        self._port = port = self._ports.udp
        hot_path = choose_hot_path(allow_compiled=boot.compiled)
        self._uncompiled = hot_path.reason
        tell = _log.warning if boot.compiled and hot_path.reason else _log.info
        tell("media.hot_path", compiled=hot_path.is_compiled, reason=hot_path.reason)
        self._fanout = hot_path.make_fanout(port.socket, first_life=boot.epoch * _LIVES_PER_EPOCH)
        self._turns = make_turns(self._fanout, port.socket, self)
        candidates = self._ports.candidates(boot.advertised_addresses)
        self._connections = Connections(self._fanout, candidates, self._peer_moved)
        self._links = Links(self._fanout, self._take)
        self._server = LinkServer(boot.link_socket, self._links, self._turns.write)
        self._holdings = Holdings(self._fanout, self._connections, self._links)
        self._links.on_published = self._published
        self._allocating = Allocating(self._fanout, self._holdings)
        self._reporting = Reporting(self._fanout, report, self._allocating)
        self._speaking = Speaking(self._fanout, report)
        self._taking = Taking(self._links, self._takers, report)
        self._streams = StreamInput(self._fanout, self._connections, self._holdings, self._moved)
        await self._server.start()
        await self._streams.start(self._ports.tcp)
        self._tell_buffers(port)
        self._report_due_ns = time.monotonic_ns() + _REPORT_NS
        self._turns.start()
        _log.info("media.listening", host=port.host, port=port.port, tcp=self._ports.tcp_port)

    async def stop(self) -> None:
        """Close the link, say goodbye to peers (RTCP BYE, DTLS close), close the port."""
        if self._port is None:
            return
        await self._server.stop()
        self._connections.close_all()
        await self._streams.stop()
        self._turns.stop()
        self._port.socket.close()

    @property
    def port(self) -> int:
        """The UDP port, for those who asked for any free one."""
        return self._port.port if self._port is not None else 0

    @property
    def tcp_port(self) -> int:
        """The TCP port, 0 without one."""
        return self._ports.tcp_port

    def _tell_buffers(self, port: UdpPort) -> None:
        values = {
            "receive_bytes": str(port.receive_buffer),
            "send_bytes": str(port.send_buffer),
            "cure": "sysctl net.core.rmem_max=4194304 net.core.wmem_max=4194304",
        }
        if port.is_small:
            _log.warning("media.udp_buffer_small", **values)
        self._small_buffer = Condition(
            id="media.udp_buffer_small", subject="media", active=port.is_small, values=values
        )

    # --- packets --------------------------------------------------------------------------------

    def packets_came(self, batch: Batch, now_ns: int) -> None:
        """See `TurnTaker`."""
        for datagram, address in batch.control:
            self._connections.receive(datagram, address, now_ns)
        self._moved(batch, now_ns)

    def write(self) -> None:
        """See `TurnTaker`."""
        self._server.flush()

    def _moved(self, batch: Batch, now_ns: int) -> None:
        """Packets came: hand over what the fan-out left, and write what is waiting."""
        self._take(batch, now_ns)
        if batch.tapped or batch.keyframes_wanted:
            self._server.flush_soon()
        self._streams.flush_soon()

    def _flush(self) -> None:
        self._server.flush_soon()
        self._streams.flush_soon()

    def _take(self, batch: Batch, now_ns: int) -> None:
        self._hand_over(batch, now_ns)
        self._pace(now_ns)

    def _hand_over(self, batch: Batch, now_ns: int) -> None:
        """To those whom it concerns, what the fan-out left."""
        if batch.tapped:
            self._links.distribution.packets(batch.tapped, now_ns)
        for stream in batch.keyframes_wanted:
            self._links.ask_worker(stream)
        if batch.reception or batch.bitrates or batch.moved:
            self._allocating.take(batch)
            if batch.moved:
                self._turns.ask()

    def _pace(self, now_ns: int) -> None:
        """Have a turn earlier than the next tick while something is paced."""
        self._turns.pace(now_ns, self._fanout.next_due_ns(now_ns))

    def paced(self, now_ns: int) -> None:
        """See `TurnTaker`."""
        self._moved(self._fanout.poll(now_ns), now_ns)

    def _published(self, publication: PublicationId) -> None:
        self._holdings.route_all(publication)
        self._allocating.look_soon()
        self._taking.forget_worker(publication)
        self._look_at_once()

    def _takers(self) -> AbstractSet[int]:
        return self._fanout.taken() | self._holdings.awaited()

    def tick(self, now_ns: int) -> None:
        """See `TurnTaker`: what time makes due."""
        batch = self._fanout.poll(now_ns)
        if batch is not NOTHING:
            self._hand_over(batch, now_ns)
        self._allocating.tick(now_ns)
        if now_ns >= self._look_due_ns:
            self._look(now_ns)
        if now_ns >= self._report_due_ns:
            self._report_due_ns = now_ns + _REPORT_NS
            self._reporting.quality(now_ns)
        self._pace(now_ns)  # a probe may have begun
        self._flush()

    def _look(self, now_ns: int) -> None:
        """What need not be looked at in each tick; some of it looks less often still."""
        self._look_due_ns = now_ns + _LOOK_NS
        is_calm = not self._connections.is_any_connecting
        self._turns.look(now_ns + (_LOOK_LATE_NS if is_calm else _LOOK_NS))
        self._connections.tick(now_ns)
        self._links.distribution.tick(now_ns)
        self._reporting.flows(now_ns)
        self._speaking.tick(now_ns)
        self._taking.tick(now_ns)

    def _look_at_once(self) -> None:
        self._look_due_ns = 0
        self._turns.look(0)

    def _look_soon(self) -> None:
        """Who takes what has changed."""
        self._taking.look_soon()
        self._look_at_once()

    def _peer_moved(self, connection: Connection, reason: str) -> None:
        self._look_soon()
        self._report(PeerState(peer=connection.peer, state=connection.state.value, reason=reason))

    # --- control --------------------------------------------------------------------------------

    def retell(self) -> None:
        """The server has just connected: report the state of everything again."""
        for connection in self._connections.all():
            self._peer_moved(connection, "")
        self._reporting.forget()
        self._speaking.forget()
        self._taking.forget_server()
        self._look_at_once()
        self._report(self._small_buffer)

    def observed(self) -> tuple[Resource, ...]:
        """All resources held."""
        return self._holdings.observed()

    async def apply(self, command: Apply) -> None:
        """Removals, then puts. Raises `ControlError`; what took effect stays."""
        self._holdings.apply(command)
        self._allocating.look_soon()
        self._look_soon()
        self._flush()

    async def command(self, command: Command) -> Outcome:
        """Negotiations, key frames, metrics. Raises `ControlError`."""
        now_ns = time.monotonic_ns()
        match command:
            case NegotiateReceive() | NegotiateSend() | AnswerSend() | RestartIce():
                return self._negotiate(command, now_ns)
            case FinishSend():
                agreed = self._connections.finish_send(command.peer, command.sdp, now_ns)
                self._agreed(command.peer, agreed)
                return Done()
            case RequestKeyframe():
                self._links.want_keyframe(command.publication, command.layer)
                self._flush()
                return Done()
            case ReadMetrics():
                return collect(
                    Process(
                        self._fanout,
                        self._connections,
                        self._links,
                        self._server,
                        self._streams,
                        self._reporting,
                        uncompiled=self._uncompiled,
                    )
                )
        raise ControlError("media.unknown_command", f"media does not do {type(command).__name__}")

    def _negotiate(
        self, command: NegotiateReceive | NegotiateSend | AnswerSend | RestartIce, now_ns: int
    ) -> Description:
        """What is answered by a description."""
        peer = command.peer
        match command:
            case NegotiateReceive():
                sdp = self._connections.negotiate_receive(peer, command.sdp, now_ns)
                return Description(sdp=sdp)
            case AnswerSend():
                wanted = self._holdings.wanted_by(peer)
                sdp, agreed = self._connections.answer_send(peer, wanted, command.sdp, now_ns)
                self._agreed(peer, agreed)
                return Description(sdp=sdp)
            case RestartIce():
                remote = Credentials(command.ufrag, command.password)
                return Description(sdp=self._connections.restart_ice(peer, remote))
            case NegotiateSend():
                return self._negotiate_send(command, now_ns)

    def _agreed(self, peer: PeerId, agreements: tuple[SendAgreement, ...]) -> None:
        self._holdings.agreed(peer, agreements)
        self._allocating.look_soon()
        self._look_soon()

    def _negotiate_send(self, command: NegotiateSend, now_ns: int) -> Description:
        peer, wanted = command.peer, self._holdings.wanted_by(command.peer)
        sdp, mids = self._connections.negotiate_send(peer, wanted, now_ns, restart=command.restart)
        return Description(sdp=sdp, mids=mids)


def _ignore(_event: Event) -> None:
    """Before `start` nobody listens."""


def main(boot: Boot, lifeline: Lifeline | None = None) -> None:
    """Entry point of the media process."""
    run_worker(boot, MediaWorker, lifeline, PacketLoop)
