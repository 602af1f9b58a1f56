"""A token bucket: how often somebody may ask."""

from __future__ import annotations


class Rate:
    """``burst`` at once, ``per_s`` in the long run. Time is an argument."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._at_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed now."""
        if self._at_s is not None:
            earned = (now_s - self._at_s) * self._per_s
            self._tokens = min(self._burst, self._tokens + earned)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
