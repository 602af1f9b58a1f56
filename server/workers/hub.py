"""Listens on the control socket and keeps every worker at its wanted set."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from mixer.wire.channel import (
    ChannelError,
    encode_message,
    read_message,
    to_server_decoder,
)
from mixer.wire.control import (
    CONTROL_VERSION,
    Command,
    Event,
    Hello,
    Outcome,
    Welcome,
)
from mixer.wire.essential import essential_task
from mixer.wire.ids import WorkerKind

from .station import Station

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mixer.wire.resources import Resource

    from .interface import Listener

_log = structlog.get_logger(__name__)
HELLO_TIMEOUT_S = 5.0


class WorkerHub:
    """The real `server.workers.interface.Workers`."""

    def __init__(self, path: Path) -> None:
        """``path``: the control socket; its folder must be private to this user."""
        self._path = path
        self._stations = {kind: Station(kind) for kind in WorkerKind}
        self._known_epochs: dict[WorkerKind, int] = {}
        self._listener: Listener | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, listener: Listener) -> None:
        """Set the one listener."""
        self._listener = listener

    async def start(self) -> None:
        """Open the socket. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, str(self._path))
        self._path.chmod(0o600)
        for station in self._stations.values():
            task = essential_task(station.run(), f"reconcile-{station.kind}")
            self._tasks.add(task)

    async def stop(self) -> None:
        """Close; workers go on by themselves."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def want(self, kind: WorkerKind, resources: Iterable[Resource]) -> None:
        """See `Workers.want`."""
        self._stations[kind].want(resources)

    async def settle(self, kind: WorkerKind) -> None:
        """See `Workers.settle`."""
        await self._stations[kind].settle()

    async def request(self, kind: WorkerKind, command: Command) -> Outcome:
        """See `Workers.request`."""
        await self._stations[kind].settle()
        return await self._stations[kind].request(command)

    def remember(self, kind: WorkerKind, epoch: int) -> None:
        """See `Workers.remember`."""
        self._known_epochs[kind] = epoch

    def connected(self, kind: WorkerKind) -> bool:
        """See `Workers.connected`."""
        return self._stations[kind].connected

    def adopt(self, kind: WorkerKind, seconds: float, keep: Callable[[str], bool]) -> None:
        """See `Workers.adopt`."""
        self._stations[kind].adopt(seconds, keep)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ChannelError, TimeoutError) as error:
            _log.error("worker.broke_protocol", error=str(error) or "no hello in time")
        finally:
            writer.close()
            if task is not None:
                self._tasks.discard(task)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            hello = await read_message(reader, to_server_decoder)
        if not isinstance(hello, Hello) or hello.version != CONTROL_VERSION:
            _log.error("worker.bad_hello", hello=type(hello).__name__)
            return
        kind = hello.kind
        station = self._stations[kind]
        if station.connected:
            _log.error("worker.second", worker=kind, pid=hello.pid)
            return
        writer.write(encode_message(Welcome(version=CONTROL_VERSION)))
        new_life = self._known_epochs.get(kind) != hello.epoch
        self._known_epochs[kind] = hello.epoch
        _log.info("worker.connected", worker=kind, worker_epoch=hello.epoch, new_life=new_life)
        announce = asyncio.create_task(self._announce(station, hello.epoch, new_life=new_life))
        try:
            await station.talk(hello, reader, writer, lambda event: self._tell(kind, event))
        finally:
            announce.cancel()
            _log.warning("worker.lost", worker=kind)
            if self._listener is not None:
                self._listener.worker_lost(kind)

    async def _announce(self, station: Station, epoch: int, *, new_life: bool) -> None:
        """Tell the listener once the worker holds what was wanted when it came."""
        await station.settle_connection()
        if self._listener is not None:
            self._listener.worker_connected(station.kind, epoch, new_life=new_life)

    def _tell(self, kind: WorkerKind, event: Event) -> None:
        if self._listener is None:
            return
        try:
            self._listener.worker_event(kind, event)
        except Exception:  # noqa: BLE001  a bug in one report must not cut the worker off
            _log.exception("worker.event_bug", worker=kind, report=type(event).__name__)
