"""How much arrives, by the receiver's own clock."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_NS: Final = 400_000_000
"""Longer, and the calm before a key frame would hide that the line was full during it."""
SHORT_NS: Final = 150_000_000
LEAST_NS: Final = 100_000_000
PAUSE_NS: Final = 2_000_000_000
BIT_NS: Final = 8e9
"""An octet a nanosecond, in bits a second."""


class AcknowledgedRate:
    """Bits per second over the last 400 ms of arrivals, report by report."""

    __slots__ = ("_reports", "_total")

    def __init__(self) -> None:
        self._reports: deque[tuple[int, int]] = deque()
        """Last arrival and octets; what the oldest one brought lies before the window."""
        self._total = 0

    def clear(self) -> None:
        """Begin anew."""
        self._reports.clear()
        self._total = 0

    def add(self, arrived_ns: int, octets: int) -> None:
        """Note what a report told, by its last arrival."""
        reports = self._reports
        if reports and not 0 < arrived_ns - reports[-1][0] < PAUSE_NS:
            if 0 <= reports[-1][0] - arrived_ns < PAUSE_NS:
                # Reordered reports, or two on one moment.
                reports[-1] = (reports[-1][0], reports[-1][1] + octets)
                self._total += octets if len(reports) > 1 else 0
                return
            self.clear()
        if reports:
            self._total += octets
        reports.append((arrived_ns, octets))
        while len(reports) > 2 and arrived_ns - reports[1][0] >= WINDOW_NS:
            reports.popleft()
            self._total -= reports[0][1]

    @property
    def bps(self) -> float:
        """0 while too little is known."""
        if len(self._reports) < 2:
            return 0.0
        span_ns = self._reports[-1][0] - self._reports[0][0]
        return self._total * BIT_NS / span_ns if span_ns >= LEAST_NS else 0.0

    @property
    def filled_bps(self) -> float:
        """What arrived while the line was full, if it has just become so: the more of the last
        400 and the last 150 ms.
        """
        newest_ns = self._reports[-1][0] if self._reports else 0
        octets = 0
        for arrived_ns, told in reversed(self._reports):
            span_ns = newest_ns - arrived_ns
            if span_ns >= SHORT_NS:
                return max(self.bps, octets * BIT_NS / span_ns)
            octets += told
        return self.bps
