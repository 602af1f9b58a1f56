# Reading header extensions and writing transport-wide feedback, for `_load.pyx`.

cdef inline uint32_t read32(const uint8_t *at) noexcept nogil:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef inline uint16_t read16(const uint8_t *at) noexcept nogil:
    return (<uint16_t>at[0] << 8) | at[1]


cdef int64_t transport_number(const uint8_t *packet, int size, int extension) noexcept nogil:
    """The 16 bits of the transport-wide extension, or -1; one-byte headers (RFC 8285) only."""
    cdef int at = 12 + 4 * (packet[0] & 15), end, length, name
    if not packet[0] & 0x10 or at + 4 > size or read16(packet + at) != 0xBEDE:
        return -1
    end = at + 4 + 4 * read16(packet + at + 2)
    at += 4
    if end > size:
        return -1
    while at < end:
        name = packet[at] >> 4
        length = (packet[at] & 15) + 1
        if name == 0:
            at += 1
            continue
        if at + 1 + length > end:
            return -1
        if name == extension and length == 2:
            return read16(packet + at + 1)
        at += 1 + length
    return -1


cdef bytes write_feedback(
    int64_t *arrived, int64_t begin, int64_t end, int count, uint32_t sender_ssrc, uint32_t media_ssrc
):
    """RTPFB format 15 with two-bit status vectors. `arrived`: units of 250 us, 0 for what did not."""
    cdef int64_t number, last, delta
    cdef int64_t base
    cdef int symbol, filled
    base = arrived[begin % ARRIVALS] // 256
    last = base * 256
    chunks = bytearray()
    deltas = bytearray()
    symbol = filled = 0
    for number in range(begin, end):
        symbol <<= 2
        if arrived[number % ARRIVALS]:
            delta = arrived[number % ARRIVALS] - last
            last += delta
            if 0 <= delta <= 255:
                symbol |= 1
                deltas.append(delta)
            else:
                symbol |= 2
                delta = max(-32768, min(32767, delta)) & 0xFFFF
                deltas.append(delta >> 8)
                deltas.append(delta & 0xFF)
        filled += 1
        if filled == 7 or number == end - 1:
            symbol = 0xC000 | symbol << 2 * (7 - filled)
            chunks.append(symbol >> 8)
            chunks.append(symbol & 0xFF)
            symbol = filled = 0
    body = bytes(chunks) + bytes(deltas)
    body += bytes((4 - len(body) % 4) % 4)
    return (
        bytes((0x8F, 205))
        + (4 + len(body) // 4).to_bytes(2, "big")
        + sender_ssrc.to_bytes(4, "big")
        + media_ssrc.to_bytes(4, "big")
        + (begin & 0xFFFF).to_bytes(2, "big")
        + (end - begin).to_bytes(2, "big")
        + (base & 0xFFFFFF).to_bytes(3, "big")
        + bytes((count & 0xFF,))
        + body
    )
