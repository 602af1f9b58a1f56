# The loop: read a batch, find out what each datagram is, carry packets to everybody who takes them.

cdef enum:
    BATCH = 64
    READ_BYTES = 2048
    NAME_BYTES = 28


cdef class Engine(Telling):
    """Moves packets of a `CompiledFanout`; whatever is unusual goes to the reference's code."""

    cdef readonly int64_t packets, octets
    cdef AddressTable table
    cdef object recvfrom
    cdef dict peers
    cdef int fileno
    cdef uint8_t *buffers
    cdef iovec vectors[BATCH]
    cdef mmsghdr headers[BATCH]
    cdef uint8_t names[BATCH][NAME_BYTES]
    cdef PyObject *senders[BATCH]
    cdef list addresses
    cdef int control[BATCH]
    cdef int control_count

    def __cinit__(self, socket, Counters drops, Outbox outbox, int fileno):
        cdef int place
        self.recvfrom = socket.recvfrom
        self.drops = drops
        self.outbox = outbox
        self.fileno = fileno
        self.table = AddressTable()
        self.addresses = []
        self.buffers = <uint8_t *>calloc(BATCH, READ_BYTES)
        if self.buffers == NULL:
            raise MemoryError
        for place in range(BATCH):
            self.vectors[place].iov_base = self.buffers + place * READ_BYTES
            self.vectors[place].iov_len = READ_BYTES
            self.headers[place].msg_hdr.msg_iov = &self.vectors[place]
            self.headers[place].msg_hdr.msg_iovlen = 1
            self.headers[place].msg_hdr.msg_name = self.names[place]

    def __dealloc__(self):
        free(self.buffers)

    @property
    def has_socket(self):
        """Whether datagrams come by a socket of the kernel."""
        return self.fileno >= 0

    def attach(self, fanout):
        """Take the tables of a fan-out and those of its parts that do what is unusual."""
        self.fanout = fanout
        self.peers = fanout._by_address
        self.streams = fanout._streams

    def addresses_changed(self):
        """Read the fan-out's addresses again."""
        self.table.fill(self.peers)

    # --- in -------------------------------------------------------------------------------------

    def drain(self, int64_t now_ns, int limit):
        """Read at most `limit` datagrams, or everything there is."""
        cdef bint has_all
        with nogil:
            has_all = self.read_all(now_ns, limit)
        if not has_all:
            self.left().exhausted = False
        return self.finish()

    cdef bint read_all(self, int64_t now_ns, int limit) noexcept nogil:
        """Read and pass on at most `limit` datagrams; True: there were no more.

        What passed waits in the outbox, what others shall have in the batch.
        """
        cdef int wanted, got
        self.now_ns = now_ns
        self.control_count = self.tapped_count = 0
        while limit > 0:
            wanted = min(limit, BATCH)
            got = self.receive_by_calls(wanted) if self.fileno < 0 else self.receive(wanted)
            if got < 0:  # an ICMP error of an earlier send; it says nothing about this read
                limit -= 1
                continue
            self.take_all(got)
            if self.control_count or self.tapped_count:
                self.hand_over_from_c()
            if got < wanted:
                return True
            limit -= got
        return False

    cdef bint has_left(self) noexcept nogil:
        """Whether a reading left something for others."""
        return self.batch is not None or PyList_GET_SIZE(<PyObject *>self.outbox.streamed) > 0

    cdef int receive(self, int wanted) noexcept nogil:
        """How many datagrams came; -1: an error that is not ours."""
        cdef int place, got
        for place in range(wanted):
            self.headers[place].msg_hdr.msg_namelen = NAME_BYTES
        got = recvmmsg(self.fileno, self.headers, wanted, MSG_DONTWAIT, NULL)
        if got < 0:
            return 0 if errno.errno == errno.EAGAIN else -1
        for place in range(got):
            self.senders[place] = self.table.find(self.names[place])
        return got

    cdef int receive_by_calls(self, int wanted) noexcept with gil:
        cdef int got = 0
        self.addresses.clear()
        try:
            while got < wanted:
                try:
                    datagram, address = self.recvfrom(READ_BYTES)
                except BlockingIOError:
                    break
                except OSError:
                    if got:
                        break
                    return -1
                self.put(got, datagram, address[:2])
                got += 1
        except Exception:
            self.bug()
        return got

    cdef int put(self, int place, bytes datagram, address) except -1:
        cdef int size = min(<int>len(datagram), READ_BYTES)
        peer = self.peers.get(address)
        memcpy(self.buffers + place * READ_BYTES, <const char *>datagram, size)
        self.headers[place].msg_len = size
        self.senders[place] = NULL if peer is None else <PyObject *>peer
        self.addresses.append(address)
        return 0

    def take_one(self, bytes datagram, address, int64_t now_ns):
        """Take a datagram that did not come by the socket."""
        self.now_ns = now_ns
        self.control_count = self.tapped_count = 0
        self.addresses.clear()
        self.put(0, datagram, address)
        with nogil:
            self.take_all(1)
        self.hand_over()
        self.addresses.clear()
        return self.finish()

    cdef void take_all(self, int count) noexcept nogil:
        cdef int place
        for place in range(count):
            self.take(place, self.buffers + place * READ_BYTES, self.headers[place].msg_len)

    cdef void take(self, int place, uint8_t *at, int size) noexcept nogil:
        """Find out what a datagram is (RFC 7983)."""
        cdef int first = at[0] if size else 255
        if 128 <= first <= 191 and size >= HEADER_BYTES:
            if self.senders[place] == NULL:
                self.drops.note(UNKNOWN_ADDRESS, 1)
            elif 64 <= at[1] & 0x7F <= 95:  # RFC 5761 section 4
                self.take_rtcp(self.senders[place], at, size)
            else:
                self.take_rtp(<PeerCore>self.senders[place], at, size)
        elif first <= 3 or 20 <= first <= 63:
            self.control[self.control_count] = place
            self.control_count += 1
        else:
            self.drops.note(UNKNOWN_KIND, 1)

    cdef void hand_over_from_c(self) noexcept with gil:
        try:
            self.hand_over()
        except Exception:
            self.control_count = self.tapped_count = 0
            self.bug()

    cdef int hand_over(self) except -1:
        """Make objects of what others shall have; the buffers are read into next."""
        cdef int place, number
        for place in range(self.control_count):
            number = self.control[place]
            datagram = (self.buffers + number * READ_BYTES)[: self.headers[number].msg_len]
            known = len(self.addresses) > number
            address = self.addresses[number] if known else address_of(self.names[number])
            self.left().control.append((datagram, address))
        self.control_count = 0
        self.tell_tapped()
        return 0

    # --- from a publisher -----------------------------------------------------------------------

    cdef void take_rtp(self, PeerCore peer, uint8_t *at, int size) noexcept nogil:
        cdef Parsed parsed
        cdef int refused
        cdef PyObject *stream
        cdef uint32_t ssrc = read32(at + 8)
        if not peer.receives:
            peer.drops.note(NO_KEYS, 1)
            return
        stream = peer.stream_of(ssrc)  # one that is bound was admitted
        if stream == NULL and not peer.has_room(ssrc):
            peer.drops.note(SSRC_SURPLUS, 1)
            return
        if size > MOST_SRTP:
            peer.drops.note(TOO_LONG, 1)
            return
        if peer.unprotect_context != NULL:
            refused = unprotect_rtp(peer.unprotect_context, at, &size)
        else:
            refused = by_session(<PyObject *>peer.unprotect, at, &size)
        if refused:
            peer.drops.note(SRTP_REFUSED, 1)
            return
        if stream == NULL:
            peer.take_in(ssrc)
        self.packets += 1
        self.octets += size
        peer.packets_in += 1
        peer.octets_in += size
        if not parse(peer, at, size, &parsed):
            peer.drops.note(MALFORMED_RTP, 1)
            return
        if peer.arrivals is not None and parsed.transport.size >= 2:
            peer.arrivals.note(read16(parsed.transport.at), self.now_ns)
        if stream == NULL:
            stream = self.bind(<PyObject *>peer, &parsed, at, size)
        if stream != NULL:
            self.accept(peer, <StreamCore>stream, &parsed)

    cdef PyObject *bind(
        self, PyObject *known, Parsed *parsed, const uint8_t *at, int size
    ) noexcept with gil:
        """Look the SSRC up, or begin a life; NULL: dropped and counted."""
        cdef PeerCore peer = <PeerCore>known
        try:
            self.tell_tapped()
            stream = peer.media.get(parsed.ssrc) or peer.rtx.get(parsed.ssrc)
            if stream is None:
                peer.forget_streams()
                elements = elements_of(at[:size])
                payload_type = parsed.second & 0x7F
                stream = self.fanout._binder.bind(
                    peer, elements, payload_type, parsed.ssrc, self.now_ns
                )
            peer.remember(parsed.ssrc, stream)
            return <PyObject *>stream
        except Refused as refused:
            peer.drops.add(refused.reason)
        except Exception:
            self.bug()
        return NULL

    cdef void accept(self, PeerCore peer, StreamCore stream, Parsed *parsed) noexcept nogil:
        cdef bint is_repair, is_highest
        cdef int64_t number
        cdef int seen
        cdef int reason = undo(stream, parsed, &is_repair)
        if reason >= 0:
            stream.drops.note(reason, 1)
            return
        number = stream.extend_sequence(parsed.sequence)
        seen = stream.see(number)
        if seen != NEW:
            stream.drops.note(DUPLICATE if seen == SEEN else TOO_OLD, 1)
            return
        if stream.notes_repair(number):
            self.repair(<PyObject *>peer, <PyObject *>stream, number)
        stream.statistics.note(number, parsed.timestamp, self.now_ns, parsed.size, is_repair)
        is_highest = number > stream.highest
        if is_highest:
            stream.highest = number
        if not parsed.size:
            if is_highest:
                stream.close_gap(number)
            stream.drops.note(PADDING_ONLY, 1)
            return
        stream.packets += 1
        stream.octets += parsed.size
        stream.last_packet_ns = self.now_ns
        stream.payload_type = parsed.second & 0x7F
        self.go_on(peer, stream, parsed, number)

    cdef void go_on(
        self, PeerCore peer, StreamCore stream, Parsed *parsed, int64_t number
    ) noexcept nogil:
        """Make the packet that is passed on, in the place where it arrived."""
        cdef Packet packet
        cdef int64_t timestamp
        packet.level = packet.orientation = -1
        if stream.is_audio:
            if parsed.level.size:
                packet.level = parsed.level.at[0]
                stream.meter.note(packet.level)
        else:
            if parsed.orientation.size:
                packet.orientation = parsed.orientation.at[0]
            stream.note_orientation_byte(packet.orientation, parsed.second > 0x7F)
        timestamp = stream.extend_timestamp(parsed.timestamp)
        if timestamp != stream.placed_timestamp:
            if self.place(<PyObject *>peer, <PyObject *>stream, timestamp) < 0:
                return
        packet.stream = stream.stream
        packet.life = stream.life
        packet.sequence = stream.renumbered(number) if stream.closed_count else number
        packet.session_ns = stream.placed_ns - self.origin_ns
        packet.timestamp = parsed.timestamp
        packet.plain = parsed.payload - HEADER_BYTES
        packet.size = parsed.size + HEADER_BYTES
        packet.is_keyframe = self.note_keyframe(
            stream, parsed.second & 0x7F, parsed.timestamp, number, parsed.payload, parsed.size
        )
        packet.plain[0] = PLAIN
        packet.plain[1] = parsed.second
        write16(packet.plain + 2, packet.sequence & 0xFFFF)
        write32(packet.plain + 4, parsed.timestamp)
        write32(packet.plain + 8, <uint32_t>stream.ssrc)
        read_pictures(parsed.second & 0x7F, &packet)
        self.pass_on(stream, &packet, self.now_ns - self.origin_ns)

    cdef void repair(self, PyObject *peer, PyObject *stream, int64_t number) noexcept with gil:
        try:
            (<StreamCore>stream).repair(<PeerCore>peer, number, self.now_ns)
        except Exception:
            self.bug()

    cdef int place(self, PyObject *peer, PyObject *stream, int64_t timestamp) noexcept with gil:
        try:
            return (<StreamCore>stream).place(<PeerCore>peer, timestamp, self.now_ns)
        except Exception:
            self.bug()
        return -1
