# Padding that proves what a line carries, without the interpreter for each packet.

cdef int64_t PROBE_PATIENCE_NS = probes.PATIENCE_NS


cdef class CompiledProbe:
    """`probe.Probe`, compiled."""

    cdef readonly int cluster
    cdef int64_t octets, bps, sent_octets, started_ns

    def __init__(self, int cluster, octets, int64_t bps):
        self.cluster = cluster
        self.octets = min(octets, probes.MAX_OCTETS)
        self.bps = bps
        self.started_ns = -1

    cdef bint has_due(self, int64_t now_ns) noexcept nogil:
        if self.started_ns < 0:
            self.started_ns = now_ns
        return not self.has_ended() and self.sent_octets <= scaled(
            now_ns - self.started_ns, self.bps, 8 * SECOND_NS
        )

    cdef inline bint has_ended(self) noexcept nogil:
        return self.sent_octets >= self.octets

    def is_due(self, int64_t now_ns):
        """See `Probe`, as all below."""
        return self.has_due(now_ns)

    def sent(self, int64_t octets):
        self.sent_octets += octets

    @property
    def is_done(self):
        return self.has_ended()

    def is_hopeless(self, int64_t now_ns):
        cdef int64_t planned_ns = self.octets * 8 * SECOND_NS // self.bps
        return self.started_ns >= 0 and now_ns - self.started_ns > planned_ns + PROBE_PATIENCE_NS
