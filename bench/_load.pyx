# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The load of `bench forward` and `bench room` where every packet passes.

Nothing is decrypted here: RTP's fixed header and header extensions are in the clear (RFC 3711).
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from bench._sockets cimport (
    CLOCK_REALTIME,
    SO_TIMESTAMPNS,
    SOL_SOCKET,
    clock_gettime,
    setsockopt,
)
from mixer.forward._kernel cimport (
    CMSG_DATA,
    CMSG_FIRSTHDR,
    MSG_DONTWAIT,
    cmsghdr,
    iovec,
    mmsghdr,
    msghdr,
    recvmmsg,
    sendmmsg,
    timespec,
)

cdef enum:
    BATCH = 64
    ROOM = 2048
    CONTROL = 64
    MAX_STREAMS = 96
    NUMBERS = 65536
    ARRIVALS = 8192
    MAX_REPORTED = 500  # fits an MTU even if each delta takes two bytes

cdef struct Stream:
    uint32_t ssrc
    uint32_t repairs  # index of the stream that this one repeats, plus one
    int64_t first
    int64_t highest
    int64_t unique
    int64_t packets
    int64_t octets
    uint8_t *seen

cdef struct Receiver:
    int fd
    int extension
    int count
    Stream streams[MAX_STREAMS]
    int64_t unknown
    int64_t repeats
    # Transport-wide numbers (16 bits) and when they came, in units of 250 us.
    int64_t transport_highest
    int64_t transport_reported
    int64_t *arrived
    int feedbacks


include "_load_wire.pxi"


cdef inline int64_t extended(int64_t highest, uint16_t number) noexcept nogil:
    """The number nearest to the highest so far."""
    cdef int64_t step = (number - highest) & 0xFFFF
    if step > 0x8000:
        step -= 0x10000
    return highest + step


cdef bint count_number(Stream *stream, int64_t number) noexcept nogil:
    """Whether it is new."""
    cdef int64_t passed
    if stream.first < 0:
        stream.first = number
        stream.highest = number - 1
        memset(stream.seen, 0, NUMBERS)
    if number > stream.highest:
        if number - stream.highest >= NUMBERS:
            memset(stream.seen, 0, NUMBERS)
        else:
            for passed in range(stream.highest + 1, number + 1):
                stream.seen[passed & 0xFFFF] = 0
        stream.highest = number
    elif number <= stream.highest - NUMBERS or number < stream.first:
        return False
    if not stream.seen[number & 0xFFFF]:
        stream.seen[number & 0xFFFF] = 1
        stream.unique += 1
        return True
    return False


cdef class Load:
    """Many receiving sockets, drained in batches and counted by headers.

    Of media packets one in `sample_every` is kept whole. `others` (STUN, DTLS, RTCP and
    retransmissions with their receiver) and `samples` (receiver, Unix time in ns at which the
    kernel took it, packet) grow until the caller clears them.
    """

    cdef Receiver **receivers
    cdef int count
    cdef uint8_t *buffers
    cdef uint8_t *controls
    cdef iovec vectors[BATCH]
    cdef mmsghdr messages[BATCH]
    cdef int64_t until_sample
    cdef readonly int sample_every
    cdef readonly list others
    cdef readonly list samples

    cdef int capacity

    def __cinit__(self, int sample_every, int capacity):
        cdef int index
        self.capacity = capacity
        self.sample_every = sample_every
        self.until_sample = sample_every
        self.receivers = <Receiver **>calloc(capacity, sizeof(Receiver *))
        self.buffers = <uint8_t *>calloc(BATCH, ROOM)
        self.controls = <uint8_t *>calloc(BATCH, CONTROL)
        if self.receivers == NULL or self.buffers == NULL or self.controls == NULL:
            raise MemoryError
        for index in range(capacity):
            self.receivers[index] = <Receiver *>calloc(1, sizeof(Receiver))
            if self.receivers[index] == NULL:
                raise MemoryError
        self.count = 0
        self.others = []
        self.samples = []
        for index in range(BATCH):
            self.vectors[index].iov_base = self.buffers + index * ROOM
            self.messages[index].msg_hdr.msg_iov = &self.vectors[index]
            self.messages[index].msg_hdr.msg_iovlen = 1

    def __dealloc__(self):
        cdef int index, stream
        if self.receivers != NULL:
            for index in range(self.capacity):
                if self.receivers[index] != NULL:
                    for stream in range(self.receivers[index].count):
                        free(self.receivers[index].streams[stream].seen)
                    free(self.receivers[index].arrived)
                    free(self.receivers[index])
        free(self.receivers)
        free(self.buffers)
        free(self.controls)

    def add(self, int fd, int extension):
        """A receiver; `extension` is the id of the transport-wide number, 0 for none."""
        if self.count == self.capacity:
            raise ValueError("too many receivers")
        cdef Receiver *receiver = self.receivers[self.count]
        cdef int on = 1
        receiver.fd = fd
        receiver.extension = extension
        receiver.transport_highest = receiver.transport_reported = -1
        receiver.arrived = <int64_t *>calloc(ARRIVALS, sizeof(int64_t))
        if receiver.arrived == NULL:
            raise MemoryError
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on))
        self.count += 1
        return self.count - 1

    def expect(self, int index, uint32_t ssrc, uint32_t repair_ssrc):
        """A stream of a receiver and the one of its retransmissions (0: none)."""
        self._expect(self.receivers[index], ssrc, 0)
        if repair_ssrc:
            self._expect(self.receivers[index], repair_ssrc, self.receivers[index].count)

    cdef int _expect(self, Receiver *receiver, uint32_t ssrc, uint32_t repairs) except -1:
        if receiver.count == MAX_STREAMS:
            raise ValueError("too many streams")
        cdef Stream *stream = &receiver.streams[receiver.count]
        stream.ssrc = ssrc
        stream.repairs = repairs
        stream.first = -1
        stream.seen = <uint8_t *>calloc(NUMBERS, 1)
        if stream.seen == NULL:
            raise MemoryError
        receiver.count += 1
        return 0

    def drain(self):
        """Read everything there is; how many datagrams that was."""
        cdef int index, got
        cdef int64_t total = 0
        for index in range(self.count):
            while True:
                with nogil:
                    got = self._receive(self.receivers[index].fd)
                if got <= 0:
                    break
                total += got
                self._take(index, got)
                if got < BATCH:
                    break
        return total

    cdef int _receive(self, int fd) noexcept nogil:
        cdef int index
        for index in range(BATCH):
            self.vectors[index].iov_len = ROOM
            self.messages[index].msg_hdr.msg_control = self.controls + index * CONTROL
            self.messages[index].msg_hdr.msg_controllen = CONTROL
            self.messages[index].msg_hdr.msg_flags = 0
        return recvmmsg(fd, self.messages, BATCH, MSG_DONTWAIT, NULL)

    cdef int _take(self, int index, int got) except -1:
        cdef int message, size
        cdef uint8_t *packet
        cdef Receiver *receiver = self.receivers[index]
        cdef Stream *stream
        cdef int64_t arrival_ns
        for message in range(got):
            packet = self.buffers + message * ROOM
            size = self.messages[message].msg_len
            if size < 12 or packet[0] < 128 or packet[0] > 191 or 192 <= packet[1] <= 223:
                self.others.append((index, packet[:size]))
                continue
            arrival_ns = self._arrival_ns(message)
            stream = self._count(receiver, packet, size, arrival_ns)
            if stream == NULL:
                receiver.unknown += 1
                continue
            if stream.repairs:
                self.others.append((index, packet[:size]))
                continue
            self.until_sample -= 1
            if self.until_sample <= 0:
                self.until_sample = self.sample_every
                self.samples.append((index, arrival_ns, packet[:size]))
        return 0

    cdef int64_t _arrival_ns(self, int message) noexcept:
        cdef msghdr *head = &self.messages[message].msg_hdr
        cdef cmsghdr *control = CMSG_FIRSTHDR(head)
        cdef timespec stamp
        if control != NULL and control.cmsg_type == SO_TIMESTAMPNS:
            memcpy(&stamp, CMSG_DATA(control), sizeof(timespec))
        else:
            clock_gettime(CLOCK_REALTIME, &stamp)
        return <int64_t>stamp.tv_sec * 1000000000 + stamp.tv_nsec

    cdef Stream *_count(
        self, Receiver *receiver, uint8_t *packet, int size, int64_t arrival_ns
    ) noexcept nogil:
        cdef uint32_t ssrc = read32(packet + 8)
        cdef int index
        cdef int64_t number
        cdef Stream *stream = NULL
        for index in range(receiver.count):
            if receiver.streams[index].ssrc == ssrc:
                stream = &receiver.streams[index]
                break
        if stream == NULL:
            return NULL
        stream.packets += 1
        stream.octets += size
        number = read16(packet + 2)
        if stream.first >= 0:
            number = extended(stream.highest, <uint16_t>number)
        # What a publisher repaired before the count began comes late, and was not here before.
        receiver.repeats += not count_number(stream, number) and number >= stream.first
        if receiver.extension:
            number = transport_number(packet, size, receiver.extension)
            if number >= 0:
                if receiver.transport_highest < 0:
                    receiver.transport_highest = number
                    receiver.transport_reported = number - 1
                number = extended(receiver.transport_highest, <uint16_t>number)
                if number > receiver.transport_highest:
                    for index in range(<int>min(number - receiver.transport_highest, ARRIVALS)):
                        receiver.arrived[(number - index) % ARRIVALS] = 0
                    receiver.transport_highest = number
                receiver.arrived[number % ARRIVALS] = arrival_ns // 250000
        return stream

    def repaired(self, int index, uint32_t repair_ssrc, uint16_t number):
        """A retransmission (RFC 4588) carried this number of the stream it repeats."""
        cdef Receiver *receiver = self.receivers[index]
        cdef int place
        cdef Stream *stream
        for place in range(receiver.count):
            if receiver.streams[place].ssrc == repair_ssrc and receiver.streams[place].repairs:
                stream = &receiver.streams[receiver.streams[place].repairs - 1]
                if stream.first >= 0:
                    count_number(stream, extended(stream.highest, number))

    def counts(self, int index):
        """Per stream: SSRC, packets, bytes, missing numbers, highest number, is a repair stream."""
        cdef Receiver *receiver = self.receivers[index]
        found = []
        for place in range(receiver.count):
            stream = receiver.streams[place]
            due = stream.highest - stream.first + 1 if stream.first >= 0 else 0
            found.append(
                (
                    stream.ssrc,
                    stream.packets,
                    stream.octets,
                    due - stream.unique if not stream.repairs else 0,
                    stream.highest & 0xFFFF if stream.first >= 0 else -1,
                    bool(stream.repairs),
                )
            )
        return found

    def unknown(self, int index):
        """Packets of streams that were not expected."""
        return self.receivers[index].unknown

    def repeats(self, int index):
        """Packets that had come before: repairs without a stream of their own."""
        return self.receivers[index].repeats

    def restart(self):
        """Count anew what may be missing, from the next packet of each stream on."""
        cdef int index, place
        for index in range(self.count):
            for place in range(self.receivers[index].count):
                self.receivers[index].streams[place].first = -1
                self.receivers[index].streams[place].unique = 0
                self.receivers[index].streams[place].packets = 0
                self.receivers[index].streams[place].octets = 0

    def feedback(self, int index, uint32_t sender_ssrc, uint32_t media_ssrc):
        """Feedback on transport-wide numbers since the last one, to be asked until None."""
        cdef Receiver *receiver = self.receivers[index]
        cdef int64_t begin = receiver.transport_reported + 1
        cdef int64_t end = receiver.transport_highest + 1
        if receiver.transport_highest < 0 or begin >= end:
            return None
        begin = max(begin, end - ARRIVALS)
        while begin < end and not receiver.arrived[begin % ARRIVALS]:
            begin += 1
        if begin == end:
            return None
        end = min(end, begin + MAX_REPORTED)
        receiver.transport_reported = end - 1
        receiver.feedbacks += 1
        return write_feedback(
            receiver.arrived, begin, end, receiver.feedbacks, sender_ssrc, media_ssrc
        )


def send_all(int fd, list packets):
    """Send on a connected socket; how many the kernel took."""
    cdef iovec vectors[BATCH]
    cdef mmsghdr messages[BATCH]
    cdef int count, sent, done = 0
    cdef int total = len(packets)
    cdef const unsigned char *packet
    cdef int index
    memset(messages, 0, sizeof(messages))
    while done < total:
        count = min(total - done, BATCH)
        for index in range(count):
            packet = packets[done + index]
            vectors[index].iov_base = <void *>packet
            vectors[index].iov_len = len(packets[done + index])
            messages[index].msg_hdr.msg_iov = &vectors[index]
            messages[index].msg_hdr.msg_iovlen = 1
        with nogil:
            sent = sendmmsg(fd, messages, count, MSG_DONTWAIT)
        if sent <= 0:
            break
        done += sent
    return done
