# What arrived, as `estimate/bursts.py`, `trend.py` and `acknowledged.py` see it.

cdef enum:
    TREND_WINDOW = 20
    BASE_ROOM = 16  # one a second of the last 10, and the one that comes
    REPORTS_ROOM = 16
cdef int64_t NEVER_NS = -(<int64_t>1 << 62)
cdef int64_t BURST_NS = bursts.BURST_NS
cdef int64_t LONGEST_BURST_NS = bursts.LONGEST_NS
cdef double TREND_SMOOTHING = trends.SMOOTHING
cdef int64_t FORGET_NS = trends.FORGET_NS
cdef int64_t JUMP_NS = trends.JUMP_NS
cdef int64_t BUCKET_NS = trends.BUCKET_NS
cdef int64_t BASE_BUCKETS = trends.BASE_NS // trends.BUCKET_NS
cdef double MS_NS = trends.MS
cdef int64_t ACKNOWLEDGED_NS = acknowledged.WINDOW_NS
cdef int64_t SHORT_NS = acknowledged.SHORT_NS
cdef int64_t LEAST_SPAN_NS = acknowledged.LEAST_NS
cdef int64_t PAUSE_NS = acknowledged.PAUSE_NS
cdef double BIT_NS = acknowledged.BIT_NS

if trends.WINDOW != TREND_WINDOW or BASE_BUCKETS + 1 > BASE_ROOM:
    raise ImportError("the window of the trend is not the compiled one")


cdef struct Ended:
    int64_t transit_ns
    int64_t at_ns


cdef class CompiledBursts:
    """`bursts.Bursts`, compiled; a packet at a time, as that costs nothing here."""

    cdef int64_t first, sent, arrived
    cdef Ended *ended  # those of the last call
    cdef int room

    def __cinit__(self):
        self.forget()

    def __dealloc__(self):
        free(self.ended)

    cdef void forget(self) noexcept nogil:
        self.first = self.sent = self.arrived = NEVER_NS

    def clear(self):
        """See `Bursts`."""
        self.forget()

    def add(self, sent_ns, arrived_ns):
        """See `Bursts`."""
        cdef int place, count = <int>len(sent_ns)
        cdef CompiledFeedback told = new_feedback(count)
        for sent, arrived in zip(sent_ns, arrived_ns, strict=True):
            told.note(sent, arrived, 0, 0)
        count = self.take(told.heard, count)
        return [
            bursts.Burst(self.ended[place].transit_ns, self.ended[place].at_ns)
            for place in range(count)
        ]

    cdef int take(self, const Heard *heard, int count) except -1:
        """Fill `ended`; return how many those are."""
        cdef int place = 0, found = 0
        cdef int64_t begin, until, sent, came, apart
        cdef bint goes_on
        cdef Ended *ended
        if count > self.room:
            ended = <Ended *>realloc(self.ended, count * sizeof(Ended))
            if ended == NULL:
                raise MemoryError
            self.ended, self.room = ended, count
        while place < count and heard[place].sent_ns < self.first:
            place += 1
        while place < count:
            begin = heard[place].sent_ns
            goes_on = self.first != NEVER_NS and begin - self.first <= BURST_NS
            until = (self.first if goes_on else begin) + BURST_NS
            sent = came = -1
            while place < count and heard[place].sent_ns <= until:
                if heard[place].arrived_ns >= 0:
                    sent = heard[place].sent_ns
                    came = max(came, heard[place].arrived_ns)
                place += 1
            if came < 0:
                continue
            apart = came - self.arrived
            if self.first == NEVER_NS:
                self.first, self.arrived = begin, came
            elif goes_on or (
                apart <= BURST_NS
                and apart < sent - self.sent
                and sent - self.first < LONGEST_BURST_NS
            ):
                self.arrived = max(self.arrived, came)
            else:
                self.ended[found].transit_ns = self.arrived - self.sent
                self.ended[found].at_ns = self.arrived
                found += 1
                self.first, self.arrived = begin, came
            self.sent = sent
        return found


cdef struct Least:
    int64_t bucket
    double delay_ms


cdef class CompiledTrend:
    """`trend.DelayTrend`, compiled."""

    cdef readonly int64_t count
    cdef double at_ms[TREND_WINDOW]
    cdef double smoothed[TREND_WINDOW]
    cdef Least base[BASE_ROOM]
    cdef int newest, filled, bases
    cdef bint has_last
    cdef int64_t last_transit_ns, last_at_ns, origin_ns

    def clear(self):
        """See `DelayTrend`."""
        self.forget()

    cdef void forget(self) noexcept nogil:
        self.filled = self.bases = 0
        self.has_last = False
        self.count = self.origin_ns = 0

    def add(self, ended):
        """See `DelayTrend`."""
        for transit_ns, at_ns in ended:
            self.note(transit_ns, at_ns)

    cdef void note(self, int64_t transit_ns, int64_t at_ns) noexcept nogil:
        cdef double delay_ms, before
        if not self.has_last or not -JUMP_NS <= transit_ns - self.last_transit_ns <= JUMP_NS:
            self.forget()
            self.origin_ns = transit_ns
        elif at_ns - self.last_at_ns > FORGET_NS:
            self.filled = 0
            self.count = 0
        self.has_last = True
        self.last_transit_ns, self.last_at_ns = transit_ns, at_ns
        delay_ms = <double>(transit_ns - self.origin_ns) / MS_NS
        before = self.smoothed[self.newest] if self.filled else delay_ms
        self.newest = (self.newest + 1) % TREND_WINDOW
        self.filled = min(TREND_WINDOW, self.filled + 1)
        self.at_ms[self.newest] = <double>at_ns / MS_NS
        self.smoothed[self.newest] = TREND_SMOOTHING * before + (1 - TREND_SMOOTHING) * delay_ms
        self.note_base(at_ns // BUCKET_NS, delay_ms)
        self.count += 1

    cdef void note_base(self, int64_t bucket, double delay_ms) noexcept nogil:
        cdef int gone = 0
        while self.bases and self.base[self.bases - 1].delay_ms >= delay_ms:
            self.bases -= 1
        if not self.bases or bucket > self.base[self.bases - 1].bucket:
            self.base[self.bases].bucket = bucket
            self.base[self.bases].delay_ms = delay_ms
            self.bases += 1
        while self.base[gone].bucket <= bucket - BASE_BUCKETS:
            gone += 1
        if gone:
            self.bases -= gone
            memmove(self.base, self.base + gone, self.bases * sizeof(Least))

    cdef double queue(self) noexcept nogil:
        return self.smoothed[self.newest] - self.base[0].delay_ms if self.filled else 0.0

    @property
    def queue_ms(self):
        """See `DelayTrend`."""
        return self.queue()

    def slope(self):
        """See `DelayTrend`."""
        return self.lean()

    cdef double lean(self) noexcept nogil:
        cdef double mean_at = 0, mean_delay = 0, across = 0, along = 0, at, delay
        cdef int step, place
        if self.filled < TREND_WINDOW // 2:
            return 0.0
        for step in range(self.filled):
            place = self.place_of(step)
            mean_at += self.at_ms[place]
            mean_delay += self.smoothed[place]
        mean_at /= self.filled
        mean_delay /= self.filled
        for step in range(self.filled):
            place = self.place_of(step)
            at = self.at_ms[place] - mean_at
            delay = self.smoothed[place] - mean_delay
            across += at * delay
            along += at * at
        return across / along if along else 0.0

    cdef inline int place_of(self, int step) noexcept nogil:
        """From the oldest on."""
        return (self.newest + TREND_WINDOW + 1 - self.filled + step) % TREND_WINDOW


cdef struct Arrived:
    int64_t at_ns
    int64_t octets


cdef class CompiledAcknowledged:
    """`acknowledged.AcknowledgedRate`, compiled."""

    cdef Arrived *reports
    cdef int room, first, count
    cdef int64_t total

    def __dealloc__(self):
        free(self.reports)

    def clear(self):
        """See `AcknowledgedRate`."""
        self.count = self.total = 0

    def add(self, int64_t arrived_ns, int64_t octets):
        """See `AcknowledgedRate`."""
        self.note(arrived_ns, octets)

    cdef int note(self, int64_t arrived_ns, int64_t octets) except -1:
        cdef Arrived *last
        if self.first + self.count >= self.room:
            self.make_room()
        last = &self.reports[self.first + self.count - 1]
        if self.count and not 0 < arrived_ns - last.at_ns < PAUSE_NS:
            if 0 <= last.at_ns - arrived_ns < PAUSE_NS:
                last.octets += octets
                self.total += octets if self.count > 1 else 0
                return 0
            self.count = 0
            self.total = 0
        if self.count:
            self.total += octets
        last = &self.reports[self.first + self.count]
        last.at_ns, last.octets = arrived_ns, octets
        self.count += 1
        while self.count > 2 and arrived_ns - self.reports[self.first + 1].at_ns >= ACKNOWLEDGED_NS:
            self.first += 1
            self.count -= 1
            self.total -= self.reports[self.first].octets
        return 0

    cdef int make_room(self) except -1:
        cdef Arrived *reports
        cdef int room
        if self.first > self.count:
            memmove(self.reports, self.reports + self.first, self.count * sizeof(Arrived))
            self.first = 0
            return 0
        room = max(REPORTS_ROOM, 2 * self.room)
        reports = <Arrived *>realloc(self.reports, room * sizeof(Arrived))
        if reports == NULL:
            raise MemoryError
        self.reports, self.room = reports, room
        return 0

    cdef double rate(self) noexcept nogil:
        cdef int64_t span_ns
        if self.count < 2:
            return 0.0
        span_ns = self.reports[self.first + self.count - 1].at_ns - self.reports[self.first].at_ns
        return <double>self.total * BIT_NS / <double>span_ns if span_ns >= LEAST_SPAN_NS else 0.0

    cdef double filled(self) noexcept nogil:
        cdef int64_t octets = 0, span_ns
        cdef int place
        for place in range(self.first + self.count - 1, self.first - 1, -1):
            span_ns = self.reports[self.first + self.count - 1].at_ns - self.reports[place].at_ns
            if span_ns >= SHORT_NS:
                return max(self.rate(), <double>octets * BIT_NS / <double>span_ns)
            octets += self.reports[place].octets
        return self.rate()

    @property
    def bps(self):
        """See `AcknowledgedRate`."""
        return self.rate()

    @property
    def filled_bps(self):
        """See `AcknowledgedRate`."""
        return self.filled()
