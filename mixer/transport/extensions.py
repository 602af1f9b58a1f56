"""RTP header extensions (RFC 8285) that are agreed on, by purpose."""

from __future__ import annotations

from typing import Final, NamedTuple

from mixer.transport.sdp import MediaLine
from mixer.wire.ids import MediaKind

MAX_ID: Final = 14
"""Ids above this need the two-byte form; browsers have few enough for the one-byte form."""

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION: Final = "urn:3gpp:video-orientation"
ABSOLUTE_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"


class ExtensionIds(NamedTuple):
    """The id of each extension on one connection or m-line; 0: not agreed.

    BUNDLE gives an id one meaning on all m-lines (RFC 9143 section 9).
    """

    mid: int = 0
    """RFC 9143 section 15."""
    rid: int = 0
    """RFC 8852."""
    repaired_rid: int = 0
    audio_level: int = 0
    """RFC 6464."""
    transport_sequence: int = 0
    """draft-holmer-rmcat-transport-wide-cc-extensions-01."""
    orientation: int = 0
    """3GPP TS 26.114 section 7.4.5 (CVO)."""
    absolute_time: int = 0
    """abs-send-time, for receivers that estimate themselves and answer by REMB."""


_URI_OF: Final[dict[str, str]] = {
    "mid": MID,
    "rid": RID,
    "repaired_rid": REPAIRED_RID,
    "audio_level": AUDIO_LEVEL,
    "transport_sequence": TRANSPORT_CC,
    "orientation": ORIENTATION,
    "absolute_time": ABSOLUTE_TIME,
}
_USED_BY: Final[dict[MediaKind, frozenset[str]]] = {
    MediaKind.AUDIO: frozenset({"mid", "audio_level", "transport_sequence", "absolute_time"}),
    MediaKind.VIDEO: frozenset(ExtensionIds._fields) - {"audio_level"},
}
OFFERED: Final = ExtensionIds(
    mid=1, audio_level=2, transport_sequence=3, orientation=4, absolute_time=5
)
"""In our offers to receivers. Layers are our business there, so no rids."""


def used_by(ids: ExtensionIds, kind: MediaKind) -> ExtensionIds:
    """Only those that an m-line of this kind has a use for."""
    unused = dict.fromkeys(frozenset(ExtensionIds._fields) - _USED_BY[kind], 0)
    return ids._replace(**unused)


def agreed(line: MediaLine, kind: MediaKind) -> ExtensionIds:
    """What an offer or an answer names of ours."""
    found = {
        name: line.extensions[uri]
        for name, uri in _URI_OF.items()
        if 1 <= line.extensions.get(uri, 0) <= MAX_ID
    }
    return used_by(ExtensionIds(**found), kind)


def merged(lines: list[ExtensionIds]) -> ExtensionIds:
    """The ids of a whole connection."""
    return ExtensionIds(*(max(ids, default=0) for ids in zip(*lines, strict=True)))


def lines_of(ids: ExtensionIds) -> list[str]:
    """`a=extmap` attributes of an m-line."""
    return [
        f"a=extmap:{number} {_URI_OF[name]}" for name, number in ids._asdict().items() if number
    ]
