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
from signaling.wire.errors import ERRORS, SignalingError
from signaling.wire.messages import (
    Done,
    Offered,
    PreferLayer,
    Publish,
    Published,
    PublishedTrack,
    PublishTrack,
    Subscribe,
    SubscribeAnswer,
)
from signaling.wire.roles import Right

from .returns import accepts_red

if TYPE_CHECKING:
    from mixer.wire.control import Command, Outcome
    from mixer.wire.ids import Layer
    from signaling.event import Seat

    from .caller import Caller
    from .conference import Conference

SOURCES = {"camera": "video", "slides": "video", "microphone": "audio", TALKBACK: "audio"}
MAX_TRACKS = 4
MAX_SDP_CHARACTERS = 64 * 1024
MAX_RIDS = 4

_FINGERPRINT = re.compile(r"^a=fingerprint:\s*(\S+ \S+)\s*$", re.MULTILINE | re.IGNORECASE)
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_LAYERS = {"main": LAYER_MAIN, "low": LAYER_LOW, "auto": LAYER_MAIN}
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
        _check_rids(track)


def _check_rids(track: PublishTrack) -> None:
    rids = track.rids
    wrong = len(set(rids)) != len(rids) or not all(map(_RID.fullmatch, rids))
    if wrong or len(rids) > MAX_RIDS or (rids and track.kind != MediaKind.VIDEO):
        raise _invalid(f"a picture has up to {MAX_RIDS} rids, sound none")


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
                rids=tuple(track.rids),
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
        answer = await describe(conference, command)
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


def _programme_layer(asked: str) -> Layer:
    """The most a device wants. What its line carries decides how much of that it gets."""
    if asked not in _LAYERS:
        raise _invalid("layer must be main, low or auto")
    return _LAYERS[asked]


def _shown(conference: Conference, body: Subscribe) -> tuple[PublicationId, Layer]:
    """The programme in a coding that the page shows. Renditions have one layer."""
    numbers = conference.numbers.programme
    layer = _programme_layer(body.layer)
    decodes = {codec.lower() for codec in body.decodes}
    if decodes and "h264" not in decodes:
        if "vp8" not in decodes:
            raise SignalingError("sdp.invalid", detail="neither H.264 nor VP8")
        return numbers.renditions.vp8, LAYER_LOW
    if body.clean:
        return numbers.renditions.clean, LAYER_LOW
    return numbers.picture, layer


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
    """A new connection for what this device receives; the one before is dropped, or, with
    ``restart``, offered again.

    Raises `SignalingError` ``media.unavailable``, ``join.needed``, ``message.invalid``.
    """
    device = conference.device_of(caller)
    before = conference.wirings.get(device.id, Wiring())
    if body.restart and before.send_peer:
        return await _offer(conference, caller, before.send_peer, restart=True)
    peer = PeerId(conference.mint.new())
    after = msgspec.structs.replace(
        before, send_peer=peer, received=received(conference, caller.seat, body)
    )
    conference.rewire(device.id, after)
    return await _offer(conference, caller, peer)


def received(conference: Conference, seat: Seat, body: Subscribe) -> tuple[Received, ...]:
    """What a device gets that asks for this. Raises `SignalingError` ``message.invalid`` or
    ``right.missing``.
    """
    return tuple(
        Received(
            subscription=SubscriptionId(conference.mint.new()),
            publication=publication,
            kind=kind,
            layer=layer,
        )
        for publication, kind, layer in _wanted(conference, seat, body)
    )


def _wanted(
    conference: Conference, seat: Seat, body: Subscribe
) -> list[tuple[PublicationId, MediaKind, Layer]]:
    wanted: list[tuple[PublicationId, MediaKind, Layer]] = []
    if body.picture:
        publication, layer = _shown(conference, body)
        wanted.append((publication, MediaKind.VIDEO, layer))
    heard = _heard(conference, seat, body.sound)
    wanted += [(sound, MediaKind.AUDIO, LAYER_LOW) for sound in heard]
    if not wanted:
        raise _invalid("nothing to receive")
    return wanted


async def prefer_layer(conference: Conference, caller: Caller, body: PreferLayer) -> Done:
    """The programme's picture is shown larger or smaller than before. Renditions with one layer
    stay as they are.

    Raises `SignalingError` ``message.invalid``, ``join.needed``.
    """
    device = conference.device_of(caller)
    before = conference.wirings.get(device.id, Wiring())
    layer = _programme_layer(body.layer)
    picture = conference.numbers.programme.picture
    after = msgspec.structs.replace(
        before,
        received=tuple(
            msgspec.structs.replace(one, layer=layer) if one.publication == picture else one
            for one in before.received
        ),
    )
    if after != before:
        conference.rewire(device.id, after)
    return Done()


async def _offer(
    conference: Conference, caller: Caller, peer: PeerId, *, restart: bool = False
) -> Offered:
    offer = await describe(conference, NegotiateSend(peer=peer, restart=restart))
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
    takes = accepts_red(body.sdp)
    if takes != wiring.accepts_red and conference.wirings.get(device.id) == wiring:
        conference.rewire(device.id, msgspec.structs.replace(wiring, accepts_red=takes))
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


async def describe(conference: Conference, command: Command) -> Description:
    """Let media describe a connection. Raises `SignalingError`; anything else is a bug."""
    outcome = await _ask(conference, command)
    if not isinstance(outcome, Description):
        raise TypeError(f"media answered {type(command).__name__} by {type(outcome).__name__}")
    return outcome


__all__ = [
    "Right",
    "describe",
    "offer_fingerprint",
    "prefer_layer",
    "publish",
    "received",
    "subscribe",
    "subscribe_answer",
]
