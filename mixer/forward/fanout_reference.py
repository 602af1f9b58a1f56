"""What the compiled module `_fanout` does, in Python; both pass the same tests."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

RewriteHeader = Callable[[bytearray, int, int, int], None]
_FIXED_HEADER_BYTES: Final = 12
_FIELDS: Final = struct.Struct("!HII")
_INT_MIN: Final = -(1 << 31)
_INT_MAX: Final = (1 << 31) - 1
_UNSIGNED_MAX: Final = (1 << 32) - 1


def rewrite_header(packet: bytearray, sequence: int, timestamp: int, ssrc: int) -> None:
    """Write sequence number, timestamp and SSRC into an RTP packet in place.

    `sequence` is taken modulo 2**16. Raises ValueError when the packet is shorter than the
    fixed header of 12 bytes, OverflowError when a value does not fit its C type, TypeError when
    an argument is of another type.
    """
    if not isinstance(packet, bytearray):
        raise TypeError("packet must be a bytearray")
    if not _INT_MIN <= sequence <= _INT_MAX:
        raise OverflowError("sequence does not fit a C int")
    if not (0 <= timestamp <= _UNSIGNED_MAX and 0 <= ssrc <= _UNSIGNED_MAX):
        raise OverflowError("timestamp or SSRC does not fit 32 bits")
    if len(packet) < _FIXED_HEADER_BYTES:
        raise ValueError("RTP packet shorter than its fixed header")
    _FIELDS.pack_into(packet, 2, sequence & 0xFFFF, timestamp, ssrc)
