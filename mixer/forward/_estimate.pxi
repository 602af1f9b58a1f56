# From a report to the estimate without the interpreter. What is unusual (a decrease, a period of
# loss, a probe) is done by the methods of `estimate/`, on the same state.

cdef double GAIN = overuse.GAIN
cdef int64_t MAX_COUNT = overuse.MAX_COUNT
cdef double LEAST_MS = overuse.LEAST_MS
cdef double MOST_MS = overuse.MOST_MS
cdef double RISE = overuse.RISE
cdef double FALL = overuse.FALL
cdef double OUTLIER_MS = overuse.OUTLIER_MS
cdef double MAX_ELAPSED_MS = overuse.MAX_ELAPSED_MS
cdef int MIN_BURSTS = overuse.MIN_BURSTS
cdef double GROWTH = rates.GROWTH
cdef double ROOM = rates.ROOM
cdef double ROOM_BPS = rates.ROOM_BPS
cdef double NEAR = rates.NEAR
cdef double PACKET_BITS = rates.PACKET_BITS
cdef int64_t RESPONSE_NS = rates.RESPONSE_NS
cdef int64_t MAX_ELAPSED_NS = rates.MAX_ELAPSED_NS
cdef int64_t LOSS_PERIOD_NS = losses.PERIOD_NS
cdef int64_t LOSS_LEAST = losses.LEAST_PACKETS
cdef double UNLIMITED = losses.UNLIMITED
cdef int64_t DEAF_NS = measured.DEAF_NS
cdef double LEAST_BPS = measured.LEAST_BPS
cdef double SHORT_MS = measured.SHORT_MS
cdef double STANDING_MS = measured.STANDING_MS
cdef int64_t SETTLING_NS = measured.SETTLING_NS
NORMAL, OVER, UNDER = overuse.Usage.NORMAL, overuse.Usage.OVER, overuse.Usage.UNDER

cdef enum:
    IS_NORMAL
    IS_OVER
    IS_UNDER


cdef class CompiledDetector:
    """`overuse.OveruseDetector`, compiled."""

    cdef readonly double threshold_ms
    cdef double before
    cdef int64_t overs, updated_ns

    def __cinit__(self):
        self.threshold_ms = overuse.START_MS
        self.updated_ns = -1

    def judge(self, double slope, int64_t count, int64_t bursts, int64_t now_ns):
        """See `OveruseDetector`."""
        cdef int usage = self.verdict(slope, count, bursts, now_ns)
        return OVER if usage == IS_OVER else UNDER if usage == IS_UNDER else NORMAL

    cdef int verdict(self, double slope, int64_t count, int64_t bursts, int64_t now_ns) noexcept nogil:
        cdef double gained_ms = slope * <double>min(count, MAX_COUNT) * GAIN
        cdef int usage = IS_NORMAL
        if gained_ms > self.threshold_ms:
            self.overs += 1
            if (self.overs > 1 or bursts >= MIN_BURSTS) and slope >= self.before:
                usage = IS_OVER
        else:
            self.overs = 0
            if gained_ms < -self.threshold_ms:
                usage = IS_UNDER
        self.before = slope
        self.adapt(gained_ms if gained_ms > 0 else -gained_ms, now_ns)
        return usage

    cdef void adapt(self, double gained_ms, int64_t now_ns) noexcept nogil:
        cdef int64_t before_ns = self.updated_ns
        cdef double elapsed_ms, speed, moved
        self.updated_ns = now_ns
        if before_ns < 0 or gained_ms > self.threshold_ms + OUTLIER_MS:
            return
        elapsed_ms = min(<double>(now_ns - before_ns) / 1e6, MAX_ELAPSED_MS)
        speed = FALL if gained_ms < self.threshold_ms else RISE
        moved = self.threshold_ms + speed * (gained_ms - self.threshold_ms) * elapsed_ms
        self.threshold_ms = min(MOST_MS, max(LEAST_MS, moved))


cdef class RateCore:
    """The fields of a `rate.RateControl`, and its growth."""

    cdef public double bps, least_bps, highest_bps, _full_bps
    cdef public int64_t decreased_ns, _moved_ns

    def update(self, usage, double acknowledged_bps, int64_t rtt_ns, int64_t now_ns, *, bint may_grow=True):
        """See `RateControl`."""
        cdef int told = IS_OVER if usage is OVER else IS_UNDER if usage is UNDER else IS_NORMAL
        self.follow(told, acknowledged_bps, rtt_ns, now_ns, may_grow)

    cdef int follow(
        self, int usage, double acknowledged_bps, int64_t rtt_ns, int64_t now_ns, bint may_grow
    ) except -1:
        cdef int64_t elapsed_ns = 0
        if self._moved_ns >= 0:
            elapsed_ns = min(now_ns - self._moved_ns, MAX_ELAPSED_NS)
        self._moved_ns = now_ns
        if usage == IS_OVER:
            self._decrease(acknowledged_bps, rtt_ns, now_ns)
        elif usage == IS_NORMAL and may_grow:
            self.grow(acknowledged_bps, rtt_ns, <double>elapsed_ns / <double>SECOND_NS)
        return 0

    cdef void grow(self, double acknowledged_bps, int64_t rtt_ns, double elapsed_s) noexcept nogil:
        cdef double wanted
        if acknowledged_bps > (1 + 3 * NEAR) * self._full_bps:
            self._full_bps = 0.0
        if self._full_bps > 0 and self.bps > (1 - NEAR) * self._full_bps:
            wanted = <double>(rtt_ns + RESPONSE_NS) / <double>SECOND_NS
            wanted = self.bps + PACKET_BITS / wanted * elapsed_s
        else:
            wanted = self.bps * pow(GROWTH, elapsed_s)  # not **, which would be that of complex numbers
        wanted = max(self.bps, min(wanted, ROOM * acknowledged_bps + ROOM_BPS))
        self.bps = min(self.highest_bps, max(self.least_bps, wanted))


class CompiledRate(RateCore, rates.RateControl):
    """A limit by delay that grows without the interpreter."""


cdef class LossCore:
    """The fields of a `loss.LossControl`, and its count."""

    cdef public double bps, fraction, usual
    cdef public int64_t _packets, _lost, _began_ns

    def add(self, int64_t packets, int64_t lost, int64_t now_ns):
        """See `LossControl`."""
        return self.count(packets, lost, now_ns)

    cdef bint count(self, int64_t packets, int64_t lost, int64_t now_ns) noexcept nogil:
        if self._began_ns < 0:
            self._began_ns = now_ns
        self._packets += packets
        self._lost += lost
        return now_ns - self._began_ns >= LOSS_PERIOD_NS and self._packets >= LOSS_LEAST

    cdef bint passes(self, double acknowledged_bps, int64_t now_ns) noexcept nogil:
        """End a period of a line that has never lost anything; False: that is for `step`."""
        if self._lost or self.fraction != 0 or self.usual != 0 or self.bps != UNLIMITED:
            return False
        if acknowledged_bps > UNLIMITED / 10:
            return False
        self._packets = 0
        self._began_ns = now_ns
        return True


class CompiledLoss(LossCore, losses.LossControl):
    """A limit by loss that counts without the interpreter."""


cdef class EstimateCore:
    """The fields of a `measured.MeasuredEstimate`, and what it does with each report."""

    cdef public CompiledBursts _bursts
    cdef public CompiledTrend _trend
    cdef public CompiledDetector _detector
    cdef public CompiledAcknowledged _acknowledged
    cdef public RateCore _rate
    cdef public LossCore _loss
    cdef public object _meter
    cdef public int64_t _blind_until_ns, _heard_ns, _deaf_ns, rtt_ns
    cdef public double wanted_bps, _decided_bps, _kept_least_bps, _kept_most_bps

    cdef inline double limit(self) noexcept nogil:
        return max(LEAST_BPS, min(self._rate.bps, self._loss.bps))

    cdef inline bint moved(self) noexcept nogil:
        cdef double bps = self.limit()
        return bps != self._decided_bps and not self._kept_least_bps <= bps <= self._kept_most_bps

    @property
    def bps(self):
        """See `MeasuredEstimate`."""
        return self.limit()

    @property
    def has_moved(self):
        """See `MeasuredEstimate`."""
        return self.moved()

    def feedback(self, report, int64_t now_ns):
        """See `MeasuredEstimate`."""
        cdef CompiledFeedback told
        cdef int ended
        if isinstance(report, CompiledFeedback):
            told = <CompiledFeedback>report
        else:
            told = compiled_feedback(report)
        if self._deaf_ns >= 0:
            self._deaf_ns = -1
            self.probe_soon(now_ns)
        self._heard_ns = now_ns
        if told.lost < told.packets:
            self._acknowledged.note(told.last_arrival_ns, told.received_octets)
        ended = self.follow(told)
        if ended:
            self.limit_by_delay(ended, now_ns)
        if self._loss.count(told.packets, told.lost, now_ns) and not self._loss.passes(
            self._acknowledged.rate(), now_ns
        ):
            self._loss.step(self.limit(), self._acknowledged.rate(), self._trend.queue(), now_ns)
        if self._meter is not None:
            self._measure(self._meter, told, now_ns)
        return self.limit()

    def look(self, int64_t now_ns, *, bint sends):
        """See `MeasuredEstimate`."""
        if (
            sends and self._heard_ns >= 0 and self._deaf_ns < 0 and now_ns - self._heard_ns < DEAF_NS
            and self._meter is None and self.wanted_bps <= self.limit()
        ):
            return None  # neither deaf nor probing, nor anything to probe for
        return measured.MeasuredEstimate.look(self, now_ns, sends=sends)

    cdef int follow(self, CompiledFeedback told) except -1:
        cdef int place, count = told.packets, begun = -1
        cdef int64_t last_ns = told.heard[count - 1].sent_ns if count else 0
        if self._meter is not None:
            begun = told.place_of(self._meter.cluster)
        if begun >= 0:
            self._blind_until_ns = last_ns + SETTLING_NS
            count = begun
        elif last_ns < self._blind_until_ns:
            count = 0
        if not count:
            self._bursts.forget()
            return 0
        count = self._bursts.take(told.heard, count)
        for place in range(count):
            self._trend.note(self._bursts.ended[place].transit_ns, self._bursts.ended[place].at_ns)
        return count

    cdef int limit_by_delay(self, int ended, int64_t now_ns) except -1:
        cdef double queue_ms = self._trend.queue()
        cdef double slope = self._trend.lean() if queue_ms >= SHORT_MS / 2 else 0.0
        cdef int usage = self._detector.verdict(slope, self._trend.count, ended, now_ns)
        if usage == IS_OVER and queue_ms < SHORT_MS:
            usage = IS_NORMAL
        return self._rate.follow(
            usage, self._acknowledged.filled(), self.rtt_ns, now_ns, queue_ms < STANDING_MS
        )


class CompiledEstimate(EstimateCore, measured.MeasuredEstimate):
    """An estimate that takes usual reports without the interpreter."""

    bursts_type = CompiledBursts
    trend_type = CompiledTrend
    detector_type = CompiledDetector
    acknowledged_type = CompiledAcknowledged
    rate_type = CompiledRate
    loss_type = CompiledLoss
