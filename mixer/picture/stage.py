"""A stage: a scene made ready to be shown, every text of it rendered beforehand.

Built by the painter's thread, since lettering may take longer than a frame has.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from functools import lru_cache
from typing import NamedTuple

import structlog

from mixer.wire.ids import FRAME_NS
from mixer.wire.resources import Scene, Slot

from .caption import (
    LINE_HEIGHT,
    LINE_TOP,
    SAFE_BOTTOM,
    SAFE_X,
    STRAP_HEIGHT,
    STRAP_TOP,
    Placed,
    lower_line,
    lower_third,
    name_bar,
    strap,
)
from .colour import Planes
from .feed import Feed
from .layout import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    CaptionStyle,
    Layout,
    Placement,
    even,
)
from .slate import OPENING_SUBTITLE, OPENING_TITLE, SlateReason, slate

_log = structlog.get_logger(__name__)
MAX_SLATE_BYTES = 24 << 20

_lower_third = lru_cache(maxsize=64)(lower_third)
_lower_line = lru_cache(maxsize=64)(lower_line)
_strap = lru_cache(maxsize=32)(strap)
_name_bar = lru_cache(maxsize=256)(name_bar)


class SlateKey(NamedTuple):
    """What a slate looks like."""

    width: int
    height: int
    title: str
    subtitle: str
    reason: SlateReason


class SlateBook:
    """Slates by what they show, rendered when first asked for, elsewhere.

    Keeps `MAX_SLATE_BYTES`; the slate not used for longest goes first and is made again when
    it is needed. Thread-safe.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lock = threading.Lock()
        self._made: OrderedDict[SlateKey, Planes] = OrderedDict()
        self._asked: set[SlateKey] = set()
        self._bytes = 0

    def get(self, key: SlateKey) -> Planes | None:
        """The slate, or None while it is being made."""
        with self._lock:
            planes = self._made.get(key)
            if planes is not None:
                self._made.move_to_end(key)
                return planes
            if key in self._asked:
                return None
            self._asked.add(key)
        self._executor.submit(self._make, key)
        return None

    def _make(self, key: SlateKey) -> None:
        try:
            planes = slate(*key)
        except (OSError, ValueError):
            _log.exception("picture.slate_failed", title=key.title)
            return  # stays in `_asked`: not tried again for each frame
        with self._lock:
            self._asked.discard(key)
            self._made[key] = planes
            self._bytes += _size(planes)
            while self._bytes > MAX_SLATE_BYTES and len(self._made) > 1:
                _, oldest = self._made.popitem(last=False)
                self._bytes -= _size(oldest)


def _size(planes: Planes) -> int:
    return sum(plane.nbytes for plane in planes)


class StageTile(NamedTuple):
    """A place of the stage and whose pictures stand there."""

    placement: Placement
    feed: Feed
    title: str
    subtitle: str
    name_bar: Planes | None

    def slate_key(self, reason: SlateReason) -> SlateKey:
        """The slate of this place."""
        _, _, width, height = self.placement.picture
        return SlateKey(width, height, self.title, self.subtitle, reason)


class Stage(NamedTuple):
    """A scene ready for frame ``frame``; None is the opening slate."""

    scene: Scene | None
    frame: int
    tiles: tuple[StageTile, ...]
    overlays: tuple[Placed, ...]
    still: Planes | None = None
    """Fills the canvas in place of tiles."""

    @property
    def revision(self) -> int:
        """The scene's revision; 0 for the opening slate."""
        return 0 if self.scene is None else self.scene.revision


def build_stage(scene: Scene, layout: Layout, feed_of: Callable[[str], Feed]) -> Stage:
    """Render all texts of a scene. Slots beyond the layout's capacity are not shown."""
    places = layout.place(len(scene.slots))
    tiles = tuple(
        _tile(slot, placement, feed_of(slot.seat))
        for slot, placement in zip(scene.slots, places, strict=False)
    )
    overlays = _in_line(scene) if layout.caption is CaptionStyle.LINE else _in_boxes(scene)
    return Stage(scene, -(-scene.at_ns // FRAME_NS), tiles, overlays)


def _in_boxes(scene: Scene) -> tuple[Placed, ...]:
    caption = scene.caption
    placed: list[Placed] = []
    drawing = _strap(scene.strap, STRAP_HEIGHT)
    if drawing is not None:
        placed.append(drawing.at(SAFE_X, STRAP_TOP))
    drawing = None if caption is None else _lower_third(caption.title, caption.subtitle)
    if drawing is not None:
        placed.append(drawing.at(SAFE_X, CANVAS_HEIGHT - SAFE_BOTTOM - drawing.height))
    return tuple(placed)


def _in_line(scene: Scene) -> tuple[Placed, ...]:
    caption = scene.caption
    found = (
        _strap(scene.strap, LINE_HEIGHT),
        None if caption is None else _lower_line(caption.title, caption.subtitle),
    )
    drawings = [drawing for drawing in found if drawing is not None]
    x = even((CANVAS_WIDTH - sum(drawing.width for drawing in drawings)) / 2)
    placed: list[Placed] = []
    for drawing in drawings:
        placed.append(drawing.at(x, LINE_TOP))
        x += drawing.width
    return tuple(placed)


def _tile(slot: Slot, placement: Placement, feed: Feed) -> StageTile:
    bar = placement.name_bar
    drawn = None if bar is None else _name_bar(bar.width, bar.height, slot.title, slot.subtitle)
    return StageTile(placement, feed, slot.title, slot.subtitle, drawn)


def opening_stage(width: int, height: int) -> Stage:
    """What stands before the first scene."""
    still = slate(width, height, OPENING_TITLE, OPENING_SUBTITLE, SlateReason.OPENING)
    return Stage(None, 0, (), (), still)
