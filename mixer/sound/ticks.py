"""Which ticks are due: on time, late, or given up."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

from mixer.sound.delay import MILLISECOND_NS
from mixer.wire.ids import NANOSECONDS, TICK_NS

CATCH_UP_TICKS: Final = 5
LATE_NS: Final = 5 * MILLISECOND_NS
LATE_BOUNDS_MS: Final = (0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 1000)
"""Upper bounds by which all ticks are counted; what is later counts as the last."""
VERY_LATE_NS: Final = 20 * MILLISECOND_NS
WINDOW_TICKS: Final = 5 * NANOSECONDS // TICK_NS
"""What `TickSchedule.struggling` looks back on: 5 s."""
TOLERATED: Final = WINDOW_TICKS // 100


class Due(NamedTuple):
    """What is to be mixed now."""

    first: int
    ticks: int
    skipped: int
    """Ticks given up just before ``first``."""


class TickSchedule:
    """Tick k is due at k * 20 ms of session time.

    After a stall at most `CATCH_UP_TICKS` are made up for, those before are skipped
    and counted, so lateness never adds up and numbers stay true to time.
    """

    def __init__(self, now_ns: int) -> None:
        self._next = now_ns // TICK_NS + 1
        self._trouble: list[int] = []
        self.ticks = 0
        self.late = 0
        """Begun more than 5 ms after their time."""
        self.very_late = 0
        """Begun more than 20 ms after their time."""
        self.skipped = 0
        self.late_counts = [0] * len(LATE_BOUNDS_MS)
        """Ticks by how late they began, one number for each of `LATE_BOUNDS_MS`."""

    @property
    def next_ns(self) -> int:
        """When the next tick is due."""
        return self._next * TICK_NS

    def due(self, now_ns: int) -> Due:
        """The ticks to be mixed at ``now_ns``; they count as done."""
        newest = now_ns // TICK_NS
        first = max(self._next, newest - CATCH_UP_TICKS + 1)
        count = max(newest - first + 1, 0)
        skipped = first - self._next if count else 0
        if count:
            self._count(first, count, skipped, now_ns)
            self._next = newest + 1
        return Due(first, count, skipped)

    def struggling(self) -> bool:
        """Whether more than 1 % of the ticks of the last 5 s were very late or skipped."""
        return len(self._trouble) > TOLERATED

    def _count(self, first: int, count: int, skipped: int, now_ns: int) -> None:
        for tick in range(first, first + count):
            lateness_ns = now_ns - tick * TICK_NS
            bound = bisect_left(LATE_BOUNDS_MS, lateness_ns / MILLISECOND_NS)
            self.late_counts[min(bound, len(LATE_BOUNDS_MS) - 1)] += 1
            self.late += lateness_ns > LATE_NS
            self.very_late += lateness_ns > VERY_LATE_NS
            if lateness_ns > VERY_LATE_NS:
                self._trouble.append(tick)
        self.ticks += count
        self.skipped += skipped
        # The few skipped ticks nearest to now say enough; the list stays short.
        self._trouble += range(first - min(skipped, WINDOW_TICKS), first)
        oldest = first + count - WINDOW_TICKS
        self._trouble = [tick for tick in self._trouble if tick > oldest]
