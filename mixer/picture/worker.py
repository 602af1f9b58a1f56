"""The picture worker: what is wanted (resources) meets link, decoders and programme.

Tasks on the loop: the link, and a pace of 40 ms for gaps, key frames and conditions. Threads:
one per decoder, the programme's, and the painter's (texts).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import structlog

from mixer.wire.boot import Boot
from mixer.wire.control import (
    Apply,
    Command,
    ControlError,
    Done,
    Event,
    Metrics,
    Outcome,
    ReadMetrics,
    RequestKeyframe,
    SceneApplied,
)
from mixer.wire.essential import essential_task
from mixer.wire.frame import Frame
from mixer.wire.ids import FRAME_NS, NANOSECONDS, Layer, PublicationId
from mixer.wire.link import Link, LinkKeyframe, LinkMessage, LinkTaken
from mixer.wire.picture import (
    Clip,
    Multiview,
    PictureProgramme,
    PictureSource,
    PreviewScene,
    Scene,
    SourceDelay,
)
from mixer.wire.resources import Clock, Resource
from mixer.wire.worker import run_worker

from .clips import Clips
from .conditions import Conditions
from .hangs import Hangs
from .intake import Intakes
from .layout_file import layout_shelf
from .look import Looks
from .metrics import intake_metrics, link_metrics, programme_metrics
from .programme import Programme, check_programme
from .publishing import publish, rest, unpublish
from .scenes import Scenes
from .stage import SlateBook, Stage
from .suspects import Suspects, watch_crashes

_log = structlog.get_logger(__name__)
CLOSE_TIMEOUT_S = 1.0
LOOK_EVERY_NS = NANOSECONDS
"""How often layouts and themes are looked at for changes, and sources that are left out told."""
SWITCH_INTERVAL_S = 0.001
"""How long one Python thread may keep another waiting; the default of 5 ms makes frames late."""


class PictureWorker:
    """Implements `mixer.wire.worker.Worker` and `mixer.wire.link.LinkReceiver`."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._layouts = layout_shelf(boot.data_dir)
        self._looks = Looks(boot.data_dir)
        self._held: dict[str, Resource] = {}
        self._link = Link(boot.link_socket, boot.kind, boot.epoch, self)
        self._suspects = Suspects(boot.run_dir, time.monotonic_ns())
        self._hangs = Hangs(self._suspects.decoder)
        self._intakes = Intakes(
            self._link.send_message, self._hangs.decoder, self._suspects.left_out
        )
        self._painter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="painter")
        self._slates = SlateBook(self._painter)
        self._programme: Programme | None = None
        self._scenes = Scenes(
            self._intakes,
            self._layouts,
            self._looks,
            self._painter,
            self._from_thread,
        )
        self._clips = Clips(
            boot.data_dir / "clips",
            self._intakes.feed,
            self._link.send_message,
            (
                self._session_ns,
                lambda state: self._from_thread(self._report, state),
                lambda frames: self._from_thread(self._link.send_frames, frames),
            ),
            self._hangs.watch,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._report: Callable[[Event], None] = lambda _event: None
        self._applied: SceneApplied | None = None
        self._conditions = Conditions(self._report)

    # --- Worker -----------------------------------------------------------------------------

    async def start(self, report: Callable[[Event], None]) -> None:
        """Connect to media and keep the pace."""
        self._report = report
        self._conditions = Conditions(report)
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            essential_task(self._link.run(), "link"),
            essential_task(self._pace(), "pace"),
        ]

    async def stop(self) -> None:
        """The programme ends after its frame, then the link, then decoders and painter."""
        await self._end_programme()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not await asyncio.to_thread(self._clips.close):
            _log.error("picture.clip_stuck")
        if not await asyncio.to_thread(self._intakes.close, CLOSE_TIMEOUT_S):
            _log.error("picture.decoder_stuck")
        self._painter.shutdown(wait=False, cancel_futures=True)

    def observed(self) -> tuple[Resource, ...]:
        """All resources held right now."""
        return tuple(self._held.values())

    async def apply(self, command: Apply) -> None:
        """Removals, then puts. Raises `ControlError`; what took effect stays."""
        for key in command.remove:
            self._remove(self._held.pop(key, None))
        try:
            for resource in command.put:
                self._put(resource)
                self._held[resource.key] = resource
        finally:
            await self._settle_programme()

    async def command(self, command: Command) -> Outcome:
        """Key frame requests and metrics. Raises `ControlError` for others."""
        if isinstance(command, ReadMetrics):
            samples = [*intake_metrics(self._intakes), *link_metrics(self._link)]
            if self._programme is not None:
                samples += programme_metrics(self._programme)
            return Metrics(samples=tuple(samples))
        if isinstance(command, RequestKeyframe):
            self._on_keyframe(command.publication, Layer(command.layer))
            return Done()
        raise ControlError("picture.unknown_command", f"{type(command).__name__} is not for us")

    def retell(self) -> None:
        """Tell the scene on air, and what a person should know."""
        if self._applied is not None:
            self._report(self._applied)
        self._conditions.retell(None if self._programme is None else self._programme.timeline)
        self._scenes.retell()
        for state in self._clips.states():
            self._report(state)

    # --- LinkReceiver -----------------------------------------------------------------------

    def link_up(self) -> None:
        """Publish the programme and subscribe to its sources anew."""
        if self._programme is not None:
            publish(self._link, self._programme)
        self._clips.link_up()
        self._intakes.link_up()

    def link_down(self) -> None:
        """Media is away: the programme goes on, its frames are dropped and counted; what is made
        on demand rests until media tells again.
        """
        _log.warning("picture.link_down")
        programme = self._programme
        if programme is not None:
            rest(programme)
            self._scenes.take_multiview(taken=False)

    def link_frames(self, frames: list[Frame]) -> None:
        """Packets of sources on air."""
        self._intakes.frames(frames)

    def link_message(self, message: LinkMessage) -> None:
        """Key frame requests for the programme, streams of the sources."""
        if isinstance(message, LinkKeyframe):
            self._on_keyframe(message.publication, message.layer)
        elif isinstance(message, LinkTaken):
            self._on_taken(message)
        else:
            self._intakes.message(message)

    # --- resources --------------------------------------------------------------------------

    def _put(self, resource: Resource) -> None:
        match resource:
            case Scene():
                self._scenes.put(resource)
            case PreviewScene():
                self._scenes.put_preview(resource.scene)
            case Multiview():
                self._scenes.put_multiview(resource)
            case PictureSource():
                self._intakes.put(resource)
            case SourceDelay():
                self._intakes.feed(resource.seat).aim_delay(resource.delay_ns)
            case PictureProgramme():
                check_programme(resource)
            case Clip():
                self._clips.put(resource)
            case Clock():
                pass
            case _:
                raise ControlError(
                    "picture.unknown_resource", f"{type(resource).__name__} is not for us"
                )

    def _remove(self, resource: Resource | None) -> None:
        match resource:
            case Scene():
                self._applied = None
                self._scenes.remove()
            case PreviewScene():
                self._scenes.remove_preview()
            case Multiview():
                self._scenes.remove_multiview()
            case Clip():
                self._clips.remove(resource.seat)
            case PictureSource():
                self._intakes.remove(resource.publication)
            case SourceDelay():
                self._intakes.feed(resource.seat).aim_delay(None)
            case _:
                pass

    def _stage_applied(self, stage: Stage, frame: int) -> None:
        self._scenes.applied(stage, time.monotonic_ns())
        _log.info("picture.scene_applied", revision=stage.revision, frame=frame)
        self._applied = SceneApplied(
            revision=stage.revision, frame=frame, at_ns=stage.form.time_of(frame)
        )
        self._report(self._applied)

    # --- programme --------------------------------------------------------------------------

    async def _settle_programme(self) -> None:
        """Start, restart or end the programme so that it is what is held."""
        clock = self._held.get("clock")
        spec = self._held.get("picture_programme")
        multiview = _multiview_publication(self._held.get("multiview"))
        running = self._programme
        if running is not None:
            wanted = (clock, spec, multiview)
            if (running.clock, running.spec, _multiview_publication(running.multiview)) == wanted:
                return
            if running.clock != clock:
                for feed in self._intakes.feeds:
                    feed.forget()
            await self._end_programme()
        if isinstance(clock, Clock) and isinstance(spec, PictureProgramme):
            self._begin_programme(clock, spec)

    def _begin_programme(self, clock: Clock, spec: PictureProgramme) -> None:
        def send(frames: list[Frame]) -> None:
            self._from_thread(self._link.send_frames, frames)

        def applied(stage: Stage, frame: int) -> None:
            self._from_thread(self._stage_applied, stage, frame)

        multiview = self._held.get("multiview")
        programme = Programme(
            clock,
            spec,
            self._slates,
            send,
            applied,
            multiview if isinstance(multiview, Multiview) else None,
        )
        scenes = self._scenes
        scenes.on_stage = programme.put_stage
        scenes.on_preview = programme.sides.put_preview
        scenes.on_multiview = programme.sides.put_multiview
        if scenes.form != programme.form or scenes.origin_wall_ns != clock.origin_wall_ns:
            scenes.origin_wall_ns = clock.origin_wall_ns
            scenes.rebuild(programme.form)
        for stage, put in (
            (scenes.stage, scenes.on_stage),
            (scenes.preview, scenes.on_preview),
            (scenes.multiview, scenes.on_multiview),
        ):
            if stage is not None:
                put(stage)
        self._programme = programme
        publish(self._link, programme)
        programme.start(staged="scene" in self._held)

    async def _end_programme(self) -> None:
        programme, self._programme = self._programme, None
        if programme is None:
            return
        if not await asyncio.to_thread(programme.stop):
            _log.error("picture.programme_stuck")
        self._unpublish(programme)

    def _unpublish(self, programme: Programme) -> None:
        unpublish(self._link, programme)
        self._scenes.take_multiview(taken=False)

    def _on_keyframe(self, publication: PublicationId, layer: Layer) -> None:
        if self._programme is not None:
            self._programme.request_keyframe(publication, layer)

    def _on_taken(self, message: LinkTaken) -> None:
        programme = self._programme
        if programme is None:
            return
        programme.take(message.publication, taken=message.taken)
        self._scenes.take_multiview(taken=programme.sides.taken("multiview"))

    def _session_ns(self) -> int:
        """Session time now; may be asked from any thread."""
        clock = self._held.get("clock")
        origin_ns = clock.origin_monotonic_ns if isinstance(clock, Clock) else 0
        return time.monotonic_ns() - origin_ns

    def _from_thread(self, call: Callable[..., object], *arguments: object) -> None:
        # The loop may be closed already when a thread ends late; nothing is left to tell then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    # --- pace -------------------------------------------------------------------------------

    async def _pace(self) -> None:
        look_ns = 0
        while True:
            await asyncio.sleep(FRAME_NS / NANOSECONDS)
            now_ns = time.monotonic_ns()
            self._intakes.advance(now_ns)
            self._scenes.advance(now_ns)
            self._look_for_hangs(now_ns)
            if now_ns >= look_ns:
                look_ns = now_ns + LOOK_EVERY_NS
                self._look_around()
            programme = self._programme
            if programme is None:
                continue
            if programme.died:
                _log.error("picture.programme_died")
                self._programme = None
                # Numbers jump ahead, so media must see another life of the stream.
                self._unpublish(programme)
                self._begin_programme(programme.clock, programme.spec)
                continue
            self._conditions.late(programme.timeline)
            ready = self._scenes.told_preview()
            if ready is not None:
                self._report(ready)

    def _look_for_hangs(self, now_ns: int) -> None:
        hung = self._hangs.advance(now_ns)
        for publication in hung:
            self._suspects.leave_out(publication, now_ns)
        if self._suspects.advance(now_ns, self._hangs.publications) or hung:
            self._intakes.settle()
        self._clips.advance(self._hangs.files)

    def _look_around(self) -> None:
        self._layouts.refresh()
        self._looks.refresh()
        self._conditions.files(self._layouts.faults | self._looks.faults)
        known = self._intakes.publications()
        self._conditions.left_out(known & self._suspects.deadly, known & self._suspects.hanging)
        self._conditions.clips(self._hangs.files)


def _multiview_publication(resource: Resource | None) -> PublicationId | None:
    return resource.publication if isinstance(resource, Multiview) else None


def main(boot: Boot, lifeline: Connection | None = None) -> None:
    """Run the picture process until it is told to stop."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)

    def made(boot: Boot) -> PictureWorker:
        worker = PictureWorker(boot)
        watch_crashes(boot.run_dir)  # it has read what the life before left there
        return worker

    run_worker(boot, made, lifeline)
