"""Composing: the stage's tiles onto a kept canvas; what did not change costs nothing.

Two canvases: the ground holds tiles without captions, so that captions are blended
onto clean pixels each time something under them moved.
"""

from __future__ import annotations

from collections import Counter

import av
import structlog

from .canvas import Canvas
from .caption import BACKGROUND, BORDER
from .colour import Scaler, planes_of, to_yuv
from .feed import Picture, Shown
from .layout import Crop, Rect, crop_of
from .slate import GROUND, SlateReason
from .stage import SlateBook, Stage, StageTile

_log = structlog.get_logger(__name__)
_BACKGROUND = to_yuv(*BACKGROUND)
_BORDER = to_yuv(*BORDER)
_GROUND = to_yuv(*GROUND)

Drawn = int | SlateReason | None
"""What stands in a tile: a picture's number, a slate, or nothing."""


class Tile:
    """Draws one place of the stage when its content changed."""

    def __init__(self, spec: StageTile, drops: Counter[str]) -> None:
        self._spec = spec
        self._drops = drops
        self._scaler = Scaler()
        self._drawn: Drawn = None
        self._shape = (0, 0)
        self._crop: Crop | None = None

    def draw(self, ground: Canvas, shown: Shown, slates: SlateBook) -> Rect | None:
        """Bring the ground up to date; what changed on it, or None."""
        if shown.picture is not None:
            if shown.picture.number == self._drawn:
                return None
            return self._draw_picture(ground, shown.picture)
        if shown.slate is not None and shown.slate is not self._drawn:
            return self._draw_slate(ground, shown.slate, slates)
        return None

    def _draw_slate(self, ground: Canvas, reason: SlateReason, slates: SlateBook) -> Rect | None:
        planes = slates.get(self._spec.slate_key(reason))
        if planes is None:
            return None
        rect = self._spec.placement.picture
        ground.put(planes, rect)
        self._drawn = reason
        self._crop = None
        return rect

    def _draw_picture(self, ground: Canvas, picture: Picture) -> Rect | None:
        rect = self._spec.placement.picture
        frame = picture.frame
        self._drawn = picture.number
        try:
            shape = (frame.width, frame.height)
            crop = self._crop
            if crop is None or shape != self._shape:
                crop = crop_of(*shape, self._spec.placement)
            planes = planes_of(self._scaler.scale(frame, crop.width, crop.height))
        except (ValueError, av.FFmpegError) as error:
            self._drops["scale_failed"] += 1
            _log.warning("picture.scale_failed", size=f"{shape}", error=str(error))
            return None
        if crop is not self._crop:
            self._crop = crop
            self._shape = shape
            if crop.target != rect:
                ground.fill(rect, _GROUND)
        ground.put(planes, crop.target, crop.left, crop.top)
        return rect


class Compositor:
    """Holds the canvases and the stage. Used by one thread."""

    def __init__(self, width: int, height: int, slates: SlateBook, first: Stage) -> None:
        self.drops: Counter[str] = Counter()
        self._ground = Canvas(width, height)
        self._covered = Canvas(width, height)
        self._slates = slates
        self._stage = first
        self._tiles: tuple[Tile, ...] = ()
        self.enter(first)

    @property
    def stage(self) -> Stage:
        """What is shown."""
        return self._stage

    @property
    def canvas(self) -> Canvas:
        """What was composed last. The encoder is done with it before the next `compose`."""
        return self._covered if self._stage.overlays else self._ground

    def enter(self, stage: Stage) -> None:
        """Cut to another stage."""
        ground = self._ground
        self._stage = stage
        self._tiles = tuple(Tile(spec, self.drops) for spec in stage.tiles)
        ground.fill(ground.whole, _BACKGROUND)
        if stage.still is not None:
            ground.put(stage.still, ground.whole)
        for spec in stage.tiles:
            _prepare(ground, spec)
        self._cover((ground.whole,))

    def compose(self, frame: int) -> bool:
        """Draw what changed up to programme frame ``frame``; False when nothing did."""
        changed: list[Rect] = []
        for tile, spec in zip(self._tiles, self._stage.tiles, strict=True):
            rect = tile.draw(self._ground, spec.feed.at(frame), self._slates)
            if rect is not None:
                changed.append(rect)
        if changed:
            self._cover(tuple(changed))
        return bool(changed)

    def _cover(self, changed: tuple[Rect, ...]) -> None:
        if not self._stage.overlays:
            return
        for rect in changed:
            self._covered.take(self._ground, rect)
        for placed in self._stage.overlays:
            if any(placed.rect.touches(rect) for rect in changed):
                self._covered.take(self._ground, placed.rect)
                self._covered.blend(placed.what, placed.rect)


def _prepare(ground: Canvas, spec: StageTile) -> None:
    picture, bar = spec.placement.picture, spec.placement.name_bar
    if spec.placement.border:
        ground.fill(spec.placement.outer, _BORDER)
    ground.fill(picture, _GROUND)
    if bar is not None and spec.name_bar is not None:
        ground.put(spec.name_bar, bar)
