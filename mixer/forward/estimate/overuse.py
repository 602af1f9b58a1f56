"""From a trend to a verdict, by a threshold that follows what is usual on this line."""

from __future__ import annotations

from enum import Enum
from typing import Final

GAIN: Final = 4.0
MAX_COUNT: Final = 60
START_MS: Final = 12.5
LEAST_MS: Final = 6.0
MOST_MS: Final = 600.0
RISE: Final = 0.0087
FALL: Final = 0.039
OUTLIER_MS: Final = 15.0
"""So far beyond the threshold it is an event, not what is usual."""
MAX_ELAPSED_MS: Final = 100.0
MIN_BURSTS: Final = 2


class Usage(Enum):
    """What the queues in front of the receiver do."""

    NORMAL = "normal"
    OVER = "over"
    """They fill."""
    UNDER = "under"
    """They drain."""


class OveruseDetector:
    """Draft-ietf-rmcat-gcc-02 section 5.4 with the gains of its delay trend.

    A line that is always restless (Wi-Fi, a loss-based flow beside us) raises the threshold, so
    that it does not starve us; calm lowers it.
    """

    __slots__ = ("_before", "_overs", "_updated_ns", "threshold_ms")

    def __init__(self) -> None:
        self.threshold_ms = START_MS
        self._before = 0.0
        self._overs = 0
        self._updated_ns = -1

    def judge(self, slope: float, count: int, bursts: int, now_ns: int) -> Usage:
        """Judge once a report: `count` bursts since the trend began, `bursts` of them new."""
        gained_ms = slope * min(count, MAX_COUNT) * GAIN
        if gained_ms > self.threshold_ms:
            self._overs += 1
            certain = self._overs > 1 or bursts >= MIN_BURSTS
            usage = Usage.OVER if certain and slope >= self._before else Usage.NORMAL
        else:
            self._overs = 0
            usage = Usage.UNDER if gained_ms < -self.threshold_ms else Usage.NORMAL
        self._before = slope
        self._adapt(abs(gained_ms), now_ns)
        return usage

    def _adapt(self, gained_ms: float, now_ns: int) -> None:
        before_ns, self._updated_ns = self._updated_ns, now_ns
        if before_ns < 0 or gained_ms > self.threshold_ms + OUTLIER_MS:
            return
        elapsed_ms = min((now_ns - before_ns) / 1e6, MAX_ELAPSED_MS)
        speed = FALL if gained_ms < self.threshold_ms else RISE
        moved = self.threshold_ms + speed * (gained_ms - self.threshold_ms) * elapsed_ms
        self.threshold_ms = min(MOST_MS, max(LEAST_MS, moved))
