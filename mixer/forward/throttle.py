"""Budgets that bound what one peer can make us do."""

from __future__ import annotations

from typing import Final

_SECOND_NS: Final = 1_000_000_000


class Budget:
    """A token bucket: `rate` a second, at most `burst` saved up."""

    __slots__ = ("_burst", "_rate", "_refilled_ns", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._refilled_ns = -1

    def spend(self, amount: float, now_ns: int) -> bool:
        """Take `amount` if it is there."""
        if self._refilled_ns >= 0:
            gained = max(0, now_ns - self._refilled_ns) * self._rate / _SECOND_NS
            self._tokens = min(self._burst, self._tokens + gained)
        self._refilled_ns = now_ns
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True

    def earn(self, amount: float) -> None:
        """Put something in, beside what time brings."""
        self._tokens = min(self._burst, self._tokens + amount)
