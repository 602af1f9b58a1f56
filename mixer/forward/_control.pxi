# RTCP from receivers: transport-wide feedback and a NACK that comes alone are read here, all else by
# `rtcp_in.RtcpInput`.

cdef enum:
    FEEDBACK_FIRST = 0x8F  # version 2, format 15
    NACK_FIRST = 0x81  # version 2, format 1
    NACK_FIXED_BYTES = 12
    FEEDBACK_TYPE = 205
    FIXED_BYTES = 16
    MOST_REPORTED = 4096
    NOT_RECEIVED = 0
    SMALL_DELTA = 1
    LARGE_DELTA = 2


cdef class Control(Again):
    """Carries control packets out."""

    cdef readonly int64_t feedback
    cdef uint8_t statuses[MOST_REPORTED + 14]

    cdef void take_rtcp(self, PyObject *known, uint8_t *at, int size) noexcept with gil:
        cdef PeerCore peer = <PeerCore>known
        cdef uint32_t ssrc = read32(at + 4)
        try:
            self.tell_tapped()
            if peer.unprotect_context == NULL:
                self.fanout.take_rtcp(peer, at[:size], self.now_ns, self.left())
            elif not peer.rtcp_budget.take(1, self.now_ns):
                peer.drops.note(RTCP_FLOOD, 1)
            elif not peer.has_room(ssrc):
                peer.drops.note(SSRC_SURPLUS, 1)
            elif size > MOST_SRTP:
                peer.drops.note(TOO_LONG, 1)
            elif unprotect_rtcp(peer.unprotect_context, at, &size):
                peer.drops.note(SRTCP_REFUSED, 1)
            else:
                peer.take_in(ssrc)
                self.carry_out(peer, at, size)
        except Exception:
            self.bug()

    cdef int carry_out(self, PeerCore peer, const uint8_t *at, int size) except -1:
        if is_feedback(at, size):
            self.take_feedback(peer, at, size)
        elif is_nack(at, size):
            self.take_nack(peer, at, size)
        else:
            self.fanout.read_rtcp(peer, at[:size], self.now_ns, self.left())
        return 0

    cdef int take_feedback(self, PeerCore peer, const uint8_t *at, int size) except -1:
        """One transport-wide report (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""
        cdef const uint8_t *body = at + 4
        cdef int count, offset
        size -= 4
        if at[0] & 0x20:
            if not 1 <= body[size - 1] <= size:
                peer.drops.note(MALFORMED_RTCP, 1)
                return 0
            size -= body[size - 1]
        count = read16(body + 10) if size >= FIXED_BYTES else MOST_REPORTED + 1
        offset = self.read_statuses(body, size, count)
        if offset < 0 or not self.has_deltas(size - offset, count):
            peer.drops.note(MALFORMED_RTCP, 1)
            return 0
        self.feedback += 1
        self.tell_feedback(peer, body, body + offset, count)
        return 0

    cdef int take_nack(self, PeerCore peer, const uint8_t *at, int size) except -1:
        """Lost packets (RFC 4585 section 6.2.1), as `rtcp._parse_rtpfb` has them."""
        cdef int place, bit, first, mask
        cdef OutCore out = peer.outs_by_ssrc.get(read32(at + 8))
        if out is None:
            peer.drops.note(NACK_UNKNOWN_SSRC, 1)
            return 0
        for place in range(NACK_FIXED_BYTES, size, 4):
            first = read16(at + place)
            mask = read16(at + place + 2)
            self.answer(peer, out, first)
            for bit in range(16):
                if mask >> bit & 1:
                    self.answer(peer, out, (first + bit + 1) & 0xFFFF)
        if peer.pacer.waiting:
            self.left()  # the caller has to ask when the next poll is due
        return 0

    cdef int answer(self, PeerCore peer, OutCore out, int sequence) except -1:
        """See `RtcpInput.resend`."""
        out.nacks += 1
        if not peer.nack_budget.take(1, self.now_ns):
            out.drops.note(NACK_THROTTLED, 1)
            return 0
        left = self.repeat(out, sequence, self.now_ns, peer.rtt_ns or USUAL_RTT_NS)
        if left is None:
            self.fanout._sender.repeat(out, sequence, self.now_ns)
        elif left:
            out.resent += 1
            self.fanout._sender.resent += 1
        return 0

    cdef int read_statuses(self, const uint8_t *body, int size, int count) noexcept nogil:
        """Where the arrival times begin; -1: malformed."""
        cdef int offset = FIXED_BYTES, found = 0, place
        cdef int chunk
        if count > MOST_REPORTED:
            return -1
        while found < count:
            if offset + 2 > size:
                return -1
            chunk = read16(body + offset)
            offset += 2
            if not chunk & 0x8000:  # a run
                if not chunk & 0x1FFF:
                    return -1
                place = min(chunk & 0x1FFF, count - found)
                memset(self.statuses + found, (chunk >> 13) & 3, place)
                found += place
            elif chunk & 0x4000:
                for place in range(7):
                    self.statuses[found + place] = (chunk >> (12 - 2 * place)) & 3
                found += 7
            else:
                for place in range(14):
                    self.statuses[found + place] = (chunk >> (13 - place)) & 1
                found += 14
        return offset

    cdef bint has_deltas(self, int size, int count) noexcept nogil:
        """Whether all arrival times are there and no status is the reserved one."""
        cdef int place, needed = 0
        for place in range(count):
            if self.statuses[place] > LARGE_DELTA:
                return False
            needed += self.statuses[place]
        return needed <= size

    cdef int tell_feedback(
        self, PeerCore peer, const uint8_t *body, const uint8_t *deltas, int count
    ) except -1:
        cdef CompiledFeedback told = new_feedback(count)
        cdef int64_t reference = read32(body + 12) >> 8
        cdef int64_t arrived_ns
        cdef int place
        cdef int sequence = read16(body + 8)
        if reference & 0x800000:
            reference -= 1 << 24
        arrived_ns = reference * REFERENCE_NS + peer.sent.shift_ns(reference)
        for place in range(count):
            if self.statuses[place] == NOT_RECEIVED:
                peer.sent.tell(told, (sequence + place) & 0xFFFF, -1, self.now_ns)
                continue
            if self.statuses[place] == SMALL_DELTA:
                arrived_ns += deltas[0] * TICK_NS
                deltas += 1
            else:
                arrived_ns += <int16_t>read16(deltas) * TICK_NS
                deltas += 2
            peer.sent.tell(told, (sequence + place) & 0xFFFF, max(0, arrived_ns), self.now_ns)
        found = told.finish(peer.peer, count, peer.drops)
        if found is None:
            return 0
        if peer.estimate is None:
            self.left().feedback.append(found)
            return 0
        peer.estimate.feedback(found, self.now_ns)
        if peer.estimate.has_moved:
            self.left().moved.append(peer.peer)
        return 0


cdef inline bint is_nack(const uint8_t *at, int size) noexcept nogil:
    """Whether a compound is one NACK without padding, and nothing else."""
    return (
        size >= NACK_FIXED_BYTES
        and at[0] == NACK_FIRST
        and at[1] == FEEDBACK_TYPE
        and 4 + 4 * read16(at + 2) == size
    )


cdef inline bint is_feedback(const uint8_t *at, int size) noexcept nogil:
    """Whether a compound is one transport-wide report and nothing else."""
    return (
        size > 4
        and at[0] & 0xDF == FEEDBACK_FIRST
        and at[1] == FEEDBACK_TYPE
        and 4 + 4 * read16(at + 2) == size
    )
