"""Whether packets take longer and longer: a line through the delays of the last bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from mixer.forward.estimate.bursts import Burst

WINDOW: Final = 20
SMOOTHING: Final = 0.9
FORGET_NS: Final = 1_000_000_000
"""After a silence the queue is another one."""
JUMP_NS: Final = 3_000_000_000
"""More cannot be a queue: the receiver's clock was set."""
BASE_NS: Final = 10_000_000_000
BUCKET_NS: Final = 1_000_000_000
MS: Final = 1e6


class DelayTrend:
    """Delay is known up to a constant: its change counts, and how far it is from its least."""

    __slots__ = ("_at_ms", "_base", "_last", "_origin_ns", "_smoothed", "count")

    def __init__(self) -> None:
        self._at_ms: deque[float] = deque(maxlen=WINDOW)
        self._smoothed: deque[float] = deque(maxlen=WINDOW)
        self._base: deque[tuple[int, float]] = deque()
        self.clear()

    def clear(self) -> None:
        """Forget what was."""
        self._forget_line()
        self._base.clear()
        self._last: Burst | None = None
        self._origin_ns = 0

    def _forget_line(self) -> None:
        self._at_ms.clear()
        self._smoothed.clear()
        self.count = 0

    def add(self, bursts: Iterable[Burst]) -> None:
        """Take what `Bursts` ended."""
        for burst in bursts:
            last = self._last
            if last is None or abs(burst.transit_ns - last.transit_ns) > JUMP_NS:
                self.clear()
                self._origin_ns = burst.transit_ns
            elif burst.at_ns - last.at_ns > FORGET_NS:
                self._forget_line()
            self._last = burst
            delay_ms = (burst.transit_ns - self._origin_ns) / MS
            before = self._smoothed[-1] if self._smoothed else delay_ms
            self._at_ms.append(burst.at_ns / MS)
            self._smoothed.append(SMOOTHING * before + (1 - SMOOTHING) * delay_ms)
            self._note_base(burst.at_ns // BUCKET_NS, delay_ms)
            self.count += 1

    def _note_base(self, bucket: int, delay_ms: float) -> None:
        base = self._base
        while base and base[-1][1] >= delay_ms:
            base.pop()
        if not base or bucket > base[-1][0]:  # else the one before is less and stays as long
            base.append((bucket, delay_ms))
        while base[0][0] <= bucket - BASE_NS // BUCKET_NS:
            base.popleft()

    @property
    def queue_ms(self) -> float:
        """How much longer packets take than the fastest of the last 10 s."""
        return self._smoothed[-1] - self._base[0][1] if self._smoothed else 0.0

    def slope(self) -> float:
        """Milliseconds of delay gained in a millisecond; 0 until the window is half full."""
        count = len(self._smoothed)
        if count < WINDOW // 2:
            return 0.0
        mean_at = mean_delay = across = along = 0.0
        # Not by sum(), which rounds otherwise from one interpreter to the next.
        for at, delay in zip(self._at_ms, self._smoothed, strict=True):
            mean_at += at
            mean_delay += delay
        mean_at /= count
        mean_delay /= count
        for at, delay in zip(self._at_ms, self._smoothed, strict=True):
            across += (at - mean_at) * (delay - mean_delay)
            along += (at - mean_at) * (at - mean_at)
        return across / along if along else 0.0
