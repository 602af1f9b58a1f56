"""The supervisor's loop: five children, one table, ordered stop.

Per child one task: start, wait for its end, wait by `Backoff`, start again. The
table of running processes is written to ``<run>/processes.json`` at each change.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import structlog

from mixer.wire.log import configure_logging

from .backoff import Backoff
from .children import (
    ENTRIES,
    EXIT_UNUSABLE,
    SERVER,
    START_ORDER,
    STOP_ORDER,
    make_boot,
    preload,
    start_child,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerProcess

    from server.settings import Settings

_log = structlog.get_logger(__name__)
RETRY_START_S = 1.0
STOP_DEADLINE_S = 10.0
"""A child has 8 s for its own ordered stop; then it is killed."""


class Supervisor:
    """Runs until told to stop, or until a child says that it cannot work as configured."""

    def __init__(self, settings: Settings, entries: Mapping[str, str] = ENTRIES) -> None:
        """``entries``: module of each child; its ``main`` is the child's first function."""
        self._settings = settings
        self._entries = entries
        self._context = preload(entries)
        self._processes: dict[str, ForkServerProcess] = {}
        self._epochs: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._restarts = dict.fromkeys(START_ORDER, 0)
        self._stopping = asyncio.Event()
        self._exit_code = 0
        # The write end lives here only; children hold the read end and see it close.
        self._lifeline_read, self._lifeline_write = self._context.Pipe(duplex=False)

    def request_stop(self) -> None:
        """Begin the ordered stop; a second call changes nothing."""
        self._stopping.set()

    async def run(self) -> int:
        """Exit status: 0 after a stop that was asked for, 3 if a child cannot work."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request_stop)
        watchers = [
            asyncio.create_task(self._keep(name), name=f"keep-{name}") for name in START_ORDER
        ]
        await self._stopping.wait()
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        for name in STOP_ORDER:
            await self._stop(name)
        self._write_table()
        return self._exit_code

    async def _keep(self, name: str) -> None:
        backoff = Backoff()
        while True:
            born = time.monotonic()
            try:
                process, boot = start_child(
                    self._context, name, self._entries[name], self._settings, self._lifeline_read
                )
            except OSError as error:
                # No memory or no process number left: there may be some again later.
                _log.error("process.not_started", child=name, error=str(error))
                await asyncio.sleep(max(RETRY_START_S, backoff.died(0.0)))
                continue
            self._processes[name] = process
            self._epochs[name] = boot.epoch
            self._started[name] = born
            self._write_table()
            _log.info("process.started", child=name, pid=process.pid, child_epoch=boot.epoch)
            await _ended(process)
            lived_s = time.monotonic() - born
            _log.error(
                "process.ended", child=name, exit_code=process.exitcode, lived_s=round(lived_s, 1)
            )
            if process.exitcode == EXIT_UNUSABLE:
                self._exit_code = EXIT_UNUSABLE
                self.request_stop()
                return
            self._restarts[name] += 1
            await asyncio.sleep(backoff.died(lived_s))

    async def _stop(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or process.exitcode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await _ended(process)
        except TimeoutError:
            _log.error("process.killed", child=name, deadline_s=STOP_DEADLINE_S)
            process.kill()
            await _ended(process)
        _log.info("process.stopped", child=name, exit_code=process.exitcode)

    def _write_table(self) -> None:
        table = {
            name: {
                "pid": process.pid,
                "epoch": self._epochs[name],
                "restarts": self._restarts[name],
                "running": process.exitcode is None,
            }
            for name, process in self._processes.items()
        }
        table["supervisor"] = {"pid": os.getpid(), "epoch": 0, "restarts": 0, "running": True}
        path = self._settings.run_path / "processes.json"
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(table))
            fresh.replace(path)
        except OSError as error:
            # A full disk must not end the watch over a child.
            _log.error("process.table_not_written", error=str(error))


async def _ended(process: ForkServerProcess) -> None:
    """Wait for the end of a process without blocking the loop."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join(timeout=1.0)


def run_supervisor(settings: Settings) -> int:
    """`lianxian serve`. Blocks; returns the exit status."""
    configure_logging(make_boot(SERVER, settings), "supervisor")

    async def main() -> int:
        return await Supervisor(settings).run()

    return asyncio.run(main())
