"""H.264 (RFC 6184): baseline where it is offered, else main or high, which we decode too."""

from __future__ import annotations

import re
from typing import Final

from mixer.rtp import payload_type
from mixer.transport.codecs.rules import START_BITRATE, VIDEO_FEEDBACK, CodecRules
from mixer.transport.sdp import MediaLine, OfferedCodec
from mixer.wire.ids import MediaKind

_PARAMETERS: Final = "level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={level}"
_OFFERED_LEVEL: Final = "42e01f"
"""Constrained baseline 3.1: what every browser decodes (RFC 7742 section 6.2)."""
_DEFAULT_LEVEL: Final = "420010"
_LEVEL: Final = re.compile(r"[0-9a-f]{6}")
_PROFILES: Final = ("42", "4d", "64")
_SINGLE_UNIT_PENALTY: Final = len(_PROFILES)
"""Without fragments (packetization mode 0) a picture is cut into many slices."""


def _level(codec: OfferedCodec) -> str:
    return codec.parameters.get("profile-level-id", _DEFAULT_LEVEL).lower()


def _mode(codec: OfferedCodec) -> str:
    return codec.parameters.get("packetization-mode", "0")


def _rank(codec: OfferedCodec, _line: MediaLine) -> int | None:
    level, mode = _level(codec), _mode(codec)
    if _LEVEL.fullmatch(level) is None or level[:2] not in _PROFILES or mode not in ("0", "1"):
        return None
    return _PROFILES.index(level[:2]) + (0 if mode == "1" else _SINGLE_UNIT_PENALTY)


def _answered(codec: OfferedCodec) -> str:
    """The profile must be the offered one, else the payload type means another codec."""
    return f"{_PARAMETERS.format(mode=_mode(codec), level=_level(codec))};{START_BITRATE}"


RULES: Final = CodecRules(
    name="h264",
    encoding="H264/90000",
    kind=MediaKind.VIDEO,
    clock_rate=payload_type.VIDEO_CLOCK_RATE,
    canonical=payload_type.H264,
    rtx=payload_type.RTX_H264,
    feedback=VIDEO_FEEDBACK,
    offered=_PARAMETERS.format(mode="1", level=_OFFERED_LEVEL),
    rank=_rank,
    answered=_answered,
)
