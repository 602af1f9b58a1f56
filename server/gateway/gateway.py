"""The Socket.IO server: who may connect, and all connections together."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
import socketio
import structlog

from server.conference import people, sound
from server.conference.caller import Caller
from server.conference.layers import tell_layers
from signaling.seats import admitted_seat, device_kind
from signaling.wire.errors import SignalingError
from signaling.wire.messages import ConnectAuth
from signaling.wire.roles import Right

from .connection import Connection
from .texts import CHINESE, chosen_locale, error_envelope
from .wire_json import WireJson

if TYPE_CHECKING:
    from aiohttp import web

    from server.conference.conference import Conference
    from signaling.links import LinkClaims
    from signaling.wire.messages import NoticeBody

MAX_MESSAGE_BYTES = 256_000
MAX_CONNECTIONS = 256
MAX_CONNECTIONS_PER_LINK = 8
PING_INTERVAL_S = 5
PING_TIMEOUT_S = 5
CLOSE_S = 0.5
SLOW_STATE_S = 0.1
"""Levels and quality are told ten times a second at most."""

_log = structlog.get_logger(__name__)


class _SocketLine:
    """`connection.Line` on one Socket.IO connection."""

    def __init__(self, server: socketio.AsyncServer, sid: str) -> None:
        self._server = server
        self._sid = sid

    async def emit(self, event: str, message: object) -> None:
        await self._server.emit(event, message, to=self._sid)

    def unsent(self) -> int:
        engine = self._server.manager.eio_sid_from_sid(self._sid, "/")
        socket = self._server.eio.sockets.get(engine)
        return 0 if socket is None else socket.queue.qsize()

    async def close(self) -> None:
        """Leave the namespace, then the transport under it; do not wait for a page that
        no longer reads.
        """
        engine = self._server.manager.eio_sid_from_sid(self._sid, "/")
        await self._server.disconnect(self._sid)
        if engine in self._server.eio.sockets:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._server.eio.disconnect(engine)


class Gateway:
    """The conference's `Outward`."""

    def __init__(self, conference: Conference) -> None:
        self._conference = conference
        self.connections: dict[str, Connection] = {}
        self._flush_soon = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,
            json=WireJson,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            logger=False,
            engineio_logger=False,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("request", self._request)

    def attach(self, application: web.Application) -> None:
        """Serve ``/socket.io/`` there, and speak for the conference from now on."""
        self._server.attach(application)
        self._conference.outward = self

    async def stop(self) -> None:
        """Disconnect everybody; their places are kept."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        lines = [_SocketLine(self._server, sid) for sid in list(self.connections)]
        await asyncio.gather(*(line.close() for line in lines))
        await self._server.shutdown()

    # --- Outward -------------------------------------------------------------------

    def state_changed(self, *, urgent: bool) -> None:
        """See `Outward.state_changed`."""
        loop = asyncio.get_running_loop()
        if urgent and not self._flush_soon:
            self._flush_soon = True
            loop.call_soon(self._flush)
        elif not urgent and self._flush_timer is None:
            self._flush_timer = loop.call_later(SLOW_STATE_S, self._flush)

    def levels_changed(self) -> None:
        """See `Outward.levels_changed`."""
        for connection in self.connections.values():
            connection.levels_changed()

    def notify(self, device: int, notice: NoticeBody) -> None:
        """See `Outward.notify`."""
        for connection in self._of_device(device):
            connection.notify(notice)

    def dismiss(self, device: int, reason: str) -> None:
        """See `Outward.dismiss`."""
        for connection in self._of_device(device):
            connection.dismiss(reason)

    def dismiss_link(self, link: str, reason: str) -> None:
        """See `Outward.dismiss_link`."""
        for connection in list(self.connections.values()):
            if connection.caller.link == link:
                connection.dismiss(reason)

    def _of_device(self, device: int) -> list[Connection]:
        return [one for one in self.connections.values() if one.caller.device == device]

    def _flush(self) -> None:
        self._flush_soon = False
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        for connection in self.connections.values():
            connection.state_changed()

    # --- Socket.IO -------------------------------------------------------------------

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: object = None) -> None:
        locale = CHINESE
        try:
            asked = _auth(auth)
            locale = chosen_locale(asked.locale)
            claims = await self._conference.claims_of(asked.token)
            caller = self._admit(asked, claims)
        except SignalingError as error:
            self._conference.counters["error", error.error] += 1
            _log.warning("connection.refused", error=error.error)
            envelope = error_envelope(error, locale)
            raise socketio.exceptions.ConnectionRefusedError(error.error, envelope) from None
        if people.resume(self._conference, caller, asked.resume):
            for other in self._of_device(caller.device):
                other.replaced()
        line = _SocketLine(self._server, sid)
        connection = Connection(self._conference, caller, line, locale)
        self.connections[sid] = connection
        connection.start()
        people.ask_to_reconnect(self._conference, caller.device)
        tell_layers(self._conference, caller.device)

    def _admit(self, asked: ConnectAuth, claims: LinkClaims) -> Caller:
        """Raises `SignalingError` ``event...``, ``seat.unknown``, ``device.unknown_kind``,
        ``right.missing``, ``server.full``.
        """
        seat = admitted_seat(self._conference.event, claims.seat, claims.kind)
        caller = Caller(claims, seat, device_kind(asked.device))
        caller.need(Right.SEE_EVENT)
        links = collections.Counter(one.caller.link for one in self.connections.values())
        if len(self.connections) >= MAX_CONNECTIONS:
            raise SignalingError("server.full")
        if links[claims.jti] >= MAX_CONNECTIONS_PER_LINK:
            raise SignalingError("server.full")
        return caller

    async def _disconnect(self, sid: str, _reason: str = "") -> None:
        connection = self.connections.pop(sid, None)
        if connection is not None:
            connection.stop()
            sound.watch(self._conference, connection.caller, 0)
            people.lose(self._conference, connection.caller)

    async def _request(self, sid: str, message: object = None) -> None:
        connection = self.connections.get(sid)
        if connection is not None:
            connection.receive(message)


def _auth(auth: object) -> ConnectAuth:
    try:
        return msgspec.convert(auth, ConnectAuth)
    except msgspec.ValidationError:
        raise SignalingError("link.unknown") from None
