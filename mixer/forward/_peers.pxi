# Peers: keys, address, pace and the log of what was sent to them.

cdef enum:
    SENT_PACKETS = 4096
    KNOWN_SSRCS = 32
    MOST_SSRCS = 512  # peer.MAX_SSRCS
    UNREPORTED = 0
    LOST = 1
cdef int64_t SENT_NS = 10_000_000_000


cdef struct Sent:
    int64_t number  # 0: nothing
    int64_t sent_ns
    int octets
    int cluster
    int state


cdef class SentPackets:
    """`transport_log.SentLog`, compiled."""

    cdef public int64_t next_number
    cdef Sent *sent
    cdef object reference

    def __cinit__(self):
        self.next_number = 1
        self.sent = <Sent *>calloc(SENT_PACKETS, sizeof(Sent))
        if self.sent == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.sent)

    def add(self, int64_t sent_ns, int octets, int cluster):
        """Note the packet that took `next_number`."""
        self.note(sent_ns, octets, cluster)

    cdef inline void note(self, int64_t sent_ns, int octets, int cluster) noexcept nogil:
        cdef Sent *sent = &self.sent[self.next_number & (SENT_PACKETS - 1)]
        sent.number = self.next_number
        sent.sent_ns = sent_ns
        sent.octets = octets
        sent.cluster = cluster
        sent.state = UNREPORTED
        self.next_number += 1

    def forget(self, int sequence):
        """The very packet left once more, so its arrival would tell nothing."""
        cdef Sent *sent = self.find(sequence)
        if sent != NULL:
            sent.number = 0

    cdef Sent *find(self, int sequence) noexcept nogil:
        cdef int64_t newest = self.next_number - 1
        cdef int64_t number = newest - ((newest - sequence) & 0xFFFF)
        cdef Sent *sent
        if number <= 0:
            return NULL
        sent = &self.sent[number & (SENT_PACKETS - 1)]
        return sent if sent.number == number else NULL

    def match(self, int64_t peer, report, int64_t now_ns, Tally drops):
        """What a report says of packets that were still unknown; None for nothing."""
        cdef CompiledFeedback told = new_feedback(<int>len(report.deltas))
        shift_ns = self.shift_ns(report.reference_time)
        for sequence, arrival_ns in report.arrivals_ns():
            if arrival_ns is None:
                self.tell(told, sequence, -1, now_ns)
            else:
                self.tell(told, sequence, max(0, arrival_ns + shift_ns), now_ns)
        return told.finish(peer, len(report.deltas), drops)

    cdef int64_t shift_ns(self, int64_t reference) except? -1:
        """Unwrap the 24-bit reference time (12.4 days), from half a cycle on."""
        cdef int64_t unwrapped, delta
        if self.reference is None:
            unwrapped = reference + (1 << 24)
        else:
            delta = (reference - <int64_t>self.reference) & 0xFFFFFF
            if delta >= 1 << 23:
                delta -= 1 << 24
            unwrapped = <int64_t>self.reference + delta
        self.reference = unwrapped
        return (unwrapped - reference) * REFERENCE_NS

    cdef void tell(
        self, CompiledFeedback told, int sequence, int64_t arrival_ns, int64_t now_ns
    ) noexcept nogil:
        cdef Sent *sent = self.find(sequence)
        if sent == NULL or now_ns - sent.sent_ns > SENT_NS:
            told.unknown += 1
            return
        if arrival_ns < 0:
            if sent.state == LOST:
                return
            sent.state = LOST
        else:
            sent.number = 0
        told.note(sent.sent_ns, arrival_ns, sent.octets, sent.cluster)


cdef class CompiledBudget:
    """`throttle.Budget`, compiled."""

    cdef double rate, burst, tokens
    cdef int64_t refilled_ns

    def __init__(self, double rate, double burst):
        self.rate = rate
        self.burst = self.tokens = burst
        self.refilled_ns = -1

    cdef bint take(self, double amount, int64_t now_ns) noexcept nogil:
        cdef double gained
        if self.refilled_ns >= 0:
            gained = <double>max(0, now_ns - self.refilled_ns) * self.rate / <double>SECOND_NS
            self.tokens = min(self.burst, self.tokens + gained)
        self.refilled_ns = now_ns
        if self.tokens < amount:
            return False
        self.tokens -= amount
        return True

    def spend(self, double amount, int64_t now_ns):
        """See `Budget`, as all below."""
        return self.take(amount, now_ns)

    def earn(self, double amount):
        self.tokens = min(self.burst, self.tokens + amount)


cdef struct Known:
    uint32_t ssrc
    PyObject *stream


cdef class PeerCore:
    """The fields of a `peer.PeerState` that every packet touches."""

    cdef public int64_t peer, packets_in, packets_out, octets_in, octets_out, rtt_ns
    cdef public int64_t report_due_ns, feedback_due_ns, probe_octets
    cdef public Tally drops
    cdef public SentPackets sent
    cdef public PacerCore pacer
    cdef public CompiledProbe probe  # None: none is on its way
    cdef public CompiledBudget rtcp_budget, nack_budget
    cdef public dict outs, outs_by_ssrc
    cdef public ArrivalCore arrivals
    cdef public ClockCore clock
    cdef public object estimate  # None: `Batch.feedback` takes what it tells
    cdef object known_inbound, known_outbound, known_address, known_extensions
    cdef void *unprotect_context
    cdef void *protect_context
    cdef object unprotect, protect  # of sessions that are not libsrtp's
    cdef bint receives, sends
    cdef Destination destination
    cdef int level_id, transport_id, orientation_id
    cdef Known known[KNOWN_SSRCS]
    cdef int known_count
    cdef uint32_t ssrcs[MOST_SSRCS]
    cdef int ssrc_count
    # For the outbox: what is queued for this peer since it was written last.
    cdef int64_t queued_in
    cdef int chain
    cdef bint refuses_runs

    @property
    def inbound(self):
        """See `PeerState`."""
        return self.known_inbound

    @inbound.setter
    def inbound(self, session):
        self.unprotect_context = context_of(session)
        self.unprotect = None if session is None else session.unprotect
        self.receives = session is not None
        self.known_inbound = session

    @property
    def outbound(self):
        """See `PeerState`."""
        return self.known_outbound

    @outbound.setter
    def outbound(self, session):
        self.protect_context = context_of(session)
        self.protect = None if session is None else session.protect
        self.known_outbound = session
        self.sends = session is not None and self.known_address is not None

    @property
    def address(self):
        """See `PeerState`."""
        return self.known_address

    @address.setter
    def address(self, address):
        self.known_address = address
        self.refuses_runs = False
        if address is not None:
            place_destination(&self.destination, address)
        self.sends = self.known_outbound is not None and address is not None

    @property
    def extensions(self):
        """See `PeerState`."""
        return self.known_extensions

    @extensions.setter
    def extensions(self, extensions):
        self.known_extensions = extensions
        self.level_id = extensions.audio_level
        self.transport_id = extensions.transport_sequence
        self.orientation_id = extensions.orientation

    cdef bint is_admitted(self, uint32_t ssrc) noexcept nogil:
        cdef int place
        for place in range(self.ssrc_count):
            if self.ssrcs[place] == ssrc:
                return True
        return False

    cdef bint has_room(self, uint32_t ssrc) noexcept nogil:
        return self.ssrc_count < MOST_SSRCS or self.is_admitted(ssrc)

    cdef void take_in(self, uint32_t ssrc) noexcept nogil:
        if self.ssrc_count < MOST_SSRCS and not self.is_admitted(ssrc):
            self.ssrcs[self.ssrc_count] = ssrc
            self.ssrc_count += 1

    def admits(self, ssrc):
        """See `PeerState`."""
        return self.has_room(ssrc)

    def admit(self, ssrc):
        """See `PeerState`."""
        self.take_in(ssrc)

    def forget_ssrcs(self):
        """See `PeerState`."""
        self.ssrc_count = 0

    cdef inline void credit(self, int size) noexcept nogil:
        self.packets_out += 1
        self.octets_out += size

    cdef inline PyObject *stream_of(self, uint32_t ssrc) noexcept nogil:
        """The in-stream of an SSRC as looked up before, or NULL."""
        cdef int place
        for place in range(self.known_count):
            if self.known[place].ssrc == ssrc:
                return self.known[place].stream
        return NULL

    cdef int remember(self, uint32_t ssrc, stream) except -1:
        """The stream is held by the peer's tables until `forget_streams`."""
        if self.known_count == KNOWN_SSRCS:
            self.known_count = 0
        self.known[self.known_count].ssrc = ssrc
        self.known[self.known_count].stream = <PyObject *>stream
        self.known_count += 1
        return 0

    def forget_streams(self):
        """The peer's tables of SSRCs change."""
        self.known_count = 0


class CompiledPeer(PeerCore, PeerState):
    """A peer whose packets pass without the interpreter."""

    pacer_type = CompiledPacer
    sent_type = SentPackets
    arrivals_type = CompiledArrivals
    clock_type = CompiledClock
    budget_type = CompiledBudget
