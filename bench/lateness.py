"""An idle control thread: how late one wakes up here that has nothing else to do."""

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from mixer.wire.ids import FRAME_NS

_END_S = 5.0


def quantile_ms(counts: Mapping[float, float], share: float) -> float:
    """The bound below which ``share`` of the ticks were late; ``counts`` by upper bound in ms.

    Within a bound ticks are taken to lie evenly. 0 without ticks.
    """
    wanted = sum(counts.values()) * share
    seen, lower = 0.0, 0.0
    for bound in sorted(counts):
        count = counts[bound]
        if count and seen + count >= wanted:
            return lower + (bound - lower) * (wanted - seen) / count
        seen += count
        lower = bound
    return lower


class IdleThread:
    """Ticks of 40 ms in a process of its own; counts by how late each was."""

    def __init__(self, bounds_ms: Sequence[float]) -> None:
        self._bounds = tuple(bounds_ms)
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_tick, args=(self._bounds, theirs), daemon=True)
        self._process.start()
        self._ours.recv()

    def stop(self) -> dict[float, float]:
        """End it; ticks by upper bound in ms."""
        self._ours.send(None)
        counts: list[int] = self._ours.recv()
        self._process.join(_END_S)
        return dict(zip(self._bounds, map(float, counts), strict=True))


def _tick(bounds: tuple[float, ...], pipe: Connection) -> None:
    counts = [0] * len(bounds)
    pipe.send(None)
    due_ns = time.monotonic_ns()
    while not pipe.poll():
        due_ns += FRAME_NS
        time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
        late_ms = (time.monotonic_ns() - due_ns) / 1e6
        index = next((i for i, bound in enumerate(bounds) if late_ms <= bound), len(bounds) - 1)
        counts[index] += 1
    pipe.send(counts)
