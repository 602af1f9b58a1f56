"""Media's end of the worker link: listens, reads frames, writes the outboxes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import structlog

from mixer.media.link_client import LinkClient
from mixer.wire.frame import Frame, FrameError, FrameKind, FrameReader
from mixer.wire.link import LINK_VERSION, READ_BYTES, LinkHello, LinkMessage, read_message

_log = structlog.get_logger(__name__)
_SOCKET_MODE: Final = 0o600
_HELLO_S: Final = 5.0
_CLOSE_S: Final = 1.0
FLUSH_NS: Final = 4_000_000
MAX_CLIENTS: Final = 16


class LinkHandler(Protocol):
    """What the media process does with what workers say."""

    def link_joined(self, client: LinkClient) -> None:
        """A worker said hello."""

    def link_left(self, client: LinkClient) -> None:
        """Its connection ended."""

    def link_message(self, client: LinkClient, message: LinkMessage) -> None:
        """A message other than the hello, in order with the frames."""

    def link_frames(self, client: LinkClient, frames: list[Frame]) -> None:
        """Packets and access units."""


class LinkServer:
    """All worker connections. At most `MAX_CLIENTS`; further ones are closed at once."""

    def __init__(
        self, path: Path, handler: LinkHandler, write_later: Callable[[int], None]
    ) -> None:
        """`write_later` has `flush` called after so many ns, once."""
        self._path = path
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._writers: dict[LinkClient, asyncio.StreamWriter] = {}
        self._write_later = write_later
        self._is_asked = False
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def clients(self) -> tuple[LinkClient, ...]:
        """Workers that have said hello."""
        return tuple(self._writers)

    async def start(self) -> None:
        """Listen; a socket file left by an earlier life is replaced."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(_SOCKET_MODE)
        self._server = await asyncio.start_unix_server(self._connected, sock=listener)

    async def stop(self) -> None:
        """Write what is queued, then close all connections."""
        self.flush()
        if self._server is not None:
            self._server.close()
        # Closing ends each reader; cancelling its task would be logged as an error by asyncio.
        for writer in self._serving.values():
            writer.close()
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=_CLOSE_S)
        self._path.unlink(missing_ok=True)

    def flush_soon(self) -> None:
        """Write every outbox within `FLUSH_NS`, together with what comes until then.

        A write wakes a worker: at 2000 packets/s joining them saves a third of media's time.
        """
        if not self._is_asked and any(client.has_output for client in self._writers):
            self._is_asked = True
            self._write_later(FLUSH_NS)

    def flush(self) -> None:
        """Write every outbox now."""
        self._is_asked = False
        for client, writer in self._writers.items():
            if client.has_output:
                writer.write(client.take_output())
            client.note_written()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._serving) >= MAX_CLIENTS:
            _log.error("link.too_many_workers", limit=MAX_CLIENTS)
            writer.close()
            return
        self._serving[task] = writer
        try:
            await self._serve(reader, writer)
        except FrameError as error:
            _log.error("link.broken_framing", error=str(error))
        except ConnectionError as error:
            _log.info("link.connection_lost", error=str(error))
        finally:
            del self._serving[task]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        client, early = await _greet(reader, writer, frames)
        if client is None:
            return
        self._writers[client] = writer
        _log.info("link.worker_joined", worker=client.kind.value, worker_epoch=client.epoch)
        self._handler.link_joined(client)
        try:
            self._dispatch(client, early)
            while chunk := await reader.read(READ_BYTES):
                self._dispatch(client, frames.feed(chunk))
        finally:
            del self._writers[client]
            _log.info("link.worker_left", worker=client.kind.value, worker_epoch=client.epoch)
            self._handler.link_left(client)

    def _dispatch(self, client: LinkClient, frames: list[Frame]) -> None:
        batch: list[Frame] = []
        for frame in frames:
            if frame.kind != FrameKind.MESSAGE:
                batch.append(frame)
                continue
            if batch:
                self._handler.link_frames(client, batch)
                batch = []
            self._handler.link_message(client, read_message(frame.payload))
        if batch:
            self._handler.link_frames(client, batch)
        self.flush_soon()


async def _greet(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: FrameReader
) -> tuple[LinkClient | None, list[Frame]]:
    """Wait for the hello; return the client and the frames that came with it."""
    arrived: list[Frame] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_HELLO_S):
            while not arrived:
                chunk = await reader.read(READ_BYTES)
                if not chunk:
                    return None, []
                arrived = frames.feed(chunk)
    hello = read_message(arrived[0].payload) if arrived else None
    if not isinstance(hello, LinkHello) or hello.version != LINK_VERSION:
        _log.error("link.no_hello", said=type(hello).__name__)
        return None, []
    client = LinkClient(hello.kind, hello.epoch, writer.transport.get_write_buffer_size)
    return client, arrived[1:]
