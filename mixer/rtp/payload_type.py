"""Payload types used inside the system, whatever a peer negotiated.

Transports translate at their edge, so that every other part may compare with
these constants.
"""

from __future__ import annotations

from typing import Final

OPUS: Final = 111
VP8: Final = 96
RTX_VP8: Final = 97
H264: Final = 102
RTX_H264: Final = 103
RED: Final = 63

AUDIO_CLOCK_RATE: Final = 48_000
VIDEO_CLOCK_RATE: Final = 90_000

CLOCK_RATES: Final[dict[int, int]] = {
    OPUS: AUDIO_CLOCK_RATE,
    RED: AUDIO_CLOCK_RATE,
    VP8: VIDEO_CLOCK_RATE,
    H264: VIDEO_CLOCK_RATE,
    RTX_VP8: VIDEO_CLOCK_RATE,
    RTX_H264: VIDEO_CLOCK_RATE,
}

RTX_OF: Final[dict[int, int]] = {VP8: RTX_VP8, H264: RTX_H264}
MEDIA_OF_RTX: Final[dict[int, int]] = {RTX_VP8: VP8, RTX_H264: H264}
