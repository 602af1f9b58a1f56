"""What one probe measured: how fast a short train of packets went through the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

TOGETHER_NS: Final = 1_000_000
"""Sent within this time they left as one."""
LEAST_PACKETS: Final = 5
LEAST_RECEIVED: Final = 0.7
_SECOND_NS: Final = 1_000_000_000


class Measured(NamedTuple):
    """Bits per second; 0 where the train was cut up too much to tell."""

    sent_bps: float
    received_bps: float


class _Burst:
    __slots__ = ("arrived_ns", "octets", "received", "sent_ns")

    def __init__(self, sent_ns: int) -> None:
        self.sent_ns = sent_ns
        self.octets = 0
        self.received = 0
        self.arrived_ns = -1


class ClusterMeter:
    """Collects what is reported from the first to the last packet of a cluster.

    Media between them counts too, for it took its part of the line.
    """

    __slots__ = ("_bursts", "_lost", "_octets", "_packets", "_probed", "cluster")

    def __init__(self, cluster: int, octets: int) -> None:
        self.cluster = cluster
        self._octets = octets
        self._probed = 0
        self._packets = self._lost = 0
        self._bursts: list[_Burst] = []

    def add(
        self,
        sent_ns: Sequence[int],
        arrived_ns: Sequence[int],
        octets: Sequence[int],
        cluster: Sequence[int],
    ) -> bool:
        """Take a report in order of sending; True: everything of the cluster was told."""
        if not self._bursts and self.cluster not in cluster:
            return False
        for sent, arrived, size, number in zip(sent_ns, arrived_ns, octets, cluster, strict=True):
            if number == self.cluster:
                self._probed += size
            elif not self._bursts:
                continue
            self._take(sent, arrived, size)
            if self._probed >= self._octets:
                return True
        return False

    def _take(self, sent: int, arrived: int, size: int) -> None:
        bursts = self._bursts
        if not bursts or sent - bursts[-1].sent_ns > TOGETHER_NS:
            bursts.append(_Burst(sent))
        burst = bursts[-1]
        burst.octets += size
        self._packets += 1
        if arrived < 0:
            self._lost += 1
            return
        burst.received += size
        burst.arrived_ns = max(burst.arrived_ns, arrived)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the cluster was told."""
        return bool(self._bursts)

    @property
    def sent_ns(self) -> tuple[int, int]:
        """When the first and the last of it left; (-1, -1) before any was told."""
        if not self._bursts:
            return (-1, -1)
        return self._bursts[0].sent_ns, self._bursts[-1].sent_ns

    def measured(self) -> Measured:
        """Compare from the first burst to the last; bursts that arrived not at all are left out."""
        bursts = [burst for burst in self._bursts if burst.arrived_ns >= 0]
        received = self._packets - self._lost
        if len(bursts) < 2 or self._packets < LEAST_PACKETS:
            return Measured(0.0, 0.0)
        if received < LEAST_RECEIVED * self._packets:
            return Measured(0.0, 0.0)
        first, last = bursts[0], bursts[-1]
        sending_ns = last.sent_ns - first.sent_ns
        receiving_ns = last.arrived_ns - first.arrived_ns
        if sending_ns <= 0 or receiving_ns <= 0:
            return Measured(0.0, 0.0)
        sent = sum(burst.octets for burst in bursts[:-1])
        arrived = sum(burst.received for burst in bursts[1:])
        return Measured(sent * 8 * _SECOND_NS / sending_ns, arrived * 8 * _SECOND_NS / receiving_ns)
