"""Opus (RFC 7587): always two channels in the description, stereo where it is."""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.transport.codecs.rules import AUDIO_FEEDBACK, CodecRules
from mixer.transport.sdp import OfferedCodec
from mixer.wire.ids import MediaKind

# We decode stereo, whether or not the sender makes it; sprop-stereo says that what we send is.
_PARAMETERS: Final = "minptime=10;useinbandfec=1"


def _answered(codec: OfferedCodec) -> str:
    """Stereo only to those who announce it: mono costs a browser half the bit rate."""
    stereo = codec.parameters.get("sprop-stereo") == "1"
    return f"{_PARAMETERS};stereo=1" if stereo else _PARAMETERS


RULES: Final = CodecRules(
    name="opus",
    encoding="opus/48000/2",
    kind=MediaKind.AUDIO,
    clock_rate=payload_type.AUDIO_CLOCK_RATE,
    canonical=payload_type.OPUS,
    feedback=AUDIO_FEEDBACK,
    offered=f"{_PARAMETERS};stereo=1;sprop-stereo=1",
    answered=_answered,
)
