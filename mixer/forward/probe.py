"""One probe of a line: padding at a given rate."""

from __future__ import annotations

from typing import Final

_SECOND_NS: Final = 1_000_000_000
MAX_OCTETS: Final = 256 * 1024
PATIENCE_NS: Final = 500_000_000


class Probe:
    """How much of a cluster is due."""

    __slots__ = ("_bps", "_octets", "_sent", "_started_ns", "cluster")

    def __init__(self, cluster: int, octets: int, bps: int) -> None:
        """`octets` at `bps`; the clock starts with the first look."""
        self.cluster = cluster
        self._octets = min(octets, MAX_OCTETS)
        self._bps = bps
        self._sent = 0
        self._started_ns = -1

    def is_due(self, now_ns: int) -> bool:
        """Whether another packet is to leave now."""
        if self._started_ns < 0:
            self._started_ns = now_ns
        due = (now_ns - self._started_ns) * self._bps // (8 * _SECOND_NS)
        return not self.is_done and self._sent <= due

    def sent(self, octets: int) -> None:
        """Note a packet of the cluster."""
        self._sent += octets

    @property
    def is_done(self) -> bool:
        """Whether everything has been sent."""
        return self._sent >= self._octets

    def is_hopeless(self, now_ns: int) -> bool:
        """Whether it should have ended half a second ago."""
        if self._started_ns < 0:
            return False
        planned_ns = self._octets * 8 * _SECOND_NS // self._bps
        return now_ns - self._started_ns > planned_ns + PATIENCE_NS
