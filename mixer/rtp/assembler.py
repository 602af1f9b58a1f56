"""What all depacketisers share: access units, ordering, gaps and their bounds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from mixer.rtp.packet import RtpPacket
from mixer.rtp.sequence import TimestampExtender
from mixer.rtp.stats import DropCounts, RtpDrop
from mixer.rtp.window import ReorderWindow

DEFAULT_WAIT_NS: Final = 120_000_000
MAX_PACKETS: Final = 2048
MAX_UNIT_BYTES: Final = 4 << 20
_MAX_UNIT_PARTS: Final = 16_384


@dataclass(slots=True)
class AccessUnit:
    """One coded frame of a stream.

    `payload` is what a decoder takes (H.264 as Annex B). `rtp_timestamp` is
    extended and never wraps; `session_ns` is that of the first packet seen.
    `width` and `height` are 0 unless a VP8 key frame or H.264 SPS told them.
    `lost_before` counts the packets lost since the unit returned before this
    one, those missing inside this one included.
    """

    payload: bytes
    keyframe: bool
    rtp_timestamp: int
    session_ns: int
    first_sequence: int
    last_sequence: int
    complete: bool = True
    width: int = 0
    height: int = 0
    lost_before: int = 0


class Assembler(ABC):
    """Turns the packets of one stream into access units.

    Packets behind a gap wait up to `wait_ns`, at most `max_packets` of them and
    `max_unit_bytes` together. No input raises: what cannot be used is dropped
    and counted in `drops`. `lost_packets` counts gaps that were given up.
    """

    def __init__(
        self,
        *,
        wait_ns: int = DEFAULT_WAIT_NS,
        max_packets: int = MAX_PACKETS,
        max_unit_bytes: int = MAX_UNIT_BYTES,
        keep_incomplete: bool = False,
    ) -> None:
        """With `keep_incomplete`, units with losses come out flagged, not dropped."""
        self.drops = DropCounts()
        self._window = ReorderWindow(wait_ns, max_packets, max_unit_bytes, self.drops)
        self._timestamps = TimestampExtender()
        self._max_unit_bytes = max_unit_bytes
        self._keep_incomplete = keep_incomplete
        self._lost_before = 0

    @property
    def lost_packets(self) -> int:
        """How many packets were declared lost."""
        return self._window.lost

    @property
    def held_packets(self) -> int:
        """How many packets wait behind a gap right now."""
        return self._window.held

    @property
    def needs_keyframe(self) -> bool:
        """Whether decoding can only go on right at a key frame."""
        return False

    def push(self, ext_seq: int, packet: RtpPacket, session_ns: int) -> list[AccessUnit]:
        """Add a packet; return the units that are now whole, in order."""
        units: list[AccessUnit] = []
        if self._window.passes(ext_seq):
            self._take(0, ext_seq, packet, session_ns, units)
        else:
            for released in self._window.push(ext_seq, packet, session_ns):
                self._take(*released, units)
        return units

    def advance(self, now_ns: int) -> list[AccessUnit]:
        """Let time pass; return the units that gaps given up set free.

        Call it at a steady pace of at most `wait_ns`, on any monotonic clock.
        """
        units: list[AccessUnit] = []
        for released in self._window.advance(now_ns):
            self._take(*released, units)
        return units

    def flush(self) -> list[AccessUnit]:
        """End the stream: return all that can still be made of what is held."""
        units: list[AccessUnit] = []
        for released in self._window.flush():
            self._take(*released, units)
        return units

    @abstractmethod
    def _take(
        self,
        lost_before: int,
        ext_seq: int,
        packet: RtpPacket,
        session_ns: int,
        units: list[AccessUnit],
    ) -> None:
        """Use one packet in its place."""


class OpenUnit:
    """A video unit whose last packet has not come yet."""

    __slots__ = (
        "broken",
        "first_sequence",
        "height",
        "keyframe",
        "last_sequence",
        "parts",
        "rtp_timestamp",
        "session_ns",
        "size",
        "width",
    )

    def __init__(self, rtp_timestamp: int, session_ns: int, first_sequence: int) -> None:
        self.rtp_timestamp = rtp_timestamp
        self.session_ns = session_ns
        self.first_sequence = first_sequence
        self.last_sequence = first_sequence
        self.parts: list[bytes] = []
        self.size = 0
        self.broken: RtpDrop | None = None
        self.keyframe = False
        self.width = 0
        self.height = 0

    def spoil(self, reason: RtpDrop) -> None:
        """Mark that something is missing; the first reason stays."""
        if self.broken is None:
            self.broken = reason


class VideoAssembler(Assembler):
    """Units end at the marker bit or, where that was lost, at the next timestamp.

    After a loss `needs_keyframe` is true until a whole key frame came out;
    units in between still come out, as a decoder makes something of most.
    """

    def __init__(
        self,
        *,
        wait_ns: int = DEFAULT_WAIT_NS,
        max_packets: int = MAX_PACKETS,
        max_unit_bytes: int = MAX_UNIT_BYTES,
        keep_incomplete: bool = False,
    ) -> None:
        """Take the arguments of `Assembler`."""
        super().__init__(
            wait_ns=wait_ns,
            max_packets=max_packets,
            max_unit_bytes=max_unit_bytes,
            keep_incomplete=keep_incomplete,
        )
        self._unit: OpenUnit | None = None
        self._needs_keyframe = True
        self._after_gap = True

    @property
    def needs_keyframe(self) -> bool:
        """True from the start and from each loss until the next whole key frame."""
        return self._needs_keyframe

    def _take(
        self,
        lost_before: int,
        ext_seq: int,
        packet: RtpPacket,
        session_ns: int,
        units: list[AccessUnit],
    ) -> None:
        if lost_before:
            self._note_gap(lost_before)
        payload = packet.payload
        if not payload:
            return  # padding: it held a sequence number and nothing else
        rtp_timestamp = self._timestamps.extend(packet.timestamp)
        unit = self._unit
        if unit is not None and (
            unit.rtp_timestamp != rtp_timestamp or self._begins_again(unit, payload)
        ):
            self._finish(unit, units)
            unit = None
        if unit is None:
            unit = self._unit = OpenUnit(rtp_timestamp, session_ns, ext_seq)
            if not self._begins_unit(payload, after_gap=self._after_gap):
                unit.spoil(RtpDrop.UNIT_HEADLESS)
        self._after_gap = False
        unit.last_sequence = ext_seq
        if unit.size + len(payload) > self._max_unit_bytes or len(unit.parts) > _MAX_UNIT_PARTS:
            unit.broken = RtpDrop.UNIT_TOO_LARGE
            unit.parts.clear()
        elif unit.broken is not RtpDrop.UNIT_TOO_LARGE:
            unit.size += len(payload)
            self._append(unit, payload)
        if packet.marker:
            self._finish(unit, units)

    def _note_gap(self, lost: int) -> None:
        self._lost_before += lost
        self._needs_keyframe = True
        self._after_gap = True
        if self._unit is not None:
            self._unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            self._on_hole(self._unit)

    def _finish(self, unit: OpenUnit, units: list[AccessUnit]) -> None:
        self._unit = None
        self._close(unit)
        reason = unit.broken
        if reason is not None:
            self._needs_keyframe = True
            too_large = reason is RtpDrop.UNIT_TOO_LARGE
            if too_large or not self._keep_incomplete or not unit.parts:
                self.drops.add(reason)
                return
        elif unit.keyframe:
            self._needs_keyframe = False
        units.append(
            AccessUnit(
                b"".join(unit.parts),
                unit.keyframe,
                unit.rtp_timestamp,
                unit.session_ns,
                unit.first_sequence,
                unit.last_sequence,
                reason is None,
                unit.width,
                unit.height,
                self._lost_before,
            )
        )
        self._lost_before = 0

    def flush(self) -> list[AccessUnit]:
        """End the stream: return all that can still be made of what is held."""
        units = super().flush()
        if self._unit is not None:
            # Without a marker nobody knows whether the unit is whole.
            self._unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            self._finish(self._unit, units)
        return units

    @abstractmethod
    def _begins_unit(self, payload: bytes, *, after_gap: bool) -> bool:
        """Tell whether nothing of the unit came before `payload`."""

    def _begins_again(self, unit: OpenUnit, payload: bytes) -> bool:
        """Tell whether `payload` begins another unit of the same timestamp."""
        del unit, payload
        return False

    @abstractmethod
    def _append(self, unit: OpenUnit, payload: bytes) -> None:
        """Add the payload's share to the unit, or spoil it."""

    def _on_hole(self, unit: OpenUnit) -> None:
        """React to packets lost inside `unit`."""

    def _close(self, unit: OpenUnit) -> None:
        """Complete the unit's bytes and description before it goes out."""
