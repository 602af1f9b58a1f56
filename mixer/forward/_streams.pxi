# In-streams: numbering, statistics and routes of one layer of one publication.

cdef enum:
    WINDOW_BITS = 1024
    WINDOW_WORDS = WINDOW_BITS // 64
    CLOSED_GAPS = 64
    NEW = 0
    SEEN = 1
    PAST = 2


cdef class Statistics:
    """`mixer.rtp.receive.ReceiveStatistics`, compiled; see there for the rules."""

    cdef readonly int64_t ssrc, packets_received, octets_received
    cdef int64_t base, highest, expected_prior, received_prior, clock_rate
    cdef int64_t timestamp, last_sr, last_sr_ns
    cdef uint32_t transit
    cdef double jitter

    def __init__(self, int64_t ssrc, int64_t clock_rate):
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.base = self.highest = self.timestamp = -1

    cdef void note(
        self, int64_t number, uint32_t timestamp, int64_t arrival_ns, int size, bint repaired
    ) noexcept nogil:
        cdef uint32_t transit
        cdef int64_t difference
        self.packets_received += 1
        self.octets_received += size
        if self.base < 0:
            self.base = number
            self.highest = number - 1
        if number > self.highest:
            self.highest = number
        elif number < self.base:
            self.base = number
        if repaired or timestamp == self.timestamp:
            return
        transit = <uint32_t>(scaled(arrival_ns, self.clock_rate, SECOND_NS) - timestamp)
        if self.timestamp >= 0:
            difference = <uint32_t>(transit - self.transit)
            if difference >= <int64_t>1 << 31:
                difference = (<int64_t>1 << 32) - difference
            self.jitter += (difference - self.jitter) / 16
        self.timestamp = timestamp
        self.transit = transit

    def on_sender_report(self, ntp, int64_t arrival_ns):
        """Note the sender's 64-bit NTP time, which the next block reflects."""
        self.last_sr = middle_of_ntp(ntp)
        self.last_sr_ns = arrival_ns

    @property
    def expected(self):
        """How many packets the sequence numbers say there were."""
        return self.count_expected()

    @property
    def packets_lost(self):
        """Expected less received."""
        return self.expected - self.packets_received

    @property
    def jitter_ms(self):
        """The interarrival jitter in milliseconds."""
        return self.jitter * 1000 / self.clock_rate

    def report_block(self, int64_t now_ns):
        """The block for a report sent now; begins a new loss interval."""
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=self.next_fraction(),
            packets_lost=self.packets_lost,
            highest_sequence=self.highest_told(),
            jitter=int(self.jitter),
            last_sr=self.last_sr,
            delay_since_last_sr=self.since_report(now_ns),
        )

    cdef int write_block(self, uint8_t *at, int64_t now_ns) noexcept nogil:
        """The same, as it is sent; return the fraction lost, in 1/256."""
        cdef int fraction = self.next_fraction()
        cdef int64_t lost = self.count_expected() - self.packets_received
        write32(at, <uint32_t>self.ssrc)
        write32(at + 4, <uint32_t>(max(-0x800000, min(0x7FFFFF, lost))) & 0xFFFFFF)
        at[4] = fraction
        write32(at + 8, self.highest_told())
        write32(at + 12, <uint32_t>(<int64_t>self.jitter))
        write32(at + 16, <uint32_t>self.last_sr)
        write32(at + 20, self.since_report(now_ns))
        return fraction

    cdef int next_fraction(self) noexcept nogil:
        """Of the interval that ends, in 1/256."""
        cdef int64_t expected = self.count_expected()
        cdef int64_t due = expected - self.expected_prior
        cdef int64_t lost = due - (self.packets_received - self.received_prior)
        self.expected_prior = expected
        self.received_prior = self.packets_received
        return <int>min((lost << 8) // due, 255) if due > 0 and lost > 0 else 0

    cdef int64_t count_expected(self) noexcept nogil:
        return self.highest - self.base + 1 if self.base >= 0 else 0

    cdef uint32_t highest_told(self) noexcept nogil:
        return <uint32_t>max(self.highest, 0)

    cdef uint32_t since_report(self, int64_t now_ns) noexcept nogil:
        """See `ntp.ns_to_short_ntp`."""
        cdef int64_t most = 0xFFFFFFFF
        if not self.last_sr:
            return 0
        return <uint32_t>min(scaled(now_ns - self.last_sr_ns, 1 << 16, SECOND_NS), most)


cdef class Routes:
    """A list of out-streams that the hot path reads without the interpreter."""

    cdef list members
    cdef PyObject **outs
    cdef int count, room

    def __cinit__(self):
        self.members = []

    def __dealloc__(self):
        free(self.outs)

    def __len__(self):
        return len(self.members)

    def __iter__(self):
        return iter(self.members)

    def __contains__(self, out):
        return any(known is out for known in self.members)

    def append(self, OutCore out):
        """Add an out-stream."""
        self.members.append(out)
        self.mirror()

    def remove(self, out):
        """Remove an out-stream that is there."""
        self.members.remove(out)
        self.mirror()

    def clear(self):
        """Remove all."""
        self.members.clear()
        self.mirror()

    cdef int mirror(self) except -1:
        cdef int place
        cdef PyObject **outs
        if len(self.members) > self.room:
            outs = <PyObject **>realloc(self.outs, 2 * len(self.members) * sizeof(PyObject *))
            if outs == NULL:
                raise MemoryError
            self.outs = outs
            self.room = 2 * len(self.members)
        for place in range(len(self.members)):
            self.outs[place] = <PyObject *>self.members[place]
        self.count = len(self.members)
        return 0


cdef class StreamCore:
    """The fields of an `in_stream.InStream` that every packet touches."""

    cdef public int64_t stream, life, ssrc, packets, octets, last_packet_ns, keyframe_timestamp
    cdef public int64_t highest, keyframes, lost_seen
    cdef public int payload_type, rotation
    cdef public bint tapped, has_parameter_sets
    cdef public list leaving
    cdef public Meter meter
    cdef public Ring ring
    cdef public Statistics statistics
    cdef public Tally drops
    cdef public object nack
    cdef dict pending  # of its gate
    cdef bint may_miss  # False: `nack` misses nothing
    cdef Routes known_routes
    cdef object known_line
    cdef int16_t media_of[128]
    cdef int16_t repaired_by[128]
    cdef bint has_line, is_audio, has_nack
    cdef int64_t newest_sequence, newest_timestamp  # extended, -1 before the first
    cdef int64_t window_highest, nack_highest
    cdef uint64_t window[WINDOW_WORDS]
    cdef int64_t closed_at[CLOSED_GAPS]
    cdef int64_t closed_count
    cdef int64_t placed_timestamp, placed_ns  # what the session clock said last

    @property
    def routes(self):
        """See `InStream`."""
        return self.known_routes

    @routes.setter
    def routes(self, outs):
        self.known_routes = Routes()
        for out in outs:
            self.known_routes.append(out)

    @property
    def line(self):
        """See `InStream`."""
        return self.known_line

    @line.setter
    def line(self, line):
        cdef int place
        self.known_line = line
        self.has_line = line is not None
        for place in range(128):
            self.media_of[place] = line.media.get(place, -1) if self.has_line else -1
            self.repaired_by[place] = line.rtx.get(place, -1) if self.has_line else -1

    cdef int renew(self) except -1:
        self.newest_sequence = self.newest_timestamp = -1
        self.window_highest = self.nack_highest = -1
        self.closed_count = 0
        self.placed_timestamp = -1
        memset(self.window, 0, sizeof(self.window))
        self.is_audio = self.kind is AUDIO
        self.has_nack = self.nack is not None
        self.may_miss = self.has_nack
        self.pending = self.gate._pending
        return 0

    # --- numbers --------------------------------------------------------------------------------

    cdef inline int64_t extend_sequence(self, uint16_t sequence) noexcept nogil:
        """See `mixer.rtp.sequence`."""
        cdef uint16_t delta
        if self.newest_sequence < 0:
            self.newest_sequence = <int64_t>sequence + 0x10000
            return self.newest_sequence
        delta = <uint16_t>(sequence - self.newest_sequence)
        if delta < 0x8000:
            self.newest_sequence += delta
            return self.newest_sequence
        return self.newest_sequence + delta - 0x10000

    cdef inline int64_t extend_timestamp(self, uint32_t timestamp) noexcept nogil:
        cdef uint32_t delta
        if self.newest_timestamp < 0:
            self.newest_timestamp = <int64_t>timestamp + (<int64_t>1 << 32)
            return self.newest_timestamp
        delta = <uint32_t>(timestamp - self.newest_timestamp)
        if delta < <uint32_t>0x80000000:
            self.newest_timestamp += delta
            return self.newest_timestamp
        return self.newest_timestamp + delta - (<int64_t>1 << 32)

    cdef int see(self, int64_t number) noexcept nogil:
        """NEW, SEEN before, or too far in the PAST to tell."""
        cdef int64_t ahead = number - self.window_highest
        cdef int64_t step
        if ahead > 0:
            if self.window_highest < 0 or ahead >= WINDOW_BITS:
                memset(self.window, 0, sizeof(self.window))
            else:
                for step in range(self.window_highest + 1, number):
                    self.window[(step & (WINDOW_BITS - 1)) >> 6] &= ~(<uint64_t>1 << (step & 63))
            self.window_highest = number
        elif -ahead >= WINDOW_BITS:
            return PAST
        elif self.window[(number & (WINDOW_BITS - 1)) >> 6] >> (number & 63) & 1:
            return SEEN
        self.window[(number & (WINDOW_BITS - 1)) >> 6] |= <uint64_t>1 << (number & 63)
        return NEW

    cdef bint has_seen(self, int64_t number) noexcept nogil:
        """Whether a number was seen, as far as the window reaches."""
        if not 0 <= self.window_highest - number < WINDOW_BITS:
            return False
        return self.window[(number & (WINDOW_BITS - 1)) >> 6] >> (number & 63) & 1

    cdef void close_gap(self, int64_t number) noexcept nogil:
        """See `in_stream.ClosedGaps`."""
        self.closed_at[self.closed_count % CLOSED_GAPS] = number
        self.closed_count += 1

    cdef int64_t renumbered(self, int64_t number) noexcept nogil:
        cdef int64_t count = self.closed_count
        while count > max(self.closed_count - CLOSED_GAPS, 0):
            if number > self.closed_at[(count - 1) % CLOSED_GAPS]:
                return number - count
            count -= 1
        return number - count

    cdef inline bint notes_repair(self, int64_t number) noexcept nogil:
        """Whether a gap opened or was filled, so that the generator of NACKs has to know."""
        if not self.has_nack:
            return False
        if number == self.nack_highest + 1 or self.nack_highest < 0:
            self.nack_highest = number
            return False
        return True

    cdef int repair(self, PeerCore peer, int64_t number, int64_t now_ns) except -1:
        cdef int64_t sample_ns
        self.may_miss = True
        if number > self.nack_highest:
            begin, self.nack_highest = self.nack_highest + 1, number
            self.nack.open_gap(begin, number, now_ns)
            return 0
        self.nack.fill_gap(number, now_ns)
        if self.nack.round_trip_ns:
            sample_ns, self.nack.round_trip_ns = self.nack.round_trip_ns, 0
            rtt_ns = peer.rtt_ns
            peer.rtt_ns = rtt_ns + (sample_ns - rtt_ns) // 4 if rtt_ns else sample_ns
        return 0

    cdef int place(self, PeerCore peer, int64_t timestamp, int64_t now_ns) except -1:
        """Ask the session clock where a timestamp lies; the newest answer is remembered."""
        self.placed_ns = peer.clock.session_ns(self.ssrc, timestamp, now_ns)
        # An older packet may move the clock's anchor, which counts them: each of them is told.
        self.placed_timestamp = timestamp if timestamp == self.newest_timestamp else -1
        return 0

    cdef inline void note_orientation_byte(self, int told, bint ends_frame) noexcept nogil:
        if told >= 0:
            self.rotation = told & 0x03
        elif ends_frame:
            self.rotation = 0


class CompiledStream(StreamCore, InStream):
    """An in-stream whose packets pass without the interpreter."""

    meter_type = Meter

    def _renew_parts(self, wants_nack):
        self.ring = Ring()
        self.statistics = Statistics(max(self.ssrc, 0), self.clock_rate)
        self.nack = NackGenerator(reorder_ns=REORDER_NS) if wants_nack else None
        (<StreamCore>self).renew()
