"""EBML elements as bytes (RFC 8794): what Matroska is made of."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

UNKNOWN_SIZE: Final = b"\x01\xff\xff\xff\xff\xff\xff\xff"
"""Size of an element that ends where its parent's next element begins (section 6.2)."""
UNKNOWN: Final = (1 << 56) - 1
VOID_ID: Final = b"\xec"
MAX_HEADER_BYTES: Final = 12
_DOUBLE: Final = struct.Struct(">d")
_SMALL_SIZES: Final = tuple(bytes((0x80 | size,)) for size in range(127))


class EbmlError(Exception):
    """Bytes that are no EBML element, or not a whole one."""


class ElementHeader(NamedTuple):
    """Identity and place of an element: its body is ``start`` to ``end``.

    ``end`` is -1 for an element of unknown size.
    """

    id: bytes
    start: int
    end: int


def size_bytes(size: int) -> bytes:
    """``size`` as the shortest variable-size integer (section 4)."""
    if size < 127:
        return _SMALL_SIZES[size]
    width = 2
    while size >= (1 << 7 * width) - 1:
        width += 1
    return (size | 1 << 7 * width).to_bytes(width, "big")


def wide_size_bytes(size: int) -> bytes:
    """``size`` in eight bytes, so that it can be overwritten in place."""
    return (size | 1 << 56).to_bytes(8, "big")


def element(identity: bytes, body: bytes) -> bytes:
    """An element with a known size."""
    return identity + size_bytes(len(body)) + body


def unsigned(identity: bytes, value: int) -> bytes:
    """An unsigned integer element (section 7.2), at least one byte long."""
    return element(identity, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def double(identity: bytes, value: float) -> bytes:
    """A float element of eight bytes (section 7.3)."""
    return element(identity, _DOUBLE.pack(value))


def text(identity: bytes, value: str) -> bytes:
    """A UTF-8 string element (section 7.5)."""
    return element(identity, value.encode())


def void(total_bytes: int) -> bytes:
    """A Void element (section 11.3.2) that takes exactly ``total_bytes``, 9 or more."""
    if total_bytes < 9:
        raise ValueError(f"a reserve of {total_bytes} bytes is too small")
    return VOID_ID + wide_size_bytes(total_bytes - 9) + bytes(total_bytes - 9)


def _width(first: int) -> int:
    """Number of bytes of a variable-size integer that begins with ``first``."""
    return 9 - first.bit_length()


def read_header(data: bytes | memoryview, offset: int) -> ElementHeader:
    """The header at ``offset``; `MAX_HEADER_BYTES` are always enough.

    Raises `EbmlError` when the bytes are none or too few.
    """
    if offset >= len(data):
        raise EbmlError("no element")
    identity_width = _width(data[offset])
    if identity_width > 4:
        raise EbmlError("no element id")
    size_at = offset + identity_width
    if size_at >= len(data) or not data[size_at]:
        raise EbmlError("no element size")
    size_width = _width(data[size_at])
    start = size_at + size_width
    if start > len(data):
        raise EbmlError("an element header is cut off")
    size = int.from_bytes(data[size_at:start], "big") & ((1 << 7 * size_width) - 1)
    identity = bytes(data[offset:size_at])
    if size == (1 << 7 * size_width) - 1:
        return ElementHeader(identity, start, -1)
    return ElementHeader(identity, start, start + size)


def children(data: bytes | memoryview, start: int, end: int) -> list[ElementHeader]:
    """Headers of the elements between ``start`` and ``end``.

    Raises `EbmlError` when they do not fill the space exactly.
    """
    found: list[ElementHeader] = []
    position = start
    while position < end:
        header = read_header(data, position)
        if header.end < 0 or header.end > end:
            raise EbmlError("an element is longer than its parent")
        found.append(header)
        position = header.end
    return found


def read_unsigned(data: bytes | memoryview, header: ElementHeader) -> int:
    """The value of an unsigned integer element."""
    return int.from_bytes(data[header.start : header.end], "big")


def read_text(data: bytes | memoryview, header: ElementHeader) -> str:
    """The value of a string element, without trailing zeros."""
    return bytes(data[header.start : header.end]).rstrip(b"\x00").decode("utf-8", "replace")


def read_double(data: bytes | memoryview, header: ElementHeader) -> float:
    """The value of a float element of eight bytes."""
    if header.end - header.start != _DOUBLE.size:
        raise EbmlError("a float of another size")
    (value,) = _DOUBLE.unpack_from(data, header.start)
    return float(value)
