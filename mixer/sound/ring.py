"""Decoded samples of one source, addressed by RTP timestamp."""

from __future__ import annotations

from typing import Final

import numpy as np

from mixer.sound.codec import Samples

CAPACITY: Final = 65_536
KEPT: Final = 36_000
"""So much stays readable: the largest delay, by which playing may step back, and the half
second that the echo watch looks at."""


class SampleRing:
    """A contiguous run of samples [start, end). When it is full the oldest go."""

    def __init__(self) -> None:
        self._samples = np.zeros(CAPACITY, np.float32)
        self.stereo = False
        self.start = 0
        self.end = 0

    def restart(self, position: int) -> None:
        """Forget everything; the next sample stands at ``position``."""
        self.start = self.end = position

    def widen(self) -> None:
        """From here on ``(n, 2)``; what is held is on both sides alike."""
        if not self.stereo:
            self._samples = np.repeat(self._samples[:, None], 2, axis=1)
            self.stereo = True

    def silence(self, count: int) -> Samples:
        """``count`` samples of nothing in the ring's shape."""
        return np.zeros((count, 2) if self.stereo else count, np.float32)

    def append(self, block: Samples) -> None:
        """Put ``block`` (n,) or (n, 2), n at most 24,000, behind the last sample."""
        used = self.end - self.start
        if used + len(block) > CAPACITY:
            self._samples[:KEPT] = self._samples[used - KEPT : used].copy()
            self.start = self.end - KEPT
            used = KEPT
        self._samples[used : used + len(block)] = block
        self.end += len(block)

    def truncate(self, position: int) -> None:
        """Take back what stands at ``position`` and after."""
        self.end = min(self.end, max(position, self.start))

    def read(self, position: int, count: int) -> Samples:
        """``count`` samples from ``position``; what is not there reads as silence."""
        low, high = max(position, self.start), min(position + count, self.end)
        if low >= high:
            return self.silence(count)
        held = self._samples[low - self.start : high - self.start]
        if high - low == count:
            return held.copy()
        block = self.silence(count)
        block[low - position : high - position] = held
        return block
