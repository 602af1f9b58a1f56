"""Limits of figures, kept in one TOML table per bench and nowhere else."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class LimitError(Exception):
    """`limits.toml` says something that cannot be held against figures."""


class Limit(NamedTuple):
    """Bounds of one figure in the figure's own unit; None: unbounded on that side."""

    minimum: float | None = None
    maximum: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` is within; a NaN never is."""
        above = self.minimum is None or value >= self.minimum
        below = self.maximum is None or value <= self.maximum
        # NaN fails both comparisons, but only those that are made.
        return above and below and value == value  # noqa: PLR0124

    def __str__(self) -> str:
        bounds = []
        if self.minimum is not None:
            bounds.append(f">= {self.minimum:g}")
        if self.maximum is not None:
            bounds.append(f"<= {self.maximum:g}")
        return ", ".join(bounds)


def load_limits(path: Path) -> dict[str, dict[str, Limit]]:
    """Limits by bench and figure.

    Raises LimitError naming bench and figure when an entry is not `{min = ..., max = ...}` with
    at least one number.
    """
    with path.open("rb") as file:
        tables = tomllib.load(file)
    return {
        bench: {figure: _limit(f"{bench}.{figure}", entry) for figure, entry in table.items()}
        for bench, table in tables.items()
    }


def _limit(name: str, entry: object) -> Limit:
    if not isinstance(entry, dict) or not entry or entry.keys() - {"min", "max"}:
        raise LimitError(f"{name}: a limit is a table of min, max or both")
    for bound in entry.values():
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise LimitError(f"{name}: min and max are numbers")
    return Limit(entry.get("min"), entry.get("max"))
