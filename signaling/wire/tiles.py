"""Messages of the desk's tiles: the sites' own pictures, forwarded small beside the programme."""

from __future__ import annotations

import msgspec


class WatchSites(
    msgspec.Struct, frozen=True, tag="watch_sites", kw_only=True, forbid_unknown_fields=True
):
    """See these pictures, and only these, beside what `Subscribe` asked for.

    A picture is named by its seat (its main camera), or ``seat/device/source``; or it is
    ``programme/clean`` (without captions), or for those who direct ``programme/preview`` (640x360,
    half the frames) or ``programme/multiview`` (where settings offer it). Answered by
    `TilesOffered`, an offer on the connection that is there: the programme goes on meanwhile.
    A new `Subscribe` begins without tiles.
    """

    pictures: list[str]


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """Which m-line of the offer carries which picture."""

    mid: str
    picture: str


class TilesOffered(msgspec.Struct, frozen=True, tag="tiles_offered", kw_only=True):
    """The SDP offer; answer with `SubscribeAnswer` for the same peer.

    A picture that nobody sends now has no tile.
    """

    peer: int
    sdp: str
    tiles: list[Tile]
