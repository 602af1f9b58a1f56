"""How often the media process wakes up for packets."""

from __future__ import annotations

import time
from collections.abc import Callable

from mixer.forward.turns import CALM_NS, GATHER_NS


class Wakeups:
    """Joins what arrives within `GATHER_NS` into one reading, as a network card joins interrupts.

    The loop sleeps meanwhile: whatever else is due waits at most `GATHER_NS` longer.
    """

    def __init__(
        self,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` in ns; `sleep` takes seconds."""
        self._clock = clock
        self._sleep = sleep
        self._calm_ns = 0
        """From here on nothing is waited for."""

    def gather(self) -> int:
        """Let come together what comes together, if the socket was read lately; return the
        monotonic time at which to read.
        """
        now_ns = self._clock()
        if now_ns < self._calm_ns:
            self._sleep(GATHER_NS / 1e9)
            now_ns = self._clock()
        self._calm_ns = now_ns + CALM_NS
        return now_ns

    def hurry(self) -> None:
        """More has arrived than one reading took: the next one comes at once."""
        self._calm_ns = 0
