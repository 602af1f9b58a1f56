"""Additive and multiplicative increase, multiplicative decrease."""

from __future__ import annotations

from typing import Final

from mixer.forward.estimate.overuse import Usage

BACK_OFF: Final = 0.85
"""Of what arrives: so the queue drains."""
GROWTH: Final = 1.08
"""A second, far from where the line was full before."""
ROOM: Final = 1.5
ROOM_BPS: Final = 10_000.0
"""What is not used proves nothing: growth ends at 1.5 times what arrives and 10 kbit/s."""
PAUSE_NS: Final = 300_000_000
"""Between two decreases, and a round trip: the first has to show first."""
PACKET_BITS: Final = 1200 * 8
NEAR: Final = 0.1
"""Within 10 % of where the line was full, growth is a packet in a response time."""
_SECOND_NS: Final = 1_000_000_000
RESPONSE_NS: Final = 100_000_000
MAX_ELAPSED_NS: Final = _SECOND_NS
_MEMORY: Final = 0.3


class RateControl:
    """What the delay allows."""

    def __init__(self, start_bps: float, least_bps: float, highest_bps: float) -> None:
        self.bps = start_bps
        self.least_bps = least_bps
        self.highest_bps = highest_bps
        self.decreased_ns = -1
        self._moved_ns = -1
        self._full_bps = 0.0

    def update(
        self,
        usage: Usage,
        acknowledged_bps: float,
        rtt_ns: int,
        now_ns: int,
        *,
        may_grow: bool = True,
    ) -> None:
        """Follow one verdict; `acknowledged_bps` is 0 while unknown."""
        elapsed_ns = min(now_ns - self._moved_ns, MAX_ELAPSED_NS) if self._moved_ns >= 0 else 0
        self._moved_ns = now_ns
        if usage is Usage.OVER:
            self._decrease(acknowledged_bps, rtt_ns, now_ns)
        elif usage is Usage.NORMAL and may_grow:
            self._increase(acknowledged_bps, rtt_ns, elapsed_ns / _SECOND_NS)

    def _decrease(self, acknowledged_bps: float, rtt_ns: int, now_ns: int) -> None:
        if self.decreased_ns >= 0 and now_ns - self.decreased_ns < rtt_ns + PAUSE_NS:
            return
        self.decreased_ns = now_ns
        if acknowledged_bps <= 0:
            self._set(self.bps * BACK_OFF)
            return
        if acknowledged_bps < self.bps * 1.2:
            near = abs(acknowledged_bps - self._full_bps) < 3 * NEAR * self._full_bps
            weight = _MEMORY if near else 1.0
            self._full_bps += weight * (acknowledged_bps - self._full_bps)
        self._set(min(self.bps, BACK_OFF * acknowledged_bps))

    def _increase(self, acknowledged_bps: float, rtt_ns: int, elapsed_s: float) -> None:
        if acknowledged_bps > (1 + 3 * NEAR) * self._full_bps:
            self._full_bps = 0.0
        is_near = self._full_bps > 0 and self.bps > (1 - NEAR) * self._full_bps
        if is_near:
            response_s = (rtt_ns + RESPONSE_NS) / _SECOND_NS
            wanted = self.bps + PACKET_BITS / response_s * elapsed_s
        else:
            wanted = self.bps * GROWTH**elapsed_s
        roof = ROOM * acknowledged_bps + ROOM_BPS
        self._set(max(self.bps, min(wanted, roof)))

    def raise_to(self, bps: float) -> None:
        """A probe has shown that more passes."""
        if bps > self.bps:
            self._set(bps)
            self._full_bps = 0.0

    def lower_to(self, bps: float) -> None:
        """Nothing was heard, or something else says that less passes."""
        self._set(min(self.bps, bps))

    def _set(self, bps: float) -> None:
        self.bps = min(self.highest_bps, max(self.least_bps, bps))
