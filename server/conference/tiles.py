"""The desk's tiles: pictures of sites, forwarded at their lowest layer on its own connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mixer.wire.control import NegotiateSend
from mixer.wire.ids import LAYER_LOW, MediaKind, SubscriptionId
from server.intent import Received, Wiring
from server.translate import picture_label
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Right, allowed
from signaling.wire.tiles import Tile, TilesOffered

from .media import describe

if TYPE_CHECKING:
    from mixer.wire.ids import PublicationId
    from server.mint import Mint
    from signaling.wire.tiles import WatchSites

    from .caller import Caller
    from .conference import Conference

MAX_TILES = 48
"""Two halls and 17 sites with two pictures each, and some; media has 64 m-lines."""


PREVIEW, MULTIVIEW, CLEAN = "programme/preview", "programme/multiview", "programme/clean"


def _pictures(conference: Conference, caller: Caller) -> dict[str, PublicationId]:
    """What can be seen now, by the names that scenes use; what comes next by directors only."""
    intent = conference.intent()
    there = {
        picture_label(sitting, track): track.publication
        for sitting, track in intent.tracks(MediaKind.VIDEO)
    }
    numbers = conference.numbers.programme
    there[CLEAN] = numbers.renditions.clean
    if allowed(caller.role, Right.DIRECT):
        there[PREVIEW] = numbers.renditions.preview
        if conference.form.multiview:
            there[MULTIVIEW] = numbers.multiview
    return there


def _received(
    before: Wiring, asked: list[str], there: dict[str, PublicationId], mint: Mint
) -> tuple[Received, ...]:
    """What was there besides tiles, then the tiles; one that stays keeps its subscription."""
    known = {(one.tile, one.publication): one for one in before.received if one.tile}
    others = [one for one in before.received if not one.tile]
    tiles = [
        known.get((picture, there[picture]))
        or Received(
            subscription=SubscriptionId(mint.new()),
            publication=there[picture],
            kind=MediaKind.VIDEO,
            layer=LAYER_LOW,
            tile=picture,
        )
        for picture in asked
        if picture in there
    ]
    return (*others, *tiles)


async def watch_sites(conference: Conference, caller: Caller, body: WatchSites) -> TilesOffered:
    """The same connection offers other m-lines; what it already receives is not touched.

    Raises `SignalingError` ``media.unavailable``, ``join.needed``, ``message.invalid``.
    """
    device = conference.device_of(caller)
    asked = list(dict.fromkeys(body.pictures))
    if len(asked) > MAX_TILES:
        raise SignalingError("message.invalid", detail=f"at most {MAX_TILES} pictures")
    before = conference.wirings.get(device.id, Wiring())
    if not before.send_peer:
        raise SignalingError("media.unavailable")
    there = _pictures(conference, caller)
    after = msgspec.structs.replace(
        before, received=_received(before, asked, there, conference.mint)
    )
    if after != before:
        conference.rewire(device.id, after)
    try:
        offer = await describe(conference, NegotiateSend(peer=after.send_peer))
    except SignalingError:
        if conference.wirings.get(device.id) == after:
            conference.rewire(device.id, before)
        raise
    named = {one.subscription: one.tile for one in after.received if one.tile}
    tiles = [
        Tile(mid=mid, picture=named[subscription])
        for mid, subscription in offer.mids.items()
        if subscription in named
    ]
    return TilesOffered(peer=after.send_peer, sdp=offer.sdp, tiles=tiles)
