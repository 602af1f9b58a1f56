# Whose address is it: a table that a flood of strangers is looked up in, too.

cdef enum:
    NOWHERE = 0
    DATAGRAM = 1
    STREAMED = 2


cdef struct Destination:
    int kind
    socklen_t size
    int64_t port
    uint8_t address[28]


cdef int place_destination(Destination *destination, address) except -1:
    """Read a host and port as the socket tells them."""
    cdef sockaddr_in *v4 = <sockaddr_in *>destination.address
    cdef sockaddr_in6 *v6 = <sockaddr_in6 *>destination.address
    cdef bytes host = address[0].encode()
    memset(destination, 0, sizeof(Destination))
    destination.port = address[1]
    if address[0] == STREAM_HOST:
        destination.kind = STREAMED
    elif inet_pton(AF_INET, host, &v4.sin_addr) == 1:
        destination.kind = DATAGRAM
        destination.size = sizeof(sockaddr_in)
        v4.sin_family = AF_INET
        v4.sin_port = htons(<uint16_t>destination.port)
    elif inet_pton(AF_INET6, host, &v6.sin6_addr) == 1:
        destination.kind = DATAGRAM
        destination.size = sizeof(sockaddr_in6)
        v6.sin6_family = AF_INET6
        v6.sin6_port = htons(<uint16_t>destination.port)
    return 0


cdef object address_of(const uint8_t *address):
    """The way back, from what the kernel wrote."""
    cdef char text[64]
    cdef const sockaddr_in *v4 = <const sockaddr_in *>address
    cdef const sockaddr_in6 *v6 = <const sockaddr_in6 *>address
    if v4.sin_family == AF_INET:
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text))
        return (<bytes>text).decode(), ntohs(v4.sin_port)
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text))
    return (<bytes>text).decode(), ntohs(v6.sin6_port)


cdef struct Place:
    uint8_t name[20]  # port, then 16 bytes of IPv6, or 4 of IPv4 and nothing
    PyObject *peer  # NULL: free


cdef class AddressTable:
    """Peers by address, borrowed from the fan-out; filled anew when its addresses change."""

    cdef Place *places
    cdef int room
    cdef uint32_t salt

    def __cinit__(self):
        # A stranger who knows the order of the table could fill one corner of it.
        self.salt = int.from_bytes(urandom(4), "big")

    def __dealloc__(self):
        free(self.places)

    def fill(self, dict peers):
        """Take `(host, port) -> peer`."""
        cdef Destination destination
        cdef uint8_t name[20]
        cdef int room = 64
        cdef Place *place
        while room < 4 * len(peers):
            room *= 2
        free(self.places)
        self.room = 0
        self.places = <Place *>calloc(room, sizeof(Place))
        if self.places == NULL:
            raise MemoryError
        self.room = room
        for address, peer in peers.items():
            place_destination(&destination, address)
            if destination.kind == DATAGRAM:
                read_name(destination.address, name)
                place = self.look(name)
                memcpy(place.name, name, sizeof(name))
                place.peer = <PyObject *>peer

    cdef PyObject *find(self, const uint8_t *address) noexcept nogil:
        """The peer of an address as the kernel wrote it, or NULL."""
        cdef uint8_t name[20]
        if not self.room:
            return NULL
        read_name(address, name)
        return self.look(name).peer

    cdef Place *look(self, const uint8_t *name) noexcept nogil:
        cdef uint32_t at = self.salt
        cdef int index
        for index in range(20):
            at = (at ^ name[index]) * 16777619
        at ^= at >> 15
        while True:
            at &= self.room - 1
            if self.places[at].peer == NULL or memcmp(self.places[at].name, name, 20) == 0:
                return &self.places[at]
            at += 1


cdef void read_name(const uint8_t *address, uint8_t *name) noexcept nogil:
    cdef const sockaddr_in *v4 = <const sockaddr_in *>address
    cdef const sockaddr_in6 *v6 = <const sockaddr_in6 *>address
    memset(name, 0, 20)
    if v4.sin_family == AF_INET:
        memcpy(name, &v4.sin_port, 2)
        memcpy(name + 4, &v4.sin_addr, 4)
    else:
        memcpy(name, &v6.sin6_port, 2)
        name[2] = 1
        memcpy(name + 4, &v6.sin6_addr, 16)
