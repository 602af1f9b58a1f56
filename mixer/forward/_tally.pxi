# Counters of discards, by the index of their reason.

REASONS = tuple(Drop)
PLACE_OF = {reason: place for place, reason in enumerate(REASONS)}

cdef enum:
    MAX_REASONS = 64

if len(REASONS) > MAX_REASONS:
    raise ImportError("more reasons than the compiled counters hold")

cdef int UNKNOWN_KIND = PLACE_OF[Drop.UNKNOWN_KIND]
cdef int UNKNOWN_ADDRESS = PLACE_OF[Drop.UNKNOWN_ADDRESS]
cdef int NO_KEYS = PLACE_OF[Drop.NO_KEYS]
cdef int SSRC_SURPLUS = PLACE_OF[Drop.SSRC_SURPLUS]
cdef int TOO_LONG = PLACE_OF[Drop.TOO_LONG]
cdef int SRTP_REFUSED = PLACE_OF[Drop.SRTP_REFUSED]
cdef int SRTCP_REFUSED = PLACE_OF[Drop.SRTCP_REFUSED]
cdef int MALFORMED_RTP = PLACE_OF[Drop.MALFORMED_RTP]
cdef int UNBOUND_SSRC = PLACE_OF[Drop.UNBOUND_SSRC]
cdef int UNKNOWN_PAYLOAD_TYPE = PLACE_OF[Drop.UNKNOWN_PAYLOAD_TYPE]
cdef int UNKNOWN_STREAM = PLACE_OF[Drop.UNKNOWN_STREAM]
cdef int PADDING_ONLY = PLACE_OF[Drop.PADDING_ONLY]
cdef int DUPLICATE = PLACE_OF[Drop.DUPLICATE]
cdef int TOO_OLD = PLACE_OF[Drop.TOO_OLD]
cdef int SEND_BUFFER_FULL = PLACE_OF[Drop.SEND_BUFFER_FULL]
cdef int SEND_FAILED = PLACE_OF[Drop.SEND_FAILED]
cdef int PROTECT_FAILED = PLACE_OF[Drop.PROTECT_FAILED]
cdef int INTERNAL_ERROR = PLACE_OF[Drop.INTERNAL_ERROR]
cdef int PACER_FULL = PLACE_OF[Drop.PACER_FULL]
cdef int PAUSED = PLACE_OF[Drop.PAUSED]
cdef int NACK_UNKNOWN_SSRC = PLACE_OF[Drop.NACK_UNKNOWN_SSRC]
cdef int NACK_THROTTLED = PLACE_OF[Drop.NACK_THROTTLED]
cdef int RTCP_FLOOD = PLACE_OF[Drop.RTCP_FLOOD]
cdef int MALFORMED_RTCP = PLACE_OF[Drop.MALFORMED_RTCP]
cdef int STREAM_OUTBOX_FULL = PLACE_OF[Drop.STREAM_OUTBOX_FULL]
cdef int FEEDBACK_UNKNOWN = PLACE_OF[Drop.FEEDBACK_UNKNOWN]


cdef class Counters:
    """`drops.DropCounters`, compiled."""

    cdef int64_t found[MAX_REASONS]

    @property
    def counts(self):
        """All reasons."""
        return {reason: self.found[place] for place, reason in enumerate(REASONS)}

    def add(self, reason, int64_t count=1):
        """Count `count` discards."""
        self.found[<int>PLACE_OF[reason]] += count

    cdef inline void note(self, int place, int64_t count) noexcept nogil:
        self.found[place] += count

    def tally(self):
        """A tally of a part of it."""
        return Tally(self)


cdef class Tally:
    """`drops.DropTally`, compiled."""

    cdef int64_t found[MAX_REASONS]
    cdef Counters whole

    def __init__(self, Counters whole):
        self.whole = whole

    @property
    def counts(self):
        """Only reasons that occurred."""
        return {
            reason: self.found[place]
            for place, reason in enumerate(REASONS)
            if self.found[place]
        }

    def add(self, reason, int64_t count=1):
        """Count `count` discards."""
        self.note(PLACE_OF[reason], count)

    cdef inline void note(self, int place, int64_t count) noexcept nogil:
        self.found[place] += count
        self.whole.note(place, count)


cdef class Meter:
    """`levels.LevelMeter`, compiled."""

    cdef int64_t packets, total, voiced
    cdef int loudest

    def __init__(self):
        self.clear()

    cdef void clear(self) noexcept nogil:
        self.packets = self.total = self.voiced = 0
        self.loudest = 127

    cdef inline void note(self, int told) noexcept nogil:
        self.packets += 1
        self.total += told & 0x7F
        self.voiced += told >> 7
        self.loudest = min(self.loudest, told & 0x7F)

    def add(self, int told):
        """Take the byte of one packet."""
        self.note(told)

    def read(self, int64_t stream):
        """What was told since the last reading, None for nothing."""
        if not self.packets:
            return None
        told = AudioLevel(
            stream, self.packets, self.total / <double>self.packets, self.loudest, self.voiced
        )
        self.clear()
        return told
