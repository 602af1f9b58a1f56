"""Rows of the verdict: what was looked at, what was seen, what is asked, whether it is right."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

ON_TIME_SHARE = 0.995
"""Below, the machine was too slow for a fair verdict: DEGRADED."""
ON_TIME_FLOOR = 0.90
"""Below, nobody could have watched it: wrong."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One check. ``limit`` says in words what is asked; ``details`` are for the JSON file."""

    name: str
    value: str
    limit: str
    ok: bool
    details: dict[str, object] = {}


class Outcome(StrEnum):
    """The last line of the table."""

    RIGHT = "RIGHT"
    DEGRADED = "DEGRADED"
    WRONG = "WRONG"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``why``: one sentence per reason; empty when all is right."""

    outcome: Outcome
    why: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 when the conference was right, however slow the machine."""
        return 1 if self.outcome is Outcome.WRONG else 0


def on_time_share(frames: float, stale: float, holes: float) -> float:
    """Share of programme frames that were composed in time; 0 when none was made."""
    wanted = frames + holes
    return max(0.0, frames - stale) / wanted if wanted > 0 else 0.0


def decide(rows: Sequence[Row], on_time: float) -> Verdict:
    """The verdict of all rows and of the share of frames on time."""
    wrong = [f"{row.name}: {row.value} (asked: {row.limit})" for row in rows if not row.ok]
    percent = f"{100 * on_time:.2f} % of the programme's frames were on time"
    if on_time < ON_TIME_FLOOR:
        wrong.append(f"{percent}, at least {100 * ON_TIME_FLOOR:.0f} % are needed")
    if wrong:
        return Verdict(outcome=Outcome.WRONG, why=tuple(wrong))
    if on_time < ON_TIME_SHARE:
        why = f"{percent} instead of {100 * ON_TIME_SHARE:.1f} %: the machine was too slow"
        return Verdict(outcome=Outcome.DEGRADED, why=(why,))
    return Verdict(outcome=Outcome.RIGHT)
