"""Medians of alternating runs: what disturbs the machine then disturbs all candidates alike."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

MINIMUM_ROUNDS = 4


class Alternated(NamedTuple):
    """Values per candidate, one a round, in order of rounds."""

    rounds: Mapping[str, tuple[float, ...]]

    def median(self, candidate: str) -> float:
        """Median over the rounds of one candidate."""
        return median(self.rounds[candidate])

    def ratio(self, candidate: str, control: str) -> float:
        """Median over the rounds of candidate / control of the same round.

        Raises ZeroDivisionError when the control measured nothing.
        """
        pairs = zip(self.rounds[candidate], self.rounds[control], strict=True)
        return median(value / base for value, base in pairs)


def alternate(candidates: Mapping[str, Callable[[], float]], rounds: int) -> Alternated:
    """Run every candidate once a round, never at once, the order reversed each second round.

    One more round before is thrown away: it warms caches and lets sockets grow.
    Raises ValueError below `MINIMUM_ROUNDS`.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    names = list(candidates)
    for name in names:
        candidates[name]()
    values: dict[str, list[float]] = {name: [] for name in names}
    for round_number in range(rounds):
        for name in names if round_number % 2 == 0 else reversed(names):
            values[name].append(candidates[name]())
    return Alternated({name: tuple(found) for name, found in values.items()})
