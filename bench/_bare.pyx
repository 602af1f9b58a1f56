# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The least that a forwarder can do: read, decrypt, encrypt for each receiver, send.

No checks, no feedback, no repair, no rewriting, no counting: what `bench forward` and `bench room`
hold our media process against, to tell what any forwarder on this machine must pay.
"""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from mixer.forward._kernel cimport (
    MSG_DONTWAIT,
    iovec,
    mmsghdr,
    recvmmsg,
    sendmmsg,
    timespec,
)

cdef extern from "<arpa/inet.h>" nogil:
    uint32_t ntohl(uint32_t number)
    uint16_t ntohs(uint16_t number)

cdef extern from "<poll.h>" nogil:
    cdef struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd *files, unsigned long count, int patience_ms)
    int POLLIN

cdef extern from "<time.h>" nogil:
    int nanosleep(const timespec *duration, timespec *left)

ctypedef int (*Transform)(void *context, void *packet, int *size) noexcept nogil

cdef enum:
    BATCH = 64
    ROOM = 2048
    TRAILER = 144
    GATHER_NS = 2000000  # as decision 0090
    PORTS = 65536
    ADDRESS = 16  # bytes of a sockaddr_in

cdef struct Route:
    uint32_t ssrc
    int begin  # the first of its receivers in `taken_by`
    int end

cdef struct Sender:
    void *context
    int begin  # the first of its routes
    int end

cdef struct Out:
    uint8_t address[ADDRESS]
    void *context

cdef struct Batch:
    int filled
    uint8_t *room
    iovec vectors[BATCH]
    mmsghdr messages[BATCH]
    uint8_t addresses[BATCH][ADDRESS]


cdef int open_batch(Batch *batch) except -1:
    cdef int index
    batch.room = <uint8_t *>calloc(BATCH, ROOM)
    if batch.room == NULL:
        raise MemoryError
    for index in range(BATCH):
        batch.vectors[index].iov_base = batch.room + index * ROOM
        batch.messages[index].msg_hdr.msg_iov = &batch.vectors[index]
        batch.messages[index].msg_hdr.msg_iovlen = 1
    return 0


cdef void *context_of(session):
    from pylibsrtp._binding import ffi

    return <void *><uintptr_t>int(ffi.cast("uintptr_t", session._srtp[0]))


cdef Transform pointer_of(str name):
    from pylibsrtp._binding import ffi, lib

    return <Transform><uintptr_t>int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))


cdef class Bare:
    """One socket, those who send to it by their ports, those who take."""

    cdef int fd
    cdef Transform protect, unprotect
    cdef int32_t *by_port
    cdef Sender *senders
    cdef Route *routes
    cdef int32_t *taken_by
    cdef Out *outs
    cdef Batch taken, given
    cdef list held

    def __cinit__(self, int fd, senders, outs):
        cdef int index
        cdef const unsigned char[::1] address
        cdef list routes = [route for _, _, told in senders for route in told]
        cdef int receivers = sum([len(route[1]) for route in routes])
        self.fd = fd
        self.held = [senders, outs]
        self.protect = pointer_of("srtp_protect")
        self.unprotect = pointer_of("srtp_unprotect")
        self.by_port = <int32_t *>calloc(PORTS, sizeof(int32_t))
        self.senders = <Sender *>calloc(len(senders), sizeof(Sender))
        self.routes = <Route *>calloc(len(routes) + 1, sizeof(Route))
        self.taken_by = <int32_t *>calloc(receivers + 1, sizeof(int32_t))
        self.outs = <Out *>calloc(len(outs), sizeof(Out))
        if (
            self.by_port == NULL
            or self.senders == NULL
            or self.routes == NULL
            or self.taken_by == NULL
            or self.outs == NULL
        ):
            raise MemoryError
        open_batch(&self.taken)
        open_batch(&self.given)
        self._fill(senders)
        for index in range(len(outs)):
            address = outs[index][0]
            if address.shape[0] != ADDRESS:
                raise ValueError("an address is a sockaddr_in")
            memcpy(self.outs[index].address, &address[0], ADDRESS)
            self.outs[index].context = context_of(outs[index][1])

    cdef int _fill(self, senders) except -1:
        cdef int index, route = 0, place = 0
        for index, (port, session, told) in enumerate(senders):
            self.by_port[<uint16_t>port] = index + 1
            self.senders[index].context = context_of(session)
            self.senders[index].begin = route
            for ssrc, takers in told:
                self.routes[route].ssrc = ssrc
                self.routes[route].begin = place
                for taker in takers:
                    self.taken_by[place] = taker
                    place += 1
                self.routes[route].end = place
                route += 1
            self.senders[index].end = route
        return 0

    def __dealloc__(self):
        free(self.by_port)
        free(self.senders)
        free(self.routes)
        free(self.taken_by)
        free(self.outs)
        free(self.taken.room)
        free(self.given.room)

    cdef int run(self) noexcept nogil:
        """Until the process is ended, or the socket fails."""
        cdef pollfd file
        cdef timespec rest
        cdef int index, got
        file.fd = self.fd
        file.events = POLLIN
        rest.tv_sec = 0
        rest.tv_nsec = GATHER_NS
        while True:
            if poll(&file, 1, -1) < 0:
                return -1
            nanosleep(&rest, NULL)
            got = BATCH
            while got == BATCH:
                for index in range(BATCH):
                    self.taken.vectors[index].iov_len = ROOM
                    self.taken.messages[index].msg_hdr.msg_name = self.taken.addresses[index]
                    self.taken.messages[index].msg_hdr.msg_namelen = ADDRESS
                got = recvmmsg(self.fd, self.taken.messages, BATCH, MSG_DONTWAIT, NULL)
                for index in range(got):
                    self._pass_on(index)
            self._send()

    cdef void _pass_on(self, int place) noexcept nogil:
        """One datagram to all who take its stream."""
        cdef uint8_t *packet = self.taken.room + place * ROOM
        cdef int size = self.taken.messages[place].msg_len
        cdef int index, from_port
        cdef uint32_t ssrc
        cdef uint16_t port
        cdef Sender *sender
        if size < 12 or packet[0] < 128 or packet[0] > 191 or 192 <= packet[1] <= 223:
            return
        memcpy(&port, self.taken.addresses[place] + 2, sizeof(port))
        from_port = self.by_port[ntohs(port)]
        if not from_port or size > ROOM - TRAILER:
            return
        sender = &self.senders[from_port - 1]
        if self.unprotect(sender.context, packet, &size) != 0:
            return
        memcpy(&ssrc, packet + 8, sizeof(ssrc))
        ssrc = ntohl(ssrc)
        for index in range(sender.begin, sender.end):
            if self.routes[index].ssrc == ssrc:
                self._give(packet, size, &self.routes[index])
                return

    cdef void _give(self, const uint8_t *packet, int plain, const Route *route) noexcept nogil:
        cdef int place, size, filled
        cdef Out *out
        for place in range(route.begin, route.end):
            out = &self.outs[self.taken_by[place]]
            filled = self.given.filled
            size = plain
            memcpy(self.given.vectors[filled].iov_base, packet, size)
            if self.protect(out.context, self.given.vectors[filled].iov_base, &size) != 0:
                continue
            self.given.vectors[filled].iov_len = size
            self.given.messages[filled].msg_hdr.msg_name = out.address
            self.given.messages[filled].msg_hdr.msg_namelen = ADDRESS
            self.given.filled += 1
            if self.given.filled == BATCH:
                self._send()

    cdef void _send(self) noexcept nogil:
        if self.given.filled:
            sendmmsg(self.fd, self.given.messages, self.given.filled, MSG_DONTWAIT)
            self.given.filled = 0


def relay(int fd, list senders, list outs):
    """Pass on what comes, until the process is ended; OSError when the socket fails.

    `senders`: port, session, and by SSRC the places in `outs` of those who take it; `outs`: each
    taker's `sockaddr_in` and session.
    """
    cdef Bare bare = Bare(fd, senders, outs)
    with nogil:
        bare.run()
    raise OSError("the relay's socket failed")
