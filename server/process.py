"""The server process: the application on one loop, from start to ordered stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from typing import TYPE_CHECKING

import structlog
import uvloop

from mixer.wire.log import configure_logging
from server.application import start_application
from server.event_file import EventFileError
from server.ice_servers import TurnSecretError
from server.supervisor.children import EXIT_UNUSABLE
from server.workers.hub import WorkerHub

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from mixer.wire.boot import Boot
    from server.application import Application
    from server.settings import Settings

_log = structlog.get_logger(__name__)


class UnusableError(Exception):
    """The server cannot work as configured; a restart would not help."""


async def _open(boot: Boot, settings: Settings) -> tuple[WorkerHub, Application]:
    hub = WorkerHub(boot.control_socket)
    try:
        application = await start_application(settings, hub)
    except (EventFileError, TurnSecretError) as error:
        raise UnusableError(str(error)) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UnusableError(
                f"http.port_taken: port {settings.http_port} is in use by another program; "
                "stop it or choose another with --http-port"
            ) from error
        raise
    await hub.start()
    return hub, application


async def serve_application(boot: Boot, settings: Settings, lifeline: Connection | None) -> int:
    """Until SIGTERM or the supervisor's death; the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if lifeline is not None:
        descriptor = lifeline.fileno()

        def supervisor_gone() -> None:
            loop.remove_reader(descriptor)
            stop.set()

        loop.add_reader(descriptor, supervisor_gone)
    try:
        hub, application = await _open(boot, settings)
    except UnusableError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_UNUSABLE
    sys.stdout.write(application.greeting() + "\n")
    sys.stdout.flush()
    _log.info("server.started", url=settings.base_url)
    await stop.wait()
    await application.stop()
    await hub.stop()
    _log.info("server.stopped")
    return 0


def main(boot: Boot, settings: Settings, lifeline: Connection | None) -> None:
    """First function of the server process; leaves with its exit status."""
    configure_logging(boot, "server")
    sys.exit(uvloop.run(serve_application(boot, settings, lifeline)))
