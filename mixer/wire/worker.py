"""The shell around every worker: loop, signals, control channel, ordered stop.

Life of a worker: `start`, then control channel and whatever tasks it made, until
SIGTERM, a `Stop` command or the supervisor's death (its end of ``lifeline``
closes); then `stop` with a deadline. SIGINT is left to the supervisor, since a
terminal sends it to the whole group.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING, Protocol

import structlog

from .channel import ControlClient, Controlled
from .essential import essential_task
from .log import configure_logging

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from .boot import Boot
    from .control import Event

_log = structlog.get_logger(__name__)
STOP_DEADLINE_S = 8.0


class Worker(Controlled, Protocol):
    """A process of the media plane."""

    async def start(self, report: Callable[[Event], None]) -> None:
        """Open sockets, make tasks. ``report`` may be called from the loop only."""

    async def stop(self) -> None:
        """Close in order: recordings first. Must end within `STOP_DEADLINE_S`."""


async def serve_worker(
    boot: Boot, make: Callable[[Boot], Worker], lifeline: Connection | None
) -> None:
    """Run a worker on this loop until it is told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if lifeline is not None:
        loop.add_reader(lifeline.fileno(), _lifeline_readable, loop, lifeline, stop)
    worker = make(boot)
    control = ControlClient(boot, worker, stop)
    await worker.start(control.report)
    channel = essential_task(control.run(), "control")
    _log.info("worker.started")
    await stop.wait()
    _log.info("worker.stopping")
    try:
        async with asyncio.timeout(STOP_DEADLINE_S):
            await worker.stop()
    except TimeoutError:
        _log.error("worker.stop_overran", deadline_s=STOP_DEADLINE_S)
    channel.cancel()
    await asyncio.gather(channel, return_exceptions=True)
    _log.info("worker.stopped")


def _lifeline_readable(
    loop: asyncio.AbstractEventLoop, lifeline: Connection, stop: asyncio.Event
) -> None:
    """Nothing is ever sent, so readable means the supervisor is gone."""
    loop.remove_reader(lifeline.fileno())
    _log.warning("worker.supervisor_gone")
    stop.set()


def run_worker(
    boot: Boot,
    make: Callable[[Boot], Worker],
    lifeline: Connection | None = None,
    make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Entry point of a worker process; returns when it has stopped. On uvloop unless told."""
    import uvloop  # noqa: PLC0415  the supervisor imports this module and stays light

    configure_logging(boot, boot.kind.value)
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=make_loop or uvloop.new_event_loop) as runner:
        runner.run(serve_worker(boot, make, lifeline))
