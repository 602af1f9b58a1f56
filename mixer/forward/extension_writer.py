"""The header extension of packets to one receiver (RFC 8285, one-byte form)."""

from __future__ import annotations

from typing import Final, NamedTuple

from mixer.forward.lines import OutLine

_PREFIX_BYTES: Final = 4


class ExtensionBlock(NamedTuple):
    """A block and where in it the values stand that are known only when a packet leaves.

    Offsets count from the first byte of the block; 0: the element is not there.
    """

    octets: bytes
    sequence_at: int
    time_at: int


_EMPTY: Final = ExtensionBlock(b"", 0, 0)


class ExtensionWriter:
    """Writes transport sequence, absolute time, level, orientation and mid, in this order."""

    __slots__ = ("_blocks", "_ids", "_mid", "_needs_time", "is_known")

    def __init__(self, line: OutLine) -> None:
        """`is_known` becomes True when the receiver has reported on the stream."""
        self._ids = line.extensions
        # Who reports arrivals does not estimate itself.
        self._needs_time = line.extensions.absolute_time and not line.transport_feedback
        self._mid = line.mid.encode()[:16]
        self.is_known = False
        self._blocks: dict[tuple[int, int, bool], ExtensionBlock] = {}

    def block(self, level: int, orientation: int) -> ExtensionBlock:
        """Return the block for a packet; -1 for a value that its publisher did not tell."""
        key = (level, orientation, self.is_known)
        found = self._blocks.get(key)
        if found is None:
            # 256 levels and 16 orientations: bounded by the bytes they are.
            found = self._blocks[key] = self._build(level, orientation)
        return found

    def _build(self, level: int, orientation: int) -> ExtensionBlock:
        ids = self._ids
        parts = bytearray(_PREFIX_BYTES)
        sequence_at = time_at = 0
        if ids.transport_sequence:
            parts.append(ids.transport_sequence << 4 | 1)
            sequence_at = len(parts)
            parts += bytes(2)
        if self._needs_time:
            parts.append(ids.absolute_time << 4 | 2)
            time_at = len(parts)
            parts += bytes(3)
        if ids.audio_level and level >= 0:
            parts += bytes((ids.audio_level << 4, level))
        if ids.orientation and orientation >= 0:
            parts += bytes((ids.orientation << 4, orientation))
        if ids.mid and self._mid and not self.is_known:
            parts.append(ids.mid << 4 | len(self._mid) - 1)
            parts += self._mid
        if len(parts) == _PREFIX_BYTES:
            return _EMPTY
        parts += bytes(-len(parts) % 4)
        parts[:_PREFIX_BYTES] = b"\xbe\xde" + ((len(parts) - _PREFIX_BYTES) // 4).to_bytes(2, "big")
        return ExtensionBlock(bytes(parts), sequence_at, time_at)
