"""When a process that died is started again. Pure."""

from __future__ import annotations

STEPS_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 30.0
"""A life of this length makes the next death count as the first."""


class Backoff:
    """One per process."""

    def __init__(self) -> None:
        self._deaths = 0

    def died(self, lived_s: float) -> float:
        """Seconds to wait before the next start."""
        if lived_s >= STEADY_S:
            self._deaths = 0
        delay = STEPS_S[min(self._deaths, len(STEPS_S) - 1)]
        self._deaths += 1
        return delay
