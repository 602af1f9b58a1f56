"""Layouts: where slots stand on the programme's canvas. `layout_file` reads them.

Light on purpose (no codec, no numpy), so that server and tests can ask where a
picture is to be found. All coordinates are even, since chroma has half the size.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

CANVAS_WIDTH = 1280
CANVAS_HEIGHT = 720
MAX_SLOTS = 20
MAX_BORDER = 16
MIN_SIDE = 16
MAX_Z = 9
SAFE_X = 48
"""Pixels at the left and right in which no caption stands."""
MIN_CAPTION_WIDTH = 440
MIN_FILL_KEPT = 0.6
"""A picture that would keep less than this share when cropped is shown whole instead."""


class LayoutError(Exception):
    """A layout file is wrong; ``file``, ``line`` (0: unknown) and ``field`` say where, ``text``
    what is allowed.
    """

    def __init__(self, file: str, field: str, text: str, line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {field}: {text}" if line else f"{file}: {field}: {text}")
        self.file = file
        self.field = field
        self.text = text
        self.line = line


class Fit(StrEnum):
    """How a picture of another shape gets into its slot."""

    FILL = "fill"
    """Cropped, unless too little would be left (`MIN_FILL_KEPT`)."""
    CROP = "crop"
    """Always cropped, however little is left."""
    WHOLE = "whole"
    """Shown whole, with margins."""


class CaptionStyle(StrEnum):
    """How a scene's caption and strap look in a layout."""

    BOX = "box"
    """Strap at the top left, lower third of two lines at the bottom left."""
    LINE = "line"
    """Both in one line at the bottom, 52 pixels high, which tiles leave free."""


class Rect(NamedTuple):
    """Pixels of the canvas; all four are even."""

    x: int
    y: int
    width: int
    height: int

    def touches(self, other: Rect) -> bool:
        """Whether the two share a pixel."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Placement(NamedTuple):
    """Where one slot's picture stands, and its name bar directly below (None for none).

    What has the higher ``z`` lies above.
    """

    picture: Rect
    name_bar: Rect | None
    border: int
    fit: Fit
    z: int = 0
    bounds: Rect = Rect(0, 0, CANVAS_WIDTH, CANVAS_HEIGHT)
    """Of the canvas."""

    @property
    def outer(self) -> Rect:
        """Picture, name bar and border together, within the canvas."""
        picture, bar, border = self.picture, self.name_bar, self.border
        bottom = picture if bar is None else bar
        x, y = max(picture.x - border, 0), max(picture.y - border, 0)
        right = min(picture.x + picture.width + border, self.bounds.width)
        low = min(bottom.y + bottom.height + border, self.bounds.height)
        return Rect(x, y, right - x, low - y)


class Crop(NamedTuple):
    """How a source is shown: scaled to (width, height), then ``shown`` of it at ``target``.

    ``left`` and ``top`` are the first shown pixel of the scaled picture.
    """

    width: int
    height: int
    left: int
    top: int
    target: Rect


class SlotSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``[[slot]]`` of a layout file. Pixels; ``border`` lies outside the picture."""

    x: int
    y: int
    width: int
    height: int
    fit: Fit = Fit.FILL
    border: int = 0
    name_bar: int = 0
    """Height of the bar below the picture, 0 for none."""
    z: int = 0
    """Slots may overlap only if this differs; the higher one is seen."""


class GridStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With at most ``up_to`` slots, this many columns."""

    up_to: int
    columns: int


class GridSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``[grid]``: 16:9 tiles computed within an area."""

    x: int
    y: int
    width: int
    height: int
    gap: int
    steps: tuple[GridStep, ...]
    fit: Fit = Fit.FILL
    border: int = 0
    name_bar: int = 0


class LayoutSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layout file: titles, and ``[[slot]]`` tables, one ``[grid]``, or the slots first and the
    grid for all others.
    """

    title_zh: str
    title_en: str
    caption: CaptionStyle = CaptionStyle.BOX
    caption_left: int = SAFE_X
    """Where lower thirds begin; more than the safe area where an inset stands."""
    caption_right: int = SAFE_X
    """What lower thirds leave free at the right."""
    fewest: int | None = None
    """Fewest slots of a scene; None: all ``[[slot]]`` tables, or 1 with a grid alone."""
    slot: tuple[SlotSpec, ...] = ()
    grid: GridSpec | None = None


class Layout:
    """A checked layout, for ``fewest`` to ``capacity`` slots."""

    def __init__(self, name: str, spec: LayoutSpec) -> None:
        self.name = name
        self.title_zh = spec.title_zh
        self.title_en = spec.title_en
        self.caption = spec.caption
        self.caption_left = spec.caption_left
        self.caption_width = CANVAS_WIDTH - spec.caption_left - spec.caption_right
        self.fewest = spec.fewest if spec.fewest is not None else max(len(spec.slot), 1)
        self._slots = spec.slot
        self._grid = spec.grid

    @property
    def capacity(self) -> int:
        """How many slots have a place."""
        in_grid = 0 if self._grid is None else self._grid.steps[-1].up_to
        return len(self._slots) + in_grid

    def place(self, count: int) -> tuple[Placement, ...]:
        """Places of the first ``count`` slots, at most `capacity` of them."""
        count = min(count, self.capacity)
        places = tuple(slot_place(slot) for slot in self._slots[:count])
        rest = count - len(places)
        if self._grid is None or rest == 0:
            return places
        return places + grid_places(self._grid, rest)


def even(value: float) -> int:
    """The next even number towards zero."""
    return int(value) // 2 * 2


def slot_place(slot: SlotSpec) -> Placement:
    """Where a slot of a file stands."""
    picture = Rect(slot.x, slot.y, slot.width, slot.height)
    return Placement(picture, _bar_below(picture, slot.name_bar), slot.border, slot.fit, slot.z)


def _bar_below(picture: Rect, height: int) -> Rect | None:
    if height == 0:
        return None
    return Rect(picture.x, picture.y + picture.height, picture.width, height)


def grid_places(grid: GridSpec, count: int) -> tuple[Placement, ...]:
    """Where ``count`` tiles stand, from 1 up to the last step's."""
    columns = next(step.columns for step in grid.steps if count <= step.up_to)
    rows = -(-count // columns)
    widest = (grid.width - grid.gap * (columns - 1)) / columns
    highest = (grid.height - grid.gap * (rows - 1)) / rows - grid.name_bar
    width = even(min(widest, highest * 16 / 9))
    height = min(round(width * 9 / 32) * 2, even(highest))
    pitch_x = even(width + grid.gap)
    pitch_y = even(height + grid.name_bar + grid.gap)
    top = grid.y + even((grid.height - (rows * pitch_y - grid.gap)) / 2)
    places: list[Placement] = []
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        left = grid.x + even((grid.width - (in_row * pitch_x - grid.gap)) / 2)
        picture = Rect(left + column * pitch_x, top + row * pitch_y, width, height)
        places.append(Placement(picture, _bar_below(picture, grid.name_bar), grid.border, grid.fit))
    return tuple(places)


def crop_of(source_width: int, source_height: int, placement: Placement) -> Crop:
    """How a source of this size gets into its place, by the place's `Fit`."""
    slot = placement.picture
    wide = source_width * slot.height
    high = source_height * slot.width
    kept = min(wide, high) / max(wide, high)
    if placement.fit is Fit.CROP or (placement.fit is Fit.FILL and kept >= MIN_FILL_KEPT):
        if wide >= high:
            width, height = max(slot.width, even(wide / source_height + 1)), slot.height
        else:
            width, height = slot.width, max(slot.height, even(high / source_width + 1))
        left, top = even((width - slot.width) / 2), even((height - slot.height) / 2)
        return Crop(width, height, left, top, slot)
    if wide >= high:
        width, height = slot.width, max(2, even(high / source_width))
    else:
        width, height = max(2, even(wide / source_height)), slot.height
    target = Rect(
        slot.x + even((slot.width - width) / 2),
        slot.y + even((slot.height - height) / 2),
        width,
        height,
    )
    return Crop(width, height, 0, 0, target)
