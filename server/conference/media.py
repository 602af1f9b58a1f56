"""Publishing and subscribing: a page's descriptions, passed to media and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import structlog

from mixer.wire.control import (
    ControlError,
    Description,
    FinishSend,
    NegotiateReceive,
    NegotiateSend,
)
from mixer.wire.ids import (
    LAYER_LOW,
    LAYER_MAIN,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from server.intent import TALKBACK, Received, Track, Wiring
from signaling.event import SeatKind
from signaling.wire.errors import ERRORS, SignalingError
from signaling.wire.messages import (
    Done,
    Offered,
    Publish,
    Published,
    PublishedTrack,
    PublishTrack,
    Subscribe,
    SubscribeAnswer,
)
from signaling.wire.roles import Right

if TYPE_CHECKING:
    from mixer.wire.control import Command, Outcome
    from mixer.wire.ids import Layer
    from signaling.event import Seat

    from .caller import Caller
    from .conference import Conference

SOURCES = {"camera": "video", "slides": "video", "microphone": "audio", TALKBACK: "audio"}
MAX_TRACKS = 4
MAX_SDP_CHARACTERS = 64 * 1024

_FINGERPRINT = re.compile(r"^a=fingerprint:\s*(\S+ \S+)\s*$", re.MULTILINE | re.IGNORECASE)
_LAYERS = {"main": LAYER_MAIN, "low": LAYER_LOW}
_log = structlog.get_logger(__name__)


def _invalid(detail: str) -> SignalingError:
    return SignalingError("message.invalid", detail=detail)


def offer_fingerprint(sdp: str) -> str:
    """The certificate of the browser's connection (RFC 8122).

    Raises `SignalingError` ``sdp.invalid`` or ``sdp.no_fingerprint``.
    """
    if len(sdp) > MAX_SDP_CHARACTERS or not sdp.startswith("v=0"):
        raise SignalingError("sdp.invalid", detail="not a session description")
    found = _FINGERPRINT.search(sdp.replace("\r\n", "\n"))
    if found is None:
        raise SignalingError("sdp.no_fingerprint")
    return found[1].lower()


def _checked(tracks: list[PublishTrack]) -> None:
    if not 1 <= len(tracks) <= MAX_TRACKS:
        raise _invalid(f"1 to {MAX_TRACKS} tracks")
    for field in ("mid", "source"):
        named = [getattr(track, field) for track in tracks]
        if len(set(named)) != len(named):
            raise _invalid(f"two tracks with the same {field}")
    for track in tracks:
        if SOURCES.get(track.source) != track.kind:
            raise _invalid(f"source must be one of {', '.join(SOURCES)}, of its kind")
        if not 1 <= len(track.mid) <= 16:
            raise _invalid("mid has 1 to 16 characters")


def _wired(
    conference: Conference, before: Wiring, fingerprint: str, asked: list[PublishTrack]
) -> Wiring:
    """A known source keeps its publication, so recording and mix go on with it; another
    certificate means another connection of the browser, hence another peer.
    """
    known = {track.source: track.publication for track in before.tracks}
    same = before.receive_peer and before.fingerprint == fingerprint
    return msgspec.structs.replace(
        before,
        receive_peer=before.receive_peer if same else PeerId(conference.mint.new()),
        fingerprint=fingerprint,
        tracks=tuple(
            Track(
                mid=track.mid,
                publication=known.get(track.source) or PublicationId(conference.mint.new()),
                kind=MediaKind(track.kind),
                source=track.source,
            )
            for track in asked
        ),
    )


async def publish(conference: Conference, caller: Caller, body: Publish) -> Published:
    """Raises `SignalingError` ``sdp...``, ``media.unavailable``, ``join.needed``,
    ``message.invalid``, ``right.missing``; then everything is as before.
    """
    device = conference.device_of(caller)
    fingerprint = offer_fingerprint(body.sdp)
    _checked(body.tracks)
    for track in body.tracks:
        caller.need(Right.TALK_BACK if track.source == TALKBACK else Right.PUBLISH)
    before = conference.wirings.get(device.id, Wiring())
    after = _wired(conference, before, fingerprint, body.tracks)
    conference.rewire(device.id, after)
    command = NegotiateReceive(peer=after.receive_peer, sdp=body.sdp)
    try:
        answer = await _describe(conference, command)
    except SignalingError:
        if conference.wirings.get(device.id) == after:
            conference.rewire(device.id, before)
        raise
    conference.device_of(caller)
    conference.observed.stale_peers.pop(after.receive_peer, None)
    conference.show_seat(device.seat)
    return Published(
        peer=after.receive_peer,
        sdp=answer.sdp,
        publications=[
            PublishedTrack(mid=track.mid, publication=track.publication) for track in after.tracks
        ],
    )


def _programme_layer(seat: Seat, asked: str) -> Layer:
    """Halls and desks are shown large, members small."""
    if asked == "auto":
        return LAYER_LOW if seat.kind is SeatKind.REMOTE else LAYER_MAIN
    if asked not in _LAYERS:
        raise _invalid("layer must be main, low or auto")
    return _LAYERS[asked]


def _heard(conference: Conference, seat: Seat, asked: str) -> list[PublicationId]:
    """A seat on stage never hears the whole programme: its own voice would come back."""
    own = conference.numbers.seats[seat.id].return_publication
    programme = conference.numbers.programme.opus
    sounds = {
        "none": [],
        "return": [own],
        "programme": [programme],
        "monitor": [programme, own],
    }
    if asked not in sounds:
        raise _invalid(f"sound must be one of {', '.join(sounds)}")
    if seat.on_stage and programme in sounds[asked]:
        raise SignalingError("right.missing")
    return sounds[asked]


async def subscribe(conference: Conference, caller: Caller, body: Subscribe) -> Offered:
    """A new connection for what this device receives; the one before is dropped.

    Raises `SignalingError` ``media.unavailable``, ``join.needed``, ``message.invalid``.
    """
    device = conference.device_of(caller)
    wanted: list[tuple[PublicationId, MediaKind, Layer]] = []
    if body.picture:
        layer = _programme_layer(caller.seat, body.layer)
        wanted.append((conference.numbers.programme.picture, MediaKind.VIDEO, layer))
    heard = _heard(conference, caller.seat, body.sound)
    wanted += [(sound, MediaKind.AUDIO, LAYER_LOW) for sound in heard]
    if not wanted:
        raise _invalid("nothing to receive")
    peer = PeerId(conference.mint.new())
    received = tuple(
        Received(
            subscription=SubscriptionId(conference.mint.new()),
            publication=publication,
            kind=kind,
            layer=layer,
        )
        for publication, kind, layer in wanted
    )
    before = conference.wirings.get(device.id, Wiring())
    after = msgspec.structs.replace(before, send_peer=peer, received=received)
    conference.rewire(device.id, after)
    offer = await _describe(conference, NegotiateSend(peer=peer))
    conference.device_of(caller)
    return Offered(peer=peer, sdp=offer.sdp)


async def subscribe_answer(conference: Conference, caller: Caller, body: SubscribeAnswer) -> Done:
    """Raises `SignalingError` ``message.invalid`` for a peer that is not this device's."""
    device = conference.device_of(caller)
    wiring = conference.wirings.get(device.id, Wiring())
    if body.peer != wiring.send_peer:
        raise _invalid("the offer of this peer was replaced")
    offer_fingerprint(body.sdp)
    await _ask(conference, FinishSend(peer=wiring.send_peer, sdp=body.sdp))
    return Done()


async def _ask(conference: Conference, command: Command) -> Outcome:
    try:
        return await conference.workers.request(WorkerKind.MEDIA, command)
    except ControlError as error:
        if error.error.startswith("sdp."):
            known = error.error if error.error in ERRORS else "sdp.invalid"
            values = {} if known == "sdp.no_fingerprint" else {"detail": error.text}
            raise SignalingError(known, **values) from error
        _log.warning("media.unavailable", error=error.error, text=error.text)
        raise SignalingError("media.unavailable") from error


async def _describe(conference: Conference, command: Command) -> Description:
    outcome = await _ask(conference, command)
    if not isinstance(outcome, Description):
        raise TypeError(f"media answered {type(command).__name__} by {type(outcome).__name__}")
    return outcome


__all__ = ["Right", "offer_fingerprint", "publish", "subscribe", "subscribe_answer"]
