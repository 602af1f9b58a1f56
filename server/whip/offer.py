"""What an encoder's or a player's offer asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from mixer.rtp import payload_type
from mixer.transport.codecs import accept
from mixer.transport.sdp import parse_sdp
from mixer.wire.control import ControlError
from signaling.wire.errors import ERRORS, SignalingError
from signaling.wire.messages import PublishTrack

if TYPE_CHECKING:
    from mixer.transport.sdp import Description, MediaLine

_SOURCES: Final = {"video": "camera", "audio": "microphone"}
_SIZES: Final = {"q": 0, "l": 0, "low": 0, "m": 1, "mid": 1, "h": 2, "high": 2, "f": 3, "full": 3}
"""Names that encoders in use give to their layers, the smallest first."""
_MEASURES: Final = (("max-width", "max-height"), ("max-height",), ("max-fs",), ("max-br",))
"""Restrictions by which layers are told apart, the best first."""
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_PICTURES: Final = {payload_type.H264: "h264", payload_type.VP8: "vp8"}


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """What a player wants. ``decodes`` are the codecs of its pictures."""

    picture: bool
    sound: bool
    decodes: list[str]


def read_offer(sdp: str) -> Description:
    """Raises `SignalingError` ``sdp.invalid`` or ``sdp.no_fingerprint``."""
    try:
        return parse_sdp(sdp)
    except ControlError as error:
        known = error.error if error.error in ERRORS else "sdp.invalid"
        values = {} if known == "sdp.no_fingerprint" else {"detail": error.text}
        raise SignalingError(known, **values) from error


def published(offer: Description) -> list[PublishTrack]:
    """The picture and the sound of an encoder.

    Raises `SignalingError` ``whip.nothing_usable`` for none, or for two of a kind: nobody
    could say which is which.
    """
    tracks = [
        PublishTrack(mid=line.mid, kind=line.kind, source=_SOURCES[line.kind], rids=_layers(line))
        for line in offer.lines
        if _usable(line, "sendonly")
    ]
    kinds = [track.kind for track in tracks]
    if not kinds:
        raise SignalingError("whip.nothing_usable", detail="no H.264, VP8 or Opus is sent")
    if len(set(kinds)) != len(kinds):
        raise SignalingError("whip.nothing_usable", detail="two tracks of one kind")
    return tracks


def played(offer: Description) -> Playing:
    """Raises `SignalingError` ``whip.nothing_usable`` where nothing is received."""
    lines = [line for line in offer.lines if _usable(line, "recvonly")]
    codecs = {
        _PICTURES[canonical]
        for line in lines
        for canonical in accept(line).media.values()
        if canonical in _PICTURES
    }
    found = Playing(
        picture=bool(codecs),
        sound=any(line.kind == "audio" for line in lines),
        decodes=sorted(codecs),
    )
    if not found.picture and not found.sound:
        raise SignalingError("whip.nothing_usable", detail="no H.264, VP8 or Opus is received")
    return found


def _usable(line: MediaLine, direction: str) -> bool:
    open_line = not line.rejected and line.kind in _SOURCES and line.rtcp_mux and bool(line.mid)
    return open_line and line.direction in (direction, "sendrecv") and bool(accept(line).media)


def _layers(line: MediaLine) -> list[str]:
    """The smallest first: by what the offer says of each layer, where it says the same of all;
    else by names that encoders in use give; else the most wanted, which is the largest, comes first
    (RFC 8853 section 5.2).
    """
    layers = list(line.layers) if line.kind == "video" else []
    if len(layers) < 2:
        return []
    for restriction in _MEASURES:
        told = [_told(line.send_rids[name], restriction) for name in layers]
        if all(told) and len(set(told)) == len(told):
            return [name for _, name in sorted(zip(told, layers, strict=True))]
    if all(name in _SIZES for name in layers):
        return sorted(layers, key=lambda name: _SIZES[name])
    return layers[::-1]


def _told(restrictions: str, names: tuple[str, ...]) -> float:
    """The product of restrictions of one layer (RFC 8851 section 5); 0 where one is not told.

    ``max-width=1280;max-height=720``, also after a list of payload types.
    """
    found: dict[str, str] = {}
    for part in restrictions.split(";"):
        name, _, value = part.strip().partition("=")
        found[name.lower()] = value.strip()
    product = 1.0
    for name in names:
        if not _NUMBER.fullmatch(found.get(name, "")):
            return 0.0
        product *= float(found[name])
    return product
