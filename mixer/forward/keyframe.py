"""Recognising the first packet of a key frame, and asking for key frames sparingly."""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.rtp.vp8_descriptor import is_keyframe_payload

REQUEST_INTERVAL_NS: Final = 500_000_000
_H264_IDR: Final = 5
_H264_SPS: Final = 7
_H264_STAP_A: Final = 24
_H264_FU_A: Final = 28


def begins_keyframe(canonical_type: int, payload: bytes) -> bool:
    """Tell whether an RTP payload (without header) can begin a key frame; never raises."""
    if canonical_type == payload_type.VP8:
        return is_keyframe_payload(payload)
    if canonical_type == payload_type.H264:
        return _begins_h264_keyframe(payload)
    return False


def _begins_h264_keyframe(payload: bytes) -> bool:
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind in (_H264_IDR, _H264_SPS):
        return True
    if kind == _H264_STAP_A:  # RFC 6184 section 5.7.1: the first unit follows its 2-byte size
        return len(payload) > 3 and payload[3] & 0x1F in (_H264_IDR, _H264_SPS)
    if kind == _H264_FU_A:  # RFC 6184 section 5.8: start bit and type
        return len(payload) > 1 and payload[1] & 0x9F == 0x80 | _H264_IDR
    return False


class KeyframeGate:
    """Throttle of one layer: at most one request each `REQUEST_INTERVAL_NS`.

    Requests inside the interval are joined into one at its end, unless a key
    frame came meanwhile.
    """

    __slots__ = ("_asked_ns", "_pending", "asked", "joined")

    def __init__(self) -> None:
        self._asked_ns = -REQUEST_INTERVAL_NS
        self._pending = False
        self.asked = 0
        self.joined = 0

    def request(self, now_ns: int) -> bool:
        """Somebody needs a key frame; True: ask the publisher now."""
        if now_ns - self._asked_ns >= REQUEST_INTERVAL_NS:
            self._ask(now_ns)
            return True
        self._pending = True
        self.joined += 1
        return False

    def due(self, now_ns: int) -> bool:
        """Whether a joined request must go out now; True counts as asked."""
        if self._pending and now_ns - self._asked_ns >= REQUEST_INTERVAL_NS:
            self._ask(now_ns)
            return True
        return False

    def on_keyframe(self) -> None:
        """A key frame began, so nobody waits any more."""
        self._pending = False

    def _ask(self, now_ns: int) -> None:
        self._asked_ns = now_ns
        self._pending = False
        self.asked += 1
