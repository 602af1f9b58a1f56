# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Seeded damage at the speed of C: makes packets, and is the socket and SRTP they come by.

What a seed makes is the same on every machine, so that what broke is found again.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memmove

from collections import deque

from pylibsrtp import Error as SrtpError

cdef extern from "<sys/socket.h>" nogil:
    ssize_t send(int fd, const void *data, size_t size, int flags)
    int MSG_DONTWAIT

ctypedef int (*Transform)(void *context, void *packet, int *size) noexcept nogil

cdef enum:
    MOST = 1400  # so long a case gets at most
    ROOM = 4096
    MAX_SAMPLES = 64
    TAG_BYTES = 9
    HEAD_BYTES = 12

cdef const char *TAG = b"protected"
cdef uint8_t *INTERESTING = [0, 1, 0x7F, 0x80, 0xFF]
AS_IT_IS, HEADER, PAYLOAD, CONTROL = range(4)


cdef class Storm:
    """Damaged samples, one after the other, from a publisher or a viewer.

    `shape`: what is done to a damaged sample. `HEADER`: a number of its own, and mostly the SSRC
    of its payload type in `ssrcs`. `PAYLOAD`: it comes behind the RTP header `head`, with three
    packets to a timestamp and `step` between two. `CONTROL`: it mostly tells of `subject`.
    """

    cdef readonly int64_t made, sent, passed
    cdef readonly uint64_t digest
    cdef public int left
    cdef readonly object incoming
    cdef object publisher, viewer, bystander
    cdef list samples
    cdef uint8_t *starts[MAX_SAMPLES]
    cdef int sizes[MAX_SAMPLES]
    cdef int count, shape
    cdef uint64_t state
    cdef uint8_t text[ROOM]
    cdef uint8_t spare[ROOM]
    cdef int size
    cdef bytes head
    cdef uint32_t step, subject
    cdef uint32_t ssrcs[128]

    def __init__(
        self, list samples, uint64_t seed, publisher, viewer, bystander, *, int shape=0,
        bytes head=b"", uint32_t step=0, uint32_t subject=0, dict ssrcs={},
    ):
        cdef int place
        if not 0 < len(samples) <= MAX_SAMPLES or max(map(len, [*samples, head])) > MOST:
            raise ValueError(f"1 to {MAX_SAMPLES} samples of up to {MOST} bytes")
        self.samples = samples  # keeps what `starts` refers to
        self.count = len(samples)
        for place in range(self.count):
            self.starts[place] = <uint8_t *><char *>samples[place]
            self.sizes[place] = len(samples[place])
        self.state = seed * 0x9E3779B97F4A7C15ULL + 1
        self.digest = 0xCBF29CE484222325ULL
        self.publisher, self.viewer, self.bystander = publisher, viewer, bystander
        self.incoming = deque()
        self.shape, self.head, self.step, self.subject = shape, head, step, subject
        for place in range(128):
            self.ssrcs[place] = ssrcs.get(place, 0)

    # --- a socket -------------------------------------------------------------------------------

    def recvfrom(self, int size):
        """What is waiting, else another case until there are none left."""
        if self.incoming:
            return self.incoming.popleft()
        if self.left <= 0:
            raise BlockingIOError
        self.left -= 1
        viewer = self.make()
        memcpy(self.text + self.size, TAG, TAG_BYTES)
        self.size += TAG_BYTES
        # Without its end it is refused by SRTP.
        if self.shape == AS_IT_IS and self.made % 7 == 0:
            self.size -= TAG_BYTES
        return self.text[: min(self.size, size)], self.viewer if viewer else self.publisher

    def sendto(self, bytes datagram, address):
        """Count it, what is for the bystander apart, and let the digest tell it from others."""
        self.sent += 1
        if address == self.bystander and not 64 <= <uint8_t>datagram[1] & 0x7F <= 95:
            self.passed += 1
        self.digest = fold(self.digest, <const uint8_t *><char *>datagram, len(datagram))
        return len(datagram)

    def case(self):
        """One damaged sample."""
        self.make()
        return self.text[: self.size]

    def over_wire(self, int fd, uintptr_t rtp, uintptr_t rtcp, uintptr_t context, int wanted):
        """Send cases by a connected UDP socket, most of them protected by libsrtp's functions.

        How many the kernel took.
        """
        cdef int taken = 0
        cdef int size
        cdef uintptr_t protect
        for _ in range(wanted):
            self.make()
            size = self.size
            if size >= HEAD_BYTES and self.below(8):
                # libsrtp remembers every SSRC that was authentic, on both sides; these suffice.
                write32(self.text + 8, (self.text[10] & 7) << 8 | self.text[11])
                protect = rtcp if 64 <= self.text[1] & 0x7F <= 95 else rtp
                # What it refuses to protect (a header that cannot be) goes as it is.
                (<Transform>protect)(<void *>context, self.text, &size)
            if not self.below(16) and size:
                self.text[self.below(size)] ^= 1 << self.below(8)
            taken += send(fd, self.text, size, MSG_DONTWAIT) == size
        return taken

    # --- damage ---------------------------------------------------------------------------------

    cdef uint32_t below(self, uint32_t end) noexcept nogil:
        """xorshift64*; `end` is small, so that its bias does not matter."""
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return <uint32_t>((self.state * 0x2545F4914F6CDD1DULL) >> 33) % end

    cdef bint make(self) noexcept:
        """The next case into `text`; whether the viewer sends it."""
        cdef int which = self.below(self.count)
        self.made += 1
        self.size = self.sizes[which]
        memcpy(self.text, self.starts[which], self.size)
        for _ in range(self.below(5)):
            self.damage()
        if self.shape == PAYLOAD:
            self.put_behind_head()
        elif self.shape == CONTROL:
            if self.made % 3 and self.size >= HEAD_BYTES:
                write32(self.text + 8, self.subject)
            return self.made % 4 != 0
        else:
            self.number()
            return self.shape == AS_IT_IS and self.made % 2 == 0
        return False

    cdef void damage(self) noexcept:
        cdef int place, length, other
        if not self.size:
            self.size = self.below(40)
            for place in range(self.size):
                self.text[place] = self.below(256)
            return
        place = self.below(self.size)
        how = self.below(7)
        if how == 0:
            self.text[place] = self.below(256)
        elif how == 1:
            self.text[place] ^= 1 << self.below(8)
        elif how == 2:
            self.text[place] = INTERESTING[self.below(5)]
        elif how == 3:
            self.size = place
        elif how == 4:
            length = min(1 + self.below(29), self.size - place)
            memcpy(self.spare, self.text + place, length)
            self.insert(place, length)
        elif how == 5:
            length = 1 + self.below(8)
            for other in range(length):
                self.spare[other] = self.below(256)
            self.insert(place, length)
        else:
            other = self.below(self.count)
            self.size = place
            if self.sizes[other] > place:
                self.size = self.sizes[other]
                memcpy(self.text + place, self.starts[other] + place, self.size - place)

    cdef void insert(self, int place, int length) noexcept:
        if self.size + length <= MOST:
            memmove(self.text + place + length, self.text + place, self.size - place)
            memcpy(self.text + place, self.spare, length)
            self.size += length

    cdef void number(self) noexcept:
        """What repeats a number is a duplicate and read no deeper; another SSRC may take a
        stream away for good."""
        cdef uint32_t ssrc
        if self.size < HEAD_BYTES:
            return
        if self.made % 20:
            write16(self.text + 2, self.made & 0xFFFF)
        ssrc = self.ssrcs[self.text[1] & 0x7F]
        if self.made % 4 and ssrc:
            write32(self.text + 8, ssrc)

    cdef void put_behind_head(self) noexcept:
        cdef int length = len(self.head)
        self.size = min(self.size, MOST - length)
        memmove(self.text + length, self.text, self.size)
        memcpy(self.text, <const uint8_t *><char *>self.head, length)
        self.size += length
        if self.made % 3 == 0:
            self.text[1] |= 0x80
        write16(self.text + 2, self.made & 0xFFFF)
        write32(self.text + 4, <uint32_t>(self.made // 3) * self.step)


cdef class Marks:
    """SRTP that only marks: what does not end in the mark is refused."""

    def protect(self, bytes packet):
        return packet + TAG[:TAG_BYTES]

    def unprotect(self, bytes packet):
        if not packet.endswith(TAG[:TAG_BYTES]):
            raise SrtpError("authentication failure")
        return packet[:-TAG_BYTES]

    def protect_rtcp(self, bytes packet):
        return self.protect(packet)

    def unprotect_rtcp(self, bytes packet):
        return self.unprotect(packet)


cdef uint64_t fold(uint64_t digest, const uint8_t *at, Py_ssize_t size) noexcept nogil:
    """FNV-1a, and the length."""
    cdef Py_ssize_t place
    for place in range(size):
        digest = (digest ^ at[place]) * 0x100000001B3ULL
    return (digest ^ <uint64_t>size) * 0x100000001B3ULL


cdef void write16(uint8_t *at, uint16_t value) noexcept nogil:
    at[0], at[1] = value >> 8, value & 0xFF


cdef void write32(uint8_t *at, uint32_t value) noexcept nogil:
    write16(at, value >> 16)
    write16(at + 2, value & 0xFFFF)
