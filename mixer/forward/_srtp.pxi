# libsrtp by its function pointers, out of the library that pylibsrtp brings.

ctypedef int (*Transform)(void *context, void *packet, int *size) noexcept nogil

cdef enum:
    MOST_SRTP = 1500  # as pylibsrtp's own buffer
    TRAILER = 144
    RTCP_TRAILER = 148

cdef Transform protect_rtp = NULL
cdef Transform protect_rtcp = NULL
cdef Transform unprotect_rtp = NULL
cdef Transform unprotect_rtcp = NULL


cdef Transform pointer_of(str name) except NULL:
    return <Transform><uintptr_t>int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))


def find_library():
    """Take the pointers. Raises AttributeError, ImportError or TypeError where they are not."""
    global ffi, lib, protect_rtp, protect_rtcp, unprotect_rtp, unprotect_rtcp
    from pylibsrtp._binding import ffi, lib
    protect_rtp = pointer_of("srtp_protect")
    protect_rtcp = pointer_of("srtp_protect_rtcp")
    unprotect_rtp = pointer_of("srtp_unprotect")
    unprotect_rtcp = pointer_of("srtp_unprotect_rtcp")


def protected_by_pointer(session, packet, bint is_rtcp=False):
    """What the pointers make of a packet, for comparison; None: refused."""
    cdef uint8_t room[2 * MOST_SRTP]
    cdef int size = len(packet)
    cdef void *context = context_of(session)
    cdef const unsigned char[::1] given = packet
    cdef Transform transform = protect_rtcp if is_rtcp else protect_rtp
    if context == NULL or transform == NULL or size > MOST_SRTP:
        return None
    memcpy(room, &given[0], size)
    return room[:size] if transform(context, room, &size) == 0 else None


cdef void *context_of(session) except? NULL:
    """The context behind a session of pylibsrtp; NULL for another kind of session."""
    if protect_rtp == NULL or not isinstance(session, Session):
        return NULL
    return <void *><uintptr_t>int(ffi.cast("uintptr_t", session._srtp[0]))


cdef int by_session(PyObject *method, uint8_t *packet, int *size) noexcept with gil:
    """Let a session in Python do it; 0: done."""
    try:
        made = (<object>method)(packet[: size[0]])
        if len(made) > MOST_SRTP + TRAILER:
            return -1
        memcpy(packet, <const uint8_t *><const char *>made, len(made))
        size[0] = len(made)
    except (SrtpError, ValueError):
        return -1
    except Exception:
        log.exception("forward.session_failed")
        return -1
    return 0
