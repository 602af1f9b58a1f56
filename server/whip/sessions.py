"""Sessions of encoders and players: opened by an offer, restarted, closed.

A session is a device at its seat and nothing else: its address holds the secret by which a page
would come back, so a server that was started anew still knows it. Its ETag is made of what tells
one ICE session from the next.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from mixer.wire.control import AnswerSend, RestartIce
from mixer.wire.ids import PeerId
from server.conference import media, people
from server.intent import Wiring
from signaling.seats import DeviceKind
from signaling.wire.errors import SignalingError
from signaling.wire.messages import Join, Publish, Subscribe
from signaling.wire.roles import Right

from .fragment import Fragment, read_fragment
from .offer import played, published, read_offer

if TYPE_CHECKING:
    from server.conference.caller import Caller
    from server.conference.conference import Conference
    from signaling.seats import Device

_log = structlog.get_logger(__name__)
KINDS: Final = {"whip": DeviceKind.ENCODER, "whep": DeviceKind.PLAYER}
RIGHTS: Final = {"whip": Right.PUBLISH, "whep": Right.RECEIVE}


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """``secret`` is the last part of the session's address."""

    secret: str
    sdp: str
    etag: str


class Patched(msgspec.Struct, frozen=True, kw_only=True):
    """``fragment`` and ``etag`` of an ICE restart; empty when only candidates came."""

    fragment: str = ""
    etag: str = ""


def etag_of(wiring: Wiring) -> str:
    """An entity tag (RFC 9110 section 8.8.3), another one after each ICE restart."""
    text = f"{wiring.receive_peer or wiring.send_peer} {wiring.ufrag}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


async def open_session(
    conference: Conference, caller: Caller, sdp: str, wish: Subscribe | None = None
) -> Opened:
    """Answer an offer; ``wish`` says what a player would like, None is an encoder.

    One session of a kind at a seat: the same token takes its own earlier one over, as an encoder
    does that fell and was started again; another one is told ``seat.taken``. Raises
    `SignalingError`, also as `people.join` and `media.publish` do; nothing is left behind then.
    """
    offer = read_offer(sdp)
    tracks = published(offer) if wish is None else []
    wish = None if wish is None else _possible(wish, sdp)
    kinds = {track.kind for track in tracks}
    joined = await people.join(
        conference,
        caller,
        Join(
            has_audio="audio" in kinds,
            has_video="video" in kinds,
            take_over=_is_own(conference, caller),
        ),
        over_http=True,
    )
    device = joined.device
    try:
        if wish is None:
            answer = (await media.publish(conference, caller, Publish(sdp=sdp, tracks=tracks))).sdp
        else:
            answer = await _play(conference, caller, sdp, wish)
        wiring = msgspec.structs.replace(conference.wirings[device], ufrag=offer.transport.ufrag)
    except BaseException:
        if device in conference.cores.seats.devices:
            conference.forget(conference.cores.seats.leave(device))
        raise
    conference.rewire(device, wiring)
    _log.info("whip.opened", seat=caller.seat.id, device=device, kind=caller.kind)
    return Opened(secret=joined.resume, sdp=answer, etag=etag_of(wiring))


def _is_own(conference: Conference, caller: Caller) -> bool:
    there = conference.cores.seats.at(caller.seat.id)
    return any(one.kind is caller.kind and one.link == caller.link for one in there)


def _possible(wish: Subscribe, sdp: str) -> Subscribe:
    """Of what is wished that for which the offer has room."""
    room = played(read_offer(sdp))
    return msgspec.structs.replace(
        wish,
        picture=wish.picture and room.picture,
        sound=wish.sound if room.sound else "none",
        decodes=room.decodes,
    )


async def _play(conference: Conference, caller: Caller, sdp: str, wish: Subscribe) -> str:
    peer = PeerId(conference.mint.new())
    received = media.received(conference, caller.seat, wish)
    conference.rewire(caller.device, Wiring(send_peer=peer, received=received))
    answer = await media.describe(conference, AnswerSend(peer=peer, sdp=sdp))
    conference.device_of(caller)
    return answer.sdp


def find(conference: Conference, caller: Caller, secret: str) -> Device:
    """The session of this address, if it was opened by the caller's token.

    Raises `SignalingError` ``whip.unknown_session``, whether it is another's or nobody's.
    """
    wanted = people.resume_hash(secret, over_http=True)
    for device in conference.cores.seats.at(caller.seat.id):
        same = device.resume_hash == wanted and device.link == caller.link
        if same and device.over_http and device.kind is caller.kind:
            caller.device = device.id
            return device
    raise SignalingError("whip.unknown_session")


async def patch(
    conference: Conference, caller: Caller, secret: str, if_match: str, text: str
) -> Patched:
    """Candidates, or with other credentials an ICE restart (RFC 9725 section 4.3.1).

    Raises `SignalingError` ``whip.unknown_session``, ``http.precondition_required``,
    ``http.precondition_failed``, ``sdp.invalid``, ``media.unavailable``; the session goes on.
    """
    device = find(conference, caller, secret)
    wiring = conference.wirings.get(device.id, Wiring())
    _check_tag(if_match, etag_of(wiring))
    fragment = read_fragment(text)
    if fragment.ufrag in {"", wiring.ufrag}:
        return Patched()
    return await _restart(conference, device, wiring, fragment)


def _check_tag(if_match: str, etag: str) -> None:
    """Weak tags never match here (RFC 9110 section 13.1.1)."""
    if not if_match.strip():
        raise SignalingError("http.precondition_required")
    tags = [tag.strip() for tag in if_match.split(",")]
    if "*" not in tags and etag not in tags:
        raise SignalingError("http.precondition_failed")


async def _restart(
    conference: Conference, device: Device, wiring: Wiring, fragment: Fragment
) -> Patched:
    if not fragment.password:
        raise SignalingError("sdp.invalid", detail="an ICE restart needs ice-ufrag and ice-pwd")
    command = RestartIce(
        peer=wiring.receive_peer or wiring.send_peer,
        ufrag=fragment.ufrag,
        password=fragment.password,
    )
    answer = await media.describe(conference, command)
    if device.id not in conference.cores.seats.devices:
        raise SignalingError("whip.unknown_session")
    after = msgspec.structs.replace(conference.wirings.get(device.id, wiring), ufrag=fragment.ufrag)
    conference.rewire(device.id, after)
    return Patched(fragment=answer.sdp, etag=etag_of(after))


def close(conference: Conference, caller: Caller, secret: str) -> None:
    """Raises `SignalingError` ``whip.unknown_session``."""
    device = find(conference, caller, secret)
    conference.forget(conference.cores.seats.leave(device.id))
    _log.info("whip.closed", seat=device.seat, device=device.id)
