# What one transport-wide report tells, without an object for each packet.

cdef struct Heard:
    int64_t sent_ns
    int64_t arrived_ns  # -1: lost
    int octets
    int cluster


@freelist(32)
cdef class CompiledFeedback:
    """`batch.TransportFeedback`, compiled: the sequences are made for who asks."""

    cdef readonly int64_t peer, last_arrival_ns, received_octets
    cdef readonly int packets, lost
    cdef int room, unknown
    cdef Heard *heard

    def __cinit__(self):
        self.last_arrival_ns = -1

    def __dealloc__(self):
        free(self.heard)

    cdef inline void note(
        self, int64_t sent_ns, int64_t arrived_ns, int octets, int cluster
    ) noexcept nogil:
        """Within the room of `new_feedback`."""
        cdef Heard *heard = &self.heard[self.packets]
        self.packets += 1
        heard.sent_ns = sent_ns
        heard.arrived_ns = arrived_ns
        heard.octets = octets
        heard.cluster = cluster
        if arrived_ns < 0:
            self.lost += 1
        else:
            self.received_octets += octets
            self.last_arrival_ns = max(self.last_arrival_ns, arrived_ns)

    cdef CompiledFeedback finish(self, int64_t peer, int count, Tally drops):
        """`count` statuses were read; None when they told nothing."""
        self.peer = peer
        if self.unknown == count:
            drops.note(FEEDBACK_UNKNOWN, 1)
        return self if self.packets else None

    cdef int place_of(self, int cluster) noexcept nogil:
        cdef int place
        for place in range(self.packets):
            if self.heard[place].cluster == cluster:
                return place
        return -1

    def first_of(self, int cluster):
        """See `batch.TransportFeedback`, as all below."""
        return self.place_of(cluster)

    @property
    def sent_ns(self):
        return [self.heard[place].sent_ns for place in range(self.packets)]

    @property
    def arrived_ns(self):
        return [self.heard[place].arrived_ns for place in range(self.packets)]

    @property
    def octets(self):
        return [self.heard[place].octets for place in range(self.packets)]

    @property
    def cluster(self):
        return [self.heard[place].cluster for place in range(self.packets)]


cdef CompiledFeedback new_feedback(int room):
    cdef CompiledFeedback told = CompiledFeedback.__new__(CompiledFeedback)
    told.heard = <Heard *>malloc(max(1, room) * sizeof(Heard))
    if told.heard == NULL:
        raise MemoryError
    return told


def compiled_feedback(report):
    """The same report, as a compiled one; what does not fit its C type raises OverflowError."""
    cdef CompiledFeedback told = new_feedback(<int>len(report.octets))
    for sent_ns, arrived_ns, octets, cluster in zip(
        report.sent_ns, report.arrived_ns, report.octets, report.cluster, strict=True
    ):
        told.note(sent_ns, arrived_ns, octets, cluster)
    told.peer = report.peer
    return told
