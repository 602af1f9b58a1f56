"""Who is seen in a slot, and whether that picture moves: the cells of `server.simulate.marks`."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from server.simulate.marks import COUNTER_STEP_S, Code, read_cells

from .verdict import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mixer.picture.layout import Rect

    from .plan import Place, Step

SAMPLE_FRAMES = 5
"""Every so many frames (0.2 s) a picture is read: twice within a step of the counter."""
WHITE_LUMA = 160
BLACK_LUMA = 85
"""Between the two a cell cannot be read."""
READ_SHARE = 0.8
"""At least this share of the samples must show the site that is expected."""
MOVING_SHARE = 0.5
"""Of the steps the counter takes in that time at least this share must be seen."""


class Reading(NamedTuple):
    """One slot of one frame. ``code`` is None where no site's cells are."""

    at_s: float
    code: Code | None


def mean_luma(luma: NDArray[np.uint8], rect: Rect) -> float:
    """Of the pixels of ``rect``; ``luma`` has shape (height, width)."""
    return float(luma[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width].mean())


def read_code(luma: NDArray[np.uint8], cells: Sequence[Rect]) -> Code | None:
    """The code in these cells; None when one is neither black nor white, or parity is wrong."""
    white: list[bool] = []
    for cell in cells:
        level = mean_luma(luma, cell)
        if BLACK_LUMA < level < WHITE_LUMA:
            return None
        white.append(level >= WHITE_LUMA)
    return read_cells(white)


class SlotReadings:
    """All readings of one slot during one step."""

    def __init__(self, number: int) -> None:
        """``number``: the site that should be there."""
        self.number = number
        self.readings: list[Reading] = []

    def add(self, reading: Reading) -> None:
        """Readings come in order of time."""
        self.readings.append(reading)

    @property
    def seen_s(self) -> float:
        """How long the slot was looked at."""
        return self.readings[-1].at_s - self.readings[0].at_s if self.readings else 0.0

    @property
    def changes(self) -> int:
        """How often the counter of the expected site was seen to step."""
        steps = [
            reading.code.counter
            for reading in self.readings
            if reading.code is not None and reading.code.number == self.number
        ]
        return sum(a != b for a, b in itertools.pairwise(steps))


class SlotFinding(NamedTuple):
    """What was found in a slot. ``found``: the number seen most, None for none."""

    expected: int
    found: int | None
    share: float
    """Of the readings that show ``expected``."""
    changes: int
    changes_expected: float
    fault: str
    """Empty when right."""


def find_slot(slot: SlotReadings) -> SlotFinding:
    """Whether the expected site is there and moves."""
    readings = slot.readings
    seen = Counter(reading.code.number for reading in readings if reading.code is not None)
    found = seen.most_common(1)[0][0] if seen else None
    share = seen[slot.number] / len(readings) if readings else 0.0
    expected_changes = slot.seen_s / COUNTER_STEP_S
    fault = ""
    if not readings:
        fault = "never to be seen"
    elif found is None:
        fault = "no site's picture"
    elif found != slot.number:
        fault = f"site {found} instead of site {slot.number}"
    elif share < READ_SHARE:
        fault = f"seen in {100 * share:.0f} % of the frames only"
    elif slot.changes < MOVING_SHARE * expected_changes:
        fault = f"stands still ({slot.changes} of {expected_changes:.0f} steps seen)"
    return SlotFinding(slot.number, found, share, slot.changes, expected_changes, fault)


class StepReadings:
    """Collects the readings of all slots of all steps."""

    def __init__(self, ignored: frozenset[int] = frozenset()) -> None:
        """``ignored``: sites whose seat somebody else took over; their slots are not judged."""
        self._ignored = ignored
        self._slots: dict[tuple[int, int], SlotReadings] = {}

    def add_frame(
        self, step: int, places: Sequence[Place], at_s: float, luma: NDArray[np.uint8]
    ) -> None:
        """Read all slots of one frame."""
        for index, place in enumerate(places):
            code = read_code(luma, place.cells)
            slot = self._slots.setdefault((step, index), SlotReadings(place.number))
            slot.add(Reading(at_s, code))

    def findings(self, step: int, expected: Sequence[int]) -> list[SlotFinding]:
        """Of the slots of a step, which should show these sites in this order."""
        return [
            find_slot(self._slots.get((step, index), SlotReadings(number)))
            for index, number in enumerate(expected)
            if number not in self._ignored
        ]


def judge_pictures(
    steps: Sequence[Step], readings: StepReadings, numbers: Mapping[str, int]
) -> list[Row]:
    """One row a step: exactly its sites are seen, in the order of its slots, moving."""
    names = {number: seat for seat, number in numbers.items()}
    rows = []
    for index, step in enumerate(steps):
        findings = readings.findings(index, [numbers[seat] for seat in step.scene.slots])
        faults = [
            f"{names[finding.expected]}: {finding.fault}" for finding in findings if finding.fault
        ]
        right = f"{len(findings)} of {len(findings)} seen, moving"
        rows.append(
            Row(
                name=f"picture, {step.cue}",
                value="; ".join(faults) if faults else right,
                limit=f"exactly the {len(step.scene.slots)} on air, moving",
                ok=not faults,
                details={"slots": [finding._asdict() for finding in findings]},
            )
        )
    return rows
