"""What was on air when, and so what a recording must show: windows between the takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mixer.picture.layout import CANVAS_HEIGHT, CANVAS_WIDTH, Placement, Rect, crop_of
from mixer.picture.layout_file import load_layouts
from server.simulate.marks import (
    CELLS,
    FLASH_PATCH,
    Rectangle,
    cell_rectangle,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mixer.picture.layout import Layout
    from signaling.wire.state import SceneView

SETTLE_S = 1.2
"""After a take: key frames come, decoders start, sound fades."""
BEFORE_NEXT_S = 0.2
LONGEST_S = 20.0
"""Of a longer step only this much is looked at."""
SHORTEST_S = 0.8
FLASH_NUMBER = 1
"""The site that flashes and beeps: the second hall."""
_CORE = 0.5
"""Of a cell or patch only the middle is looked at; its edges blur."""


class Step(NamedTuple):
    """One step of the rundown as it was carried out. Times are session time in seconds."""

    cue: str
    title: str
    scene: SceneView
    at_s: float
    until_s: float

    @property
    def settled_s(self) -> float:
        """From here on what is heard belongs to this step."""
        return self.at_s + SETTLE_S

    @property
    def over_s(self) -> float:
        """Up to here; not before `settled_s`."""
        end_s = min(self.until_s - BEFORE_NEXT_S, self.settled_s + LONGEST_S)
        return max(self.settled_s, end_s)


class Place(NamedTuple):
    """A slot with its site's number, and the pixels of its cells. ``flash``: those of the
    patch, if it is the site that flashes. Captions lie beside all of them in every layout.
    """

    number: int
    cells: tuple[Rect, ...]
    flash: Rect | None


class Window(NamedTuple):
    """The part of a step in which everything has settled. ``step`` is its index."""

    step: int
    from_s: float
    until_s: float
    places: tuple[Place, ...]


def pixels(part: Rectangle, placement: Placement) -> Rect:
    """The middle of ``part`` of a 16:9 picture shown at ``placement``, on the canvas."""
    crop = crop_of(1280, 720, placement)
    left = crop.target.x - crop.left + (part.left + part.width * (1 - _CORE) / 2) * crop.width
    top = crop.target.y - crop.top + (part.top + part.height * (1 - _CORE) / 2) * crop.height
    width = max(2, round(part.width * _CORE * crop.width))
    height = max(2, round(part.height * _CORE * crop.height))
    x = min(max(0, round(left)), CANVAS_WIDTH - width)
    y = min(max(0, round(top)), CANVAS_HEIGHT - height)
    return Rect(x, y, width, height)


def place_of(number: int, placement: Placement) -> Place:
    """Where the marks of this site are seen in its slot."""
    cells = tuple(pixels(cell_rectangle(index), placement) for index in range(CELLS))
    flash = pixels(FLASH_PATCH, placement) if number == FLASH_NUMBER else None
    return Place(number, cells, flash)


def windows_of(
    steps: Sequence[Step],
    numbers: Mapping[str, int],
    layouts: Mapping[str, Layout] | None = None,
) -> list[Window]:
    """One window a step that is long enough, in order of time. ``numbers``: each seat's
    number in its marks.
    """
    layouts = layouts if layouts is not None else load_layouts()
    windows: list[Window] = []
    for index, step in enumerate(steps):
        if step.over_s - step.settled_s < SHORTEST_S:
            continue
        placements = layouts[step.scene.layout].place(len(step.scene.slots))
        places = tuple(
            place_of(numbers[seat], placement)
            for seat, placement in zip(step.scene.slots, placements, strict=True)
        )
        windows.append(Window(index, step.settled_s, step.over_s, places))
    return windows
