"""Redundant audio (RFC 2198): block payload types, and the primary block alone."""

from __future__ import annotations

from collections.abc import Mapping


def red_headers(payload: bytes) -> list[int] | None:
    """Return the offsets of the block headers, the primary's last; None if malformed."""
    offsets: list[int] = []
    offset = lengths = 0
    size = len(payload)
    while offset < size and payload[offset] & 0x80:
        if offset + 4 > size:
            return None
        offsets.append(offset)
        lengths += (payload[offset + 2] & 0x03) << 8 | payload[offset + 3]
        offset += 4
    if offset + 1 + lengths > size or offset >= size:
        return None
    offsets.append(offset)
    return offsets


def map_red_types(payload: bytes, types: Mapping[int, int]) -> bytes | None:
    """Return the payload with its blocks' types translated; None if that is not possible."""
    offsets = red_headers(payload)
    if offsets is None:
        return None
    mapped = bytearray(payload)
    for offset in offsets:
        translated = types.get(payload[offset] & 0x7F)
        if translated is None:
            return None
        mapped[offset] = payload[offset] & 0x80 | translated
    return bytes(mapped)


def red_primary(payload: bytes) -> tuple[int, bytes] | None:
    """Return payload type and bytes of the primary block; None if malformed."""
    offsets = red_headers(payload)
    if offsets is None:
        return None
    start = offsets[-1] + 1
    for offset in offsets[:-1]:
        start += (payload[offset + 2] & 0x03) << 8 | payload[offset + 3]
    return payload[offsets[-1]] & 0x7F, payload[start:]
