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

from mixer.wire.picture import Scene, Slot

from .caption import name_bar
from .colour import Planes
from .feed import Feed
from .lay_out_captions import captions_of
from .layout import CANVAS_WIDTH, Layout, Placement
from .picture_format import STANDARD, PictureFormat
from .slate import OPENING_SUBTITLE, OPENING_TITLE, SlateReason, slate
from .style import PLAIN_LOOK, PLAIN_STYLE, Look, Placed, Style
from .theme import DEFAULT, Rgb, Theme
from .ticker import Ticker, cells

_log = structlog.get_logger(__name__)
MAX_SLATE_BYTES = 24 << 20
COUNTDOWN_SIZE = 64
COUNTDOWN_TOP = 548
COUNTDOWN_HEIGHT = 88

_name_bar = lru_cache(maxsize=256)(name_bar)
_slate = lru_cache(maxsize=6)(slate)


class SlateKey(NamedTuple):
    """What a slate looks like."""

    width: int
    height: int
    title: str
    subtitle: str
    reason: SlateReason
    style: Style = PLAIN_STYLE


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
    style: Style = PLAIN_STYLE
    border: Rgb | None = None
    """Of the border; None: the theme's."""

    def slate_key(self, reason: SlateReason) -> SlateKey:
        """The slate of this place."""
        _, _, width, height = self.placement.picture
        return SlateKey(width, height, self.title, self.subtitle, reason, self.style)

    def same(self, other: StageTile) -> bool:
        """Whether the other shows the same in the same place."""
        return (
            self.placement == other.placement
            and self.feed is other.feed
            and (self.title, self.subtitle) == (other.title, other.subtitle)
            and self.style == other.style
            and self.border == other.border
        )


class Stage(NamedTuple):
    """A scene ready for frame ``frame``; None is the opening slate."""

    scene: Scene | None
    frame: int
    tiles: tuple[StageTile, ...]
    overlays: tuple[Placed, ...]
    still: Planes | None = None
    """Fills the canvas in place of tiles."""
    tickers: tuple[Ticker, ...] = ()
    theme: Theme = DEFAULT
    form: PictureFormat = STANDARD

    @property
    def revision(self) -> int:
        """The scene's revision; 0 for the opening slate."""
        return 0 if self.scene is None else self.scene.revision

    @property
    def dissolve_frames(self) -> int:
        """Over how many frames it comes on air; 0 for a cut."""
        return 0 if self.scene is None else self.form.frames_in(self.scene.dissolve_ns)

    @property
    def fade_frames(self) -> int:
        """Over how many frames captions come and go; 0 for at once."""
        return 0 if self.scene is None else self.form.frames_in(self.scene.fade_ns)

    @property
    def frozen(self) -> bool:
        """Whether the canvas stays as it is."""
        return self.scene is not None and self.scene.frozen

    def waits(self, frame: int) -> bool:
        """Whether it is not to come on air in this frame yet, for want of a first picture."""
        if self.scene is None or frame >= self.frame + self.form.frames_in(self.scene.wait_ns):
            return False
        return any(tile.feed.awaits for tile in self.tiles)

    def same_ground(self, other: Stage) -> bool:
        """Whether only captions differ."""
        return (
            self.still is other.still
            and self.theme == other.theme
            and len(self.tiles) == len(other.tiles)
            and all(a.same(b) for a, b in zip(self.tiles, other.tiles, strict=True))
        )


def build_stage(
    scene: Scene, layout: Layout, feed_of: Callable[[str], Feed], look: Look = PLAIN_LOOK
) -> Stage:
    """Render all texts of a scene. Slots beyond the layout's capacity are not shown."""
    form = look.form
    frame = form.frame_from(scene.at_ns)
    if scene.slate is not None:
        return _slate_stage(scene, frame, look)
    places = [form.place(one) for one in layout.place(len(scene.slots))]
    tiles = tuple(
        _tile(slot, placement, feed_of(slot.seat), look.style)
        for slot, placement in zip(scene.slots, places, strict=False)
    )
    made = captions_of(scene, layout, look)
    return Stage(scene, frame, tiles, made.placed, None, made.tickers, look.theme, form)


def _slate_stage(scene: Scene, frame: int, look: Look) -> Stage:
    said = scene.slate
    if said is None:
        raise ValueError("a scene without a slate")
    try:
        reason = SlateReason(said.kind)
    except ValueError:
        reason = SlateReason.STANDBY
    form, style = look.form, look.style
    still = _slate(form.width, form.height, said.title, said.subtitle, reason, style)
    tickers: tuple[Ticker, ...] = ()
    if said.until_ns > 0:
        glyphs = cells(COUNTDOWN_SIZE, COUNTDOWN_HEIGHT, style, bare=True)
        tickers = (Ticker(True, said.until_ns, glyphs, CANVAS_WIDTH // 2, COUNTDOWN_TOP, form),)  # noqa: FBT003  a field's value
    return Stage(scene, frame, (), (), still, tickers, look.theme, form)


def _tile(slot: Slot, placement: Placement, feed: Feed, style: Style) -> StageTile:
    bar = placement.name_bar
    drawn = None
    if bar is not None:
        drawn = _name_bar(bar.width, bar.height, slot.title, slot.subtitle, style)
    return StageTile(placement, feed, slot.title, slot.subtitle, drawn, style)


def opening_stage(width: int, height: int) -> Stage:
    """What stands before the first scene."""
    style = Style(DEFAULT, width / CANVAS_WIDTH)
    still = _slate(width, height, OPENING_TITLE, OPENING_SUBTITLE, SlateReason.OPENING, style)
    return Stage(None, 0, (), (), still)
