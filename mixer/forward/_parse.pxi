# Reading RTP: header, extensions (RFC 8285), payload descriptors. Never reads past the packet.

cdef enum:
    ONE_BYTE = 0xBEDE
    TWO_BYTE = 0x1000
    NONE = 0
    BARE = 1
    WHOLE = 2
    PLAIN = 0x80  # first byte of a packet without padding, extension and contributors


cdef struct Element:
    const uint8_t *at  # NULL: not there
    int size


cdef struct Parsed:
    uint8_t *payload
    int size
    uint8_t second
    uint16_t sequence
    uint32_t timestamp
    uint32_t ssrc
    Element transport
    Element level
    Element orientation


cdef bint parse(PeerCore peer, uint8_t *plain, int size, Parsed *parsed) noexcept nogil:
    """Read a packet in the clear as `ingress.parse` does; False: malformed."""
    cdef int start, end
    memset(parsed, 0, sizeof(Parsed))
    if size < HEADER_BYTES:
        return False
    parsed.second = plain[1]
    parsed.sequence = read16(plain + 2)
    parsed.timestamp = read32(plain + 4)
    parsed.ssrc = read32(plain + 8)
    start = HEADER_BYTES
    end = size
    if plain[0] != PLAIN:
        start += 4 * (plain[0] & 0x0F)
        if plain[0] & 0x10:
            start = parse_extensions(peer, plain, size, start, parsed)
            if start < 0:
                return False
        if plain[0] & 0x20:
            # A count of zero padding bytes is wrong; it makes the padding longer than any packet.
            end = size - plain[size - 1] if plain[size - 1] else 0
        if start > end or plain[0] >> 6 != 2:
            return False
    parsed.payload = plain + start
    parsed.size = end - start
    return True


cdef int parse_extensions(
    PeerCore peer, const uint8_t *plain, int size, int at, Parsed *parsed
) noexcept nogil:
    """Where the payload begins; -1: malformed."""
    cdef int profile, end, length, identifier
    if at + 4 > size:
        return -1
    profile = read16(plain + at)
    end = at + 4 + 4 * read16(plain + at + 2)
    if end > size:
        return -1
    at += 4
    if profile == ONE_BYTE:
        while at < end:
            if plain[at] == 0:
                at += 1
                continue
            identifier = plain[at] >> 4
            if identifier == 0 or identifier == 15:
                break  # RFC 8285 section 4.2: stop at a reserved id, keep what came before
            length = (plain[at] & 0x0F) + 1
            at += 1
            if at + length > end:
                return -1
            note_element(peer, identifier, plain + at, length, parsed)
            at += length
    elif profile & 0xFFF0 == TWO_BYTE:
        while at < end:
            identifier = plain[at]
            if identifier == 0:
                at += 1
                continue
            if at + 2 > end or at + 2 + plain[at + 1] > end:
                return -1
            length = plain[at + 1]
            at += 2
            note_element(peer, identifier, plain + at, length, parsed)
            at += length
    return end


cdef inline void note_element(
    PeerCore peer, int identifier, const uint8_t *at, int size, Parsed *parsed
) noexcept nogil:
    cdef Element element
    element.at = at
    element.size = size
    # One id may stand for several in a strange description, so no `elif`.
    if identifier == peer.transport_id:
        parsed.transport = element
    if identifier == peer.level_id:
        parsed.level = element
    if identifier == peer.orientation_id:
        parsed.orientation = element


cdef int undo(StreamCore stream, Parsed *parsed, bint *is_repair) noexcept nogil:
    """Undo retransmission and translate the payload type; return a reason to drop, or -1."""
    cdef int payload_type = parsed.second & 0x7F
    is_repair[0] = parsed.ssrc != stream.ssrc
    if not stream.has_line or stream.ssrc < 0:
        return UNBOUND_SSRC
    if is_repair[0]:
        if parsed.size < 2:
            return PADDING_ONLY
        payload_type = stream.repaired_by[payload_type]
        parsed.sequence = read16(parsed.payload)
        parsed.payload += 2
        parsed.size -= 2
    if not 0 <= payload_type < 128 or stream.media_of[payload_type] < 0:
        return UNKNOWN_PAYLOAD_TYPE
    payload_type = stream.media_of[payload_type]
    if payload_type == RED and parsed.size:
        if not map_red(parsed.payload, parsed.size, stream.media_of):
            return MALFORMED_RTP
    parsed.second = (parsed.second & 0x80) | payload_type
    return -1


cdef int red_primary_at(const uint8_t *payload, int size, int *lengths) noexcept nogil:
    """Where the header of the primary block stands (RFC 2198), -1: malformed."""
    cdef int at = 0
    lengths[0] = 0
    while at < size and payload[at] & 0x80:
        if at + 4 > size:
            return -1
        lengths[0] += (payload[at + 2] & 0x03) << 8 | payload[at + 3]
        at += 4
    return -1 if at >= size or at + 1 + lengths[0] > size else at


cdef bint map_red(uint8_t *payload, int size, const int16_t *types) noexcept nogil:
    """Translate the types of the blocks in place; False: malformed, or of an unknown type."""
    cdef int at, lengths
    cdef int primary = red_primary_at(payload, size, &lengths)
    if primary < 0:
        return False
    for at in range(0, primary + 1, 4):
        if types[payload[at] & 0x7F] < 0:
            return False
    for at in range(0, primary + 1, 4):
        payload[at] = (payload[at] & 0x80) | types[payload[at] & 0x7F]
    return True


cdef void read_pictures(int canonical, Packet *packet) noexcept nogil:
    """VP8's own numbers (RFC 7741 section 4.2); none of a descriptor that is cut off."""
    cdef const uint8_t *payload = packet.plain + HEADER_BYTES
    cdef int size = packet.size - HEADER_BYTES
    cdef int at = 2, picture_at = 0, bits = 0, picture = -1, tl0 = -1, tl0_at = 0
    packet.picture_bits = packet.picture_at = packet.tl0_at = 0
    packet.picture_id = packet.tl0 = -1
    if canonical != VP8 or size < 2 or not payload[0] & 0x80:
        return
    if payload[1] & 0x80:
        if at >= size:
            return
        picture_at, bits, picture = at, 7, payload[at]
        at += 1
        if picture & 0x80:
            if at >= size:
                return
            bits, picture = 15, (picture & 0x7F) << 8 | payload[at]
            at += 1
    if payload[1] & 0x40:
        if at >= size:
            return
        tl0_at, tl0 = at, payload[at]
        at += 1
    if payload[1] & 0x30 and at >= size:
        return
    packet.picture_bits = bits
    packet.picture_id = picture
    packet.picture_at = HEADER_BYTES + picture_at
    packet.tl0 = tl0
    packet.tl0_at = HEADER_BYTES + tl0_at


cdef int keyframe_start(int canonical, const uint8_t *payload, int size) noexcept nogil:
    """See `keyframe.keyframe_start`: NONE, BARE or WHOLE."""
    cdef int at, kind, found = NONE
    if size < 1:
        return NONE
    if canonical == VP8:
        if payload[0] & 0x17 != 0x10:
            return NONE
        at = vp8_descriptor_size(payload, size)
        return WHOLE if at < size and not payload[at] & 0x01 else NONE
    if canonical != H264:
        return NONE
    kind = payload[0] & 0x1F
    if kind == 24:  # STAP-A, RFC 6184 section 5.7.1
        at = 1
        while at + 2 < size:
            found = max(found, unit_start(payload[at + 2] & 0x1F))
            at += 2 + read16(payload + at)
        return found
    if kind == 28:  # FU-A, RFC 6184 section 5.8: start bit and type
        return BARE if size > 1 and payload[1] & 0x9F == 0x85 else NONE
    return unit_start(kind)


cdef inline int unit_start(int kind) noexcept nogil:
    if kind == 7:  # parameter set
        return WHOLE
    return BARE if kind == 5 else NONE  # IDR


cdef int vp8_descriptor_size(const uint8_t *payload, int size) noexcept nogil:
    cdef int found = 2
    if not payload[0] & 0x80:
        return 1
    if size < 2:
        return 2
    if payload[1] & 0x80:
        found = 4 if size > 2 and payload[2] & 0x80 else 3
    if payload[1] & 0x40:
        found += 1
    if payload[1] & 0x30:
        found += 1
    return found
