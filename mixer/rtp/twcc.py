"""Transport-wide congestion feedback (draft-holmer-rmcat-transport-wide-cc-01).

RTPFB with format 15. aiortc reads it as a NACK, so it is parsed here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from mixer.rtp.errors import RtpError

TICK_NS: Final = 250_000
REFERENCE_NS: Final = 64_000_000
_PACKET_TYPE: Final = 205
_FORMAT: Final = 15
_HEAD: Final = struct.Struct("!BBH")
_FIXED: Final = struct.Struct("!IIHHI")
_CHUNK: Final = struct.Struct("!H")
_LARGE: Final = struct.Struct("!h")
_NOT_RECEIVED: Final = 0
_SMALL_DELTA: Final = 1
_LARGE_DELTA: Final = 2
_MAX_RUN: Final = 0x1FFF
MAX_REPORTED: Final = 4096
"""More packets in one report are no report but an attempt to keep us busy."""
_VECTOR_SIZE: Final = 7


@dataclass(slots=True, frozen=True)
class TransportFeedback:
    """Which transport-wide sequence numbers arrived, and when.

    `deltas` has one entry per number from `base_sequence` on (16 bits,
    wrapping): None for a packet that did not arrive, else ticks of 250 us
    since the one that arrived before it, the first counting from
    `reference_time` (units of 64 ms, 24 bits signed).
    """

    sender_ssrc: int
    media_ssrc: int
    base_sequence: int
    reference_time: int
    feedback_count: int
    deltas: tuple[int | None, ...]

    @property
    def received(self) -> int:
        """How many of the reported packets arrived."""
        return len(self.deltas) - self.lost

    @property
    def lost(self) -> int:
        """How many of the reported packets did not arrive."""
        return self.deltas.count(None)

    def arrivals_ns(self) -> list[tuple[int, int | None]]:
        """Return (16-bit sequence, receiver's time in ns or None) per packet."""
        time_ns = self.reference_time * REFERENCE_NS
        found: list[tuple[int, int | None]] = []
        for index, delta in enumerate(self.deltas):
            sequence = (self.base_sequence + index) & 0xFFFF
            if delta is None:
                found.append((sequence, None))
            else:
                time_ns += delta * TICK_NS
                found.append((sequence, time_ns))
        return found

    def serialize(self) -> bytes:
        """Return the RTCP packet; raise `RtpError` for arrivals over 8 s apart."""
        body = self._body()
        first = 0x80 | _FORMAT
        padding = -len(body) % 4
        if padding:
            # Without the padding bit a reader could take these bytes for arrival times.
            first |= 0x20
            body += bytes(padding - 1) + bytes((padding,))
        return _HEAD.pack(first, _PACKET_TYPE, len(body) // 4) + body

    def _body(self) -> bytes:
        statuses = [_status_of(delta) for delta in self.deltas]
        parts = bytearray(
            _FIXED.pack(
                self.sender_ssrc,
                self.media_ssrc,
                self.base_sequence,
                len(statuses),
                (self.reference_time & 0xFFFFFF) << 8 | self.feedback_count & 0xFF,
            )
        )
        for chunk in _chunks(statuses):
            parts += _CHUNK.pack(chunk)
        for delta, status in zip(self.deltas, statuses, strict=True):
            if delta is None:
                continue
            parts += bytes((delta,)) if status == _SMALL_DELTA else _LARGE.pack(delta)
        return bytes(parts)


def _status_of(delta: int | None) -> int:
    if delta is None:
        return _NOT_RECEIVED
    if 0 <= delta <= 255:
        return _SMALL_DELTA
    if -32768 <= delta <= 32767:
        return _LARGE_DELTA
    raise RtpError("twcc.delta_range", "an arrival is more than 8 s from the one before it")


def _run_length(statuses: list[int], start: int) -> int:
    first = statuses[start]
    end = min(len(statuses), start + _MAX_RUN)
    index = start + 1
    while index < end and statuses[index] == first:
        index += 1
    return index - start


def _chunks(statuses: list[int]) -> list[int]:
    chunks: list[int] = []
    index = 0
    while index < len(statuses):
        run = _run_length(statuses, index)
        if run >= _VECTOR_SIZE or index + run == len(statuses):
            chunks.append(statuses[index] << 13 | run)
            index += run
            continue
        chunk = 0xC000
        for place, status in enumerate(statuses[index : index + _VECTOR_SIZE]):
            chunk |= status << (12 - 2 * place)
        chunks.append(chunk)
        index += _VECTOR_SIZE
    return chunks


def _expand(chunk: int) -> list[int]:
    if not chunk & 0x8000:
        return [chunk >> 13 & 3] * (chunk & _MAX_RUN)
    if chunk & 0x4000:
        return [chunk >> shift & 3 for shift in range(12, -1, -2)]
    return [chunk >> shift & 1 for shift in range(13, -1, -1)]


def _parse_statuses(body: bytes, count: int) -> tuple[list[int], int]:
    """Return `count` statuses and the offset of the first arrival time."""
    if count > MAX_REPORTED:
        raise RtpError("twcc.count_range", f"transport feedback on {count} packets at once")
    offset = _FIXED.size
    statuses: list[int] = []
    while len(statuses) < count:
        if offset + 2 > len(body):
            raise RtpError("twcc.chunk_overrun", "transport feedback lacks status chunks")
        expanded = _expand(_CHUNK.unpack_from(body, offset)[0])
        offset += 2
        if not expanded:
            raise RtpError("twcc.empty_run", "a run of no packets in transport feedback")
        statuses += expanded
    return statuses[:count], offset


def parse_transport_feedback(body: bytes) -> TransportFeedback:
    """Parse what follows the RTCP header; raise `RtpError` if it is cut off."""
    if len(body) < _FIXED.size:
        raise RtpError("twcc.short", "transport feedback without its fixed part")
    sender, media, base, count, reference = _FIXED.unpack_from(body)
    statuses, offset = _parse_statuses(body, count)
    deltas: list[int | None] = []
    for status in statuses:
        if status == _SMALL_DELTA and offset + 1 <= len(body):
            deltas.append(body[offset])
            offset += 1
        elif status == _LARGE_DELTA and offset + 2 <= len(body):
            deltas.append(_LARGE.unpack_from(body, offset)[0])
            offset += 2
        elif status == _NOT_RECEIVED:
            deltas.append(None)
        else:
            raise RtpError("twcc.delta_overrun", "transport feedback lacks arrival times")
    signed = reference >> 8
    if signed & 0x800000:
        signed -= 1 << 24
    return TransportFeedback(sender, media, base, signed, reference & 0xFF, tuple(deltas))
