# Video that waits for its peer's line, as it was written.

cdef enum:
    ROOM_BYTES = 2048  # for one packet and its trailer
    WAITING_MASK = 1023  # of the 1024 packets that a pacer holds at most


cdef struct Waiting:
    PyObject *packet  # an `OutPacket` of the reference's code, held; NULL: the bytes below
    PyObject *out  # borrowed: `discard` and `clear` come before it goes
    uint8_t *at  # NULL: discarded
    int size
    int octets
    int sequence_at
    int time_at


cdef class PacerCore:
    """The fields of a `pacer.Pacer` that every packet touches, and its queue of media.

    Buffers are kept for the next burst: as many as ever waited at once.
    """

    cdef public int64_t bps, _free_ns, queued_octets, _again_octets
    cdef public int waiting
    cdef Waiting *queue
    cdef uint8_t **spare
    cdef int first, count, spare_count

    def __dealloc__(self):
        cdef int place
        self.clear_media()
        for place in range(self.spare_count):
            free(self.spare[place])
        free(self.spare)
        free(self.queue)

    cdef inline bint passes(self, int64_t now_ns) noexcept nogil:
        return not self.bps or (not self.waiting and self._free_ns <= now_ns)

    cdef inline bint overruns(self, bint begins) noexcept nogil:
        """Whether there is no room for a packet, or for the frame that begins with it."""
        if self.waiting >= BRIMMING:
            return True
        if not begins or not self.bps:
            return False
        return self.waiting >= FULL or self.queued_octets * 8 * SECOND_NS // self.bps > FULL_WAIT_NS

    cdef inline void spend(self, int octets, int64_t now_ns) noexcept nogil:
        cdef int64_t free_ns
        if self.bps:
            free_ns = max(self._free_ns, now_ns - DEPTH_NS) + octets * 8 * SECOND_NS // self.bps
            self._free_ns = min(free_ns, max(self._free_ns, now_ns + DEBT_NS))

    # --- media ----------------------------------------------------------------------------------

    cdef Waiting *hold(self, PyObject *out, const uint8_t *plain, int size) noexcept nogil:
        """Queue a packet; NULL: there is no memory."""
        cdef Waiting *waiting
        if self.queue == NULL:
            self.queue = <Waiting *>calloc(WAITING_MASK + 1, sizeof(Waiting))
            self.spare = <uint8_t **>calloc(WAITING_MASK + 1, sizeof(uint8_t *))
        if self.queue == NULL or self.spare == NULL or self.count > WAITING_MASK:
            return NULL
        waiting = &self.queue[(self.first + self.count) & WAITING_MASK]
        if self.spare_count:
            self.spare_count -= 1
            waiting.at = self.spare[self.spare_count]
        else:
            waiting.at = <uint8_t *>malloc(ROOM_BYTES)
        if waiting.at == NULL:
            return NULL
        if size:
            memcpy(waiting.at, plain, size)
        waiting.packet = NULL
        waiting.out = out
        waiting.size = size
        waiting.octets = waiting.sequence_at = waiting.time_at = 0
        self.count += 1
        self.waiting += 1
        self.queued_octets += size
        return waiting

    cdef inline Waiting *next_due(self, int64_t now_ns) noexcept nogil:
        """The media packet whose time has come; `drop_first` comes after it."""
        while self.count and self.queue[self.first].out == NULL:
            self.drop_first()
        if not self.count or (self.bps and self._free_ns > now_ns):
            return NULL
        return &self.queue[self.first]

    cdef void drop_first(self) noexcept nogil:
        cdef Waiting *waiting = &self.queue[self.first]
        if waiting.out != NULL:
            self.waiting -= 1
            self.queued_octets -= waiting.size
        self.spare[self.spare_count] = waiting.at
        self.spare_count += 1
        waiting.packet = waiting.out = NULL
        self.first = (self.first + 1) & WAITING_MASK
        self.count -= 1

    cdef void release_object(self, Waiting *waiting) noexcept:
        if waiting.packet != NULL:
            Py_DECREF(<object>waiting.packet)
            waiting.packet = NULL

    cdef int clear_media(self) noexcept:
        cdef int count = 0
        while self.count:
            count += self.queue[self.first].out != NULL
            self.release_object(&self.queue[self.first])
            self.drop_first()
        return count

    def push_media(self, packet):
        """Queue a packet of code that is not compiled; False: there is no room."""
        cdef Waiting *waiting
        if self.waiting >= BRIMMING:
            return False
        waiting = self.hold(<PyObject *>packet.out, NULL, 0)
        if waiting == NULL:
            return False
        Py_INCREF(packet)
        waiting.packet = <PyObject *>packet
        waiting.size = <int>len(packet.plain)
        self.queued_octets += waiting.size
        return True

    def clear_queue(self):
        """Throw all media away; return how many packets that were."""
        return self.clear_media()

    def discard_media(self, out):
        """Throw away the media of one out-stream; return how many packets that were."""
        cdef int place, count = 0
        cdef Waiting *waiting
        for place in range(self.count):
            waiting = &self.queue[(self.first + place) & WAITING_MASK]
            if waiting.out == <PyObject *>out:
                self.release_object(waiting)
                waiting.out = NULL
                self.waiting -= 1
                self.queued_octets -= waiting.size
                count += 1
        return count


class CompiledPacer(PacerCore, Pacer):
    """A pacer that is asked and filled without the interpreter; `pop` gives retransmissions."""

    def push(self, packet):
        """See `Pacer`."""
        if packet.is_retransmission or packet.is_repeat:
            return Pacer.push(self, packet)
        return self.push_media(packet)

    def clear(self):
        """See `Pacer`."""
        media = self.clear_queue()
        return media + Pacer.clear(self)

    def discard(self, out):
        """See `Pacer`."""
        media = self.discard_media(out)
        return media + Pacer.discard(self, out)
