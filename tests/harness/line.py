"""One direction of a bad network, without IO: what becomes of each datagram, and when.

The fate of the n-th datagram depends on the seed and n alone; only times depend on when it came.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
HEADERS_BYTES: Final = 28
"""IPv4 and UDP; a line carries them too."""


@dataclass(frozen=True, slots=True)
class Impairment:
    """How bad one direction is; the default is a perfect one."""

    loss: float = 0.0
    """Share that is lost, each by itself."""
    burst: float = 0.0
    """Chance of a datagram to begin a burst in which all are lost."""
    burst_length: int = 3
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Up to so much is added, without changing the order."""
    reorder: float = 0.0
    """Share that is held back by `reorder_ms`, so that others overtake."""
    reorder_ms: float = 10.0
    duplicate: float = 0.0
    rate_bps: int = 0
    """0 is without limit. Headers of IP and UDP count."""
    queue_bytes: int = 64_000
    """What may wait before a limited rate; what does not fit is dropped at the tail."""


@dataclass(slots=True)
class Counters:
    """What became of the datagrams of one direction."""

    arrived: int = 0
    left: int = 0
    lost: int = 0
    queue_full: int = 0
    """Dropped because a limited rate has a full queue."""
    overrun: int = 0
    """Dropped because more is under way than a line holds."""
    duplicated: int = 0
    reordered: int = 0
    arrived_bytes: int = 0
    left_bytes: int = 0
    waited_ns: int = 0
    """Of those that left a limited rate, all their waits before it together."""


@dataclass(order=True, slots=True)
class _Due(Generic[Item]):
    due_ns: int
    number: int
    size: int = field(compare=False)
    item: Item = field(compare=False)


@dataclass(slots=True)
class _Waiting(Generic[Item]):
    came_ns: int
    size: int
    item: Item
    extra_ns: int
    held_back: bool


class Line(Generic[Item]):
    """Carries items of a known size; holds at most `MAX_HELD` of them, then drops, counted."""

    MAX_HELD: Final = 8192

    def __init__(self, impairment: Impairment, seed: int) -> None:
        self.impairment = impairment
        self.counters = Counters()
        self._chance = random.Random(seed)
        self._waiting: deque[_Waiting[Item]] = deque()
        self._waiting_bytes = 0
        self._free_ns = 0
        self._under_way: list[_Due[Item]] = []
        self._latest_ns = 0
        self._number = 0
        self._burst_left = 0

    def change(self, impairment: Impairment, now_ns: int) -> None:
        """Go on with other figures; what waits before the rate leaves at the new one."""
        self._advance(now_ns)
        self._free_ns = max(self._free_ns if impairment.rate_bps else 0, now_ns)
        self.impairment = impairment

    @property
    def held(self) -> int:
        """How many items are under way or wait."""
        return len(self._waiting) + len(self._under_way)

    def push(self, item: Item, size: int, now_ns: int) -> None:
        """Take a datagram of `size` bytes."""
        self._advance(now_ns)
        counters, impairment = self.counters, self.impairment
        counters.arrived += 1
        counters.arrived_bytes += size
        # Five draws each time, so that one figure's change does not shift the others' chances.
        lost, burst, jitter, reorder, again = (self._chance.random() for _ in range(5))
        if self._is_lost(lost, burst):
            counters.lost += 1
            return
        extra_ns = int((impairment.delay_ms + jitter * impairment.jitter_ms) * MS_NS)
        held_back = reorder < impairment.reorder
        counters.reordered += held_back
        doubled = again < impairment.duplicate
        counters.duplicated += doubled
        for _ in range(1 + doubled):
            self._enqueue(_Waiting(now_ns, size, item, extra_ns, held_back), now_ns)

    def _is_lost(self, lost: float, burst: float) -> bool:
        if self._burst_left:
            self._burst_left -= 1
            return True
        if burst < self.impairment.burst:
            self._burst_left = self.impairment.burst_length - 1
            return True
        return lost < self.impairment.loss

    def _enqueue(self, waiting: _Waiting[Item], now_ns: int) -> None:
        if self.held >= self.MAX_HELD:
            self.counters.overrun += 1
            return
        if not self.impairment.rate_bps:
            self._depart(waiting, now_ns)
            return
        size = waiting.size + HEADERS_BYTES
        if self._waiting_bytes + size > self.impairment.queue_bytes:
            self.counters.queue_full += 1
            return
        self._waiting_bytes += size
        self._waiting.append(waiting)

    def _head_leaves_ns(self) -> int:
        """When the first that waits has been sent whole."""
        head = self._waiting[0]
        begin_ns = max(self._free_ns, head.came_ns)
        if not self.impairment.rate_bps:
            return begin_ns
        return begin_ns + (head.size + HEADERS_BYTES) * 8 * SECOND_NS // self.impairment.rate_bps

    def _advance(self, now_ns: int) -> None:
        while self._waiting and (leaves_ns := self._head_leaves_ns()) <= now_ns:
            head = self._waiting.popleft()
            self._waiting_bytes -= head.size + HEADERS_BYTES
            self._free_ns = leaves_ns
            self.counters.waited_ns += leaves_ns - head.came_ns
            self._depart(head, leaves_ns)

    def _depart(self, waiting: _Waiting[Item], from_ns: int) -> None:
        due_ns = from_ns + waiting.extra_ns
        if waiting.held_back:
            due_ns += int(self.impairment.reorder_ms * MS_NS)
        else:
            due_ns = self._latest_ns = max(due_ns, self._latest_ns)
        self._number += 1
        heapq.heappush(self._under_way, _Due(due_ns, self._number, waiting.size, waiting.item))

    def pop(self, now_ns: int) -> list[Item]:
        """What has come through by now, in order."""
        self._advance(now_ns)
        out = []
        while self._under_way and self._under_way[0].due_ns <= now_ns:
            due = heapq.heappop(self._under_way)
            self.counters.left += 1
            self.counters.left_bytes += due.size
            out.append(due.item)
        return out

    def next_due_ns(self) -> int | None:
        """When `pop` has something next, if nothing else comes."""
        times = [self._under_way[0].due_ns] if self._under_way else []
        if self._waiting:
            times.append(self._head_leaves_ns())
        return min(times, default=None)
