"""The control channel's framing, and the worker's end of it.

Message: u32 length little endian, then msgpack. Both ends drop the connection
on anything they cannot read; the worker then connects anew and says `Hello`.
"""

from __future__ import annotations

import asyncio
import os
import struct
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
import structlog

from .control import (
    CONTROL_VERSION,
    MAX_MESSAGE_BYTES,
    Answer,
    Apply,
    Command,
    ControlError,
    Done,
    Event,
    Failure,
    Hello,
    Observe,
    Observed,
    Outcome,
    Report,
    Request,
    Stop,
    ToServer,
    ToWorker,
    Welcome,
)

if TYPE_CHECKING:
    from .boot import Boot
    from .resources import Resource

_log = structlog.get_logger(__name__)
_LENGTH = struct.Struct("<I")
_T = TypeVar("_T")
RETRY_S = 0.1
MAX_BUFFER_BYTES = 4 * 1024 * 1024

to_server_decoder: msgspec.msgpack.Decoder[ToServer] = msgspec.msgpack.Decoder(ToServer)
to_worker_decoder: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_encoder = msgspec.msgpack.Encoder()


class ChannelError(Exception):
    """The other end broke the protocol; the connection must be closed."""


def encode_message(message: ToServer | ToWorker) -> bytes:
    """A message with its length in front."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


async def read_message(
    reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[_T]
) -> _T | None:
    """The next message, or None at the end of the stream.

    Raises `ChannelError` on an oversized or unreadable message.
    """
    try:
        (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if size > MAX_MESSAGE_BYTES:
            msg = f"message of {size} bytes"
            raise ChannelError(msg)
        body = await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        msg = f"unreadable message: {error}"
        raise ChannelError(msg) from error


class Controlled(Protocol):
    """What the channel drives: the worker's own object."""

    def observed(self) -> tuple[Resource, ...]:
        """All resources held right now."""

    async def apply(self, command: Apply) -> None:
        """Removals, then puts. Raises `ControlError`; what took effect stays."""

    async def command(self, command: Command) -> Outcome:
        """Any command but `Apply`, `Observe` and `Stop`. Raises `ControlError`."""

    def retell(self) -> None:
        """The server has just connected: report the state of everything again."""


class ControlClient:
    """Worker's end: connects for ever, answers requests one after another.

    The worker goes on with what it holds while the server is away.
    """

    def __init__(self, boot: Boot, controlled: Controlled, stop: asyncio.Event) -> None:
        self._boot = boot
        self._controlled = controlled
        self._stop = stop
        self._writer: asyncio.StreamWriter | None = None
        self.dropped_reports = 0
        """Reports not sent because the server was away or did not read."""

    def report(self, event: Event) -> None:
        """Tell the server; dropped and counted when it is away."""
        writer = self._writer
        if writer is None or writer.transport.get_write_buffer_size() > MAX_BUFFER_BYTES:
            self.dropped_reports += 1
            return
        writer.write(encode_message(Report(event=event)))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._boot.control_socket))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                await self._talk(reader, writer)
            except ChannelError as error:
                _log.error("control.broken", error=str(error))
            finally:
                self._writer = None
                writer.close()
            await asyncio.sleep(RETRY_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = Hello(
            version=CONTROL_VERSION,
            kind=self._boot.kind,
            epoch=self._boot.epoch,
            pid=os.getpid(),
            observed=self._controlled.observed(),
        )
        writer.write(encode_message(hello))
        welcome = await read_message(reader, to_worker_decoder)
        if not isinstance(welcome, Welcome):
            return
        self._writer = writer
        _log.info("control.connected")
        self._controlled.retell()
        while (message := await read_message(reader, to_worker_decoder)) is not None:
            if not isinstance(message, Request):
                msg = "request expected"
                raise ChannelError(msg)
            outcome = await self._carry_out(message.command)
            writer.write(encode_message(Answer(id=message.id, outcome=outcome)))

    async def _carry_out(self, command: Command) -> Outcome:
        try:
            if isinstance(command, Apply):
                await self._controlled.apply(command)
                return Done()
            if isinstance(command, Observe):
                return Observed(resources=self._controlled.observed())
            if isinstance(command, Stop):
                self._stop.set()
                return Done()
            return await self._controlled.command(command)
        except ControlError as error:
            # The server, which asked, logs it together with who caused it.
            _log.debug("control.refused", error=error.error, text=error.text)
            return Failure(error=error.error, text=error.text)
        except Exception as error:  # noqa: BLE001  a bug fails this command, never the worker
            _log.exception("control.bug", command=type(command).__name__)
            return Failure(error="internal", text=f"{type(error).__name__}: {error}")
