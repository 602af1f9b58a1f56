"""How one receiver numbers the packets of many lives as one stream."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass
from typing import Final

from mixer.forward.media_packet import RING_NS, LayerRing, MediaPacket

LATE_NS: Final = 500_000_000
"""So long late packets of a layer that was left still fill their places."""
_MAX_SEGMENTS: Final = 32
_PICTURE_CYCLE: Final = 1 << 15


def first_sequence() -> int:
    """A random start below 32768: a receiver that misses the first packets still guesses the
    rollover counter right (RFC 3711 section 3.3.1).
    """
    return secrets.randbelow(1 << 15)


@dataclass(slots=True, eq=False)
class Segment:
    """A run of one life: what is added to its numbers, and where it begins and ends.

    The very same offsets make the very same bytes when a packet is asked for again.
    """

    ring: LayerRing
    life: int
    start: int
    """First in-sequence."""
    end: int
    """Highest in-sequence sent; nothing beyond may be once it is closed."""
    sequence_offset: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int
    closed_ns: int = -1

    def holds(self, out_sequence: int) -> bool:
        """Whether an extended number of the receiver is of this run."""
        return self.start <= out_sequence - self.sequence_offset <= self.end


class Numbering:
    """The runs of the last 2 s, at most 32, and the numbers that come next."""

    segment_type = Segment

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque(maxlen=_MAX_SEGMENTS)
        self.next_sequence = first_sequence()
        self._picture_id = -1
        self._tl0 = -1
        self.current: Segment | None = None

    def begin(
        self, packet: MediaPacket, ring: LayerRing, timestamp_offset: int, now_ns: int
    ) -> Segment:
        """Go on with another life, or anew with the same one, from this packet on."""
        self.close(now_ns)
        picture_offset = tl0_offset = 0
        pictures = packet.pictures
        if pictures is not None and pictures.picture_bits and self._picture_id >= 0:
            picture_offset = (self._picture_id + 1 - pictures.picture_id) % _PICTURE_CYCLE
        if pictures is not None and pictures.tl0 >= 0 and self._tl0 >= 0:
            tl0_offset = (self._tl0 + 1 - pictures.tl0) & 0xFF
        segment = self.segment_type(
            ring,
            packet.life,
            packet.sequence,
            packet.sequence - 1,
            self.next_sequence - packet.sequence,
            timestamp_offset,
            picture_offset,
            tl0_offset,
        )
        return self._open(segment)

    def _open(self, segment: Segment) -> Segment:
        self._segments.append(segment)
        self.current = segment
        return segment

    def close(self, now_ns: int) -> None:
        """End the current run; its late packets may still come."""
        if self.current is not None:
            self.current.closed_ns = now_ns
            self.current = None
        while self._segments and self._segments[0].closed_ns >= 0:
            if now_ns - self._segments[0].closed_ns < RING_NS:
                break
            self._segments.popleft()

    def take(self, segment: Segment, packet: MediaPacket) -> int:
        """Note that a packet is sent; return its extended number."""
        number = packet.sequence + segment.sequence_offset
        segment.end = max(segment.end, packet.sequence)
        if number >= self.next_sequence:
            self.next_sequence = number + 1
            self._note_pictures(segment, packet)
        return number

    def _note_pictures(self, segment: Segment, packet: MediaPacket) -> None:
        pictures = packet.pictures
        if pictures is None:
            return
        if pictures.picture_bits:
            self._picture_id = (pictures.picture_id + segment.picture_offset) % (
                1 << pictures.picture_bits
            )
        if pictures.tl0 >= 0:
            self._tl0 = (pictures.tl0 + segment.tl0_offset) & 0xFF

    def insert(self, now_ns: int) -> int:
        """Return a number for a packet of our own; what follows moves up by one."""
        number = self.next_sequence
        self.next_sequence += 1
        before = self.current
        if before is None:
            return number
        if before.end < before.start:
            before.sequence_offset += 1
            return number
        before.closed_ns = now_ns
        self._open(
            self.segment_type(
                before.ring,
                before.life,
                before.end + 1,
                before.end,
                before.sequence_offset + 1,
                before.timestamp_offset,
                before.picture_offset,
                before.tl0_offset,
            )
        )
        return number

    def place_of(self, packet: MediaPacket, now_ns: int) -> Segment | None:
        """Return the run a packet belongs to, also a late one; None: it has no place."""
        current = self.current
        if current is not None and current.life == packet.life and packet.sequence >= current.start:
            return current
        for segment in reversed(self._segments):
            if (
                segment.life == packet.life
                and segment.start <= packet.sequence <= segment.end
                and now_ns - segment.closed_ns < LATE_NS
            ):
                return segment
        return None

    def find(self, sequence: int) -> tuple[Segment, MediaPacket] | None:
        """Return the packet that was, or should have been, sent under a 16-bit number."""
        newest = self.next_sequence - 1
        number = newest - ((newest - sequence) & 0xFFFF)
        for segment in reversed(self._segments):
            if segment.holds(number):
                packet = segment.ring.get(number - segment.sequence_offset)
                return None if packet is None else (segment, packet)
        return None
