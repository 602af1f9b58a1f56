# A packet between in-stream and out-streams, and the last ones of a layer.

cdef enum:
    HEADER_BYTES = 12  # RFC 3550 section 5.1
    RING_PACKETS = 1024
    RING_MASK = RING_PACKETS - 1
    FIRST_ROOM = 1 << 16
    MOST_ROOM = 1 << 22
    MOST_KEPT = 2048  # nothing longer can be sent
cdef int64_t RING_NS = 5_000_000_000  # RING_NS of media_packet.py


cdef struct Packet:
    int64_t stream
    int64_t life
    int64_t sequence  # extended, within the life
    int64_t session_ns
    uint8_t *plain  # fixed header with the canonical payload type, then the payload
    int size
    uint32_t timestamp
    int picture_bits  # 0, 7 or 15
    int picture_id
    int picture_at  # from the first byte of the packet
    int tl0  # -1: not told
    int tl0_at
    int level
    int orientation
    bint is_keyframe


cdef inline uint16_t read16(const uint8_t *at) noexcept nogil:
    return <uint16_t>(at[0] << 8 | at[1])


cdef inline uint32_t read32(const uint8_t *at) noexcept nogil:
    return <uint32_t>at[0] << 24 | <uint32_t>at[1] << 16 | <uint32_t>at[2] << 8 | at[3]


cdef inline void write16(uint8_t *at, uint32_t value) noexcept nogil:
    at[0] = (value >> 8) & 0xFF
    at[1] = value & 0xFF


cdef inline void write32(uint8_t *at, uint32_t value) noexcept nogil:
    at[0] = value >> 24
    at[1] = (value >> 16) & 0xFF
    at[2] = (value >> 8) & 0xFF
    at[3] = value & 0xFF


cdef inline bint has_pictures(const Packet *packet) noexcept nogil:
    return packet.picture_bits > 0 or packet.tl0 >= 0


cdef object media_packet(const Packet *packet):
    """The packet for code that is not compiled; the bytes are copied."""
    pictures = None
    if has_pictures(packet):
        pictures = PictureNumbers(
            packet.picture_id if packet.picture_bits else -1,
            packet.picture_bits,
            packet.picture_at if packet.picture_bits else HEADER_BYTES - 1,
            packet.tl0,
            packet.tl0_at if packet.tl0 >= 0 else HEADER_BYTES - 1,
        )
    return MediaPacket(
        packet.stream,
        packet.life,
        packet.sequence,
        packet.timestamp,
        packet.session_ns,
        bool(packet.is_keyframe),
        packet.plain[: packet.size],
        pictures,
        packet.level,
        packet.orientation,
    )


cdef int fill_packet(Packet *packet, object told, const uint8_t *plain, int size) except -1:
    """The way back; `plain` are the bytes of `told`."""
    pictures = told.pictures
    packet.stream = told.stream
    packet.life = told.life
    packet.sequence = told.sequence
    packet.session_ns = told.session_ns
    packet.plain = <uint8_t *>plain
    packet.size = size
    packet.timestamp = told.timestamp
    packet.is_keyframe = told.is_keyframe
    packet.level = told.level
    packet.orientation = told.orientation
    packet.picture_bits = 0 if pictures is None else pictures.picture_bits
    packet.picture_id = -1 if pictures is None else pictures.picture_id
    packet.picture_at = 0 if pictures is None else pictures.picture_at
    packet.tl0 = -1 if pictures is None else pictures.tl0
    packet.tl0_at = 0 if pictures is None else pictures.tl0_at
    return 0


cdef struct Kept:
    Packet packet
    bint is_used


cdef struct Ordered:
    int64_t sequence
    int64_t stored_ns
    int offset
    int size


cdef class Ring:
    """`media_packet.LayerRing`, compiled: one arena that grows to what 2 s need.

    Nothing is allocated before the first packet. Numbers 1024 apart share a place: the newer stays.
    """

    cdef readonly int64_t newest
    cdef Kept *kept
    cdef Ordered *order
    cdef uint8_t *arena
    cdef int room, head, first, count

    def __cinit__(self):
        self.newest = -1

    def __dealloc__(self):
        free(self.kept)
        free(self.order)
        free(self.arena)

    def __len__(self):
        return sum(self.kept[place].is_used for place in range(RING_PACKETS)) if self.kept else 0

    def store(self, packet, int64_t now_ns):
        """Keep a packet and let go of what is too old."""
        cdef Packet filled
        cdef const unsigned char[::1] plain = packet.packet
        fill_packet(&filled, packet, &plain[0], <int>len(plain))
        self.keep(&filled, now_ns)

    def get(self, int64_t sequence):
        """A packet by its extended number, or None."""
        cdef Packet *found = self.find(sequence)
        return None if found == NULL else media_packet(found)

    def trim(self, int64_t now_ns):
        """Let go of what is too old, also when no packet comes."""
        self.let_go(now_ns)

    cdef inline Packet *find(self, int64_t sequence) noexcept nogil:
        if self.kept == NULL:
            return NULL
        cdef Kept *kept = &self.kept[sequence & RING_MASK]
        return &kept.packet if kept.is_used and kept.packet.sequence == sequence else NULL

    cdef void keep(self, const Packet *packet, int64_t now_ns) noexcept nogil:
        cdef int offset
        cdef Kept *kept
        cdef Ordered *ordered
        self.newest = max(self.newest, packet.sequence)
        if packet.size > MOST_KEPT or (self.kept == NULL and not self.begin()):
            return
        self.let_go(now_ns)
        if self.count == RING_PACKETS:
            self.pop()
        offset = self.make_room(packet.size)
        if offset < 0:
            return
        memcpy(self.arena + offset, packet.plain, packet.size)
        kept = &self.kept[packet.sequence & RING_MASK]
        kept.packet = packet[0]
        kept.packet.plain = self.arena + offset
        kept.is_used = True
        ordered = &self.order[(self.first + self.count) & RING_MASK]
        ordered.sequence = packet.sequence
        ordered.stored_ns = now_ns
        ordered.offset = offset
        ordered.size = packet.size
        self.count += 1
        self.head = offset + packet.size

    cdef bint begin(self) noexcept nogil:
        self.kept = <Kept *>calloc(RING_PACKETS, sizeof(Kept))
        self.order = <Ordered *>calloc(RING_PACKETS, sizeof(Ordered))
        self.arena = <uint8_t *>malloc(FIRST_ROOM)
        if self.kept == NULL or self.order == NULL or self.arena == NULL:
            free(self.kept)
            free(self.order)
            free(self.arena)
            self.kept = NULL
            self.order = NULL
            self.arena = NULL
            return False
        self.room = FIRST_ROOM
        return True

    cdef void let_go(self, int64_t now_ns) noexcept nogil:
        while self.count and now_ns - self.order[self.first].stored_ns > RING_NS:
            self.pop()

    cdef void pop(self) noexcept nogil:
        cdef int64_t sequence = self.order[self.first].sequence
        cdef Kept *kept = &self.kept[sequence & RING_MASK]
        if kept.packet.sequence == sequence:
            kept.is_used = False
        self.first = (self.first + 1) & RING_MASK
        self.count -= 1

    cdef int make_room(self, int size) noexcept nogil:
        """Where in the arena `size` bytes may be written; -1: nowhere."""
        cdef int tail
        while self.count:
            tail = self.order[self.first].offset
            if self.head > tail:
                if size <= self.room - self.head:
                    return self.head
                if size < tail:
                    return 0
            elif size < tail - self.head:
                return self.head
            if not self.grow():
                self.pop()
        return 0 if size <= self.room else -1

    cdef bint grow(self) noexcept nogil:
        """Twice the room, the packets moved one behind the other; False: there is no more."""
        cdef uint8_t *arena
        cdef int place, at = 0
        cdef Ordered *ordered
        cdef Kept *kept
        if self.room >= MOST_ROOM:
            return False
        arena = <uint8_t *>malloc(2 * self.room)
        if arena == NULL:
            return False
        for place in range(self.count):
            ordered = &self.order[(self.first + place) & RING_MASK]
            memcpy(arena + at, self.arena + ordered.offset, ordered.size)
            kept = &self.kept[ordered.sequence & RING_MASK]
            if kept.packet.plain == self.arena + ordered.offset:
                kept.packet.plain = arena + at
            ordered.offset = at
            at += ordered.size
        free(self.arena)
        self.arena = arena
        self.room *= 2
        self.head = at
        return True
