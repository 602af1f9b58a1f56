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
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from mixer.rtp import payload_type
from mixer.wire.boot import Boot
from mixer.wire.control import (
    Apply,
    Command,
    Condition,
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
from mixer.wire.ids import FRAME_NS, LAYER_LOW, LAYER_MAIN, NANOSECONDS, Codec, MediaKind
from mixer.wire.link import Link, LinkKeyframe, LinkMessage, LinkPublish, LinkUnpublish
from mixer.wire.resources import (
    Clock,
    PictureProgramme,
    PictureSource,
    Resource,
    Scene,
    SourceDelay,
    StreamCodec,
)
from mixer.wire.worker import run_worker

from .intake import Intakes
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH
from .layout_file import layout_shelf
from .look import Looks
from .metrics import intake_metrics, link_metrics, programme_metrics
from .programme import Programme
from .stage import SlateBook, Stage, build_stage

_log = structlog.get_logger(__name__)
CLOSE_TIMEOUT_S = 1.0
LOOK_EVERY_NS = NANOSECONDS
"""How often layouts and themes are looked at for changes."""
SWITCH_INTERVAL_S = 0.001
"""How long one Python thread may keep another waiting; the default of 5 ms makes frames late."""
CODEC = StreamCodec(codec=Codec.H264, clock_rate=payload_type.VIDEO_CLOCK_RATE)


class PictureWorker:
    """Implements `mixer.wire.worker.Worker` and `mixer.wire.link.LinkReceiver`."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._layouts = layout_shelf(boot.data_dir)
        self._looks = Looks(boot.data_dir)
        self._told_faults: set[str] = set()
        self._held: dict[str, Resource] = {}
        self._link = Link(boot.link_socket, boot.kind, boot.epoch, self)
        self._intakes = Intakes(self._link.send_message)
        self._painter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="painter")
        self._slates = SlateBook(self._painter)
        self._programme: Programme | None = None
        self._stage: Stage | None = None
        self._on_air: Scene | None = None
        self._coming: list[Scene] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._report: Callable[[Event], None] = lambda _event: None
        self._applied: SceneApplied | None = None
        self._late = False

    # --- Worker -----------------------------------------------------------------------------

    async def start(self, report: Callable[[Event], None]) -> None:
        """Connect to media and keep the pace."""
        self._report = report
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
            self._on_keyframe(
                LinkKeyframe(publication=command.publication, layer=LAYER_MAIN)
                if command.layer
                else LinkKeyframe(publication=command.publication, layer=LAYER_LOW)
            )
            return Done()
        raise ControlError("picture.unknown_command", f"{type(command).__name__} is not for us")

    def retell(self) -> None:
        """Tell the scene on air and whether the programme is late."""
        if self._applied is not None:
            self._report(self._applied)
        if self._programme is not None:
            self._report(self._late_condition(self._programme))
        self._told_faults.clear()

    # --- LinkReceiver -----------------------------------------------------------------------

    def link_up(self) -> None:
        """Publish the programme and subscribe to its sources anew."""
        self._publish()
        self._intakes.link_up()

    def link_down(self) -> None:
        """Media is away: the programme goes on, its frames are dropped and counted."""
        _log.warning("picture.link_down")

    def link_frames(self, frames: list[Frame]) -> None:
        """Packets of sources on air."""
        self._intakes.frames(frames)

    def link_message(self, message: LinkMessage) -> None:
        """Key frame requests for the programme, streams of the sources."""
        if isinstance(message, LinkKeyframe):
            self._on_keyframe(message)
        else:
            self._intakes.message(message)

    # --- resources --------------------------------------------------------------------------

    def _put(self, resource: Resource) -> None:
        match resource:
            case Scene():
                self._put_scene(resource)
            case PictureSource():
                self._intakes.put(resource)
            case SourceDelay():
                self._intakes.feed(resource.seat).aim_delay(resource.delay_ns)
            case PictureProgramme(width=width, height=height):
                if (width, height) != (CANVAS_WIDTH, CANVAS_HEIGHT):
                    raise ControlError(
                        "picture.unsupported_size",
                        f"{width}x{height}; layouts are for {CANVAS_WIDTH}x{CANVAS_HEIGHT}",
                    )
            case Clock():
                pass
            case _:
                raise ControlError(
                    "picture.unknown_resource", f"{type(resource).__name__} is not for us"
                )

    def _remove(self, resource: Resource | None) -> None:
        match resource:
            case Scene():
                self._stage = self._on_air = self._applied = None
                self._coming.clear()
                self._want()
            case PictureSource():
                self._intakes.remove(resource.publication)
            case SourceDelay():
                self._intakes.feed(resource.seat).aim_delay(None)
            case _:
                pass

    def _put_scene(self, scene: Scene) -> None:
        layout = self._layouts.get(scene.layout)
        if layout is None:
            known = ", ".join(sorted(self._layouts))
            raise ControlError("picture.unknown_layout", f"{scene.layout!r} is none of: {known}")
        if len(scene.slots) > layout.capacity:
            _log.warning("picture.slots_dropped", layout=layout.name, slots=len(scene.slots))
        # Subscribed at once, so that pictures are there when the scene's frame comes.
        self._coming = [one for one in self._coming if one.at_ns < scene.at_ns]
        self._coming.append(scene)
        # Feeds are made here: the painter's thread must not touch the loop's tables.
        feeds = {slot.seat: self._intakes.feed(slot.seat) for slot in scene.slots}
        self._want()
        clock = self._held.get("clock")
        wall_ns = clock.origin_wall_ns if isinstance(clock, Clock) else 0
        look = self._looks.look(scene.theme, wall_ns)
        building = self._painter.submit(build_stage, scene, layout, feeds.__getitem__, look)
        building.add_done_callback(self._stage_built)

    def _want(self) -> None:
        scenes = list(self._coming)
        if self._on_air is not None:
            scenes.append(self._on_air)
        self._intakes.want(slot.seat for scene in scenes for slot in scene.slots)

    def _stage_built(self, building: Future[Stage]) -> None:
        """Called by the painter's thread."""
        if building.cancelled():
            return
        error = building.exception()
        if error is not None:
            _log.error("picture.stage_failed", error=repr(error), exc_info=error)
            return
        self._from_thread(self._take_stage, building.result())

    def _take_stage(self, stage: Stage) -> None:
        if not any(scene is stage.scene for scene in self._coming):
            return  # replaced or removed while it was being built
        self._stage = stage
        if self._programme is not None:
            self._programme.put_stage(stage)

    def _stage_applied(self, stage: Stage, frame: int) -> None:
        for index, scene in enumerate(self._coming):
            if scene is stage.scene:
                self._coming = self._coming[index + 1 :]
                self._on_air = scene
                self._want()
                break
        _log.info("picture.scene_applied", revision=stage.revision, frame=frame)
        self._applied = SceneApplied(revision=stage.revision, frame=frame)
        self._report(self._applied)

    # --- programme --------------------------------------------------------------------------

    async def _settle_programme(self) -> None:
        """Start, restart or end the programme so that it is what is held."""
        clock = self._held.get("clock")
        spec = self._held.get("picture_programme")
        running = self._programme
        if running is not None and (running.clock, running.spec) != (clock, spec):
            if running.clock != clock:
                for feed in self._intakes.feeds:
                    feed.forget()
            await self._end_programme()
        if self._programme is not None:
            return
        if isinstance(clock, Clock) and isinstance(spec, PictureProgramme):
            self._begin_programme(clock, spec)

    def _begin_programme(self, clock: Clock, spec: PictureProgramme) -> None:
        def send(frames: list[Frame]) -> None:
            self._from_thread(self._link.send_frames, frames)

        def applied(stage: Stage, frame: int) -> None:
            self._from_thread(self._stage_applied, stage, frame)

        programme = Programme(clock, spec, self._slates, send, applied)
        if self._stage is not None:
            programme.put_stage(self._stage)
        self._programme = programme
        self._publish()
        programme.start()

    async def _end_programme(self) -> None:
        programme, self._programme = self._programme, None
        if programme is None:
            return
        if not await asyncio.to_thread(programme.stop):
            _log.error("picture.programme_stuck")
        self._unpublish(programme)

    def _unpublish(self, programme: Programme) -> None:
        self._link.send_message(LinkUnpublish(publication=programme.spec.publication))

    def _publish(self) -> None:
        programme = self._programme
        if programme is None:
            return
        self._link.send_message(
            LinkPublish(
                publication=programme.spec.publication,
                kind=MediaKind.VIDEO,
                codec=CODEC,
                layers=len(programme.renditions),
            )
        )
        for rendition in programme.renditions:
            rendition.keyframes.request()

    def _on_keyframe(self, message: LinkKeyframe) -> None:
        programme = self._programme
        if programme is not None and message.publication == programme.spec.publication:
            programme.request_keyframe(message.layer)

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
            if now_ns >= look_ns:
                look_ns = now_ns + LOOK_EVERY_NS
                self._look_at_files()
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
            self._tell_late(programme)

    def _look_at_files(self) -> None:
        self._layouts.refresh()
        self._looks.refresh()
        faults = self._layouts.faults | self._looks.faults
        for file in self._told_faults - faults.keys():
            self._report(_file_condition(file, "", active=False))
        for file in faults.keys() - self._told_faults:
            _log.error("picture.file_refused", text=faults[file])
            self._report(_file_condition(file, faults[file], active=True))
        self._told_faults = set(faults)

    def _tell_late(self, programme: Programme) -> None:
        late = programme.timeline.late()
        if late == self._late:
            return
        self._late = late
        self._report(self._late_condition(programme))

    def _late_condition(self, programme: Programme) -> Condition:
        timeline = programme.timeline
        return Condition(
            id="picture.late",
            subject="programme",
            active=self._late,
            values={
                "late_ms": f"{timeline.lateness_ms(0.5):.0f}",
                "stale_repeats": str(timeline.stale_repeats),
                "holes": str(timeline.holes),
            },
        )


def _file_condition(file: str, text: str, *, active: bool) -> Condition:
    name = Path(file).name
    values = {"text": text.removeprefix(f"{Path(file).parent}/")} if text else {}
    return Condition(id="picture.file_refused", subject=name, active=active, values=values)


def main(boot: Boot, lifeline: Connection | None = None) -> None:
    """Run the picture process until it is told to stop."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    run_worker(boot, PictureWorker, lifeline)
