# Session time of the usual packet; all else is done by `mixer.rtp.clock` on the same state.

cdef int64_t WINDOW_STEP_NS = clocks.WINDOW_NS // clocks.BUCKETS
cdef int64_t CLOCK_JUMP_NS = clocks.JUMP_NS
cdef int64_t CLOCK_LATE_NS = clocks.LATE_NS
cdef int64_t SKEW_NS = clocks.MAX_SKEW_NS
cdef int64_t SLEW = clocks.SLEW_DIVISOR


cdef class ClockStreamCore:
    """The fields of a stream of a `SessionClock` that every timestamp touches."""

    cdef public int64_t anchor_timestamp, highest, highest_rtp_ns, offset_ns
    cdef public int64_t last_session_ns, last_arrival_ns, aligned_ns, behind, clock_rate
    cdef public object late_since_ns, ntp_less_rtp_ns, transit
    # Of `transit`: its newest bucket, the smallest sample of that, and that of all.
    cdef int64_t bucket, newest_least, least

    cdef int note_window(self) except -1:
        """`transit` may have changed."""
        self.bucket = self.transit.newest
        self.newest_least = self.transit.newest_least
        self.least = self.transit.value
        return 0

    cdef bint take(self, ClockCore clock, int64_t timestamp, int64_t arrival_ns) except -1:
        """Place a packet in `last_session_ns`; False: it is unusual, nothing was changed."""
        cdef int64_t rtp_ns, sample, wanted_ns, elapsed_ns, change_ns, limit_ns
        if timestamp <= self.highest:
            return timestamp == self.highest
        rtp_ns = scaled(timestamp - self.anchor_timestamp, SECOND_NS, self.clock_rate)
        sample = arrival_ns - rtp_ns
        if not -CLOCK_JUMP_NS <= sample - self.offset_ns <= CLOCK_LATE_NS:
            return False
        if arrival_ns // WINDOW_STEP_NS > self.bucket or sample < self.newest_least:
            return False
        wanted_ns = self.least
        if self.ntp_less_rtp_ns is not None:
            if clock._is_shared_stale:
                return False
            wanted_ns = clock._shared_ns + <int64_t>self.ntp_less_rtp_ns
            if wanted_ns <= self.least - SKEW_NS:
                wanted_ns = self.least
        elapsed_ns = rtp_ns - self.highest_rtp_ns
        change_ns = wanted_ns - self.offset_ns
        limit_ns = elapsed_ns // SLEW
        if arrival_ns <= self.aligned_ns:
            limit_ns = change_ns if change_ns > 0 else elapsed_ns // 2
        self.offset_ns += max(-limit_ns, min(change_ns, limit_ns))
        self.behind = 0
        self.late_since_ns = None
        self.highest = timestamp
        self.highest_rtp_ns = rtp_ns
        self.last_arrival_ns = arrival_ns
        self.last_session_ns = rtp_ns + self.offset_ns
        return True


class CompiledClockStream(ClockStreamCore, ClockStream):
    """A stream whose usual packets are placed without the interpreter."""


cdef class ClockCore:
    """The fields of a `SessionClock` that every timestamp touches."""

    cdef public int64_t _shared_ns
    cdef public bint _is_shared_stale
    cdef public dict _streams

    cdef int64_t session_ns(self, int64_t ssrc, int64_t timestamp, int64_t arrival_ns) except? -1:
        """See `SessionClock.on_packet`."""
        cdef ClockStreamCore stream = self._streams.get(ssrc)
        if stream is not None and stream.take(self, timestamp, arrival_ns):
            return stream.last_session_ns
        told = SessionClock.on_packet(self, ssrc, timestamp, arrival_ns)
        stream = self._streams.get(ssrc)
        stream.note_window()
        return told


class CompiledClock(ClockCore, SessionClock):
    """A clock that places the usual packet without the interpreter."""

    stream_type = CompiledClockStream

    def on_packet(self, ssrc, ext_timestamp, arrival_ns):
        """See `SessionClock`."""
        return (<ClockCore>self).session_ns(ssrc, ext_timestamp, arrival_ns)
