# Reports that time makes due, as `reports.Reporter` writes them.

cdef enum:
    SENDER_REPORT_BYTES = 28
    SENDER_REPORT_TYPE = 200
    DESCRIPTION_TYPE = 202
    CNAME_ITEM = 1
    MOST_CNAME = 255
    MOST_BLOCKS = 31


cdef class Telling(Control):
    """Tells peers what was sent to them, and what arrived from them."""

    cpdef bint tell(self, PeerCore peer, int64_t now_ns) except -1:
        """Send the reports that are due for a peer; False: there is one for `Reporter`."""
        if not peer.sends:
            return True
        if owes_reception(peer, now_ns):
            if peer.arrivals is None:  # it says how much may be sent as well
                return False
            peer.report_due_ns = now_ns + RECEIVER_INTERVAL_NS
            self.tell_reception(peer, now_ns)
        if owes_arrivals(peer, now_ns):
            peer.feedback_due_ns = now_ns + FEEDBACK_INTERVAL_NS
            self.tell_arrivals(peer)
        self.tell_sent(peer, now_ns)
        return True

    cdef int tell_reception(self, PeerCore peer, int64_t now_ns) except -1:
        """A receiver report (RFC 3550 section 6.4.2) on the first streams of a publisher."""
        cdef uint8_t *at = self.outbox.room()
        cdef int count = 0, fraction
        cdef StreamCore stream
        cdef uint32_t ssrc = peer.ssrc
        for stream in peer.media.values():
            fraction = stream.statistics.write_block(
                at + REPORT_FIXED_BYTES + count * BLOCK_BYTES, now_ns
            )
            stream.loss_fraction = fraction / 256.0
            count += 1
            if count == MOST_BLOCKS:
                break
        begin_rtcp(at, count, RECEIVER_REPORT_TYPE, REPORT_FIXED_BYTES + count * BLOCK_BYTES, ssrc)
        self.send_described(peer, ssrc, REPORT_FIXED_BYTES + count * BLOCK_BYTES)
        return 0

    cdef int tell_arrivals(self, PeerCore peer) except -1:
        """Transport-wide feedback on what is new."""
        cdef uint32_t ssrc = peer.ssrc, media = next(iter(peer.media), 0)
        cdef int64_t start = peer.arrivals.begin()
        cdef int size
        while start <= peer.arrivals.highest:
            size = peer.arrivals.write(self.outbox.room(), &start, ssrc, media)
            if size:
                self.fanout._reporter.feedback += 1
                self.outbox.send_rtcp_here(peer, size)
        peer.arrivals.end()
        return 0

    cdef int tell_sent(self, PeerCore peer, int64_t now_ns) except -1:
        cdef OutCore out
        for out in peer.outs.values():
            if not out.owes_report(now_ns):
                continue
            if out.report_due_ns == 0:
                # The first packet alone places the stream badly on the clock.
                out.report_due_ns = now_ns + FIRST_REPORT_NS
                continue
            out.report_due_ns = now_ns + SENDER_INTERVAL_NS
            self.tell_out(peer, out, now_ns)
        return 0

    cdef int tell_out(self, PeerCore peer, OutCore out, int64_t now_ns) except -1:
        """A sender report (RFC 3550 section 6.4.1)."""
        cdef int64_t clock_rate = out.clock_rate
        cdef int64_t since_ns = now_ns - self.origin_ns - out.last_session_ns
        cdef uint64_t ntp = self.ntp_of(now_ns)
        cdef uint8_t *at = self.outbox.room()
        begin_rtcp(at, 0, SENDER_REPORT_TYPE, SENDER_REPORT_BYTES, out.ssrc)
        write32(at + 8, <uint32_t>(ntp >> 32))
        write32(at + 12, <uint32_t>ntp)
        write32(at + 16, <uint32_t>(out.last_timestamp + scaled(since_ns, clock_rate, SECOND_NS)))
        write32(at + 20, <uint32_t>out.sent_packets)
        write32(at + 24, <uint32_t>out.sent_octets)
        self.send_described(peer, out.ssrc, SENDER_REPORT_BYTES)
        return 0

    cdef int send_described(self, PeerCore peer, uint32_t ssrc, int size) except -1:
        """Put the CNAME (section 6.5.1) behind the report in `room` and send both."""
        cdef bytes cname = peer.cname.encode()
        cdef int named = <int>len(cname)
        # One to four zero bytes end a chunk on a word.
        cdef int chunk = (6 + named) // 4 * 4 + 4
        cdef uint8_t *at = self.outbox.room() + size
        if named > MOST_CNAME:
            raise ValueError("a CNAME has at most 255 bytes")
        begin_rtcp(at, 1, DESCRIPTION_TYPE, 4 + chunk, ssrc)
        memset(at + 8, 0, chunk - 4)
        at[8] = CNAME_ITEM
        at[9] = named
        memcpy(at + 10, <const char *>cname, named)
        self.outbox.send_rtcp_here(peer, size + 4 + chunk)
        return 0


cdef inline void begin_rtcp(
    uint8_t *at, int count, int packet_type, int size, uint32_t ssrc
) noexcept nogil:
    at[0] = 0x80 | count
    at[1] = packet_type
    write16(at + 2, size // 4 - 1)
    write32(at + 4, ssrc)


cdef inline bint owes_reception(PeerCore peer, int64_t now_ns) except -1:
    return now_ns >= peer.report_due_ns and len(peer.media) > 0


cdef inline bint owes_arrivals(PeerCore peer, int64_t now_ns) noexcept:
    return peer.arrivals is not None and now_ns >= peer.feedback_due_ns
