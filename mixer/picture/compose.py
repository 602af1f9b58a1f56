"""Composing: the stage's tiles onto a kept canvas; what did not change costs nothing.

Two canvases: the ground holds tiles without captions, so that captions are blended
onto clean pixels each time something under them moved.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import av
import structlog

from .canvas import Canvas
from .colour import Planes, to_yuv
from .cover import Cover
from .feed import UPRIGHT, Picture, Shown
from .layout import Crop, Rect, crop_of
from .picture_format import PictureFormat
from .scale import Scaler
from .slate import SlateReason
from .stage import SlateBook, Stage, StageTile

_log = structlog.get_logger(__name__)

Drawn = int | SlateReason | None
"""What stands in a tile: a picture's number, a slate, or nothing."""


class Content(NamedTuple):
    """What was put into a tile, kept while another tile may be drawn over it."""

    planes: Planes
    target: Rect
    left: int = 0
    top: int = 0


class Tile:
    """Draws one place of the stage when its content changed."""

    def __init__(self, spec: StageTile, drops: Counter[str], *, above: bool) -> None:
        self.spec = spec
        self.above = above
        """Whether a tile drawn before lies under this one."""
        self._drops = drops
        self._scaler = Scaler()
        self._drawn: Drawn = None
        self._shape = (0, 0, UPRIGHT)
        self._crop: Crop | None = None
        self._content: Content | None = None
        self._ground = to_yuv(*spec.style.rgb("ground"))

    def draw(self, ground: Canvas, shown: Shown, slates: SlateBook) -> Rect | None:
        """Bring the ground up to date; what changed on it, or None."""
        if shown.picture is not None:
            if shown.picture.number == self._drawn:
                return None
            return self._draw_picture(ground, shown.picture)
        if shown.slate is not None and shown.slate is not self._drawn:
            return self._draw_slate(ground, shown.slate, slates)
        return None

    def prepare(self, ground: Canvas) -> None:
        """Border, name bar and plain ground."""
        place = self.spec.placement
        if place.border:
            border = self.spec.border or self.spec.style.rgb("border")
            ground.fill(place.outer, to_yuv(*border))
        ground.fill(place.picture, self._ground)
        if place.name_bar is not None and self.spec.name_bar is not None:
            ground.put(self.spec.name_bar, place.name_bar)

    def restore(self, ground: Canvas) -> Rect:
        """Draw all of it again, after something was drawn over it."""
        self.prepare(ground)
        content = self._content
        if content is not None:
            ground.put(content.planes, content.target, content.left, content.top)
        return self.spec.placement.outer

    def _put(self, ground: Canvas, content: Content) -> None:
        if self.above:
            self._content = content
        ground.put(content.planes, content.target, content.left, content.top)

    def _draw_slate(self, ground: Canvas, reason: SlateReason, slates: SlateBook) -> Rect | None:
        planes = slates.get(self.spec.slate_key(reason))
        if planes is None:
            return None
        rect = self.spec.placement.picture
        self._put(ground, Content(planes, rect))
        self._drawn = reason
        self._crop = None
        return rect

    def _draw_picture(self, ground: Canvas, picture: Picture) -> Rect | None:
        rect = self.spec.placement.picture
        frame = picture.frame
        self._drawn = picture.number
        try:
            shape = (frame.width, frame.height, picture.aspect)
            crop = self._crop
            if crop is None or shape != self._shape:
                crop = crop_of(*picture.aspect.shown(*shape[:2]), self.spec.placement)
            planes = self._scaler.upright(frame, crop.width, crop.height, picture.aspect.turns)
        except (ValueError, av.FFmpegError) as error:
            self._drops["scale_failed"] += 1
            _log.warning("picture.scale_failed", size=f"{shape}", error=str(error))
            return None
        if crop is not self._crop:
            self._crop = crop
            self._shape = shape
            if crop.target != rect:
                ground.fill(rect, self._ground)
        self._put(ground, Content(planes, crop.target, crop.left, crop.top))
        return rect


class Compositor:
    """Holds the canvases and the stage. Used by one thread."""

    def __init__(self, form: PictureFormat, slates: SlateBook, first: Stage) -> None:
        self._form = form
        width, height = form.width, form.height
        self.drops: Counter[str] = Counter()
        self.ground = Canvas(width, height)
        """What was composed last, without captions."""
        self._cover = Cover(width, height)
        self._slates = slates
        self._stage = first
        self._tiles: tuple[Tile, ...] = ()
        self._draw_ground(first)
        self._cover.enter(first.overlays, first.tickers, 0)

    @property
    def stage(self) -> Stage:
        """What is shown."""
        return self._stage

    @property
    def canvas(self) -> Canvas:
        """What was composed last. The encoder is done with it before the next `compose`."""
        return self.ground if self._cover.bare else self._cover.canvas

    def enter(self, stage: Stage, *, afresh: bool = False) -> None:
        """Cut to another stage. If only captions differ, the pictures stay and captions may fade,
        unless all shall begin ``afresh``.
        """
        same = not afresh and stage.same_ground(self._stage)
        if not same:
            self._draw_ground(stage)
        self._stage = stage
        self._cover.enter(stage.overlays, stage.tickers, stage.fade_frames if same else 0)

    def compose(self, frame: int) -> bool:
        """Draw what changed up to programme frame ``frame``; False when nothing did."""
        changed: list[Rect] = []
        for tile in self._tiles:
            rect = tile.draw(self.ground, tile.spec.feed.at(frame, self._form), self._slates)
            if tile.above and any(tile.spec.placement.outer.touches(one) for one in changed):
                rect = tile.restore(self.ground)
            if rect is not None:
                changed.append(rect)
        covered = self._cover.update(self.ground, changed, frame)
        return bool(changed) or covered

    def _draw_ground(self, stage: Stage) -> None:
        ground = self.ground
        self._tiles = _tiles_of(stage, self.drops)
        ground.fill(ground.whole, to_yuv(*stage.theme.rgb("background")))
        if stage.still is not None:
            ground.put(stage.still, ground.whole)
        for tile in self._tiles:
            tile.prepare(ground)


def _tiles_of(stage: Stage, drops: Counter[str]) -> tuple[Tile, ...]:
    """In the order of drawing: what lies above comes later."""
    made: list[Tile] = []
    for spec in sorted(stage.tiles, key=lambda one: one.placement.z):
        outer = spec.placement.outer
        above = any(outer.touches(before.spec.placement.outer) for before in made)
        made.append(Tile(spec, drops, above=above))
    return tuple(made)
