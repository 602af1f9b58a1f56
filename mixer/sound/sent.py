"""What one site was sent lately, at 8 kHz on the mixer's clock, for the echo watch."""

from __future__ import annotations

from typing import Final

import numpy as np

from mixer.sound.codec import TICK_SAMPLES, Samples
from mixer.sound.filters import DECIMATED, DECIMATOR_HISTORY, decimate

KEPT_TICKS: Final = 90
"""1.8 s: what is compared, and the longest buffer behind which it was captured."""
_KEPT: Final = KEPT_TICKS * DECIMATED
_CAPACITY: Final = 2 * _KEPT
_SILENCE: Final = np.zeros(TICK_SAMPLES, np.float32)


class SentReturn:
    """The last `KEPT_TICKS` of a return; ticks that were skipped are silence in their place.

    Ticks wait as they are until somebody asks: filtering many at once is cheaper.
    """

    def __init__(self) -> None:
        self._slow = np.zeros(_CAPACITY, np.float32)
        self._end = _KEPT
        self._next_tick: int | None = None
        self._waiting: list[Samples] = []
        self._past = np.zeros(DECIMATOR_HISTORY, np.float32)

    def add(self, tick: int, block: Samples) -> None:
        """What was sent in ``tick`` (960,); not to be changed afterwards."""
        skipped = 0 if self._next_tick is None else tick - self._next_tick
        if skipped < 0:
            # Numbers of another clock: what is kept stands nowhere on it.
            skipped = KEPT_TICKS
        self._waiting += [_SILENCE] * min(skipped, KEPT_TICKS)
        self._waiting.append(block)
        del self._waiting[:-KEPT_TICKS]
        self._next_tick = tick + 1

    def until(self, end: int, count: int) -> Samples | None:
        """``count`` samples up to sample ``end`` of 8 kHz session time; None where not kept."""
        self._filter()
        if self._next_tick is None:
            return None
        last = self._end - (self._next_tick * DECIMATED - end)
        if not count <= last <= self._end or last - count < self._end - _KEPT:
            return None
        return self._slow[last - count : last]

    def _filter(self) -> None:
        if not self._waiting:
            return
        together = np.concatenate((self._past, *self._waiting))
        made = decimate(together[None])[0]
        self._past = together[-DECIMATOR_HISTORY:].copy()
        self._waiting.clear()
        if self._end + len(made) > _CAPACITY:
            self._slow[:_KEPT] = self._slow[self._end - _KEPT : self._end].copy()
            self._end = _KEPT
        self._slow[self._end : self._end + len(made)] = made
        self._end += len(made)
