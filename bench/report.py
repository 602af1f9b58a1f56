"""Figures of one bench, judged against limits, as a table or as JSON."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.limits import Limit, LimitError
from bench.machine import describe_machine


class Measurement(NamedTuple):
    """A value before judgement. `unit` is "" for ratios and counts."""

    name: str
    value: float
    unit: str = ""


class Figure(NamedTuple):
    """A judged value; without a limit it is always `ok`."""

    name: str
    value: float
    unit: str
    limit: Limit | None
    ok: bool


class Report(NamedTuple):
    """What one run of one bench says."""

    bench: str
    machine: str
    figures: tuple[Figure, ...]

    @property
    def ok(self) -> bool:
        """Whether no figure misses its limit."""
        return all(figure.ok for figure in self.figures)


def judge(bench: str, measurements: Sequence[Measurement], limits: Mapping[str, Limit]) -> Report:
    """Hold measurements against limits.

    Raises LimitError for a limit whose figure was not measured: it would never be checked.
    """
    unused = limits.keys() - {measurement.name for measurement in measurements}
    if unused:
        raise LimitError(f"limits for figures not measured: {', '.join(sorted(unused))}")
    figures = []
    for name, value, unit in measurements:
        limit = limits.get(name)
        figures.append(Figure(name, value, unit, limit, limit is None or limit.holds(value)))
    return Report(bench, describe_machine(), tuple(figures))


def as_json(report: Report) -> str:
    """One object: bench, machine, figures of name, value, unit, limit (text or null) and ok."""
    figures = [
        {
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "limit": str(figure.limit) if figure.limit else None,
            "ok": figure.ok,
        }
        for figure in report.figures
    ]
    return json.dumps(
        {"bench": report.bench, "machine": report.machine, "figures": figures}, ensure_ascii=False
    )


def as_table(report: Report) -> str:
    """A table for people, ending in a verdict."""
    rows = [("figure", "value", "unit", "limit", "")]
    rows += [
        (
            figure.name,
            f"{figure.value:.4g}",
            figure.unit,
            str(figure.limit or ""),
            "ok" if figure.ok else "MISSED",
        )
        for figure in report.figures
    ]
    widths = [max(_columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [f"{report.bench} on {report.machine}"]
    for name, value, *rest in rows:
        cells = [_pad(name, widths[0]), " " * (widths[1] - _columns(value)) + value]
        cells += [_pad(cell, width) for cell, width in zip(rest, widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    missed = sum(not figure.ok for figure in report.figures)
    lines.append(f"{missed} of {len(report.figures)} missed" if missed else "all within limits")
    return "\n".join(lines)


def _columns(text: str) -> int:
    """Terminal columns: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))
