"""Which programme frame is due: decisions only, the clock is an argument.

Frame n is due at n * FRAME_NS whatever inputs do. Late frames are made one
after another until the clock is reached; from `STALE_FRAMES` on they repeat the
canvas as it is ("stale repeat"), which is quick, and the timeline keeps no hole. Only more
than `HOLE_NS` late are frames left out, and counted.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from mixer.wire.ids import FRAME_NS

STALE_FRAMES = 2
HOLE_NS = 1_000_000_000
WINDOW_FRAMES = 100
"""Frames (4 s) over which lateness is judged."""
LATE_SHARE = 0.05


class Due(NamedTuple):
    """Make this frame now. ``late_ns`` behind its time; ``skipped`` frames before it never come."""

    frame: int
    stale: bool
    late_ns: int
    skipped: int


class Timeline:
    """Counts frames along the session clock."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._recent: deque[int] = deque(maxlen=WINDOW_FRAMES)
        self.frames = 0
        self.stale_repeats = 0
        self.holes = 0

    def due(self, now_ns: int) -> Due | None:
        """The frame to be made at this session time, or None before the next one's time."""
        if self._next is None:
            self._next = max(-(-now_ns // FRAME_NS), 0)
        number = self._next
        late_ns = now_ns - number * FRAME_NS
        if late_ns < 0:
            return None
        skipped = 0
        if late_ns > HOLE_NS:
            skipped = now_ns // FRAME_NS - number
            number += skipped
            late_ns = now_ns - number * FRAME_NS
            self.holes += skipped
        stale = late_ns > STALE_FRAMES * FRAME_NS
        self._next = number + 1
        self.frames += 1
        self.stale_repeats += stale
        self._recent.append(late_ns + skipped * FRAME_NS)
        return Due(number, stale, late_ns, skipped)

    def wait_ns(self, now_ns: int) -> int:
        """How long until the next frame is due; 0 when it is."""
        return 0 if self._next is None else max(self._next * FRAME_NS - now_ns, 0)

    def late(self) -> bool:
        """Whether more than `LATE_SHARE` of the last frames were repeats or had holes before."""
        limit = STALE_FRAMES * FRAME_NS
        recent = tuple(self._recent)
        return sum(late_ns > limit for late_ns in recent) > LATE_SHARE * WINDOW_FRAMES

    def lateness_ms(self, quantile: float) -> float:
        """Quantile (0 to 1) of the lateness of the last frames, in ms; 0 before any."""
        recent = sorted(self._recent)
        if not recent:
            return 0.0
        return recent[min(int(quantile * len(recent)), len(recent) - 1)] / 1e6
