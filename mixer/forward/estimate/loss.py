"""What the loss allows: for lines whose queues are too short for a delay to be seen."""

from __future__ import annotations

from typing import Final

from mixer.forward.estimate.rate import GROWTH, ROOM, ROOM_BPS

HIGH: Final = 0.10
LOW: Final = 0.02
QUEUED_HIGH: Final = 0.02
"""Of what is lost while a queue stands: then it is that queue which loses."""
QUEUED_MS: Final = 80.0
SEVERE: Final = 0.3
"""Then the line carries what arrives, whatever was believed."""
UNSURE: Final = 1.5
"""Below, what is not used may be there all the same."""
PERIOD_NS: Final = 500_000_000
LONGEST_NS: Final = 2_000_000_000
"""What was not heard of for hours has not grown for hours."""
LEAST_PACKETS: Final = 20
SMOOTHING: Final = 0.5
USUAL_PER_S: Final = 0.04
"""So fast a loss that no decrease has cured becomes what is usual on this line."""
MOST_USUAL: Final = 0.3
_SECOND_NS: Final = 1_000_000_000
UNLIMITED: Final = 1e12


class LossControl:
    """Counts over half a second and at least 20 packets.

    Radio loses without being full. So what stays lost although we sent less counts as usual after
    a few seconds, and only what is lost beyond it is an answer to our rate.
    """

    def __init__(self) -> None:
        self.bps = UNLIMITED
        self.fraction = 0.0
        """Smoothed, 0 to 1."""
        self.usual = 0.0
        self._packets = self._lost = 0
        self._began_ns = -1

    def add(self, packets: int, lost: int, now_ns: int) -> bool:
        """Take what a report says; True: a period is over, and `step` is to be called."""
        if self._began_ns < 0:
            self._began_ns = now_ns
        self._packets += packets
        self._lost += lost
        return now_ns - self._began_ns >= PERIOD_NS and self._packets >= LEAST_PACKETS

    def step(
        self, current_bps: float, acknowledged_bps: float, queue_ms: float, now_ns: int
    ) -> None:
        """End a period; `current_bps` is the estimate of all together."""
        elapsed_s = min(now_ns - self._began_ns, LONGEST_NS) / _SECOND_NS
        fraction = self._lost / self._packets
        self.fraction += SMOOTHING * (fraction - self.fraction)
        self._packets = self._lost = 0
        self._began_ns = now_ns
        beyond = self.fraction - self.usual
        is_queued = queue_ms > QUEUED_MS
        high = QUEUED_HIGH if is_queued else HIGH
        if beyond > high and fraction > high:
            sent_bps = acknowledged_bps / max(1 - fraction, 0.05)
            room = 1.0 if fraction > SEVERE else UNSURE
            base_bps = min(current_bps, room * sent_bps) if sent_bps else current_bps
            kept_bps = base_bps * (1 - 0.5 * min(1.0, beyond + (0.1 if is_queued else 0.0)))
            self.bps = max(kept_bps, min(current_bps, acknowledged_bps) * 0.95)
        elif beyond < LOW or (beyond < HIGH and not is_queued and self.usual > 0):
            roof_bps = max(current_bps, ROOM * acknowledged_bps + ROOM_BPS)
            self.bps = max(self.bps, min(self.bps * GROWTH**elapsed_s, roof_bps))
        self._learn(fraction, elapsed_s, is_queued=is_queued)

    def _learn(self, fraction: float, elapsed_s: float, *, is_queued: bool) -> None:
        if self.fraction < self.usual:
            self.usual = self.fraction
        elif not is_queued and fraction > LOW:
            self.usual = min(self.fraction, MOST_USUAL, self.usual + USUAL_PER_S * elapsed_s)

    @property
    def has_limited(self) -> bool:
        """Whether loss was ever an answer to our rate."""
        return self.bps < UNLIMITED

    def raise_to(self, bps: float) -> None:
        """A probe has shown that more passes."""
        self.bps = max(self.bps, bps)
