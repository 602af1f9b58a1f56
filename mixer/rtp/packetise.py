"""Splitting coded frames into RTP payloads: Opus, VP8 (RFC 7741), H.264 (RFC 6184)."""

from __future__ import annotations

from typing import Final

from mixer.rtp.h264 import NAL_FU_A, NAL_IDR, NAL_SLICE, NAL_STAP_A, split_annexb

MAX_PAYLOAD: Final = 1100
_FU_HEADER_SIZE: Final = 2
_STAP_ITEM_HEADER_SIZE: Final = 2


def _equal_parts(size: int, room: int) -> list[tuple[int, int]]:
    """Return (start, end) of the fewest parts of at most `room`, equal but for one byte.

    Equal sizes let a sender hand the run to the kernel in one piece.
    """
    count = -(-size // room)
    smaller, larger_count = divmod(size, count)
    parts: list[tuple[int, int]] = []
    start = 0
    for index in range(count):
        end = start + smaller + (1 if index < larger_count else 0)
        parts.append((start, end))
        start = end
    return parts


def packetise_opus(frame: bytes) -> list[bytes]:
    """Return the one payload of an Opus packet (RFC 7587 section 4.2)."""
    return [frame] if frame else []


def packetise_vp8(
    frame: bytes,
    picture_id: int,
    max_payload: int = MAX_PAYLOAD,
    *,
    tl0_picture_index: int | None = None,
) -> list[bytes]:
    """Split one VP8 frame into payloads of at most `max_payload` bytes, of equal size.

    `picture_id` goes out with 15 bits. The marker bit belongs on the last one.
    """
    if not frame:
        return []
    flags = 0x80 if tl0_picture_index is None else 0xC0
    tail = bytes((flags, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF))
    if tl0_picture_index is not None:
        tail += bytes((tl0_picture_index & 0xFF,))
    room = max_payload - 1 - len(tail)
    if room < 1:
        raise ValueError(f"max_payload {max_payload} leaves no room for a frame")
    first, following = b"\x90" + tail, b"\x80" + tail
    return [
        (following if start else first) + frame[start:end]
        for start, end in _equal_parts(len(frame), room)
    ]


def _fragment(nal: bytes, max_payload: int) -> list[bytes]:
    """Return FU-A payloads for a NAL unit that does not fit (RFC 6184 section 5.8)."""
    indicator = nal[0] & 0xE0 | NAL_FU_A
    kind = nal[0] & 0x1F
    body = nal[1:]
    payloads: list[bytes] = []
    for start, end in _equal_parts(len(body), max_payload - _FU_HEADER_SIZE):
        header = kind
        if start == 0:
            header |= 0x80
        if end == len(body):
            header |= 0x40
        payloads.append(bytes((indicator, header)) + body[start:end])
    return payloads


def _aggregate(nals: list[bytes]) -> bytes:
    """Return a STAP-A payload (RFC 6184 section 5.7.1), or the unit itself if alone."""
    if len(nals) == 1:
        return nals[0]
    importance = max(nal[0] & 0x60 for nal in nals)
    parts = [bytes((importance | NAL_STAP_A,))]
    for nal in nals:
        parts.append(len(nal).to_bytes(2, "big"))
        parts.append(nal)
    return b"".join(parts)


def packetise_h264(annexb: bytes, max_payload: int = MAX_PAYLOAD) -> list[bytes]:
    """Split one access unit (Annex B) into payloads of at most `max_payload` bytes.

    Neighbouring units that are no slices (SPS, PPS, SEI) share a STAP-A; what
    does not fit becomes FU-A fragments of equal size. The marker bit belongs
    on the last payload.
    """
    if max_payload <= _FU_HEADER_SIZE:
        raise ValueError(f"max_payload {max_payload} leaves no room for a frame")
    payloads: list[bytes] = []
    small: list[bytes] = []
    small_size = 1

    def close_aggregate() -> None:
        nonlocal small_size
        if small:
            payloads.append(_aggregate(small))
            small.clear()
            small_size = 1

    for nal in split_annexb(annexb):
        size = len(nal) + _STAP_ITEM_HEADER_SIZE
        is_slice = NAL_SLICE <= nal[0] & 0x1F <= NAL_IDR
        if not is_slice and size + 1 <= max_payload:
            if small_size + size > max_payload:
                close_aggregate()
            small.append(nal)
            small_size += size
            continue
        close_aggregate()
        if len(nal) <= max_payload:
            payloads.append(nal)
        else:
            payloads += _fragment(nal, max_payload)
    close_aggregate()
    return payloads
