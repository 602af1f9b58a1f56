"""Layout files: read, checked, and watched, so that a new one needs no restart.

Light on purpose (no codec, no numpy): the server reads the same files to know the names.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import msgspec

from .layout import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    MAX_BORDER,
    MAX_SLOTS,
    MAX_Z,
    MIN_CAPTION_WIDTH,
    MIN_SIDE,
    SAFE_X,
    GridSpec,
    Layout,
    LayoutError,
    LayoutSpec,
    SlotSpec,
    grid_places,
    slot_place,
)
from .shelf import Shelf, config_directory, field_of, line_of


def parse_layout(name: str, text: bytes, file: str = "") -> Layout:
    """A layout from the text of its TOML file. Raises `LayoutError`."""
    file = file or f"{name}.toml"
    try:
        spec = msgspec.toml.decode(text, type=LayoutSpec)
        _check(spec, file)
    except LayoutError as error:
        raise LayoutError(file, error.field, error.text, line_of(text, error.field)) from None
    except msgspec.ValidationError as error:
        field, message = field_of(error)
        raise LayoutError(file, field, message, line_of(text, field)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"not TOML: {error}"
        raise LayoutError(file, "file", message, line_of(text, message)) from error
    return Layout(name, spec)


def _check(spec: LayoutSpec, file: str) -> None:
    if spec.grid is None and not spec.slot:
        raise LayoutError(file, "slot", "[[slot]] tables, one [grid], or both")
    if len(spec.slot) > MAX_SLOTS:
        raise LayoutError(file, "slot", f"at most {MAX_SLOTS} slots")
    for index, slot in enumerate(spec.slot):
        _check_slot(slot, file, f"slot[{index}]")
    if spec.grid is not None:
        _check_grid(spec.grid, file)
    _check_apart(spec, file)
    _check_captions(spec, file)
    layout = Layout("", spec)
    if layout.capacity > MAX_SLOTS:
        raise LayoutError(file, "grid.steps", f"at most {MAX_SLOTS} slots in all")
    if not 1 <= layout.fewest <= layout.capacity:
        raise LayoutError(file, "fewest", f"from 1 to {layout.capacity}")


def _check_slot(slot: SlotSpec, file: str, field: str) -> None:
    _check_area(slot, file, field)
    if min(slot.width, slot.height) < MIN_SIDE:
        raise LayoutError(file, field, f"at least {MIN_SIDE} pixels a side")
    if not 0 <= slot.z <= MAX_Z:
        raise LayoutError(file, f"{field}.z", f"from 0 to {MAX_Z}")


def _check_apart(spec: LayoutSpec, file: str) -> None:
    places = [slot_place(slot) for slot in spec.slot]
    for (first, one), (second, other) in combinations(enumerate(places), 2):
        if one.z == other.z and one.outer.touches(other.outer):
            raise LayoutError(
                file, f"slot[{second}]", f"overlaps slot[{first}]; give them different z"
            )
    if spec.grid is None:
        return
    for step in spec.grid.steps:
        for place in grid_places(spec.grid, step.up_to):
            for index, one in enumerate(places):
                if one.z == place.z and one.outer.touches(place.outer):
                    raise LayoutError(file, "grid", f"overlaps slot[{index}]")


def _check_captions(spec: LayoutSpec, file: str) -> None:
    for name in ("caption_left", "caption_right"):
        value = getattr(spec, name)
        if value < SAFE_X or value % 2:
            raise LayoutError(file, name, f"an even number from {SAFE_X}, not {value}")
    if CANVAS_WIDTH - spec.caption_left - spec.caption_right < MIN_CAPTION_WIDTH:
        raise LayoutError(file, "caption_left", f"leaves less than {MIN_CAPTION_WIDTH} pixels")


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
        tile = grid_places(grid, step.up_to)[0].picture
        if min(tile.width, tile.height) < MIN_SIDE:
            raise LayoutError(file, f"grid.steps[{index}]", "leaves no room for the tiles")


def layouts_directory() -> Path:
    """``config/layouts`` of the source tree, or of the installation's ``share`` folder."""
    return config_directory("layouts")


def load_layouts(directory: Path | None = None) -> dict[str, Layout]:
    """All layouts by name (the file's stem). Raises `LayoutError`."""
    directory = layouts_directory() if directory is None else directory
    files = sorted(directory.glob("*.toml"))
    if not files:
        raise LayoutError(str(directory), "file", "holds no layout (*.toml)")
    return {file.stem: parse_layout(file.stem, file.read_bytes(), str(file)) for file in files}


def layout_shelf(data_dir: Path) -> Shelf[Layout]:
    """The shipped layouts and those of ``<data>/layouts``, which win; `Shelf.refresh` watches."""
    return Shelf((layouts_directory(), data_dir / "layouts"), parse_layout, LayoutError)
