"""The recorder process: resources in, files out.

Everything on the loop is short: packets are put in order and collected; the writer's
thread touches the disk; a second thread finalises. After a crash `start` goes on with
the sessions on disk before the server says a word, so `observed` tells what is held.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from mixer.wire.control import (
    Apply,
    Command,
    ControlError,
    Done,
    Event,
    FinishSession,
    Metrics,
    Outcome,
    ReadMetrics,
)
from mixer.wire.essential import essential_task
from mixer.wire.ids import WorkerKind
from mixer.wire.link import Link, LinkMessage
from mixer.wire.resources import Clock, Mark, RecordedTrack, RecordingSession, Resource
from mixer.wire.worker import run_worker

from .finishing import Finisher
from .intake import Intake
from .metrics import collect_metrics
from .resume import take_up
from .session import LiveSession
from .space import START_FLOOR_BYTES, SpaceLevel, SpaceWatch
from .state import (
    SESSIONS_FOLDER,
    Phase,
    StoredSession,
    read_state,
    safe_relative,
)
from .track import RecordDrop
from .watch import Conditions, StorageWatch
from .writer import Writer, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from pathlib import Path

    from mixer.wire.boot import Boot

    from .session import LiveTrack
    from .track import Chunk

_log = structlog.get_logger(__name__)
TICK_S: Final = 0.1
FLUSH_TICKS: Final = 10
"""A Cluster each second: what a power cut may cost, and how often a disk must turn."""
MAX_SESSIONS: Final = 8


class RecorderWorker:
    """Implements `mixer.wire.worker.Worker`."""

    def __init__(
        self,
        boot: Boot,
        *,
        floor_bytes: int = START_FLOOR_BYTES,
        keep_working: bool = False,
        flush_ticks: int = FLUSH_TICKS,
        space: SpaceWatch | None = None,
        make_writer: Callable[[Callable[[list[Written]], None]], Writer] = Writer,
    ) -> None:
        """``keep_working``: leave the programme's working files beside programme.mp4.
        ``flush_ticks``: how often Clusters are closed, in `TICK_S`.
        """
        self._data_dir = boot.data_dir
        self._floor_bytes = floor_bytes
        self._keep_working = keep_working
        self._flush_ticks = flush_ticks
        self._make_writer = make_writer
        self._report: Callable[[Event], None] = lambda _event: None
        self._clock: Clock | None = None
        self.sessions: dict[int, LiveSession] = {}
        self._conditions = Conditions(self._pass_on)
        self.storage = StorageWatch(boot.data_dir, self._conditions, space or SpaceWatch())
        self._tasks: set[asyncio.Task[None]] = set()
        self.intake = Intake(self._send, self._track_failed)
        self.link = Link(boot.link_socket, WorkerKind.RECORDER, boot.epoch, self.intake)
        self.writer: Writer
        self._finisher: Finisher

    def _send(self, message: LinkMessage) -> None:
        self.link.send_message(message)

    def _pass_on(self, event: Event) -> None:
        self._report(event)

    def _track_failed(self, track: LiveTrack) -> None:
        self._conditions.set("recorder.track_failed", track.resource.key, active=True)

    # --- life ----------------------------------------------------------------

    async def start(self, report: Callable[[Event], None]) -> None:
        """Go on with what is on disk, then open the link."""
        self._report = report
        loop = asyncio.get_running_loop()
        self._finisher = Finisher(keep_working=self._keep_working)
        self.writer = self._make_writer(partial(_on_loop, loop, self._written))
        self.writer.start()
        self.sessions = await asyncio.to_thread(take_up, self._data_dir, self.writer)
        for session in self.sessions.values():
            if session.recording:
                self._clock = session.state.clock or self._clock
            for track in session.tracks.values():
                self.intake.add(track)
            if session.state.phase is Phase.FINALISING:
                self._spawn(self._finish(session))
        self._tasks |= {
            essential_task(self._beat(), "beat"),
            essential_task(self.link.run(), "link"),
        }

    async def stop(self) -> None:
        """Write all that is held; sessions stay as they are, so that the next life goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._flush()
        for session in self.sessions.values():
            session.save()
        await asyncio.to_thread(self.writer.stop)
        await asyncio.to_thread(self._finisher.stop)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("recorder.task_failed", exc_info=error)

    # --- control --------------------------------------------------------------

    def observed(self) -> tuple[Resource, ...]:
        """All resources held, also those found on disk."""
        held: list[Resource] = [self._clock] if self._clock else []
        for session in self.sessions.values():
            held += session.observed()
        return tuple(held)

    def retell(self) -> None:
        """The server has just connected: tell each session's state and what is amiss."""
        for session in self.sessions.values():
            self._tell(session)
        self._conditions.repeat()

    async def apply(self, command: Apply) -> None:
        """Removals, then puts."""
        ending = {
            int(key.rpartition("/")[2])
            for key in command.remove
            if key.startswith("recording_session/")
        }
        for key in command.remove:
            self._remove(key, ending)
        for identity in ending:
            self._release(identity)
        for resource in command.put:
            await self._put(resource)

    def _remove(self, key: str, ending: set[int]) -> None:
        kind, _, rest = key.partition("/")
        if kind not in ("recorded_track", "mark"):
            return
        session = self.sessions.get(int(rest.partition("/")[0]))
        if session is None:
            return
        if kind == "mark":
            session.remove_mark(key, ending=session.id in ending)
            return
        self._close_track(session, key)
        session.forget_track(key)

    def _release(self, identity: int) -> None:
        """The server no longer wants a session: finish it, then let go of it."""
        session = self.sessions.get(identity)
        if session is None:
            return
        session.state.released = True
        if session.recording:
            self._begin_finish(session)
            return
        session.save()
        if session.state.phase is not Phase.FINALISING:
            del self.sessions[identity]

    async def _put(self, resource: Resource) -> None:
        match resource:
            case Clock():
                self._put_clock(resource)
            case RecordingSession():
                await self._put_session(resource)
            case RecordedTrack():
                self._put_track(resource)
            case Mark():
                self._session(resource.session).put_mark(resource)
            case _:
                raise ControlError("recorder.resource", f"{resource.key} is none of mine")

    def _put_clock(self, clock: Clock) -> None:
        self._clock = clock
        for session in self.sessions.values():
            if session.recording and session.state.clock != clock:
                session.state.clock = clock
                session.save()

    def _session(self, identity: int) -> LiveSession:
        session = self.sessions.get(identity)
        if session is None:
            raise ControlError("recorder.unknown_session", f"session {identity} is not held")
        return session

    async def _put_session(self, resource: RecordingSession) -> None:
        known = self.sessions.get(resource.id)
        if known is not None:
            known.state.session = resource
            known.save()
            return
        if not safe_relative(resource.directory):
            raise ControlError("recorder.directory", "the directory leaves the archive")
        directory = self._data_dir / SESSIONS_FOLDER / resource.directory
        stored = await asyncio.to_thread(read_state, directory)
        if stored is None:
            await self._begin(resource, directory)
            return
        if stored.session.id != resource.id:
            raise ControlError("recorder.directory_taken", "another session has the directory")
        # Finished in an earlier life, and the server has not heard of it yet.
        session = self.sessions[resource.id] = LiveSession(directory, stored, self.writer)
        self._tell(session)

    async def _begin(self, resource: RecordingSession, directory: Path) -> None:
        if len(self.sessions) >= MAX_SESSIONS:
            raise ControlError("recorder.sessions", f"{MAX_SESSIONS} sessions are held already")
        free = await self.storage.free()
        if free < self._floor_bytes:
            raise ControlError(
                "recorder.disk_floor",
                f"{free / 1e9:.2f} GB are free, {self._floor_bytes / 1e9:.2f} GB are needed",
            )
        state = StoredSession(session=resource, clock=self._clock)
        session = self.sessions[resource.id] = LiveSession(directory, state, self.writer)
        session.save()
        self._tell(session)
        _log.info("recorder.session", session=session.id, directory=resource.directory)

    def _put_track(self, resource: RecordedTrack) -> None:
        session = self._session(resource.session)
        if not session.recording:
            session.hold_late_track(resource)
            return
        track = session.add_track(resource)
        if track is not None:
            if self.storage.space.level is SpaceLevel.FULL and not track.programme:
                track.pause(RecordDrop.STORAGE_FULL)
            self.intake.add(track)

    def _close_track(self, session: LiveSession, key: str) -> None:
        track = session.tracks.get(key)
        if track is not None:
            self.intake.remove(track)
            session.close_track(key)

    async def command(self, command: Command) -> Outcome:
        """`FinishSession` and `ReadMetrics`."""
        match command:
            case FinishSession():
                session = self._session(command.session)
                if session.recording:
                    # Done is said when it is on disk, so that it holds in any later life.
                    await asyncio.wrap_future(self._begin_finish(session))
                else:
                    self._tell(session)
                return Done()
            case ReadMetrics():
                return Metrics(
                    samples=collect_metrics(
                        self.sessions.values(), self.intake, self.writer, self.storage.space
                    )
                )
            case _:
                raise ControlError("recorder.command", f"{type(command).__name__} is none of mine")

    # --- finishing ------------------------------------------------------------

    def _begin_finish(self, session: LiveSession) -> Future[None]:
        for key in list(session.tracks):
            self._close_track(session, key)
        session.state.phase = Phase.FINALISING
        saved = session.save()
        self._spawn(self._finish(session))
        return saved

    async def _finish(self, session: LiveSession) -> None:
        self._tell(session, "close")
        await asyncio.wrap_future(self.writer.call(lambda: None))
        result = await self._finisher.finish(
            session.directory, session.state, partial(self._tell, session)
        )
        if result is None:
            return  # stopping; the next life does it
        session.finished(result)
        self._tell(session)
        self._conditions.set(
            "recording.failed", session.directory.name, active=not result.ok, text=result.text
        )
        _log.info("recorder.finished", session=session.id, ok=result.ok, text=result.text)
        if session.state.released:
            self.sessions.pop(session.id, None)

    # --- clock ------------------------------------------------------------------

    async def _beat(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            now_ns = time.monotonic_ns()
            self.intake.advance(now_ns)
            self.intake.ask_keyframes(now_ns)
            if ticks % self._flush_ticks == 0:
                self._flush()
                await self._look_at_space()
                for session in self.sessions.values():
                    if session.recording:
                        self._tell(session)

    def _tracks(self) -> list[LiveTrack]:
        return [track for session in self.sessions.values() for track in session.tracks.values()]

    def _flush(self) -> None:
        refused = sum([track.flush() for track in self._tracks()])
        self._conditions.set("recorder.overrun", active=refused > 0, chunks=str(refused))
        self.intake.acknowledge()

    def _written(self, batch: list[Written]) -> None:
        for one in batch:
            track: LiveTrack
            chunk: Chunk
            track, chunk = one.token  # type: ignore[misc]  # what `LiveTrack.flush` put there
            track.written(chunk, one.error)
            if not one.error:
                track.session.size_bytes += one.size_bytes
        self.storage.wrote({one.error for one in batch if one.error})
        self.intake.acknowledge()

    async def _look_at_space(self) -> None:
        full = await self.storage.look(self.writer.written_bytes) is SpaceLevel.FULL
        for track in self._tracks():
            if not track.programme:
                track.pause(RecordDrop.STORAGE_FULL if full else None)

    def _tell(self, session: LiveSession, text: str = "") -> None:
        now_ns = time.monotonic_ns() - self._clock.origin_monotonic_ns if self._clock else 0
        self._report(session.report(now_ns, self.storage.space.hours_left, text))


def _on_loop(
    loop: asyncio.AbstractEventLoop,
    told: Callable[[list[Written]], None],
    batch: list[Written],
) -> None:
    """From the writer's thread to the loop; a loop already closed needs no telling."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(told, batch)


def main(boot: Boot, lifeline: Connection | None = None) -> None:
    """Entry point of the process."""
    run_worker(boot, RecorderWorker, lifeline)
