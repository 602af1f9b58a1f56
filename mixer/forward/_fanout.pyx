# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled part of the fan-out; `fanout_reference` says in Python what it does."""

cdef enum:
    FIXED_HEADER_BYTES = 12  # RFC 3550 section 5.1


def rewrite_header(bytearray packet, int sequence, unsigned int timestamp, unsigned int ssrc) -> None:
    """Write sequence number, timestamp and SSRC into an RTP packet in place.

    `sequence` is taken modulo 2**16. Raises ValueError when the packet is shorter than the
    fixed header of 12 bytes, OverflowError when a value does not fit its C type.
    """
    if len(packet) < FIXED_HEADER_BYTES:
        raise ValueError("RTP packet shorter than its fixed header")
    cdef unsigned char[::1] field = packet
    field[2] = (sequence >> 8) & 0xFF
    field[3] = sequence & 0xFF
    field[4] = (timestamp >> 24) & 0xFF
    field[5] = (timestamp >> 16) & 0xFF
    field[6] = (timestamp >> 8) & 0xFF
    field[7] = timestamp & 0xFF
    field[8] = (ssrc >> 24) & 0xFF
    field[9] = (ssrc >> 16) & 0xFF
    field[10] = (ssrc >> 8) & 0xFF
    field[11] = ssrc & 0xFF
