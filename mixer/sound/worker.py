"""The sound process: one loop that reads packets, ticks 50 times a second and reports."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

import structlog

from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.engine import SoundEngine
from mixer.sound.metrics import collect_metrics
from mixer.sound.opus import open_opus
from mixer.sound.reports import Reporter
from mixer.sound.source import FrameDrop
from mixer.sound.ticks import TickSchedule
from mixer.wire.boot import Boot
from mixer.wire.control import (
    Apply,
    Command,
    ControlError,
    Event,
    Metrics,
    Outcome,
    ReadMetrics,
)
from mixer.wire.essential import essential_task
from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS, PublicationId, WorkerKind
from mixer.wire.link import Link, LinkMessage, LinkStream
from mixer.wire.resources import Clock, Resource
from mixer.wire.worker import run_worker

_log = structlog.get_logger(__name__)
NICENESS: Final = -5
LONGEST_SLEEP_NS: Final = 100 * MILLISECOND_NS


class SoundWorker:
    """`Worker` of kind sound, over a `SoundEngine`.

    All runs on the loop's thread: reading, mixing, encoding. Frames for media that
    does not read are dropped by the link (``link_full``, ``link_down``), counted.
    """

    def __init__(self, boot: Boot, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._now = now
        self._library = open_opus()
        self._engine = SoundEngine(self._library)
        self._link = Link(boot.link_socket, WorkerKind.SOUND, boot.epoch, self)
        self._clock: Clock | None = None
        self._schedule: TickSchedule | None = None
        self._clock_known = asyncio.Event()
        self._reporter: Reporter | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- Worker -----------------------------------------------------------------

    async def start(self, report: Callable[[Event], None]) -> None:
        """Connect the link and begin to tick as soon as a clock is put."""
        self._reporter = Reporter(report, conceals=self._library.conceals)
        self._tasks = [
            essential_task(self._link.run(), "link"),
            essential_task(self._run_ticks(), "ticks"),
        ]

    async def stop(self) -> None:
        """End both tasks; what was mixed is sent already."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def observed(self) -> tuple[Resource, ...]:
        """All resources held right now."""
        held = self._engine.resources
        return held if self._clock is None else (self._clock, *held)

    def retell(self) -> None:
        """The server has just connected: report conditions and delays again."""
        if self._reporter is not None:
            self._reporter.retell()

    async def apply(self, command: Apply) -> None:
        """Removals, then puts. Raises `ControlError`; what took effect stays."""
        for key in command.remove:
            if self._clock is not None and key == self._clock.key:
                self._set_clock(None)
            self._tell(self._engine.remove(key))
        for resource in command.put:
            if isinstance(resource, Clock):
                self._set_clock(resource)
            else:
                self._tell(self._engine.put(resource))

    async def command(self, command: Command) -> Outcome:
        """Answers `ReadMetrics`. Raises `ControlError` for all else."""
        if not isinstance(command, ReadMetrics):
            raise ControlError("sound.command", f"sound knows no {type(command).__name__}")
        return Metrics(samples=collect_metrics(self._engine, self._schedule, self._link))

    # --- LinkReceiver -----------------------------------------------------------

    def link_up(self) -> None:
        """Media is there: say everything anew."""
        self._tell(self._engine.announce())

    def link_down(self) -> None:
        """Media is away: go on mixing, so that numbers stay true to time."""
        _log.warning("sound.link_down")

    def link_frames(self, frames: list[Frame]) -> None:
        """Packets of the sources; before the clock is known they mean nothing and are counted."""
        if self._clock is None:
            self._engine.drops[FrameDrop.NO_CLOCK.value] += len(frames)
        else:
            self._engine.insert(frames, self._session_ns(self._clock))

    def link_message(self, message: LinkMessage) -> None:
        """A stream begins (anew); all else is nothing to sound."""
        if isinstance(message, LinkStream):
            source = self._engine.sources.get(PublicationId(message.publication))
            if source is not None:
                source.begin_life(message.life)

    # --- ticks ------------------------------------------------------------------

    def _set_clock(self, clock: Clock | None) -> None:
        if clock == self._clock:
            return
        self._clock = clock
        self._schedule = None
        self._clock_known.clear()
        for source in self._engine.sources.values():
            source.jitter.restart()
        if clock is not None:
            self._schedule = TickSchedule(self._session_ns(clock))
            self._clock_known.set()
            _log.info("sound.clock", session_event=clock.event)

    def _session_ns(self, clock: Clock) -> int:
        return self._now() - clock.origin_monotonic_ns

    def _tell(self, messages: list[LinkMessage]) -> None:
        for message in messages:
            self._link.send_message(message)

    async def _run_ticks(self) -> None:
        """For ever: sleep until a tick is due, let the loop read, mix."""
        while True:
            await self._clock_known.wait()
            clock, schedule = self._clock, self._schedule
            if clock is None or schedule is None:
                continue
            wait_ns = schedule.next_ns - self._session_ns(clock)
            if wait_ns > 0:
                await asyncio.sleep(min(wait_ns, LONGEST_SLEEP_NS) / NANOSECONDS)
                continue
            # Timers run before sockets. Packets that came meanwhile are to be read first: one
            # turn of the loop takes them off the socket, the next lets the link's task have them.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if schedule is self._schedule:
                self._tick(clock, schedule)

    def _tick(self, clock: Clock, schedule: TickSchedule) -> None:
        due = schedule.due(self._session_ns(clock))
        if due.skipped:
            _log.warning("sound.ticks_skipped", count=due.skipped, before=due.first)
        for tick in range(due.first, due.first + due.ticks):
            frames = self._engine.tick(tick)
            if frames:
                self._link.send_frames(frames)
            if self._reporter is not None:
                self._reporter.on_tick(tick, self._engine, schedule)


def main(boot: Boot, lifeline: Connection | None = None) -> None:
    """Entry point of the process; returns when it has stopped."""
    try:
        # Late sound is heard by all 19 sites, a late picture hardly seen.
        os.nice(NICENESS)
    except PermissionError:
        _log.debug("sound.ordinary_priority")
    run_worker(boot, SoundWorker, lifeline)
