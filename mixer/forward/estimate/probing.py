"""When to measure what a line carries beyond what we send, and how much."""

from __future__ import annotations

from typing import Final, NamedTuple

from mixer.forward.estimate.cluster import Measured

TRAIN_NS: Final = 20_000_000
"""Length of a probe: four of the pacer's bursts."""
LEAST_OCTETS: Final = 1500
"""Five packets of padding."""
STEP: Final = 2.0
"""A probe tries twice what is known, so that one into a full line costs 20 ms of queue."""
MARGIN: Final = 1.2
"""A probe that just passes then still shows what is wanted."""
PASSED: Final = 0.85
"""Arrived at so much of the rate it was sent at, a probe found no limit."""
SAFE: Final = 0.95
"""Of what arrived of one that did."""
SHORTEST_NS: Final = 2_000_000_000
LONGEST_NS: Final = 5_000_000_000
IDLE_NS: Final = 30_000_000_000
"""Between two where nobody lacks anything, only room for key frames is wanted."""
SLOWING: Final = 1.5
"""After each probe that found the limit again."""
CALM_NS: Final = 1_000_000_000
"""After a decrease the queue drains first."""
PATIENCE_NS: Final = 1_000_000_000
_RETRY_NS: Final = 200_000_000
_SECOND_NS: Final = 1_000_000_000
_MAX_CLUSTER: Final = (1 << 31) - 1


class ProbeOrder(NamedTuple):
    """See `interface.Fanout.probe`."""

    cluster: int
    octets: int
    bps: int


class Probing:
    """At the start, and while somebody wants more than is known to pass.

    One probe follows the other as long as each passes; the first that meets the limit ends it, and
    the next try waits longer, up to `LONGEST_NS`.
    """

    __slots__ = (
        "_cluster",
        "_due_ns",
        "_interval_ns",
        "_refused",
        "_sent_ns",
        "asked",
        "has_met_limit",
        "is_urgent",
    )

    def __init__(self) -> None:
        self._cluster = 0
        self._due_ns = 0
        self._interval_ns = SHORTEST_NS
        self._sent_ns = -1
        self._refused = 0
        self.asked = 0
        """Probes that were sent."""
        self.has_met_limit = False
        """Whether one ever arrived more slowly than it was sent."""
        self.is_urgent = True
        """Whether somebody lacks something."""

    @property
    def is_running(self) -> bool:
        """Whether the outcome of one is awaited."""
        return self._sent_ns >= 0

    def soon(self, now_ns: int) -> None:
        """Something changed: what is wanted, or the line came back."""
        self._interval_ns = SHORTEST_NS
        self._due_ns = min(self._due_ns, now_ns)

    def shorten(self) -> None:
        """Somebody begins to lack something: the wait is what it would be then."""
        self._due_ns -= max(0, self._interval_ns - LONGEST_NS)
        self._interval_ns = min(self._interval_ns, LONGEST_NS)

    def order(
        self, estimate_bps: float, wanted_bps: float, decreased_ns: int, now_ns: int
    ) -> ProbeOrder | None:
        """Return the probe to send now. `wanted_bps` 0: nothing more is wanted."""
        if self._sent_ns >= 0:
            if now_ns - self._sent_ns > PATIENCE_NS:
                self._failed(now_ns)
            return None
        if now_ns < self._due_ns or wanted_bps <= estimate_bps:
            return None
        if decreased_ns >= 0 and now_ns - decreased_ns < CALM_NS:
            return None
        bps = int(min(STEP * estimate_bps, wanted_bps * MARGIN))
        octets = max(LEAST_OCTETS, bps * TRAIN_NS // (8 * _SECOND_NS))
        self._cluster = self._cluster % _MAX_CLUSTER + 1
        self._sent_ns = now_ns
        self.asked += 1
        return ProbeOrder(self._cluster, octets, bps)

    def refused(self, now_ns: int) -> int:
        """The fan-out could not send it now. Return how often that was so on end."""
        self._sent_ns = -1
        self._due_ns = now_ns + _RETRY_NS
        self._refused += 1
        self.asked -= 1
        return self._refused

    def outcome(self, measured: Measured, now_ns: int) -> float:
        """Take what a probe measured; return the bits per second it has shown, 0 for nothing."""
        self._refused = 0
        sent, received = measured
        if sent <= 0:
            self._failed(now_ns)
            return 0.0
        self._sent_ns = -1
        if received >= PASSED * sent:
            self._due_ns = now_ns
            self._interval_ns = SHORTEST_NS
            return min(sent, received)
        self.has_met_limit = True
        self._failed(now_ns)
        return SAFE * received

    def _failed(self, now_ns: int) -> None:
        self._sent_ns = -1
        self._due_ns = now_ns + self._interval_ns
        longest_ns = LONGEST_NS if self.is_urgent else IDLE_NS
        self._interval_ns = min(longest_ns, int(self._interval_ns * SLOWING))
