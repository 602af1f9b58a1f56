"""VP8 (RFC 7741)."""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.transport.codecs.rules import START_BITRATE, VIDEO_FEEDBACK, CodecRules
from mixer.wire.ids import MediaKind

RULES: Final = CodecRules(
    name="vp8",
    encoding="VP8/90000",
    kind=MediaKind.VIDEO,
    clock_rate=payload_type.VIDEO_CLOCK_RATE,
    canonical=payload_type.VP8,
    rtx=payload_type.RTX_VP8,
    feedback=VIDEO_FEEDBACK,
    answered=lambda _codec: START_BITRATE,
)
