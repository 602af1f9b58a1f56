# What arrived from a publisher, for transport-wide feedback.

cdef enum:
    ARRIVALS = 8192
    HISTORY = 1024
    MOST_JUMP = 4096
    MOST_STATUSES = 400
    MOST_DELTA = 0x7FFF
    MOST_REPORT = 2048
    VECTOR = 7


cdef class ArrivalCore:
    """The memory of a `transport_log.ArrivalLog`; numbers are extended, -1: none."""

    cdef public int64_t highest, _next, _oldest_new, _count
    cdef int64_t floor
    cdef int64_t *numbers
    cdef int64_t *arrived_ns

    def __cinit__(self):
        self.numbers = <int64_t *>calloc(ARRIVALS, sizeof(int64_t))
        self.arrived_ns = <int64_t *>calloc(ARRIVALS, sizeof(int64_t))
        if self.numbers == NULL or self.arrived_ns == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.numbers)
        free(self.arrived_ns)

    def add(self, int sequence, int64_t arrival_ns):
        """Note a packet by its 16-bit number; a repeated one keeps its first arrival."""
        self.note(<uint16_t>sequence, arrival_ns)

    cdef void note(self, uint16_t sequence, int64_t arrival_ns) noexcept nogil:
        cdef uint16_t ahead = <uint16_t>(sequence - self.highest)
        cdef int64_t number
        cdef int place
        if self.highest < 0:
            self.highest = number = <int64_t>sequence + 0x10000
        elif ahead < 0x8000:
            self.highest += ahead
            number = self.highest
        else:
            number = self.highest + ahead - 0x10000
        place = number & (ARRIVALS - 1)
        if number <= self.highest - HISTORY:
            return
        if self.numbers[place] == number and number >= self.floor:
            return
        if self._next >= 0 and number - self._next > MOST_JUMP:
            # The sender began anew; what lies between was never sent.
            memset(self.numbers, 0, ARRIVALS * sizeof(int64_t))
            self._next = number
        self.numbers[place] = number
        self.arrived_ns[place] = arrival_ns
        if self._oldest_new < 0 or number < self._oldest_new:
            self._oldest_new = number

    def reports(self, uint32_t sender_ssrc, uint32_t media_ssrc):
        """See `ArrivalLog`; what is returned can only be serialised."""
        cdef int64_t start = self.begin()
        cdef uint8_t made[MOST_REPORT]
        cdef int size
        found = []
        while start <= self.highest:
            size = self.write(made, &start, sender_ssrc, media_ssrc)
            if size:
                found.append(WrittenReport.__new__(WrittenReport, made[:size]))
        self.end()
        return found

    cdef int64_t begin(self) noexcept nogil:
        """The number that reports begin with; one behind all if there is nothing new."""
        if self._oldest_new < 0:
            return self.highest + 1
        return self._oldest_new if self._next < 0 else min(self._next, self._oldest_new)

    cdef void end(self) noexcept nogil:
        """All up to the highest have been told."""
        if self._oldest_new < 0:
            return
        self._next = self.highest + 1
        self._oldest_new = -1
        self.floor = self._next - HISTORY

    cdef int write(
        self, uint8_t *made, int64_t *begun, uint32_t sender_ssrc, uint32_t media_ssrc
    ) noexcept nogil:
        """Write a report from a number on, which moves behind it; 0: nothing arrived."""
        cdef uint8_t statuses[MOST_STATUSES]
        cdef int16_t deltas[MOST_STATUSES]
        cdef int64_t number = begun[0]
        cdef int64_t start = number
        cdef int64_t reference = -1, ticks = 0, delta
        cdef int64_t end = min(self.highest + 1, start + MOST_STATUSES)
        cdef int place, count = 0
        while number < end:
            place = number & (ARRIVALS - 1)
            if self.numbers[place] != number or number < self.floor:
                statuses[count] = NOT_RECEIVED
            else:
                if reference < 0:
                    reference = self.arrived_ns[place] // REFERENCE_NS
                    ticks = reference * (REFERENCE_NS // TICK_NS)
                delta = self.arrived_ns[place] // TICK_NS - ticks
                if not -MOST_DELTA <= delta <= MOST_DELTA:
                    break
                statuses[count] = SMALL_DELTA if 0 <= delta <= 255 else LARGE_DELTA
                deltas[count] = delta
                ticks += delta
            number += 1
            count += 1
        begun[0] = number
        if reference < 0:
            return 0
        write32(made + 4, sender_ssrc)
        write32(made + 8, media_ssrc)
        write16(made + 12, start & 0xFFFF)
        write16(made + 14, count)
        write32(made + 16, <uint32_t>((reference & 0xFFFFFF) << 8 | (self._count & 0xFF)))
        self._count += 1
        return finish_report(made, write_deltas(made, write_statuses(made, statuses, count),
                                                statuses, deltas, count))


cdef class WrittenReport:
    """A `twcc.TransportFeedback` as bytes."""

    cdef bytes made

    def __cinit__(self, bytes made):
        self.made = made

    def serialize(self):
        """The RTCP packet."""
        return self.made


cdef int write_statuses(uint8_t *made, const uint8_t *statuses, int count) noexcept nogil:
    """Write the chunks as `twcc` chooses them; return where they end."""
    cdef int size = 20, index = 0, run, place, chunk
    while index < count:
        run = 1
        while index + run < count and statuses[index + run] == statuses[index]:
            run += 1
        if run >= VECTOR or index + run == count:
            chunk = statuses[index] << 13 | run
            index += run
        else:
            chunk = 0xC000
            for place in range(min(VECTOR, count - index)):
                chunk |= statuses[index + place] << (12 - 2 * place)
            index += VECTOR
        write16(made + size, chunk)
        size += 2
    return size


cdef int write_deltas(
    uint8_t *made, int size, const uint8_t *statuses, const int16_t *deltas, int count
) noexcept nogil:
    cdef int place
    for place in range(count):
        if statuses[place] == SMALL_DELTA:
            made[size] = <uint8_t>deltas[place]
            size += 1
        elif statuses[place] == LARGE_DELTA:
            write16(made + size, <uint16_t>deltas[place])
            size += 2
    return size


cdef int finish_report(uint8_t *made, int size) noexcept nogil:
    """Pad to whole words and write the head; return the length."""
    cdef int padding = -size & 3
    made[0] = 0x80 | 15
    made[1] = 205
    if padding:
        made[0] |= 0x20
        memset(made + size, 0, padding)
        size += padding
        made[size - 1] = padding
    write16(made + 2, size // 4 - 1)
    return size


class CompiledArrivals(ArrivalCore, ArrivalLog):
    """An arrival log that is filled without the interpreter."""
