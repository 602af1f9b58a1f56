"""Header extensions (RFC 8285) as blocks of elements."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from mixer.rtp.errors import RtpError

_PROFILE: Final = struct.Struct("!HH")
_ONE_BYTE_PROFILE: Final = 0xBEDE
_TWO_BYTE_PROFILE: Final = 0x1000
_ONE_BYTE_MAX_ID: Final = 14
_ONE_BYTE_MAX_SIZE: Final = 16
_TWO_BYTE_MAX_ID: Final = 255
_TWO_BYTE_MAX_SIZE: Final = 255


def _parse_one_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    size = len(block)
    while offset < size:
        head = block[offset]
        if head == 0:
            offset += 1
            continue
        element_id = head >> 4
        if element_id in (0, 15):
            break  # RFC 8285 section 4.2: stop at a reserved id, keep what came before
        start = offset + 1
        offset = start + (head & 0x0F) + 1
        if offset > size:
            raise RtpError("rtp.extension_overrun", "a header extension runs past its block")
        found[element_id] = block[start:offset]
    return found


def _parse_two_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    size = len(block)
    while offset < size:
        element_id = block[offset]
        if element_id == 0:
            offset += 1
            continue
        start = offset + 2
        if start > size or start + block[offset + 1] > size:
            raise RtpError("rtp.extension_overrun", "a header extension runs past its block")
        offset = start + block[offset + 1]
        found[element_id] = block[start:offset]
    return found


def parse_extensions(data: bytes, offset: int) -> tuple[dict[int, bytes], int]:
    """Return the elements by id and the offset of what follows the block at `offset`.

    Unknown profiles have no elements. Raise `RtpError` for what runs past its block or `data`.
    """
    if offset + 4 > len(data):
        raise RtpError("rtp.extension_overrun", "the header extension is cut off")
    profile, words = _PROFILE.unpack_from(data, offset)
    start = offset + 4
    end = start + 4 * words
    if end > len(data):
        raise RtpError("rtp.extension_overrun", "the header extension is longer than the packet")
    if profile == _ONE_BYTE_PROFILE:
        return _parse_one_byte(data[start:end]), end
    if profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return _parse_two_byte(data[start:end]), end
    return {}, end


def _fits_one_byte(extensions: Mapping[int, bytes]) -> bool:
    return all(
        1 <= element_id <= _ONE_BYTE_MAX_ID and 1 <= len(value) <= _ONE_BYTE_MAX_SIZE
        for element_id, value in extensions.items()
    )


def build_extensions(extensions: Mapping[int, bytes]) -> bytes:
    """Return the whole block, in the one-byte form if all elements fit it.

    Raise `RtpError` for an element that fits neither form.
    """
    parts = bytearray()
    if _fits_one_byte(extensions):
        profile = _ONE_BYTE_PROFILE
        for element_id, value in extensions.items():
            parts.append(element_id << 4 | (len(value) - 1))
            parts += value
    else:
        profile = _TWO_BYTE_PROFILE
        for element_id, value in extensions.items():
            if not 1 <= element_id <= _TWO_BYTE_MAX_ID or len(value) > _TWO_BYTE_MAX_SIZE:
                raise RtpError(
                    "rtp.extension_range", f"header extension {element_id} cannot be sent"
                )
            parts.append(element_id)
            parts.append(len(value))
            parts += value
    parts += bytes(-len(parts) % 4)
    return _PROFILE.pack(profile, len(parts) // 4) + parts
