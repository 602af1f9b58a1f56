"""The estimate for a receiver that tells when each packet arrived."""

from __future__ import annotations

from math import inf
from typing import Final

from mixer.forward.batch import Feedback
from mixer.forward.estimate.acknowledged import AcknowledgedRate
from mixer.forward.estimate.bursts import Bursts
from mixer.forward.estimate.cluster import ClusterMeter
from mixer.forward.estimate.loss import LossControl
from mixer.forward.estimate.overuse import OveruseDetector, Usage
from mixer.forward.estimate.probing import ProbeOrder, Probing
from mixer.forward.estimate.rate import RateControl
from mixer.forward.estimate.trend import DelayTrend

START_BPS: Final = 800_000.0
LEAST_BPS: Final = 50_000.0
HIGHEST_BPS: Final = 50_000_000.0
CALM_MS: Final = 40.0
"""Behind a longer queue nothing is probed."""
SETTLING_NS: Final = 150_000_000
"""After a probe its own queue drains; what is sent meanwhile says nothing of ours."""
SHORT_MS: Final = 25.0
"""A key frame on its way and a restless radio make such queues; they are let be."""
STANDING_MS: Final = 80.0
"""A queue that long is not let grow by us, whatever its trend."""
DEAF_NS: Final = 1_500_000_000
DEAF_STEP_NS: Final = 1_000_000_000
DEAF_BACK_OFF: Final = 0.8
REFUSED: Final = 50
"""So often no probe could be sent (10 s) that the next better thing is tried instead."""


class MeasuredEstimate:
    """Delay and loss limit it, probes lift it; the smaller limit counts."""

    bursts_type = Bursts
    trend_type = DelayTrend
    detector_type = OveruseDetector
    acknowledged_type = AcknowledgedRate
    rate_type = RateControl
    loss_type = LossControl

    def __init__(self, start_bps: float = START_BPS) -> None:
        self._bursts = self.bursts_type()
        self._trend = self.trend_type()
        self._detector = self.detector_type()
        self._acknowledged = self.acknowledged_type()
        self._rate = self.rate_type(start_bps, LEAST_BPS, HIGHEST_BPS)
        self._loss = self.loss_type()
        self._probing = Probing()
        self._meter: ClusterMeter | None = None
        self._blind_until_ns = -1
        self._heard_ns = -1
        self._deaf_ns = -1
        self.wanted_bps = 0.0
        """What would be of use, 0: no more than there is."""
        self.rtt_ns = 100_000_000
        self._decided_bps = -1.0
        self._kept_least_bps, self._kept_most_bps = inf, inf

    @property
    def is_short(self) -> bool:
        """Whether somebody lacks something; then it is probed more often."""
        return self._probing.is_urgent

    @is_short.setter
    def is_short(self, is_short: bool) -> None:
        if is_short and not self._probing.is_urgent:
            self._probing.shorten()
        self._probing.is_urgent = is_short

    @property
    def is_limited(self) -> bool:
        """Whether anything has shown yet that the line carries no more than `bps`.

        Until then `bps` is what is proved, and the line may carry much more.
        """
        return (
            self._rate.decreased_ns >= 0
            or self._loss.has_limited
            or self._probing.has_met_limit
            or self._deaf_ns >= 0
        )

    @property
    def bps(self) -> float:
        """Bits per second of SRTP that the line is believed to carry."""
        return max(LEAST_BPS, min(self._rate.bps, self._loss.bps))

    def keep(self, least_bps: float, most_bps: float) -> None:
        """Something was decided by `bps`, which holds while it stays between these."""
        self._decided_bps = self.bps
        self._kept_least_bps, self._kept_most_bps = least_bps, most_bps

    @property
    def has_moved(self) -> bool:
        """Whether `bps` is another than at the last decision, and out of what keeps to that."""
        bps = self.bps
        return bps != self._decided_bps and not self._kept_least_bps <= bps <= self._kept_most_bps

    @property
    def queue_ms(self) -> float:
        """How much longer packets wait now than at best."""
        return self._trend.queue_ms

    @property
    def acknowledged_bps(self) -> float:
        """What arrived in the last second, 0: not known."""
        return self._acknowledged.bps

    @property
    def usual_loss(self) -> float:
        """What this line loses whatever we send."""
        return self._loss.usual

    @property
    def has_heard(self) -> bool:
        """Whether the receiver has ever told anything."""
        return self._heard_ns >= 0

    # --- what the receiver tells ----------------------------------------------------------------

    def feedback(self, report: Feedback, now_ns: int) -> float:
        """Take one report; return the new `bps`."""
        if self._deaf_ns >= 0:
            self._deaf_ns = -1
            self._probing.soon(now_ns)
        self._heard_ns = now_ns
        packets, lost = report.packets, report.lost
        if lost < packets:
            self._acknowledged.add(report.last_arrival_ns, report.received_octets)
        bursts = self._follow(report)
        self._limit_by_delay(bursts, now_ns)
        if self._loss.add(packets, lost, now_ns):
            self._loss.step(self.bps, self._acknowledged.bps, self._trend.queue_ms, now_ns)
        if self._meter is not None:
            self._measure(self._meter, report, now_ns)
        return self.bps

    def _follow(self, report: Feedback) -> int:
        """Feed the trend with what no probe has disturbed; return how many bursts that were."""
        meter = self._meter
        sent, arrived = report.sent_ns, report.arrived_ns
        begun = -1 if meter is None else report.first_of(meter.cluster)
        if begun >= 0:
            self._blind_until_ns = sent[-1] + SETTLING_NS
            sent, arrived = sent[:begun], arrived[:begun]
        elif sent[-1] < self._blind_until_ns:
            sent, arrived = (), ()
        if not sent:
            self._bursts.clear()
            return 0
        ended = self._bursts.add(sent, arrived)
        self._trend.add(ended)
        return len(ended)

    def _limit_by_delay(self, bursts: int, now_ns: int) -> None:
        if not bursts:
            return
        trend = self._trend
        # Most reports come from calm lines, where the slope need not be known.
        slope = trend.slope() if trend.queue_ms >= SHORT_MS / 2 else 0.0
        usage = self._detector.judge(slope, trend.count, bursts, now_ns)
        if usage is Usage.OVER and trend.queue_ms < SHORT_MS:
            usage = Usage.NORMAL
        self._rate.update(
            usage,
            self._acknowledged.filled_bps,
            self.rtt_ns,
            now_ns,
            may_grow=trend.queue_ms < STANDING_MS,
        )

    def _measure(self, meter: ClusterMeter, report: Feedback, now_ns: int) -> None:
        if not meter.has_begun and report.first_of(meter.cluster) < 0:
            return
        if meter.add(report.sent_ns, report.arrived_ns, report.octets, report.cluster):
            self._conclude(meter, now_ns)

    def _conclude(self, meter: ClusterMeter, now_ns: int) -> None:
        self._meter = None
        shown = self._probing.outcome(meter.measured(), now_ns)
        if shown > self.bps:
            self._rate.raise_to(shown)
            self._loss.raise_to(shown)

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now_ns: int, *, sends: bool) -> None:
        """Call it some ten times a second; `sends`: packets left for the receiver lately."""
        if self._heard_ns < 0 or not sends:
            self._heard_ns = now_ns if self._heard_ns >= 0 else -1
            return
        since_ns = self._heard_ns if self._deaf_ns < 0 else self._deaf_ns
        patience_ns = DEAF_NS if self._deaf_ns < 0 else DEAF_STEP_NS
        if now_ns - since_ns >= patience_ns:
            self._deaf_ns = now_ns
            self._rate.lower_to(self.bps * DEAF_BACK_OFF)

    def look(self, now_ns: int, *, sends: bool) -> ProbeOrder | None:
        """`tick`, then `probe`."""
        self.tick(now_ns, sends=sends)
        return self.probe(now_ns)

    def probe(self, now_ns: int) -> ProbeOrder | None:
        """Return the probe to be sent now; `refused` says that it was not."""
        if self._heard_ns < 0 or self._deaf_ns >= 0 or self._trend.queue_ms > CALM_MS:
            return None
        order = self._probing.order(self.bps, self.wanted_bps, self._rate.decreased_ns, now_ns)
        if order is not None:
            self._meter = ClusterMeter(order.cluster, order.octets)
        elif not self._probing.is_running:
            self._meter = None
        return order

    def refused(self, now_ns: int) -> None:
        """No padding can be sent. After 10 s of that the next better thing is tried at once."""
        self._meter = None
        if self._probing.refused(now_ns) % REFUSED == 0:
            self._rate.raise_to(self.wanted_bps)
            self._loss.raise_to(self.wanted_bps)

    def probe_soon(self, now_ns: int) -> None:
        """Something more is wanted, or wanted again."""
        self._probing.soon(now_ns)
