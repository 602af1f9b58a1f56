"""A Socket.IO client of the product's own protocol, for simulated sites and the demo."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import socketio
import structlog

from signaling.wire.messages import (
    WIRE_VERSION,
    AnswerBody,
    AnswerEnvelope,
    ErrorEnvelope,
    Gone,
    NoticeBody,
    NoticeEnvelope,
    RequestBody,
    RequestEnvelope,
)
from signaling.wire.state import Delta, Snapshot, StateMessage, StateValue

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)
REQUEST_TIMEOUT_S = 15.0
COME_BACK_S = 0.5


class SignalError(Exception):
    """The server refused; ``error`` is its stable id."""

    def __init__(self, error: str, text: str) -> None:
        """Both as the server sent them."""
        super().__init__(f"{error}: {text}")
        self.error = error


def split_link(link: str) -> tuple[str, str]:
    """The server's base URL and the token of a link such as ``http://host/join#t=TOKEN``.

    Raises ValueError when it is no link of ours.
    """
    parts = urlsplit(link)
    if not parts.fragment.startswith("t=") or parts.scheme not in {"http", "https"}:
        raise ValueError("a link looks like http://HOST/join#t=TOKEN")
    return f"{parts.scheme}://{parts.netloc}", parts.fragment[2:]


class SignalClient:
    """One connection, one link. Comes back by itself with ``resume``.

    ``on_notice(body)`` and ``on_return()`` are called on the loop and must not block;
    the latter after each connection but the first.
    """

    def __init__(
        self,
        link: str,
        device: str = "main",
        on_notice: Callable[[NoticeBody], None] | None = None,
        on_return: Callable[[], None] | None = None,
    ) -> None:
        """``link`` as handed out; ``device`` is the device's kind."""
        self._url, self._token = split_link(link)
        self._device = device
        self._on_notice = on_notice
        self._on_return = on_return
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[AnswerBody]] = {}
        self._connections = 0
        self._ended = False
        self._coming_back: asyncio.Task[None] | None = None
        self.resume = ""
        self.state: dict[str, StateValue] = {}
        self.revision = 0
        self.changed = asyncio.Condition()
        self._socket = self._make_socket()

    def _make_socket(self) -> socketio.AsyncClient:
        """A fresh one for each connection: the library's own way back stops when a server
        that stops says goodbye, and a client it gave up cannot be used again.
        """
        # The library would cancel every task of the loop at Ctrl-C.
        made = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        made.on("connect", self._connected)
        made.on("disconnect", self._disconnected)
        made.on("connect_error", self._refused)
        made.on("answer", self._answer)
        made.on("error", self._error)
        made.on("notice", self._notice)
        made.on("state", self._state)
        return made

    def _auth(self) -> dict[str, str]:
        return {
            "token": self._token,
            "device": self._device,
            "resume": self.resume,
            "locale": "en",
        }

    async def connect(self) -> None:
        """Raises `SignalError` when the link is refused, OSError-like on no server."""
        try:
            await self._socket.connect(self._url, auth=self._auth, transports=["websocket"])
        except socketio.exceptions.ConnectionError as error:
            raise SignalError("connection.refused", str(error)) from error

    async def close(self) -> None:
        """Leave without a word; `Leave` is a request of its own."""
        self._ended = True
        if self._coming_back is not None:
            self._coming_back.cancel()
        await self._socket.disconnect()

    async def request(self, body: RequestBody) -> AnswerBody:
        """Send and wait. Raises `SignalError`, TimeoutError."""
        number = next(self._ids)
        future: asyncio.Future[AnswerBody] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        envelope = RequestEnvelope(v=WIRE_VERSION, id=number, body=body)
        try:
            try:
                await self._socket.emit("request", msgspec.to_builtins(envelope))
            except socketio.exceptions.BadNamespaceError as error:
                raise SignalError("connection.lost", "not connected") from error
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                return await future
        finally:
            self._pending.pop(number, None)

    async def wait_for(
        self, condition: Callable[[dict[str, StateValue]], bool], timeout_s: float
    ) -> None:
        """Until the state fulfils ``condition``. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s), self.changed:
            await self.changed.wait_for(lambda: condition(self.state))

    async def _connected(self) -> None:
        self._connections += 1
        if self._connections > 1 and self._on_return is not None:
            self._on_return()

    async def _disconnected(self, reason: str) -> None:
        for future in self._pending.values():
            if not future.done():
                future.set_exception(SignalError("connection.lost", reason))
        if self._ended or (self._coming_back is not None and not self._coming_back.done()):
            return
        self._coming_back = asyncio.create_task(self._come_back(), name="come-back")

    async def _come_back(self) -> None:
        while not self._ended:
            await asyncio.sleep(COME_BACK_S)
            self._socket = self._make_socket()
            try:
                await self.connect()
            except (SignalError, OSError, TimeoutError) as error:
                _log.debug("simulate.no_way_back_yet", error=str(error))
                continue
            if self._socket.connected:
                return

    async def _refused(self, message: object = None) -> None:
        """A server that knows the link and says no to it is not asked again."""
        if self._connections > 0 and isinstance(message, dict):
            self._ended |= str(message.get("message", "")).startswith("link.")

    async def _answer(self, message: dict[str, Any]) -> None:
        envelope = msgspec.convert(message, AnswerEnvelope)
        future = self._pending.get(envelope.id)
        if future is not None and not future.done():
            future.set_result(envelope.body)

    async def _error(self, message: dict[str, Any]) -> None:
        envelope = msgspec.convert(message, ErrorEnvelope)
        future = self._pending.get(envelope.id)
        if future is not None and not future.done():
            future.set_exception(SignalError(envelope.error, envelope.text))

    async def _notice(self, message: dict[str, Any]) -> None:
        notice = msgspec.convert(message, NoticeEnvelope).body
        self._ended |= isinstance(notice, Gone)
        if self._on_notice is not None:
            self._on_notice(notice)

    async def _state(self, message: dict[str, Any]) -> None:
        change = msgspec.convert(message, StateMessage)
        if isinstance(change, Snapshot):
            self.state = dict(change.state)
        elif isinstance(change, Delta):
            for key in change.remove:
                self.state.pop(key, None)
            self.state.update(change.put)
        self.revision = change.revision
        async with self.changed:
            self.changed.notify_all()
