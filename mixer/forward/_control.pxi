# RTCP from receivers: transport-wide feedback, a NACK and a receiver report that comes alone are
# read here, all else by `rtcp_in.RtcpInput`.

cdef enum:
    FEEDBACK_FIRST = 0x8F  # version 2, format 15
    NACK_FIRST = 0x81  # version 2, format 1
    NACK_FIXED_BYTES = 12
    RECEIVER_REPORT_TYPE = 201
    REPORT_FIXED_BYTES = 8
    BLOCK_BYTES = 24
    FEEDBACK_TYPE = 205
    FIXED_BYTES = 16
    MOST_REPORTED = 4096
    NOT_RECEIVED = 0
    SMALL_DELTA = 1
    LARGE_DELTA = 2


cdef class Control(Again):
    """Carries control packets out."""

    cdef readonly int64_t feedback
    cdef public int64_t origin_ns, origin_wall_ns  # monotonic and Unix time of session time 0
    cdef uint8_t statuses[MOST_REPORTED + 14]

    cdef void take_rtcp(self, PyObject *known, uint8_t *at, int size) noexcept with gil:
        cdef PeerCore peer = <PeerCore>known
        cdef uint32_t ssrc = read32(at + 4)
        try:
            self.tell_tapped()
            if not peer.receives:
                peer.drops.note(NO_KEYS, 1)
            elif not peer.rtcp_budget.take(1, self.now_ns):
                peer.drops.note(RTCP_FLOOD, 1)
            elif not peer.has_room(ssrc):
                peer.drops.note(SSRC_SURPLUS, 1)
            elif size > MOST_SRTP:
                peer.drops.note(TOO_LONG, 1)
            elif self.unprotect(peer, at, &size):
                peer.drops.note(SRTCP_REFUSED, 1)
            else:
                peer.take_in(ssrc)
                self.carry_out(peer, at, size)
        except Exception:
            self.bug()

    cdef int unprotect(self, PeerCore peer, uint8_t *at, int *size) except? -1:
        if peer.unprotect_context != NULL:
            return unprotect_rtcp(peer.unprotect_context, at, size)
        method = peer.known_inbound.unprotect_rtcp
        return by_session(<PyObject *>method, at, size)

    cdef int carry_out(self, PeerCore peer, const uint8_t *at, int size) except -1:
        if is_feedback(at, size):
            self.take_feedback(peer, at, size)
        elif is_nack(at, size):
            self.take_nack(peer, at, size)
        elif is_reception(at, size):
            self.take_reception(peer, at)
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

    cdef int take_reception(self, PeerCore peer, const uint8_t *at) except -1:
        """A receiver report (RFC 3550 section 6.4.2), as `rtcp_in.RtcpInput` takes it."""
        cdef int place, count = at[0] & 0x1F
        cdef uint32_t now = <uint32_t>(self.ntp_of(self.now_ns) >> 16)  # `ntp.middle_of_ntp`
        at += REPORT_FIXED_BYTES
        for place in range(count):
            self.take_block(peer, at, now)
            at += BLOCK_BYTES
        return 0

    cdef int take_block(self, PeerCore peer, const uint8_t *at, uint32_t now) except -1:
        cdef int64_t rtt_ns
        cdef double loss, jitter_ms
        cdef OutCore out = peer.outs_by_ssrc.get(read32(at))
        if out is None:
            return 0
        rtt_ns = round_trip_ns(read32(at + 16), read32(at + 20), now)
        if rtt_ns >= 0:
            peer.rtt_ns = out.rtt_ns = rtt_ns
        out.extensions.is_known = True
        loss = at[4] / 256.0
        jitter_ms = read32(at + 12) * 1000.0 / <double>out.clock_rate
        out.loss_fraction = loss
        out.jitter_ms = jitter_ms
        peer.loss_fraction = max(peer.loss_fraction, loss)
        peer.jitter_ms = max(peer.jitter_ms, jitter_ms)
        rtt_ns = max(rtt_ns, 0)
        if peer.estimate is None:
            self.left().reception.append(
                ReceptionReport(peer.peer, out.out, loss, jitter_ms, rtt_ns)
            )
        elif rtt_ns:
            peer.estimate.rtt_ns = rtt_ns
        return 0

    cdef uint64_t ntp_of(self, int64_t now_ns) noexcept nogil:
        """See `SessionTime.ntp`."""
        cdef int64_t since_ns = now_ns - self.origin_ns + self.origin_wall_ns + TO_NTP_NS
        cdef uint64_t rest = <uint64_t>(since_ns % SECOND_NS)
        cdef uint64_t ntp = <uint64_t>(since_ns // SECOND_NS) << 32
        return ntp + ((rest << 32) + SECOND_NS // 2) // SECOND_NS

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


cdef inline int64_t round_trip_ns(
    uint32_t last_report, uint32_t delay, uint32_t now
) noexcept nogil:
    """See `receive.round_trip_ns`; -1: the block tells of no report of ours."""
    cdef uint32_t elapsed = now - last_report - delay
    if last_report == 0:
        return -1
    return 0 if elapsed >= <uint32_t>1 << 31 else (<int64_t>elapsed * SECOND_NS) >> 16


cdef inline bint is_reception(const uint8_t *at, int size) noexcept nogil:
    """Whether a compound is one receiver report without padding, and nothing else."""
    return (
        size >= REPORT_FIXED_BYTES
        and at[0] & 0xE0 == 0x80
        and at[1] == RECEIVER_REPORT_TYPE
        and size == REPORT_FIXED_BYTES + BLOCK_BYTES * (at[0] & 0x1F)
        and 4 + 4 * read16(at + 2) == size
    )


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
