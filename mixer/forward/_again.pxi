# What leaves beside the packets that come: retransmissions and padding, by RTX (RFC 4588).

cdef enum:
    PADDING_BYTES = 255


cdef class Again(Carrier):
    """The usual case of `Sender.repeat` and of padding; the rest is done by that very class."""

    def pad(self, OutCore out, CompiledProbe probe, int64_t now_ns):
        """Send the padding of a probe that is due: how many packets and octets left; None: not by
        this way. An `OutStream` that may pad has a place for retransmissions at any time.
        """
        cdef int64_t octets = 0
        cdef int packets = 0
        if out.padding_type < 0:
            return None
        self.now_ns = now_ns
        with nogil:
            while probe.has_due(now_ns):
                self.pad_once(out, probe, &packets, &octets)
        return packets, octets

    cdef void pad_once(
        self, OutCore out, CompiledProbe probe, int *packets, int64_t *octets
    ) noexcept nogil:
        """See `OutStream.padding`."""
        cdef uint8_t *at = self.outbox.room()
        cdef int sequence_at, time_at, size, protected
        out._rtx_sequence += 1
        at[0] = PLAIN | 0x20
        at[1] = out.padding_type
        write16(at + 2, out._rtx_sequence & 0xFFFF)
        write32(at + 4, <uint32_t>out.last_timestamp)
        write32(at + 8, out.rtx_ssrc)
        size = HEADER_BYTES + out.extensions.write(
            at + HEADER_BYTES, -1, -1, &sequence_at, &time_at
        )
        if size > HEADER_BYTES:
            at[0] |= 0x10
        memset(at + size, 0, PADDING_BYTES)
        size += PADDING_BYTES
        at[size - 1] = PADDING_BYTES
        probe.sent_octets += size
        protected = self.leave(
            out, at, size,
            HEADER_BYTES + sequence_at if sequence_at else 0,
            HEADER_BYTES + time_at if time_at else 0,
            probe.cluster,
        )
        if protected:
            packets[0] += 1
            octets[0] += protected

    def repeat(self, OutCore out, int sequence, int64_t now_ns, int64_t rtt_ns):
        """See `OutStream.retransmission`: whether it has left; None: not by this way."""
        cdef Segment segment = out._numbering.current
        cdef int64_t number = out._numbering.next_sequence - 1
        cdef Packet *packet
        cdef uint8_t *at
        cdef int negotiated, octets, size, sequence_at, time_at
        number -= (number - sequence) & 0xFFFF
        if segment is None or not out.peer.sends:
            return None
        number -= segment.sequence_offset
        if not segment.start <= number <= segment.end:
            return None
        packet = segment.ring.find(number)
        if packet == NULL or packet.plain[1] & 0x7F == RED:
            return None
        negotiated = out.media_as[packet.plain[1] & 0x7F]
        octets = packet.size - HEADER_BYTES
        if negotiated < 0 or out.again_as[negotiated] < 0:
            return None
        if octets > MOST_SRTP - TRAILER - HEADER_BYTES - MOST_EXTENSION - 2:
            return None
        if not out._repeats.may(sequence, now_ns, rtt_ns):
            return False
        self.now_ns = now_ns
        at = self.outbox.room()
        out.write(at, packet, segment)
        size = HEADER_BYTES + out.extensions.write(
            at + HEADER_BYTES, packet.level, packet.orientation, &sequence_at, &time_at
        )
        if size > HEADER_BYTES:
            at[0] |= 0x10
        memcpy(at + size, at + 2, 2)  # the original number (RFC 4588 section 4)
        size += 2
        memcpy(at + size, packet.plain + HEADER_BYTES, octets)
        if has_pictures(packet):
            out.renumber(at + size, packet, segment)
        size += octets
        out._rtx_sequence += 1
        at[1] = (at[1] & 0x80) | out.again_as[negotiated]
        write16(at + 2, out._rtx_sequence & 0xFFFF)
        write32(at + 8, out.rtx_ssrc)
        sequence_at = HEADER_BYTES + sequence_at if sequence_at else 0
        time_at = HEADER_BYTES + time_at if time_at else 0
        if out.is_audio or out.peer.pacer.passes(now_ns):
            self.leave(out, at, size, sequence_at, time_at, 0)
            return True
        waiting = OutPacket.__new__(OutPacket)
        waiting.out = out
        waiting.plain = bytearray(at[:size])
        waiting.octets = octets + 2
        waiting.sequence_at, waiting.time_at = sequence_at, time_at
        waiting.number, waiting.cluster = -1, 0
        waiting.is_retransmission, waiting.is_repeat = True, False
        self.fanout._sender.resend(waiting, now_ns)
        return False
