# Out-streams: what is written over a packet for one receiver.

cdef class Segment:
    """`numbering.Segment`, compiled."""

    cdef public Ring ring
    cdef public int64_t life, start, end, sequence_offset, closed_ns
    cdef public int64_t timestamp_offset, picture_offset, tl0_offset

    def __init__(
        self,
        Ring ring,
        int64_t life,
        int64_t start,
        int64_t end,
        int64_t sequence_offset,
        int64_t timestamp_offset,
        int64_t picture_offset,
        int64_t tl0_offset,
    ):
        self.ring = ring
        self.life = life
        self.start = start
        self.end = end
        self.sequence_offset = sequence_offset
        self.timestamp_offset = timestamp_offset
        self.picture_offset = picture_offset
        self.tl0_offset = tl0_offset
        self.closed_ns = -1

    def holds(self, int64_t out_sequence):
        """Whether an extended number of the receiver is of this run."""
        return self.start <= out_sequence - self.sequence_offset <= self.end


cdef class NumberingCore:
    """The fields of a `numbering.Numbering` that every packet touches."""

    cdef public int64_t next_sequence
    cdef public int _picture_id, _tl0
    cdef public Segment current

    cdef void pass_number(self, Segment segment, const Packet *packet) noexcept nogil:
        """See `Numbering.take`."""
        cdef int64_t number = packet.sequence + segment.sequence_offset
        segment.end = max(segment.end, packet.sequence)
        if number < self.next_sequence:
            return
        self.next_sequence = number + 1
        if packet.picture_bits:
            self._picture_id = (packet.picture_id + segment.picture_offset) & (
                (1 << packet.picture_bits) - 1
            )
        if packet.tl0 >= 0:
            self._tl0 = (packet.tl0 + segment.tl0_offset) & 0xFF


class CompiledNumbering(NumberingCore, Numbering):
    """Numbers of one receiver."""

    segment_type = Segment


cdef class Writer:
    """`extension_writer.ExtensionWriter`, compiled."""

    cdef public bint is_known
    cdef int transport_sequence, absolute_time, audio_level, orientation, mid
    cdef int mid_size
    cdef uint8_t mid_text[16]

    def __init__(self, line):
        ids = line.extensions
        text = line.mid.encode()[:16]
        self.transport_sequence = ids.transport_sequence
        # Who reports arrivals does not estimate itself.
        self.absolute_time = 0 if line.transport_feedback else ids.absolute_time
        self.audio_level = ids.audio_level
        self.orientation = ids.orientation
        self.mid = ids.mid
        self.mid_size = len(text)
        for place, letter in enumerate(text):
            self.mid_text[place] = letter

    def block(self, int level, int orientation):
        """The block for a packet; -1 for a value that its publisher did not tell."""
        cdef uint8_t made[MOST_EXTENSION]
        cdef int sequence_at, time_at
        cdef int size = self.write(made, level, orientation, &sequence_at, &time_at)
        return ExtensionBlock(made[:size], sequence_at, time_at)

    cdef int write(
        self, uint8_t *made, int level, int orientation, int *sequence_at, int *time_at
    ) noexcept nogil:
        """Write the block, at most `MOST_EXTENSION` bytes; return its length, 0 for none."""
        cdef int at = 4
        sequence_at[0] = time_at[0] = 0
        if self.transport_sequence:
            made[at] = self.transport_sequence << 4 | 1
            sequence_at[0] = at + 1
            made[at + 1] = made[at + 2] = 0
            at += 3
        if self.absolute_time:
            made[at] = self.absolute_time << 4 | 2
            time_at[0] = at + 1
            made[at + 1] = made[at + 2] = made[at + 3] = 0
            at += 4
        if self.audio_level and level >= 0:
            made[at] = self.audio_level << 4
            made[at + 1] = level
            at += 2
        if self.orientation and orientation >= 0:
            made[at] = self.orientation << 4
            made[at + 1] = orientation
            at += 2
        if self.mid and self.mid_size and not self.is_known:
            made[at] = self.mid << 4 | (self.mid_size - 1)
            memcpy(made + at + 1, self.mid_text, self.mid_size)
            at += 1 + self.mid_size
        if at == 4:
            return 0
        while at & 3:
            made[at] = 0
            at += 1
        made[0] = 0xBE
        made[1] = 0xDE
        write16(made + 2, (at - 4) // 4)
        return at


cdef class OutCore:
    """The fields of an `out_stream.OutStream` that every packet touches."""

    cdef public PeerCore peer
    cdef public Tally drops
    cdef public Writer extensions
    cdef public NumberingCore _numbering
    cdef public bint paused, _ends_frame
    cdef public int64_t packets, octets, sent_packets, sent_octets
    cdef public int64_t _rtx_sequence, report_due_ns, nacks, resent
    cdef public int64_t last_timestamp, last_session_ns, _frame_timestamp
    cdef int64_t current_id  # -1: none
    cdef uint32_t ssrc, rtx_ssrc
    cdef int padding_type  # of retransmissions, -1: none are agreed
    cdef int16_t media_as[128]  # by canonical payload type, -1: not accepted
    cdef int16_t again_as[128]  # by negotiated payload type: that of retransmissions, -1: none
    cdef uint8_t keeps[128]  # by negotiated payload type: repeated as it was, so kept
    cdef bint is_audio

    def __cinit__(self):
        self.current_id = -1

    @property
    def stream(self):
        """See `OutStream`."""
        return None if self.current_id < 0 else self.current_id

    @stream.setter
    def stream(self, stream):
        self.current_id = -1 if stream is None else stream

    cdef int load(self) except -1:
        """Read what was agreed."""
        cdef int place
        line = self.line
        self.ssrc = line.ssrc
        self.rtx_ssrc = line.rtx_ssrc
        self.padding_type = next(iter(self._rtx.values()), -1)
        self.is_audio = line.kind is AUDIO
        memset(self.keeps, 0, sizeof(self.keeps))
        for place in range(128):
            self.media_as[place] = line.media.get(place, -1)
            self.again_as[place] = self._rtx.get(place, -1)
        for negotiated in line.media.values():
            self.keeps[<int>negotiated & 0x7F] = line.nack and negotiated not in self._rtx
        return 0

    cdef inline bint owes_report(self, int64_t now_ns) noexcept nogil:
        return self.sent_packets > 0 and now_ns >= self.report_due_ns

    cdef inline bint is_ready(self) noexcept nogil:
        return not self.paused and self.peer.sends

    cdef void write(self, uint8_t *head, const Packet *packet, Segment segment) noexcept nogil:
        """Write the fixed header; `OutStream._written` says what and why."""
        cdef int canonical = packet.plain[1] & 0x7F
        head[0] = packet.plain[0]
        head[1] = (packet.plain[1] & 0x80) | self.media_as[canonical]
        write16(head + 2, <uint32_t>((packet.sequence + segment.sequence_offset) & 0xFFFF))
        write32(head + 4, <uint32_t>(packet.timestamp + segment.timestamp_offset))
        write32(head + 8, self.ssrc)

    cdef void renumber(self, uint8_t *payload, const Packet *packet, Segment segment) noexcept nogil:
        """Write picture id and TL0PICIDX over the publisher's, in as many bits as it used."""
        cdef int64_t number
        cdef uint8_t *at
        if packet.picture_bits:
            at = payload + packet.picture_at - HEADER_BYTES
            number = packet.picture_id + segment.picture_offset
            if packet.picture_bits == 15:
                at[0] = 0x80 | ((number >> 8) & 0x7F)
                at[1] = number & 0xFF
            else:
                at[0] = number & 0x7F
        if packet.tl0 >= 0:
            payload[packet.tl0_at - HEADER_BYTES] = (packet.tl0 + segment.tl0_offset) & 0xFF

    cdef inline void note_place(
        self, const Packet *packet, Segment segment, int64_t before
    ) noexcept nogil:
        """See `OutStream._made`; `before` is the number that was next."""
        if packet.sequence + segment.sequence_offset >= before:
            self.last_timestamp = <uint32_t>(packet.timestamp + segment.timestamp_offset)
            self.last_session_ns = packet.session_ns
            self._frame_timestamp = packet.timestamp
            self._ends_frame = packet.plain[1] > 0x7F


class CompiledOut(OutCore, OutStream):
    """An out-stream whose packets pass without the interpreter."""

    numbering_type = CompiledNumbering
    writer_type = Writer

    def set_line(self, line):
        """See `OutStream`."""
        OutStream.set_line(self, line)
        (<OutCore>self).load()
