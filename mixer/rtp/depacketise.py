"""Depacketisers: Opus (RFC 7587), VP8 (RFC 7741) and H.264 (RFC 6184)."""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.rtp.assembler import (
    DEFAULT_WAIT_NS,
    MAX_PACKETS,
    MAX_UNIT_BYTES,
    AccessUnit,
    Assembler,
    OpenUnit,
    VideoAssembler,
)
from mixer.rtp.errors import RtpError
from mixer.rtp.h264 import (
    NAL_FU_A,
    NAL_IDR,
    NAL_PPS,
    NAL_SPS,
    NAL_STAP_A,
    START_CODE,
    sps_size,
    starts_picture,
)
from mixer.rtp.packet import RtpPacket
from mixer.rtp.red import Redundant, split_red
from mixer.rtp.stats import RtpDrop
from mixer.rtp.vp8_descriptor import (
    descriptor_size,
    is_keyframe,
    keyframe_size,
)

__all__ = [
    "DEFAULT_WAIT_NS",
    "MAX_PACKETS",
    "MAX_UNIT_BYTES",
    "AccessUnit",
    "Assembler",
    "H264Assembler",
    "OpusAssembler",
    "Vp8Assembler",
    "assembler_for",
]

_MAX_PARAMETER_SETS: Final = 16
_SECOND_NS: Final = 1_000_000_000


class OpusAssembler(Assembler):
    """Every packet is one unit; each is its own key frame.

    Redundant packets (RFC 2198) may stand anywhere in the stream; the old frames they carry
    fill the gap before them.
    """

    _last_timestamp = -1
    repaired = 0
    """Packets lost whose frame a later one carried."""

    def _take(
        self,
        lost_before: int,
        ext_seq: int,
        packet: RtpPacket,
        session_ns: int,
        units: list[AccessUnit],
    ) -> None:
        payload = packet.payload
        old: tuple[Redundant, ...] = ()
        if packet.payload_type == payload_type.RED:
            try:
                payload, old = split_red(payload)
            except RtpError:
                self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
                payload = b""
        timestamp = self._timestamps.extend(packet.timestamp)
        repairs = self._repairs(old[-lost_before:], timestamp) if lost_before and old else []
        self._lost_before += lost_before - len(repairs)
        self.repaired += len(repairs)
        for back, one in zip(range(len(repairs), 0, -1), repairs, strict=True):
            before_ns = one.back_samples * _SECOND_NS // payload_type.AUDIO_CLOCK_RATE
            self._add(
                one.payload,
                timestamp - one.back_samples,
                session_ns - before_ns,
                ext_seq - back,
                units,
            )
        if payload:
            self._add(payload, timestamp, session_ns, ext_seq, units)

    def _repairs(self, old: tuple[Redundant, ...], timestamp: int) -> list[Redundant]:
        """Those that were not heard before: a pause of the sender counts no packets."""
        return [one for one in old if timestamp - one.back_samples > self._last_timestamp]

    def _add(
        self,
        payload: bytes,
        timestamp: int,
        session_ns: int,
        ext_seq: int,
        units: list[AccessUnit],
    ) -> None:
        self._last_timestamp = timestamp
        units.append(
            AccessUnit(
                payload,
                True,  # noqa: FBT003 - positional for speed, see AccessUnit
                timestamp,
                session_ns,
                ext_seq,
                ext_seq,
                lost_before=self._lost_before,
            )
        )
        self._lost_before = 0


class Vp8Assembler(VideoAssembler):
    """Strips payload descriptors; a frame begins where S is set and the partition is 0."""

    def _begins_unit(self, payload: bytes, *, after_gap: bool) -> bool:
        del after_gap  # the descriptor itself tells
        return payload[0] & 0x17 == 0x10

    def _begins_again(self, unit: OpenUnit, payload: bytes) -> bool:
        return bool(unit.parts) and payload[0] & 0x17 == 0x10

    def _append(self, unit: OpenUnit, payload: bytes) -> None:
        if unit.broken is not None:
            return  # the bool decoder gains nothing from bytes behind a hole
        size = descriptor_size(payload)
        if size >= len(payload):
            self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            return
        unit.parts.append(payload[size:])

    def _close(self, unit: OpenUnit) -> None:
        if not unit.parts:
            return
        head = unit.parts[0]
        if not is_keyframe(head):
            return
        unit.keyframe = True
        if len(head) < 10:
            head = b"".join(unit.parts)[:10]
        try:
            unit.width, unit.height = keyframe_size(head)
        except RtpError:
            self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
            unit.keyframe = False
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)


class H264Assembler(VideoAssembler):
    """Joins single NAL units, STAP-A and FU-A to Annex B access units.

    A key frame is a unit with an IDR slice whose parameter sets are known; when
    the sender sent them only before, they are put in front, so that each key
    frame can begin a file.
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
        self._parameter_sets: list[bytes] = []
        self._size = (0, 0)
        self._fragment_open = False
        self._has_idr = False
        self._has_sps = False

    def _begins_unit(self, payload: bytes, *, after_gap: bool) -> bool:
        self._fragment_open = self._has_idr = self._has_sps = False
        if not after_gap:
            return True  # the unit before ended, and nothing is missing in between
        kind = payload[0] & 0x1F
        if kind == NAL_STAP_A:
            return len(payload) > 4 and starts_picture(payload[3:5])
        if kind == NAL_FU_A:
            return (
                len(payload) > 2
                and bool(payload[1] & 0x80)
                and starts_picture(bytes((payload[1] & 0x1F, payload[2])))
            )
        return starts_picture(payload[:2])

    def _append(self, unit: OpenUnit, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == NAL_FU_A:
            self._append_fragment(unit, payload)
            return
        if self._fragment_open:
            self._fragment_open = False
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)
        if 1 <= kind < NAL_STAP_A:
            self._append_nal(unit, payload)
        elif kind == NAL_STAP_A:
            self._append_aggregate(unit, payload)
        else:
            self.drops.add(RtpDrop.UNSUPPORTED_PAYLOAD)
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)

    def _append_nal(self, unit: OpenUnit, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind == NAL_IDR:
            self._has_idr = True
        elif kind in (NAL_SPS, NAL_PPS):
            self._note_parameter_set(kind, nal)
        unit.parts.append(START_CODE)
        unit.parts.append(nal)

    def _append_aggregate(self, unit: OpenUnit, payload: bytes) -> None:
        offset = 1
        while offset + 2 < len(payload):
            size = payload[offset] << 8 | payload[offset + 1]
            nal = payload[offset + 2 : offset + 2 + size]
            if size == 0 or len(nal) < size or not 1 <= nal[0] & 0x1F < NAL_STAP_A:
                break
            self._append_nal(unit, nal)
            offset += 2 + size
        if offset != len(payload) or offset == 1:
            self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)

    def _append_fragment(self, unit: OpenUnit, payload: bytes) -> None:
        if len(payload) < 3:
            self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            return
        header = payload[1]
        if header & 0x80:
            if self._fragment_open:
                unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            if header & 0x1F == NAL_IDR:
                self._has_idr = True
            unit.parts.append(START_CODE)
            unit.parts.append(bytes((payload[0] & 0xE0 | header & 0x1F,)))
        elif not self._fragment_open:
            # The start is missing: what follows belongs to no NAL unit.
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)
            return
        unit.parts.append(payload[2:])
        self._fragment_open = not header & 0x40

    def _note_parameter_set(self, kind: int, nal: bytes) -> None:
        if kind == NAL_SPS:
            self._has_sps = True
        if nal in self._parameter_sets:
            return
        if kind == NAL_SPS:
            self._parameter_sets = [nal]
            try:
                self._size = sps_size(nal)
            except RtpError:
                self.drops.add(RtpDrop.MALFORMED_PAYLOAD)
                self._size = (0, 0)
        elif len(self._parameter_sets) < _MAX_PARAMETER_SETS:
            self._parameter_sets.append(nal)

    def _on_hole(self, unit: OpenUnit) -> None:
        del unit
        self._fragment_open = False

    def _close(self, unit: OpenUnit) -> None:
        if self._fragment_open:
            self._fragment_open = False
            unit.spoil(RtpDrop.UNIT_INCOMPLETE)
        if not self._has_idr or not unit.parts:
            return
        kinds = {nal[0] & 0x1F for nal in self._parameter_sets}
        unit.keyframe = kinds >= {NAL_SPS, NAL_PPS}
        unit.width, unit.height = self._size
        if unit.keyframe and not self._has_sps:
            prefix = [part for nal in self._parameter_sets for part in (START_CODE, nal)]
            unit.parts = prefix + unit.parts


def assembler_for(
    internal_payload_type: int,
    *,
    wait_ns: int = DEFAULT_WAIT_NS,
    keep_incomplete: bool = False,
) -> Assembler:
    """Return the assembler for an internal payload type; ValueError for one without."""
    match internal_payload_type:
        case payload_type.OPUS:
            return OpusAssembler(wait_ns=wait_ns, keep_incomplete=keep_incomplete)
        case payload_type.VP8:
            return Vp8Assembler(wait_ns=wait_ns, keep_incomplete=keep_incomplete)
        case payload_type.H264:
            return H264Assembler(wait_ns=wait_ns, keep_incomplete=keep_incomplete)
        case _:
            raise ValueError(f"payload type {internal_payload_type} holds no media")
