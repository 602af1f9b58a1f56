# What leaves: one arena, a chain per destination, `sendmmsg` with segmentation by the kernel (GSO).

cdef enum:
    MOST_MESSAGES = 1024  # as many as one sendmmsg takes
    ARENA_BYTES = 1 << 20
    MOST_RUN = 60  # of the 64 the kernel cuts at once
    MOST_RUN_BYTES = 60000
    CONTROL_BYTES = 32
    MOST_STREAMED = 4096


cdef struct Message:
    uint8_t *at
    int size
    int chain
    int next  # of the same chain, -1: none
    bint is_media
    PyObject *tally  # NULL: counted in the whole only


cdef struct Chain:
    PyObject *peer  # NULL: STUN or DTLS
    Destination destination
    int first
    int last


cdef struct Run:
    int first
    int count


cdef class Outbox:
    """`egress.Egress`, compiled: what is sent waits for `flush`, which every call ends with.

    Destinations are copied; peers and tallies are borrowed until then.
    """

    cdef readonly int64_t packets, octets
    cdef object sendto
    cdef Counters drops
    cdef list streamed
    cdef int fileno  # -1: the socket is no socket, but has its methods
    cdef int64_t round
    cdef uint8_t *arena
    cdef int used, count, chain_count
    cdef Message *messages
    cdef Chain *chains
    cdef Run *runs
    cdef mmsghdr *headers
    cdef iovec *vectors
    cdef uint8_t *controls

    def __cinit__(self, socket, Counters drops, int fileno):
        self.sendto = socket.sendto
        self.drops = drops
        self.fileno = fileno
        self.streamed = []
        self.round = 1
        self.arena = <uint8_t *>malloc(ARENA_BYTES)
        self.messages = <Message *>calloc(MOST_MESSAGES, sizeof(Message))
        self.chains = <Chain *>calloc(MOST_MESSAGES, sizeof(Chain))
        self.runs = <Run *>calloc(MOST_MESSAGES, sizeof(Run))
        self.headers = <mmsghdr *>calloc(MOST_MESSAGES, sizeof(mmsghdr))
        self.vectors = <iovec *>calloc(MOST_MESSAGES, sizeof(iovec))
        self.controls = <uint8_t *>calloc(MOST_MESSAGES, CONTROL_BYTES)
        if (
            self.arena == NULL or self.messages == NULL or self.chains == NULL
            or self.runs == NULL or self.headers == NULL or self.vectors == NULL
            or self.controls == NULL
        ):
            raise MemoryError

    def __dealloc__(self):
        free(self.arena)
        free(self.messages)
        free(self.chains)
        free(self.runs)
        free(self.headers)
        free(self.vectors)
        free(self.controls)

    # --- in -------------------------------------------------------------------------------------

    cdef inline uint8_t *room(self) noexcept nogil:
        """Where the next packet of at most `ROOM_BYTES` is written."""
        if self.count == MOST_MESSAGES or self.used + ROOM_BYTES > ARENA_BYTES:
            self.write_all()
        return self.arena + self.used

    cdef int protect_here(self, PeerCore peer, Tally tally, int size) noexcept nogil:
        """Protect the RTP packet in `room` and queue it; return its new length, 0: dropped."""
        cdef int refused
        cdef uint8_t *at = self.arena + self.used
        if size > MOST_SRTP - TRAILER:
            tally.note(TOO_LONG, 1)
            return 0
        if peer.protect_context != NULL:
            refused = protect_rtp(peer.protect_context, at, &size)
        else:
            refused = by_session(<PyObject *>peer.protect, at, &size)
        if refused:
            tally.note(PROTECT_FAILED, 1)
            return 0
        self.queue(peer, <PyObject *>tally, size, True)
        return size

    cdef void queue(self, PeerCore peer, PyObject *tally, int size, bint is_media) noexcept nogil:
        """Queue what lies in `room` for a peer that has an address."""
        if peer.destination.kind == STREAMED:
            self.stream(&peer.destination, <PyObject *>peer, tally, size, is_media)
            return
        if peer.queued_in != self.round:
            peer.queued_in = self.round
            peer.chain = self.begin_chain(&peer.destination, <PyObject *>peer)
        self.append(peer.chain, tally, size, is_media)

    cdef int begin_chain(self, const Destination *destination, PyObject *peer) noexcept nogil:
        cdef Chain *chain = &self.chains[self.chain_count]
        chain.peer = peer
        chain.destination = destination[0]
        chain.first = chain.last = -1
        self.chain_count += 1
        return self.chain_count - 1

    cdef void append(self, int place, PyObject *tally, int size, bint is_media) noexcept nogil:
        cdef Chain *chain = &self.chains[place]
        cdef Message *message = &self.messages[self.count]
        message.at = self.arena + self.used
        message.size = size
        message.chain = place
        message.next = -1
        message.is_media = is_media
        message.tally = tally
        if chain.last >= 0:
            self.messages[chain.last].next = self.count
        else:
            chain.first = self.count
        chain.last = self.count
        self.count += 1
        self.used += (size + 15) & ~15

    cdef void stream(
        self,
        const Destination *destination,
        PyObject *peer,
        PyObject *tally,
        int size,
        bint is_media,
    ) noexcept with gil:
        if len(self.streamed) >= MOST_STREAMED:
            self.count_drop(tally, STREAM_OUTBOX_FULL)
            return
        datagram = (self.arena + self.used)[:size]
        self.streamed.append(((STREAM_HOST, destination.port), datagram))
        if is_media:
            self.credit(peer, size)

    cdef void credit(self, PyObject *peer, int size) noexcept nogil:
        self.packets += 1
        self.octets += size
        (<PeerCore>peer).credit(size)

    cdef void count_drop(self, PyObject *tally, int reason) noexcept nogil:
        if tally == NULL:
            self.drops.note(reason, 1)
        else:
            (<Tally>tally).note(reason, 1)

    # --- out ------------------------------------------------------------------------------------

    cdef void write_all(self) noexcept nogil:
        """Give everything to the kernel; what it does not take is dropped and counted."""
        if self.count:
            if self.fileno < 0:
                self.write_by_calls()
            else:
                self.write_runs(self.build_runs())
        self.count = self.used = self.chain_count = 0
        self.round += 1

    cdef void write_by_calls(self) noexcept with gil:
        cdef int place
        for place in range(self.count):
            self.write_by_call(&self.messages[place])

    cdef void write_by_call(self, Message *message) noexcept:
        cdef Chain *chain = &self.chains[message.chain]
        try:
            if chain.destination.kind == NOWHERE:
                raise OSError("no address")
            self.sendto(message.at[: message.size], address_of(chain.destination.address))
        except BlockingIOError:
            self.count_drop(message.tally, SEND_BUFFER_FULL)
        except OSError:
            self.count_drop(message.tally, SEND_FAILED)
        else:
            if message.is_media:
                self.credit(chain.peer, message.size)

    cdef int build_runs(self) noexcept nogil:
        """Packets of equal size (the last may be shorter) to one destination, in one message."""
        cdef int place, message, runs = 0, vectors = 0
        cdef int segment, octets
        cdef bint joins
        cdef Chain *chain
        cdef Run *run
        for place in range(self.chain_count):
            chain = &self.chains[place]
            message = chain.first
            joins = chain.peer != NULL and not (<PeerCore>chain.peer).refuses_runs
            while message >= 0:
                run = &self.runs[runs]
                run.first = message
                run.count = 0
                segment = self.messages[message].size
                octets = 0
                self.begin_header(&self.headers[runs].msg_hdr, chain, &self.vectors[vectors])
                while True:
                    self.vectors[vectors].iov_base = self.messages[message].at
                    self.vectors[vectors].iov_len = self.messages[message].size
                    vectors += 1
                    run.count += 1
                    octets += self.messages[message].size
                    if self.messages[message].size < segment or run.count == MOST_RUN:
                        message = self.messages[message].next
                        break
                    message = self.messages[message].next
                    if (
                        message < 0
                        or not joins
                        or self.messages[message].size > segment
                        or octets + self.messages[message].size > MOST_RUN_BYTES
                    ):
                        break
                self.headers[runs].msg_hdr.msg_iovlen = run.count
                if run.count > 1:
                    self.ask_segments(&self.headers[runs].msg_hdr, runs, segment)
                runs += 1
        return runs

    cdef void begin_header(self, msghdr *header, Chain *chain, iovec *vector) noexcept nogil:
        header.msg_name = chain.destination.address
        header.msg_namelen = chain.destination.size
        header.msg_iov = vector
        header.msg_iovlen = 1
        header.msg_control = NULL
        header.msg_controllen = 0
        header.msg_flags = 0

    cdef void ask_segments(self, msghdr *header, int place, int segment) noexcept nogil:
        cdef cmsghdr *control
        cdef uint16_t size = segment
        header.msg_control = self.controls + place * CONTROL_BYTES
        header.msg_controllen = CMSG_SPACE(sizeof(uint16_t))
        control = CMSG_FIRSTHDR(header)
        control.cmsg_level = SOL_UDP
        control.cmsg_type = UDP_SEGMENT
        control.cmsg_len = CMSG_LEN(sizeof(uint16_t))
        memcpy(CMSG_DATA(control), &size, sizeof(uint16_t))

    cdef void write_runs(self, int count) noexcept nogil:
        cdef int place, taken, done = 0
        while done < count:
            taken = sendmmsg(self.fileno, self.headers + done, count - done, MSG_DONTWAIT)
            if taken > 0:
                for place in range(done, done + taken):
                    self.note_run(&self.runs[place])
                done += taken
            elif errno.errno != errno.EINTR:
                # The first message was refused; the others go on.
                self.refuse(done, errno.errno)
                done += 1

    cdef void note_run(self, Run *run) noexcept nogil:
        cdef int message = run.first
        while run.count:
            if self.messages[message].is_media:
                self.credit(self.chains[self.messages[message].chain].peer, self.messages[message].size)
            message = self.messages[message].next
            run.count -= 1

    cdef void refuse(self, int place, int error) noexcept nogil:
        cdef Run *run = &self.runs[place]
        cdef Run single
        cdef mmsghdr header
        cdef int message = run.first
        cdef Chain *chain = &self.chains[self.messages[message].chain]
        if run.count == 1 or error not in (errno.EINVAL, errno.EIO, errno.EMSGSIZE):
            while run.count:
                self.count_drop(self.messages[message].tally, reason_of(error))
                message = self.messages[message].next
                run.count -= 1
            return
        # The way to this peer takes no segments: one by one from now on.
        (<PeerCore>chain.peer).refuses_runs = True
        memset(&header, 0, sizeof(header))
        while run.count:
            single.first = message
            single.count = 1
            self.begin_header(&header.msg_hdr, chain, self.headers[place].msg_hdr.msg_iov)
            if sendmmsg(self.fileno, &header, 1, MSG_DONTWAIT) == 1:
                self.note_run(&single)
            else:
                self.count_drop(self.messages[message].tally, reason_of(errno.errno))
            self.headers[place].msg_hdr.msg_iov += 1
            message = self.messages[message].next
            run.count -= 1

    # --- for code that is not compiled ----------------------------------------------------------

    def send_rtp(self, PeerCore peer, bytes packet, Tally drops):
        """See `Egress`."""
        if not peer.sends:
            return 0
        if len(packet) > MOST_SRTP - TRAILER:
            drops.note(TOO_LONG, 1)
            return 0
        memcpy(self.room(), <const char *>packet, len(packet))
        return self.protect_here(peer, drops, <int>len(packet))

    def send_rtcp(self, PeerCore peer, packets):
        """See `Egress`."""
        cdef bytes compound
        cdef int size
        if not peer.sends:
            return
        compound = serialize_rtcp(packets)
        size = <int>len(compound)
        if size > MOST_SRTP - RTCP_TRAILER:
            peer.drops.note(TOO_LONG, 1)
            return
        memcpy(self.room(), <const char *>compound, size)
        self.send_rtcp_here(peer, size)

    cdef int send_rtcp_here(self, PeerCore peer, int size) except -1:
        """Protect the compound in `room` and queue it."""
        cdef int refused
        cdef uint8_t *at = self.arena + self.used
        if peer.protect_context != NULL:
            refused = protect_rtcp(peer.protect_context, at, &size)
        else:
            method = peer.known_outbound.protect_rtcp
            refused = by_session(<PyObject *>method, at, &size)
        if refused:
            peer.drops.note(PROTECT_FAILED, 1)
        else:
            self.queue(peer, <PyObject *>peer.drops, size, False)
        return 0

    def send_raw(self, bytes datagram, address, Tally drops=None):
        """See `Egress`."""
        cdef Destination destination
        cdef PyObject *tally = NULL if drops is None else <PyObject *>drops
        if len(datagram) > ROOM_BYTES:
            self.count_drop(tally, TOO_LONG)
            return False
        place_destination(&destination, address)
        memcpy(self.room(), <const char *>datagram, len(datagram))
        if destination.kind == STREAMED:
            self.stream(&destination, NULL, tally, <int>len(datagram), False)
        else:
            self.append(self.begin_chain(&destination, NULL), tally, <int>len(datagram), False)
        return True

    def flush(self):
        """Send what waits."""
        with nogil:
            self.write_all()

    def take_streamed(self):
        """See `Egress`."""
        streamed, self.streamed = self.streamed, []
        return streamed


cdef inline int reason_of(int error) noexcept nogil:
    return SEND_BUFFER_FULL if error == errno.EAGAIN else SEND_FAILED
