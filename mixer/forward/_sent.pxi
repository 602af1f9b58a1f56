# Sender reports (RFC 3550 section 6.4.1), as `reports.Reporter` writes them.

cdef enum:
    SENDER_REPORT_BYTES = 28
    SENDER_REPORT_TYPE = 200
    DESCRIPTION_TYPE = 202
    CNAME_ITEM = 1
    MOST_CNAME = 255


cdef class Telling(Control):
    """Tells receivers what was sent to them."""

    cpdef int tell_sent(self, PeerCore peer, int64_t now_ns) except -1:
        """Send the sender reports that are due for one peer."""
        cdef OutCore out
        for out in peer.outs.values():
            if not out.owes_report(now_ns):
                continue
            if out.report_due_ns == 0:
                # The first packet alone places the stream badly on the clock.
                out.report_due_ns = now_ns + FIRST_REPORT_NS
                continue
            out.report_due_ns = now_ns + SENDER_INTERVAL_NS
            self.tell_one(peer, out, now_ns)
        return 0

    cdef int tell_one(self, PeerCore peer, OutCore out, int64_t now_ns) except -1:
        cdef bytes cname = peer.cname.encode()
        cdef int named = <int>len(cname)
        # One to four zero bytes end a chunk on a word (section 6.5).
        cdef int chunk = (6 + named) // 4 * 4 + 4
        cdef int64_t clock_rate = out.clock_rate
        cdef int64_t session_ns = now_ns - self.origin_ns
        cdef int64_t elapsed = scaled(session_ns - out.last_session_ns, clock_rate, SECOND_NS)
        cdef uint64_t ntp = self.ntp_of(now_ns)
        cdef uint8_t *at = self.outbox.room()
        if named > MOST_CNAME:
            raise ValueError("a CNAME has at most 255 bytes")
        at[0] = 0x80
        at[1] = SENDER_REPORT_TYPE
        write16(at + 2, SENDER_REPORT_BYTES // 4 - 1)
        write32(at + 4, out.ssrc)
        write32(at + 8, <uint32_t>(ntp >> 32))
        write32(at + 12, <uint32_t>ntp)
        write32(at + 16, <uint32_t>(out.last_timestamp + elapsed))
        write32(at + 20, <uint32_t>out.sent_packets)
        write32(at + 24, <uint32_t>out.sent_octets)
        at += SENDER_REPORT_BYTES
        at[0] = 0x81
        at[1] = DESCRIPTION_TYPE
        write16(at + 2, chunk // 4)
        write32(at + 4, out.ssrc)
        memset(at + 8, 0, chunk - 4)
        at[8] = CNAME_ITEM
        at[9] = named
        memcpy(at + 10, <const char *>cname, named)
        self.outbox.send_rtcp_here(peer, SENDER_REPORT_BYTES + 4 + chunk)
        return 0
