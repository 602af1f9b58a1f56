"""A packet between in-stream and out-streams, with what rewriting needs to know of it."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from mixer.rtp import payload_type as types
from mixer.rtp.errors import RtpError
from mixer.rtp.vp8_descriptor import parse_descriptor

HEADER_BYTES: Final = 12
RING_NS: Final = 5_000_000_000
"""Browsers ask again and again within a second; aiortc asks once, and again with the next packet
that it loses: behind 5 % of loss, and 25 packets a second of a quiet picture, seldom later."""
_RING_PACKETS: Final = 1024


class PictureNumbers(NamedTuple):
    """VP8's own numbering (RFC 7741 section 4.2), -1 for what the sender left out."""

    picture_id: int
    picture_bits: int
    """0, 7 or 15."""
    picture_at: int
    """Offset in the RTP packet."""
    tl0: int
    tl0_at: int


def picture_numbers(canonical: int, payload: bytes) -> PictureNumbers | None:
    """Read them; None for other codecs, for none at all, and for a descriptor cut off."""
    if canonical != types.VP8 or not payload or not payload[0] & 0x80:
        return None
    try:
        found = parse_descriptor(payload)
    except RtpError:
        return None
    if found.picture_id is None and found.tl0_picture_index is None:
        return None
    return PictureNumbers(
        -1 if found.picture_id is None else found.picture_id,
        found.picture_id_bits,
        HEADER_BYTES + found.picture_id_offset,
        -1 if found.tl0_picture_index is None else found.tl0_picture_index,
        HEADER_BYTES + found.tl0_offset,
    )


class MediaPacket(NamedTuple):
    """One accepted packet: fixed header of 12 bytes, canonical payload type, no extensions."""

    stream: int
    life: int
    sequence: int
    """Extended within the life."""
    timestamp: int
    session_ns: int
    is_keyframe: bool
    """First packet of a key frame."""
    packet: bytes
    pictures: PictureNumbers | None = None
    level: int = -1
    """The byte of RFC 6464, -1: not told."""
    orientation: int = -1
    """The byte of urn:3gpp:video-orientation, -1: not told."""


class LayerRing:
    """The last packets of one life of one in-stream, for those who ask again.

    At most 1024 packets and 2 s; the oldest leave first.
    """

    __slots__ = ("_by_number", "_order", "newest")

    def __init__(self) -> None:
        self.newest = -1
        """Highest number kept so far."""
        self._by_number: dict[int, MediaPacket] = {}
        self._order: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return len(self._by_number)

    def store(self, packet: MediaPacket, now_ns: int) -> None:
        """Keep a packet and let go of what is too old."""
        order, kept = self._order, self._by_number
        kept[packet.sequence] = packet
        self.newest = max(self.newest, packet.sequence)
        order.append((packet.sequence, now_ns))
        while len(order) > _RING_PACKETS or now_ns - order[0][1] > RING_NS:
            kept.pop(order.popleft()[0], None)

    def trim(self, now_ns: int) -> None:
        """Let go of what is too old, also when no packet comes."""
        order = self._order
        while order and now_ns - order[0][1] > RING_NS:
            self._by_number.pop(order.popleft()[0], None)

    def get(self, sequence: int) -> MediaPacket | None:
        """Return a packet by its extended number."""
        return self._by_number.get(sequence)
