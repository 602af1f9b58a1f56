"""Recognising the first packet of a key frame, and asking for key frames sparingly."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from mixer.rtp import payload_type
from mixer.rtp.vp8_descriptor import is_keyframe_payload

REQUEST_INTERVAL_NS: Final = 500_000_000
_H264_IDR: Final = 5
_H264_SPS: Final = 7
_H264_STAP_A: Final = 24
_H264_FU_A: Final = 28


class KeyframeStart(IntEnum):
    """What the first packet of a key frame looks like."""

    NONE = 0
    BARE = 1
    """An IDR picture of H.264 without its parameter sets: they may be in a packet before it."""
    WHOLE = 2


def keyframe_start(canonical_type: int, payload: bytes) -> KeyframeStart:
    """Tell whether an RTP payload (without header) can begin a key frame; never raises."""
    if canonical_type == payload_type.VP8:
        return KeyframeStart.WHOLE if is_keyframe_payload(payload) else KeyframeStart.NONE
    if canonical_type == payload_type.H264 and payload:
        return _h264_start(payload)
    return KeyframeStart.NONE


def _h264_start(payload: bytes) -> KeyframeStart:
    kind = payload[0] & 0x1F
    if kind == _H264_STAP_A:  # RFC 6184 section 5.7.1
        return max(map(_unit_start, _aggregated(payload)), default=KeyframeStart.NONE)
    if kind == _H264_FU_A:  # RFC 6184 section 5.8: start bit and type
        is_idr = len(payload) > 1 and payload[1] & 0x9F == 0x80 | _H264_IDR
        return KeyframeStart.BARE if is_idr else KeyframeStart.NONE
    return _unit_start(kind)


def _unit_start(kind: int) -> KeyframeStart:
    if kind == _H264_SPS:
        return KeyframeStart.WHOLE
    return KeyframeStart.BARE if kind == _H264_IDR else KeyframeStart.NONE


def _aggregated(payload: bytes) -> Iterator[int]:
    """Types of the units in a STAP-A, as far as it is whole."""
    offset = 1
    while offset + 2 < len(payload):
        yield payload[offset + 2] & 0x1F
        offset += 2 + (payload[offset] << 8 | payload[offset + 1])


class KeyframeGate:
    """Throttle of one m-line: at most one request each `REQUEST_INTERVAL_NS` for all its layers.

    Browsers answer a request for one simulcast layer with key frames on all of them. Requests
    inside the interval are joined into one at its end, unless the layer's key frame came
    meanwhile.
    """

    __slots__ = ("_pending", "asked", "asked_ns", "joined")

    def __init__(self) -> None:
        self.asked_ns = -REQUEST_INTERVAL_NS
        """When the publisher was last asked."""
        self._pending: dict[int, None] = {}
        self.asked = 0
        self.joined = 0

    def request(self, stream: int, now_ns: int) -> bool:
        """Somebody needs a key frame of this in-stream; True: ask the publisher now."""
        if now_ns - self.asked_ns >= REQUEST_INTERVAL_NS:
            self._ask(stream, now_ns)
            return True
        self._pending[stream] = None
        self.joined += 1
        return False

    def want(self, stream: int) -> None:
        """The key frame that came is of no use: ask for another as soon as the interval allows."""
        self._pending[stream] = None

    def is_due(self, stream: int, now_ns: int) -> bool:
        """Whether a joined request for an in-stream must go out now; True counts as asked."""
        if stream not in self._pending or now_ns - self.asked_ns < REQUEST_INTERVAL_NS:
            return False
        self._ask(stream, now_ns)
        return True

    def on_keyframe(self, stream: int) -> None:
        """A key frame of an in-stream began, so nobody waits for it any more."""
        self._pending.pop(stream, None)

    def _ask(self, stream: int, now_ns: int) -> None:
        self.asked_ns = now_ns
        self._pending.pop(stream, None)
        self.asked += 1
