"""Prints the outcome: what was counted, what was judged, and what it comes to."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .usage import Load
    from .verdict import Row, Verdict

GAP = "  "
WIDEST = 76


def columns_of(text: str) -> int:
    """Width in a terminal: Chinese letters take two columns."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def padded(text: str, width: int) -> str:
    """Filled with spaces to ``width`` columns."""
    return text + " " * max(0, width - columns_of(text))


def shortened(text: str, width: int = WIDEST) -> str:
    """At most ``width`` columns."""
    if columns_of(text) <= width:
        return text
    while columns_of(text) > width - 1:
        text = text[:-1]
    return text + "…"


def aligned(lines: Iterable[Sequence[str]]) -> list[str]:
    """Lines of equally many cells, set in columns."""
    rows = [list(line) for line in lines]
    if not rows:
        return []
    widths = [max(columns_of(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        GAP.join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def check_lines(rows: Sequence[Row]) -> list[str]:
    """A line per check; what is wrong is not shortened."""
    cells = [
        ("ok" if row.ok else "WRONG", row.name, shortened(row.value) if row.ok else row.value)
        for row in rows
    ]
    return [
        line if row.ok else f"{line}\n         asked: {row.limit}"
        for line, row in zip(aligned(cells), rows, strict=True)
    ]


def count_lines(counted: Mapping[str, str]) -> list[str]:
    """A line per figure."""
    return aligned([(GAP + name, value) for name, value in counted.items()])


def load_lines(loads: Mapping[str, Load]) -> list[str]:
    """A line per process, and the sum."""
    lines = [
        (GAP + name, f"{load.cpu_percent:6.1f} % of a core", f"{load.resident_mb:7.1f} MB")
        for name, load in loads.items()
    ]
    total = sum(load.cpu_percent for load in loads.values())
    memory = sum(load.resident_mb for load in loads.values())
    return aligned([*lines, ("  all", f"{total:6.1f} % of a core", f"{memory:7.1f} MB")])


def verdict_lines(verdict: Verdict) -> list[str]:
    """The last lines."""
    return [verdict.outcome.value, *(f"  {reason}" for reason in verdict.why)]
