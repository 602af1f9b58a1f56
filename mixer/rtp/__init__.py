"""RTP and RTCP without IO: bytes and times go in, values come out.

Nothing here opens a socket, reads a clock or starts a task; every function
that depends on time takes it as an argument in nanoseconds.
"""
