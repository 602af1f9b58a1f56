"""The server as a whole: store, conference, gateway and HTTP put together."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import web

from mixer.wire.essential import essential_task
from server.conference import people, record, returns, shown
from server.conference.opening import Surroundings, import_event, open_conference
from server.conference.reports import Reports
from server.event_file import read_event
from server.gateway.gateway import Gateway
from server.http.application import add_static, make_application
from server.http.context import Context
from server.http.pages import STATIC
from server.ice_servers import ice_servers_of
from server.intent import ProgrammeForm
from server.links import load_key
from server.looks import LookTable
from server.store.database import Database
from server.store.journal import Journal
from signaling.wire.roles import Role

if TYPE_CHECKING:
    from server.conference.conference import Conference
    from server.settings import Settings
    from server.workers.interface import Workers
    from signaling.wire.messages import LinkView

DATABASE_FILE = "lianxian.db"
KEY_FILE = "link.key"
TICK_S = 1.0
CLOCK_EVERY_TICKS = 10
SHUTDOWN_S = 0.5
"""For downloads in flight; a browser asks for the rest by a byte range."""

_log = structlog.get_logger(__name__)


class Application:
    """Runs from `start_application` to `stop`. Tasks: the journal's writer, and a tick a
    second for graces and unfinished recordings; the gateway has two per connection.
    """

    def __init__(
        self, settings: Settings, database: Database, journal: Journal, conference: Conference
    ) -> None:
        self.conference = conference
        self.gateway = Gateway(conference)
        self.context = Context(
            conference, self.gateway, journal, database, STATIC, LookTable(settings.data_dir)
        )
        self.port = settings.http_port
        self._settings = settings
        self._database = database
        self._journal = journal
        self._runner: web.AppRunner | None = None
        self._writer = essential_task(journal.run(), "journal")
        self._ticker: asyncio.Task[None] | None = None

    def links(self) -> list[LinkView]:
        """Every link that opens a door now, in the order of seats."""
        links = self.conference.links
        return [links.view(link) for link in links.valid(time.time())]

    def start_page(self) -> str:
        """The address from which an administrator reaches everything."""
        for link in self.links():
            if link.role == Role.ADMINISTRATOR:
                return link.url.replace("/join#", "/#")
        return f"{self.conference.links.base_url}/"

    def greeting(self) -> str:
        """What a person at the terminal needs: the event, the start page, all links."""
        event = self.conference.event
        lines = [f"{event.title} / {event.title_en}", "", f"start page  {self.start_page()}", ""]
        lines += [f"{link.role:<14} {link.name}\n    {link.url}" for link in self.links()]
        return "\n".join(lines)

    async def open(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        application = make_application(self.context)
        self.gateway.attach(application)
        add_static(application, self.context)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.http_host, self._settings.http_port)
        await site.start()
        self._tell_port()
        self._ticker = essential_task(self._tick(), "tick")

    def _tell_port(self) -> None:
        """With port 0 the system chose one, and links shall name it."""
        if self._runner is None or self._settings.http_port:
            return
        self.port = int(self._runner.addresses[0][1])
        links = self.conference.links
        links.base_url = links.base_url.removesuffix(":0") + f":{self.port}"

    async def stop(self) -> None:
        """Disconnect pages (their places are kept), write everything down, close."""
        if self._ticker is not None:
            self._ticker.cancel()
        await self.gateway.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._keep_clock()
        self.conference.keep.write_audits()
        if not await self._journal.flush():
            _log.error("store.not_flushed")
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._database.close()

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            try:
                people.expire(self.conference)
                returns.review(self.conference)
                shown.settle(self.conference)
                self.conference.show_clip()
                self.conference.keep.write_audits()
                await record.finish(self.conference)
            except Exception:  # noqa: BLE001  a bug in one step must not stop the clock
                _log.exception("tick.bug")
            if ticks % CLOCK_EVERY_TICKS == 0:
                self._keep_clock()

    def _keep_clock(self) -> None:
        clock = self.conference.clock
        clock.origin = msgspec.structs.replace(clock.origin, last_ms=clock.now_ms())
        self.conference.keep.clock(clock.origin)


async def start_application(settings: Settings, workers: Workers) -> Application:
    """Open the store, import the event if it is not there, listen.

    Call before workers may connect. Raises `server.event_file.EventFileError`,
    `server.ice_servers.TurnSecretError`, OSError
    (EADDRINUSE when the port is taken) or `sqlalchemy.exc.SQLAlchemyError`.
    """
    event = await asyncio.to_thread(read_event, settings.event_file)
    ice = await asyncio.to_thread(ice_servers_of, settings)
    # "event" is what structlog calls a line's own name.
    structlog.contextvars.bind_contextvars(slug=event.slug)
    database = await Database.open(settings.data_dir / DATABASE_FILE)
    if not await import_event(database, event):
        _log.info("event.known", slug=event.slug)
    journal = Journal(database)
    conference = await open_conference(
        event.slug,
        database,
        journal,
        workers,
        Surroundings(
            key=load_key(settings.data_dir / KEY_FILE),
            base_url=settings.base_url,
            link_hours=settings.link_hours,
            sessions_dir=settings.data_dir / "sessions",
            form=ProgrammeForm(
                height=settings.programme_height,
                frame_rate=settings.programme_frame_rate,
                record_master=settings.record_master,
                master_kbps=settings.master_kbps,
                multiview=settings.multiview,
            ),
        ),
    )
    conference.ice = ice
    if conference.event != event:
        _log.warning("event.file_differs", slug=event.slug, used="the one in the store")
    workers.listen(Reports(conference))
    application = Application(settings, database, journal, conference)
    try:
        await application.open()
    except OSError:
        await application.stop()
        raise
    return application
