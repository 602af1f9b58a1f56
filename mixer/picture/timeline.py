"""Which programme frame is due: decisions only, the clock is an argument.

Frame n is due at n / rate seconds whatever inputs do. Late frames are made one
after another until the clock is reached; from `STALE_FRAMES` on they repeat the
canvas as it is ("stale repeat"), which is quick, and the timeline keeps no hole. Only more
than `HOLE_NS` late are frames left out, and counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import NamedTuple

from .picture_format import STANDARD, PictureFormat

STALE_FRAMES = 2
HOLE_NS = 1_000_000_000
WINDOW_FRAMES = 100
"""Frames (4 s) over which lateness is judged."""
LATE_SHARE = 0.05
LATE_BOUNDS_MS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 1000)
"""Upper bounds by which all frames are counted; what is later counts as the last."""


class Due(NamedTuple):
    """Make this frame now. ``late_ns`` behind its time; ``skipped`` frames before it never come."""

    frame: int
    stale: bool
    late_ns: int
    skipped: int


class Timeline:
    """Counts frames along the session clock."""

    def __init__(self, form: PictureFormat = STANDARD) -> None:
        self._form = form
        self._next: int | None = None
        self._recent: deque[int] = deque(maxlen=WINDOW_FRAMES)
        self.late_counts = [0] * len(LATE_BOUNDS_MS)
        """Frames by how late they began, one number for each of `LATE_BOUNDS_MS`."""
        self.frames = 0
        self.stale_repeats = 0
        self.holes = 0

    def due(self, now_ns: int) -> Due | None:
        """The frame to be made at this session time, or None before the next one's time."""
        if self._next is None:
            self._next = max(self._form.frame_from(now_ns), 0)
        number = self._next
        late_ns = now_ns - self._form.time_of(number)
        if late_ns < 0:
            return None
        skipped = 0
        if late_ns > HOLE_NS:
            skipped = self._form.frame_at(now_ns) - number
            number += skipped
            late_ns = now_ns - self._form.time_of(number)
            self.holes += skipped
        stale = late_ns > STALE_FRAMES * self._form.frame_ns
        self._next = number + 1
        self.frames += 1
        self.stale_repeats += stale
        self._recent.append(late_ns + skipped * self._form.frame_ns)
        bound = bisect_left(LATE_BOUNDS_MS, late_ns / 1e6)
        self.late_counts[min(bound, len(LATE_BOUNDS_MS) - 1)] += 1
        return Due(number, stale, late_ns, skipped)

    def wait_ns(self, now_ns: int) -> int:
        """How long until the next frame is due; 0 when it is."""
        return 0 if self._next is None else max(self._form.time_of(self._next) - now_ns, 0)

    def late(self) -> bool:
        """Whether more than `LATE_SHARE` of the last frames were repeats or had holes before."""
        limit = STALE_FRAMES * self._form.frame_ns
        recent = tuple(self._recent)
        return sum(late_ns > limit for late_ns in recent) > LATE_SHARE * WINDOW_FRAMES

    def lateness_ms(self, quantile: float) -> float:
        """Quantile (0 to 1) of the lateness of the last frames, in ms; 0 before any."""
        recent = sorted(self._recent)
        if not recent:
            return 0.0
        return recent[min(int(quantile * len(recent)), len(recent) - 1)] / 1e6
