"""Layouts: where slots stand on the programme's canvas, read from ``config/layouts``.

Light on purpose (no codec, no numpy), so that server and tests can ask where a
picture is to be found. All coordinates are even, since chroma has half the size.
"""

from __future__ import annotations

import sysconfig
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

CANVAS_WIDTH = 1280
CANVAS_HEIGHT = 720
MAX_SLOTS = 20
MAX_BORDER = 16
MIN_SIDE = 16
MIN_FILL_KEPT = 0.6
"""A picture that would keep less than this share when cropped is shown whole instead."""


class LayoutError(Exception):
    """A layout file is wrong; ``file`` and ``field`` say where, ``text`` what is allowed."""

    def __init__(self, file: str, field: str, text: str) -> None:
        super().__init__(f"{file}: {field}: {text}")
        self.file = file
        self.field = field
        self.text = text


class Fit(StrEnum):
    """How a picture of another shape gets into its slot."""

    FILL = "fill"
    """Cropped, unless too little would be left (`MIN_FILL_KEPT`)."""
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
    """Where one slot's picture stands, and its name bar directly below (None for none)."""

    picture: Rect
    name_bar: Rect | None
    border: int
    fit: Fit


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
    """A layout file: titles, and either ``[[slot]]`` tables or one ``[grid]``."""

    title_zh: str
    title_en: str
    caption: CaptionStyle = CaptionStyle.BOX
    slot: tuple[SlotSpec, ...] = ()
    grid: GridSpec | None = None


class Layout:
    """A checked layout. ``capacity`` is the most slots it can show."""

    def __init__(self, name: str, spec: LayoutSpec) -> None:
        self.name = name
        self.title_zh = spec.title_zh
        self.title_en = spec.title_en
        self.caption = spec.caption
        self._slots = spec.slot
        self._grid = spec.grid

    @property
    def capacity(self) -> int:
        """How many slots have a place."""
        if self._grid is not None:
            return self._grid.steps[-1].up_to
        return len(self._slots)

    def place(self, count: int) -> tuple[Placement, ...]:
        """Places of the first ``count`` slots, at most `capacity` of them."""
        count = min(count, self.capacity)
        if self._grid is not None:
            return _grid_places(self._grid, count) if count else ()
        return tuple(_slot_place(slot) for slot in self._slots[:count])


def even(value: float) -> int:
    """The next even number towards zero."""
    return int(value) // 2 * 2


def _slot_place(slot: SlotSpec) -> Placement:
    picture = Rect(slot.x, slot.y, slot.width, slot.height)
    return Placement(picture, _bar_below(picture, slot.name_bar), slot.border, slot.fit)


def _bar_below(picture: Rect, height: int) -> Rect | None:
    if height == 0:
        return None
    return Rect(picture.x, picture.y + picture.height, picture.width, height)


def _grid_places(grid: GridSpec, count: int) -> tuple[Placement, ...]:
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
    if placement.fit is Fit.FILL and kept >= MIN_FILL_KEPT:
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


def parse_layout(name: str, text: bytes, file: str = "") -> Layout:
    """A layout from the text of its TOML file. Raises `LayoutError`."""
    file = file or f"{name}.toml"
    try:
        spec = msgspec.toml.decode(text, type=LayoutSpec)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        raise LayoutError(file, path.strip("`").removeprefix("$.") or "file", message) from error
    except msgspec.DecodeError as error:
        raise LayoutError(file, "file", f"not TOML: {error}") from error
    _check(spec, file)
    return Layout(name, spec)


def _check(spec: LayoutSpec, file: str) -> None:
    if (spec.grid is None) == (not spec.slot):
        raise LayoutError(file, "slot", "either [[slot]] tables or one [grid]")
    if len(spec.slot) > MAX_SLOTS:
        raise LayoutError(file, "slot", f"at most {MAX_SLOTS} slots")
    for index, slot in enumerate(spec.slot):
        _check_area(slot, file, f"slot[{index}]")
        if min(slot.width, slot.height) < MIN_SIDE:
            raise LayoutError(file, f"slot[{index}]", f"at least {MIN_SIDE} pixels a side")
    if spec.grid is not None:
        _check_grid(spec.grid, file)


def _check_area(area: SlotSpec | GridSpec, file: str, field: str) -> None:
    for name in ("x", "y", "width", "height", "border", "name_bar"):
        value = getattr(area, name)
        if value < 0 or value % 2:
            raise LayoutError(file, f"{field}.{name}", f"an even number from 0, not {value}")
    if area.border > MAX_BORDER:
        raise LayoutError(file, f"{field}.border", f"at most {MAX_BORDER}")
    bar = area.name_bar if isinstance(area, SlotSpec) else 0
    if area.x + area.width > CANVAS_WIDTH:
        raise LayoutError(file, f"{field}.width", f"ends right of {CANVAS_WIDTH}")
    if area.y + area.height + bar > CANVAS_HEIGHT:
        raise LayoutError(file, f"{field}.height", f"ends below {CANVAS_HEIGHT}")


def _check_grid(grid: GridSpec, file: str) -> None:
    _check_area(grid, file, "grid")
    if grid.gap < 0 or grid.gap % 2:
        raise LayoutError(file, "grid.gap", f"an even number from 0, not {grid.gap}")
    if not grid.steps:
        raise LayoutError(file, "grid.steps", "at least one step")
    before = 0
    for index, step in enumerate(grid.steps):
        if not before < step.up_to <= MAX_SLOTS:
            raise LayoutError(
                file, f"grid.steps[{index}].up_to", f"above {before} and at most {MAX_SLOTS}"
            )
        if not 1 <= step.columns <= MAX_SLOTS:
            raise LayoutError(file, f"grid.steps[{index}].columns", f"from 1 to {MAX_SLOTS}")
        before = step.up_to
        tile = _grid_places(grid, step.up_to)[0].picture
        if min(tile.width, tile.height) < MIN_SIDE:
            raise LayoutError(file, f"grid.steps[{index}]", "leaves no room for the tiles")


def layouts_directory() -> Path:
    """``config/layouts`` of the source tree, or of the installation's ``share`` folder."""
    beside = Path(__file__).resolve().parents[2] / "config" / "layouts"
    if beside.is_dir():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "lianxian" / "config" / "layouts"


def load_layouts(directory: Path | None = None) -> dict[str, Layout]:
    """All layouts by name (the file's stem). Raises `LayoutError`."""
    directory = layouts_directory() if directory is None else directory
    files = sorted(directory.glob("*.toml"))
    if not files:
        raise LayoutError(str(directory), "file", "holds no layout (*.toml)")
    return {file.stem: parse_layout(file.stem, file.read_bytes(), str(file)) for file in files}
