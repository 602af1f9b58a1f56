"""Scenes on their way on air: built by the painter, their sources wanted from the first moment.

Used by the loop; stages come back from the painter's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future

import structlog

from mixer.wire.control import ControlError, PreviewReady
from mixer.wire.ids import NANOSECONDS
from mixer.wire.picture import Multiview, Scene, Slot

from .feed import Feed
from .intake import Intakes
from .layout import Layout
from .look import Looks
from .multiview import MAX_SLOTS as MULTIVIEW_SLOTS
from .multiview import TILE_WIDTH, build_multiview
from .picture_format import STANDARD, PictureFormat
from .rendition_spec import LOW_SIZE
from .stage import Stage, build_stage

_log = structlog.get_logger(__name__)
KEEP_NS = 300 * NANOSECONDS
"""Behind a slate or a clip the sources of the scene before are taken in for so long, so that the
way back to it takes no longer than a cut. It costs less than that scene did.
"""


class Scenes:
    """What is on air, what comes, what is in preview and in the multiview.

    ``built`` gets finished work to do on the loop. `stage`, `preview` and `multiview` are the
    newest ones built, for a programme that begins.
    """

    def __init__(
        self,
        intakes: Intakes,
        layouts: Mapping[str, Layout],
        looks: Looks,
        painter: Executor,
        on_loop: Callable[[Callable[[], None]], None],
    ) -> None:
        self._intakes = intakes
        self._layouts = layouts
        self._looks = looks
        self._painter = painter
        self._on_loop = on_loop
        self._on_air: Scene | None = None
        self._kept: Scene | None = None
        self._kept_until_ns = 0
        self._coming: list[Scene] = []
        self._in_preview: Scene | None = None
        self._multiview: Multiview | None = None
        self._multiview_taken = False
        self._told_ready: PreviewReady | None = None
        self._building: list[tuple[Scene, Future[Stage]]] = []
        self.form = STANDARD
        self.origin_wall_ns = 0
        self.stage: Stage | None = None
        self.preview: Stage | None = None
        self.multiview: Stage | None = None
        self.on_stage: Callable[[Stage], None] = _ignore
        self.on_preview: Callable[[Stage], None] = _ignore
        self.on_multiview: Callable[[Stage], None] = _ignore

    # --- scenes -----------------------------------------------------------------------------

    def put(self, scene: Scene) -> None:
        """A scene for its time; it replaces those that wait and are not earlier.

        Raises `ControlError` for an unknown layout.
        """
        layout = self._layout(scene)
        # Subscribed at once, so that pictures are there when the scene's frame comes.
        self._coming = [one for one in self._coming if one.at_ns < scene.at_ns]
        self._coming.append(scene)
        self._drop_outdone()
        self._want()
        self._build(scene, layout, self.form, self._take_stage)

    def put_preview(self, scene: Scene) -> None:
        """Another scene in preview. Raises `ControlError` for an unknown layout."""
        layout = self._layout(scene)
        self._in_preview = scene
        self._told_ready = None
        self._drop_outdone()
        self._want()
        self._build(scene, layout, self.form.resized(*LOW_SIZE), self._take_preview)
        # Its texts are rendered in full size too, so that a take of it finds them.
        self._build(scene, layout, self.form, _ignore)

    def put_multiview(self, spec: Multiview) -> None:
        """Other sources in the multiview."""
        self._multiview = spec
        feeds = self._feeds(spec.slots)
        form = self.form.resized(1280, 720)
        self._want()
        building = self._painter.submit(build_multiview, spec, feeds.__getitem__, form)
        building.add_done_callback(lambda done: self._built(done, self._take_multiview))

    def take_multiview(self, *, taken: bool) -> None:
        """Whether somebody looks at the multiview: only then its sources are wanted."""
        self._multiview_taken = taken
        self._want()

    def remove(self) -> None:
        """Nothing is on air or to come."""
        self.stage = self._on_air = self._kept = None
        self._coming.clear()
        self._want()

    def remove_preview(self) -> None:
        """Nothing is in preview."""
        self._in_preview = self.preview = self._told_ready = None
        self._want()

    def remove_multiview(self) -> None:
        """No multiview."""
        self._multiview = self.multiview = None
        self._want()

    def applied(self, stage: Stage, now_ns: int) -> None:
        """A stage came on air: what waited before it is over. Any monotonic clock."""
        for index, scene in enumerate(self._coming):
            if scene is stage.scene:
                self._coming = self._coming[index + 1 :]
                self._keep(scene, now_ns)
                self._on_air = scene
                self._want()
                break

    def advance(self, now_ns: int) -> None:
        """Let time pass."""
        if self._kept is not None and now_ns >= self._kept_until_ns:
            self._kept = None
            self._want()

    def _keep(self, scene: Scene, now_ns: int) -> None:
        """Of the scene that this one follows, what the way back needs."""
        before = self._on_air
        if self._is_live(scene):
            self._kept = None
        elif before is not None and self._is_live(before):
            self._kept, self._kept_until_ns = before, now_ns + KEEP_NS

    def _is_live(self, scene: Scene) -> bool:
        """Whether it is more than a slate or a clip; also one whose source is not there yet."""
        feeds = self._feeds(scene.slots).values()
        is_clip = bool(feeds) and all(feed.is_steady for feed in feeds)
        return scene.slate is None and not is_clip

    def rebuild(self, form: PictureFormat) -> None:
        """Everything anew for another format."""
        self.form = form
        self.stage = self.preview = self.multiview = None
        scenes = ([] if self._on_air is None else [self._on_air]) + self._coming
        self._coming = scenes
        for scene in scenes:
            layout = self._layouts.get(scene.layout)
            if layout is not None:
                self._build(scene, layout, form, self._take_stage)
        if self._in_preview is not None:
            self.put_preview(self._in_preview)
        if self._multiview is not None:
            self.put_multiview(self._multiview)

    def told_preview(self) -> PreviewReady | None:
        """Whether the preview has its pictures, if that is news."""
        scene = self._in_preview
        if scene is None:
            return None
        waiting = any(self._intakes.feed(slot.seat).awaits for slot in scene.slots)
        ready = PreviewReady(revision=scene.revision, ready=not waiting)
        if ready == self._told_ready:
            return None
        self._told_ready = ready
        return ready

    def retell(self) -> None:
        """Tell the preview again."""
        self._told_ready = None

    # --- building ---------------------------------------------------------------------------

    def _layout(self, scene: Scene) -> Layout:
        layout = self._layouts.get(scene.layout)
        if layout is None:
            known = ", ".join(sorted(self._layouts))
            raise ControlError("picture.unknown_layout", f"{scene.layout!r} is none of: {known}")
        if len(scene.slots) > layout.capacity:
            _log.warning("picture.slots_dropped", layout=layout.name, slots=len(scene.slots))
        return layout

    def _build(
        self,
        scene: Scene,
        layout: Layout,
        form: PictureFormat,
        take: Callable[[Stage], None],
    ) -> None:
        # Feeds are made here: the painter's thread must not touch the loop's tables.
        feeds = self._feeds(scene.slots)
        look = self._looks.look(scene.theme, self.origin_wall_ns, form)
        building = self._painter.submit(build_stage, scene, layout, feeds.__getitem__, look)
        self._building.append((scene, building))
        building.add_done_callback(lambda done: self._built(done, take))

    def _drop_outdone(self) -> None:
        """Fifty captions in a moment are fifty scenes, and only the last is worth painting."""
        kept: list[tuple[Scene, Future[Stage]]] = []
        for scene, building in self._building:
            wanted = scene is self._in_preview or any(scene is one for one in self._coming)
            if not building.done() and (wanted or not building.cancel()):
                kept.append((scene, building))
        self._building = kept

    def _feeds(self, slots: Iterable[Slot]) -> dict[str, Feed]:
        return {slot.seat: self._intakes.feed(slot.seat) for slot in slots}

    def _built(self, building: Future[Stage], take: Callable[[Stage], None]) -> None:
        """Called by the painter's thread."""
        if building.cancelled():
            return
        error = building.exception()
        if error is not None:
            _log.error("picture.stage_failed", error=repr(error), exc_info=error)
            return
        stage = building.result()
        self._on_loop(lambda: take(stage))

    def _take_stage(self, stage: Stage) -> None:
        if stage.form != self.form or not any(one is stage.scene for one in self._coming):
            return  # replaced or removed while it was being built
        self.stage = stage
        self.on_stage(stage)

    def _take_preview(self, stage: Stage) -> None:
        if stage.scene is self._in_preview:
            self.preview = stage
            self.on_preview(stage)

    def _take_multiview(self, stage: Stage) -> None:
        if self._multiview is not None:
            self.multiview = stage
            self.on_multiview(stage)

    # --- sources ----------------------------------------------------------------------------

    def _want(self) -> None:
        """Every seat that is shown somewhere, with the width of its largest place."""
        widths: dict[str, int] = {}
        scenes = ([] if self._on_air is None else [self._on_air]) + self._coming
        for scene in scenes:
            self._add_widths(widths, scene, self.form)
        if self._in_preview is not None:
            self._add_widths(widths, self._in_preview, self.form)
        if self._multiview is not None and self._multiview_taken:
            for slot in self._multiview.slots[:MULTIVIEW_SLOTS]:
                widths.setdefault(slot.seat, TILE_WIDTH)
        if self._kept is not None:
            self._add_widths(widths, self._kept, self.form)
        self._intakes.want(widths)

    def _add_widths(self, widths: dict[str, int], scene: Scene, form: PictureFormat) -> None:
        layout = self._layouts.get(scene.layout)
        if layout is None:
            return
        for slot, place in zip(scene.slots, layout.place(len(scene.slots)), strict=False):
            width = form.rect(place.picture).width
            widths[slot.seat] = max(widths.get(slot.seat, 0), width)


def _ignore(_stage: Stage) -> None:
    """Nobody is there to be told."""
