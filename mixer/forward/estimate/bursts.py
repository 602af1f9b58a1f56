"""What arrived, as bursts: how long the last packet of each took."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

BURST_NS: Final = 5_000_000
"""What leaves within this time counts as one: the pacer sends each 5 ms."""
LONGEST_NS: Final = 100_000_000
_UNSET: Final = -(1 << 62)


class Burst(NamedTuple):
    """Of packets that left together."""

    transit_ns: int
    """Arrival less sending, on two clocks: only comparable with one another."""
    at_ns: int
    """When it had arrived, on the receiver's clock."""


class Bursts:
    """Groups packets that were sent together; one network queue treats them alike.

    Packets that arrive out of the order of sending belong to the burst they were sent in.
    """

    __slots__ = ("_arrived", "_first", "_sent")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Leave out what has begun: a probe came between."""
        self._first = self._sent = self._arrived = _UNSET

    def add(self, sent_ns: Sequence[int], arrived_ns: Sequence[int]) -> list[Burst]:
        """Take packets in order of sending (-1: lost); return the bursts that ended."""
        ended: list[Burst] = []
        first, last, latest = self._first, self._sent, self._arrived
        start, count = bisect_left(sent_ns, first), len(sent_ns)
        # Whole bursts at a time: a step of this loop for each packet would cost as much as
        # forwarding it.
        while start < count:
            begin = sent_ns[start]
            goes_on = first != _UNSET and begin - first <= BURST_NS
            end = bisect_right(sent_ns, (first if goes_on else begin) + BURST_NS, start)
            came = max(arrived_ns[start:end])
            if came >= 0:
                sent = _last_arrived(sent_ns, arrived_ns, end)
                apart = came - latest
                # Later ones that a queue has pushed onto their heels arrive as one burst, too.
                pushed = apart <= BURST_NS and apart < sent - last and sent - first < LONGEST_NS
                if first == _UNSET:
                    first, latest = begin, came
                elif goes_on or pushed:
                    latest = max(latest, came)
                else:
                    ended.append(Burst(latest - last, latest))
                    first, latest = begin, came
                last = sent
            start = end
        self._first, self._sent, self._arrived = first, last, latest
        return ended


def _last_arrived(sent_ns: Sequence[int], arrived_ns: Sequence[int], end: int) -> int:
    end -= 1
    while arrived_ns[end] < 0:
        end -= 1
    return sent_ns[end]
