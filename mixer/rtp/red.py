"""Redundant audio data: old frames carried along with a new one (RFC 2198)."""

from __future__ import annotations

from typing import Final, NamedTuple

from mixer.rtp.errors import RtpError
from mixer.rtp.payload_type import OPUS

MAX_OFFSET: Final = (1 << 14) - 1
MAX_BLOCK_BYTES: Final = (1 << 10) - 1
_HEADER_BYTES: Final = 4
_FOLLOWS: Final = 0x80


class Redundant(NamedTuple):
    """An old frame."""

    back_samples: int
    """By how much its timestamp is before the packet's."""
    payload: bytes


def split_red(payload: bytes) -> tuple[bytes, tuple[Redundant, ...]]:
    """The frame of the packet itself, and the old ones, oldest first.

    Raises `RtpError` ``rtp.red`` when the headers do not fit (section 3) or the frame is not Opus.
    Old blocks that are empty or of another payload type are left out.
    """
    heads: list[tuple[int, int, int]] = []
    offset = 0
    while True:
        if offset >= len(payload):
            raise RtpError("rtp.red", "the last header of a redundant packet is missing")
        if not payload[offset] & _FOLLOWS:
            break
        if offset + _HEADER_BYTES > len(payload):
            raise RtpError("rtp.red", "a header of a redundant packet is cut short")
        word = int.from_bytes(payload[offset : offset + _HEADER_BYTES], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & MAX_OFFSET, word & MAX_BLOCK_BYTES))
        offset += _HEADER_BYTES
    if payload[offset] != OPUS:
        raise RtpError("rtp.red", f"a redundant packet of payload type {payload[offset]}")
    offset += 1
    old: list[Redundant] = []
    for payload_type, back_samples, size in heads:
        block = payload[offset : offset + size]
        offset += size
        if offset > len(payload):
            raise RtpError("rtp.red", "a block of a redundant packet is cut short")
        if block and payload_type == OPUS:
            old.append(Redundant(back_samples, block))
    return payload[offset:], tuple(old)


def join_red(payload: bytes, old: bytes, back_samples: int) -> bytes:
    """One old frame and the new one; without the old one where it does not fit."""
    if not old or len(old) > MAX_BLOCK_BYTES or not 0 <= back_samples <= MAX_OFFSET:
        return bytes((OPUS,)) + payload
    head = (_FOLLOWS | OPUS) << 24 | back_samples << 10 | len(old)
    return head.to_bytes(_HEADER_BYTES, "big") + bytes((OPUS,)) + old + payload
