"""How often the media process wakes up for packets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

REST_NS: Final = 1_000_000
"""Between the beginnings of two readings of the socket, while packets keep coming."""


class Wakeups:
    """Joins what arrives within `REST_NS` into one reading, as a network card joins interrupts.

    A packet that comes later than that after the last reading is read at once. The loop sleeps
    meanwhile: whatever else is due waits at most `REST_NS` longer.
    """

    def __init__(
        self,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` in ns; `sleep` takes seconds."""
        self._clock = clock
        self._sleep = sleep
        self._free_ns = 0

    def rest(self) -> int:
        """Sleep until the socket may be read again; return the monotonic time."""
        now_ns = self._clock()
        wait_ns = self._free_ns - now_ns
        if wait_ns > 0:
            self._sleep(wait_ns / 1e9)
            now_ns = self._clock()
        self._free_ns = now_ns + REST_NS
        return now_ns

    def hurry(self) -> None:
        """More has arrived than one reading took: the next one comes at once."""
        self._free_ns = 0
