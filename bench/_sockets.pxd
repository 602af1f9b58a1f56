# What the load needs of the system beside `mixer.forward._kernel`: times of arrival.

from mixer.forward._kernel cimport socklen_t, timespec

cdef extern from "<time.h>" nogil:
    int CLOCK_REALTIME
    int clock_gettime(int clock, timespec *now)

cdef extern from "<sys/socket.h>" nogil:
    int SOL_SOCKET
    int SO_TIMESTAMPNS
    int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
