"""VP8 payload descriptor (RFC 7741 section 4.2) and frame header (RFC 6386 section 9.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mixer.rtp.errors import RtpError

_KEYFRAME_START: Final = b"\x9d\x01\x2a"
_KEYFRAME_HEADER_SIZE: Final = 10


@dataclass(slots=True, frozen=True)
class Vp8Descriptor:
    """One parsed descriptor; a field the sender left out is None.

    `size` is the number of payload bytes the descriptor takes.
    `picture_id_bits` is 0, 7 or 15. `picture_id_offset` and `tl0_offset` say
    where in the payload the values stand (-1: absent), for rewriting in place.
    """

    size: int
    starts_partition: bool
    partition: int
    non_reference: bool
    picture_id: int | None = None
    picture_id_bits: int = 0
    picture_id_offset: int = -1
    tl0_picture_index: int | None = None
    tl0_offset: int = -1
    temporal_layer: int | None = None
    layer_sync: bool = False
    key_index: int | None = None

    @property
    def starts_frame(self) -> bool:
        """Whether the first byte of a frame follows."""
        return self.starts_partition and self.partition == 0


def _cut_off() -> RtpError:
    return RtpError("vp8.descriptor_overrun", "a VP8 payload descriptor is cut off")


def parse_descriptor(payload: bytes) -> Vp8Descriptor:
    """Parse the descriptor in front of `payload`; raise `RtpError` if it is cut off."""
    if not payload:
        raise _cut_off()
    first = payload[0]
    starts = bool(first & 0x10)
    partition = first & 0x07
    non_reference = bool(first & 0x20)
    if not first & 0x80:
        return Vp8Descriptor(1, starts, partition, non_reference)
    try:
        return _parse_extended(payload, starts=starts, non_reference=non_reference)
    except IndexError:
        raise _cut_off() from None


def _parse_extended(payload: bytes, *, starts: bool, non_reference: bool) -> Vp8Descriptor:
    flags = payload[1]
    offset = 2
    picture_id: int | None = None
    bits = 0
    picture_id_offset = tl0_offset = -1
    if flags & 0x80:
        picture_id_offset = offset
        picture_id, bits = payload[offset], 7
        offset += 1
        if picture_id & 0x80:
            picture_id, bits = (picture_id & 0x7F) << 8 | payload[offset], 15
            offset += 1
    tl0: int | None = None
    if flags & 0x40:
        tl0_offset = offset
        tl0 = payload[offset]
        offset += 1
    layer: int | None = None
    key_index: int | None = None
    layer_sync = False
    if flags & 0x30:
        last = payload[offset]
        offset += 1
        if flags & 0x20:
            layer = last >> 6
            layer_sync = bool(last & 0x20)
        if flags & 0x10:
            key_index = last & 0x1F
    return Vp8Descriptor(
        offset,
        starts,
        payload[0] & 0x07,
        non_reference,
        picture_id,
        bits,
        picture_id_offset,
        tl0,
        tl0_offset,
        layer,
        layer_sync,
        key_index,
    )


def descriptor_size(payload: bytes) -> int:
    """Return the length of the descriptor alone, for the hot path.

    `payload` is not empty. The result may exceed its length when it is cut off.
    """
    if not payload[0] & 0x80:
        return 1
    if len(payload) < 2:
        return 2
    flags = payload[1]
    size = 2
    if flags & 0x80:
        size = 4 if len(payload) > 2 and payload[2] & 0x80 else 3
    if flags & 0x40:
        size += 1
    if flags & 0x30:
        size += 1
    return size


def rewrite(
    payload: bytearray | memoryview,
    descriptor: Vp8Descriptor,
    *,
    picture_id: int | None = None,
    tl0_picture_index: int | None = None,
) -> None:
    """Overwrite picture id and TL0PICIDX in `payload`, whose descriptor this is.

    A value is reduced to the bits the sender used; one that the sender left
    out stays out, so that the packet keeps its length.
    """
    if picture_id is not None and descriptor.picture_id_bits:
        offset = descriptor.picture_id_offset
        if descriptor.picture_id_bits == 15:
            payload[offset] = 0x80 | picture_id >> 8 & 0x7F
            payload[offset + 1] = picture_id & 0xFF
        else:
            payload[offset] = picture_id & 0x7F
    if tl0_picture_index is not None and descriptor.tl0_offset >= 0:
        payload[descriptor.tl0_offset] = tl0_picture_index & 0xFF


def is_keyframe(frame: bytes) -> bool:
    """Tell from the first byte of a frame whether it is a key frame."""
    return bool(frame) and not frame[0] & 0x01


def is_keyframe_payload(payload: bytes) -> bool:
    """Tell whether an RTP payload begins a key frame; never raises."""
    if not payload or payload[0] & 0x17 != 0x10:
        return False
    size = descriptor_size(payload)
    return size < len(payload) and not payload[size] & 0x01


def keyframe_size(frame: bytes) -> tuple[int, int]:
    """Return (width, height) of a key frame; raise `RtpError` if its header is wrong."""
    if len(frame) < _KEYFRAME_HEADER_SIZE or frame[3:6] != _KEYFRAME_START:
        raise RtpError("vp8.keyframe_header", "a VP8 key frame without its start code")
    width = (frame[6] | frame[7] << 8) & 0x3FFF
    height = (frame[8] | frame[9] << 8) & 0x3FFF
    return width, height
