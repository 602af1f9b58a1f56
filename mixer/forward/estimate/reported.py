"""The estimate for a receiver that tells only what it lost, or what it believes itself."""

from __future__ import annotations

from collections import deque
from typing import Final

LEAST_BPS: Final = 50_000.0
HIGH_LOSS: Final = 0.10
LOW_LOSS: Final = 0.02
SMOOTHING: Final = 0.4
GROWTH: Final = 1.08
"""A second, while reports tell of little loss."""
TRIAL: Final = 1.5
TRIAL_NS: Final = 5_000_000_000
LONGEST_TRIAL_NS: Final = 60_000_000_000
"""What was believed is doubted after so long without trouble, each failure twice as long."""
CONTRADICTED: Final = 0.9
QUEUED_NS: Final = 80_000_000
"""A receiver that believes in less than this of what it is sent is believed if there is a queue
that long, or loss beyond the usual; else it has only seen no more before."""
USUAL_PER_S: Final = 0.04
"""So fast a loss that no decrease has cured becomes what is usual on this line."""
MOST_USUAL: Final = 0.3
_ROUND_TRIPS: Final = 15
"""Seconds over which the shortest round trip is that of an empty line."""
PERIOD_NS: Final = 1_000_000_000
_SECOND_NS: Final = 1_000_000_000


class ReportedEstimate:
    """Unknown (0) until something goes wrong: such receivers cannot be measured beforehand.

    Then it is what got through, grows slowly, and is forgotten once it is above all that is
    wanted. Radio loses without being full: what stays lost although we sent less, or while the
    receiver believes in all it is sent, counts as usual, and only more than that is trouble.
    """

    def __init__(self) -> None:
        self.bps = 0.0
        self.wanted_bps = 0.0
        """What would be of use."""
        self._loss = 0.0
        self._usual = 0.0
        self._worst = 0.0
        self._rtt_ns = 0
        self._round_trips: deque[int] = deque(maxlen=_ROUND_TRIPS)
        self._told_bps = 0.0
        self._contradicted = 0
        self._period_ns = -1
        self._octets = 0
        self._told_octets = 0
        self._calm_since_ns = -1
        self._trial_ns = TRIAL_NS

    def reception(self, loss_fraction: float, rtt_ns: int) -> None:
        """Take one report block, of any stream; `rtt_ns` 0: not known."""
        self._worst = max(self._worst, loss_fraction)
        if rtt_ns:
            self._rtt_ns = min(self._rtt_ns or rtt_ns, rtt_ns)

    def bitrate(self, bps: float) -> None:
        """Take what the receiver believes (REMB) of the streams it names."""
        self._told_bps = bps

    def tick(self, octets_out: int, told_octets_out: int, now_ns: int) -> None:
        """Call it some ten times a second with the count of what was sent since the start, of all
        streams and of those that the receiver's belief is about.
        """
        if self._period_ns < 0:
            self._calm_since_ns = now_ns
            self._begin(octets_out, told_octets_out, now_ns)
            return
        elapsed_ns = now_ns - self._period_ns
        if elapsed_ns < PERIOD_NS:
            return
        sent_bps = max(0, octets_out - self._octets) * 8 * _SECOND_NS / elapsed_ns
        told_of_bps = max(0, told_octets_out - self._told_octets) * 8 * _SECOND_NS / elapsed_ns
        self._begin(octets_out, told_octets_out, now_ns)
        self._loss += SMOOTHING * (self._worst - self._loss)
        lost, self._worst = self._worst, 0.0
        rtt_ns, self._rtt_ns = self._rtt_ns, 0
        if rtt_ns:
            self._round_trips.append(rtt_ns)
        elapsed_s = min(elapsed_ns, 2 * PERIOD_NS) / _SECOND_NS
        denied = 0 < self._told_bps < CONTRADICTED * told_of_bps
        if self._is_denied(lost, denied=denied):
            self._fall_to(self._told_bps + sent_bps - told_of_bps, now_ns)
        elif min(lost, self._loss) > self._usual + HIGH_LOSS and sent_bps > 0:
            base_bps = min(self.bps, sent_bps) if self.bps else sent_bps
            self._fall_to(base_bps * (1 - lost / 2), now_ns)
        else:
            self._go_on(elapsed_s, now_ns)
        if not denied:
            self._learn(elapsed_s)

    def _begin(self, octets_out: int, told_octets_out: int, now_ns: int) -> None:
        self._octets, self._told_octets = octets_out, told_octets_out
        self._period_ns = now_ns

    def _is_denied(self, lost: float, *, denied: bool) -> bool:
        """Whether the receiver believes in less, for the second time, and something bears it out.

        Twice the usual loss in one second is chance on a line that loses much.
        """
        trips = self._round_trips
        is_queued = bool(trips) and trips[-1] - min(trips) > QUEUED_NS
        is_lossy = lost > self._usual + max(LOW_LOSS, self._usual)
        self._contradicted = self._contradicted + 1 if denied and (is_queued or is_lossy) else 0
        return self._contradicted > 1

    def _learn(self, elapsed_s: float) -> None:
        step = USUAL_PER_S * elapsed_s
        if self._loss <= self._usual:
            self._usual = max(self._loss, self._usual - step)
        elif self.bps or self._loss < HIGH_LOSS:  # else a decrease has to try to cure it first
            self._usual = min(self._loss, MOST_USUAL, self._usual + step)

    def _fall_to(self, bps: float, now_ns: int) -> None:
        if self.bps and self._trial_ns > TRIAL_NS and now_ns - self._calm_since_ns < TRIAL_NS:
            self._trial_ns = min(LONGEST_TRIAL_NS, self._trial_ns * 2)
        self.bps = max(LEAST_BPS, min(bps, self.bps) if self.bps else bps)
        self._calm_since_ns = now_ns

    def _go_on(self, elapsed_s: float, now_ns: int) -> None:
        if not self.bps:
            return
        beyond = self._loss - self._usual
        if beyond < LOW_LOSS:
            self.bps *= GROWTH**elapsed_s
        calm_ns = now_ns - self._calm_since_ns
        if calm_ns > self._trial_ns and beyond < HIGH_LOSS:
            self.bps = max(self.bps, min(self.bps * TRIAL, self.wanted_bps))
            self._trial_ns = min(LONGEST_TRIAL_NS, self._trial_ns * 2)
            self._calm_since_ns = now_ns
        if self.bps > self.wanted_bps > 0:
            self.bps = 0.0
            self._trial_ns = TRIAL_NS
