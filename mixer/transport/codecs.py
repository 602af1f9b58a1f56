"""Which codecs this node takes part in, and their canonical payload types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mixer.rtp import payload_type
from mixer.transport.sdp import MediaLine, OfferedCodec
from mixer.wire.ids import MediaKind

OPUS_PARAMETERS: Final = "minptime=10;useinbandfec=1"
H264_PARAMETERS: Final = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
VIDEO_FEEDBACK: Final = ("goog-remb", "ccm fir", "nack", "nack pli")
_AUDIO_FEEDBACK: Final = ("nack",)


@dataclass(slots=True, frozen=True)
class AcceptedLine:
    """What one m-line may carry, in payload types of the peer."""

    media: dict[int, int]
    """Negotiated payload type to canonical payload type."""
    rtx: dict[int, int]
    """Retransmission payload type to the media payload type it repeats."""
    nack: bool


def canonical_type(codec: OfferedCodec) -> int | None:
    """Return our payload type for an offered codec, None for one we do not take."""
    if codec.name == "opus" and codec.clock_rate == payload_type.AUDIO_CLOCK_RATE:
        return payload_type.OPUS
    if codec.clock_rate != payload_type.VIDEO_CLOCK_RATE:
        return None
    if codec.name == "vp8":
        return payload_type.VP8
    if codec.name == "h264" and _is_usable_h264(codec.parameters):
        return payload_type.H264
    return None


def _is_usable_h264(parameters: dict[str, str]) -> bool:
    """Baseline in packetization mode 1: what every browser decodes (RFC 7742 section 6.2)."""
    profile = parameters.get("profile-level-id", "420010").lower()
    return parameters.get("packetization-mode", "0") == "1" and profile.startswith("42")


def accept(line: MediaLine) -> AcceptedLine:
    """Choose what we take of an m-line; empty when there is nothing in common."""
    kind = MediaKind.AUDIO if line.kind == "audio" else MediaKind.VIDEO
    media: dict[int, int] = {}
    for codec in line.codecs.values():
        canonical = canonical_type(codec)
        is_audio = canonical == payload_type.OPUS
        if canonical is not None and is_audio == (kind is MediaKind.AUDIO):
            media[codec.payload_type] = canonical
    rtx: dict[int, int] = {}
    for codec in line.codecs.values():
        original = codec.parameters.get("apt", "")
        if codec.name == "rtx" and original.isdecimal() and int(original) in media:
            rtx[codec.payload_type] = int(original)
    nack = bool(media) and all("nack" in line.codecs[number].feedback for number in media)
    return AcceptedLine(media, rtx, nack)


def accepted_feedback(codec: OfferedCodec) -> list[str]:
    """The offered feedback that we give or obey. Not transport-wide: we send REMB."""
    known = _AUDIO_FEEDBACK if codec.name == "opus" else VIDEO_FEEDBACK
    return [text for text in known if text in codec.feedback]
