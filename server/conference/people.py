"""Joining, leaving, coming back, muting."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import structlog

from mixer.wire.ids import WorkerKind
from server.intent import Wiring
from signaling.phase import OPEN_PHASES, check_open
from signaling.seats import Device, Presence
from signaling.wire.messages import Done, Join, Joined, Leave, Mute, Reconnect
from signaling.wire.roles import Right

from . import sound

if TYPE_CHECKING:
    from .caller import Caller
    from .conference import Conference

_log = structlog.get_logger(__name__)


def resume_hash(secret: str, *, over_http: bool = False) -> str:
    """What is kept of the secret by which a device comes back. A page cannot come back as
    what sends or plays over HTTP.
    """
    return hashlib.sha256((b"http:" if over_http else b"") + secret.encode()).hexdigest()


async def join(
    conference: Conference, caller: Caller, body: Join, *, over_http: bool = False
) -> Joined:
    """Sit down. The device that sat there before is dismissed when taken over.

    Raises `SignalingError` ``seat.taken``, ``event.ended``, ``right.missing``.
    """
    if body.has_audio or body.has_video:
        caller.need(Right.PUBLISH)
        check_open(conference.cores.phase)
    secret = secrets.token_urlsafe(24)
    newcomer = Device(
        id=conference.mint.new(),
        seat=caller.seat.id,
        kind=caller.kind,
        role=caller.role,
        link=caller.link,
        resume_hash=resume_hash(secret, over_http=over_http),
        has_audio=body.has_audio,
        has_video=body.has_video,
        over_http=over_http,
    )
    own = caller.device in conference.cores.seats.devices
    take_over = body.take_over or own
    left = conference.cores.seats.join(newcomer, take_over=take_over)
    caller.device = newcomer.id
    if left is not None:
        if not own:
            conference.outward.dismiss(left.id, "taken_over")
        conference.forget(left)
    conference.wirings[newcomer.id] = Wiring()
    conference.keep_device(newcomer.id)
    conference.show_seat(newcomer.seat)
    _log.info("device.joined", seat=newcomer.seat, device=newcomer.id, kind=newcomer.kind)
    return Joined(device=newcomer.id, resume=secret)


async def leave(conference: Conference, caller: Caller, _body: Leave) -> Done:
    """Stand up; the connection stays and sees the state."""
    device = conference.device_of(caller)
    caller.device = 0
    conference.forget(conference.cores.seats.leave(device.id))
    _log.info("device.left", seat=device.seat, device=device.id)
    return Done()


def lose(conference: Conference, caller: Caller) -> None:
    """The signalling connection ended without a word."""
    device = conference.cores.seats.devices.get(caller.device)
    if device is None or device.presence is not Presence.PRESENT:
        return
    conference.cores.seats.lose(device.id, conference.now_ms())
    sound.let_go(conference, device.id)
    conference.keep_device(device.id)
    conference.show_seat(device.seat)
    _log.info("device.away", seat=device.seat, device=device.id)


def resume(conference: Conference, caller: Caller, secret: str) -> bool:
    """Whether this connection is a device that came back; it keeps everything."""
    if not secret:
        return False
    found = conference.cores.seats.resume(resume_hash(secret), caller.seat.id, caller.kind)
    if found is None:
        return False
    caller.device = found.id
    sound.let_go(conference, found.id)
    conference.keep_device(found.id)
    conference.show_seat(found.seat)
    _log.info("device.resumed", seat=found.seat, device=found.id)
    return True


def ask_to_reconnect(conference: Conference, device: int, only: int = 0) -> None:
    """Tell a device which directions it has to make anew; nothing while it is away."""
    wiring = conference.wirings.get(device, Wiring())
    for direction, peer in (("publish", wiring.receive_peer), ("subscribe", wiring.send_peer)):
        reason = conference.observed.stale_peers.get(peer)
        if reason is not None and only in {0, peer}:
            conference.outward.notify(device, Reconnect(direction=direction, reason=reason))


def follow_media(conference: Conference, device: Device, state: str) -> None:
    """What came over HTTP is here as long as its media is: a server that was started anew
    finds it again, and with its connection it goes.
    """
    seats = conference.cores.seats
    if not device.over_http or device.id not in seats.devices:
        return
    if state == "closed":
        conference.forget(seats.leave(device.id))
        _log.info("device.left", seat=device.seat, device=device.id)
    elif device.presence is Presence.AWAY:
        seats.resume(device.resume_hash, device.seat, device.kind)
        conference.keep_device(device.id)


def expire(conference: Conference) -> None:
    """Devices that stayed away too long stand up. Called once a second."""
    for device in conference.cores.seats.expire(conference.now_ms()):
        conference.forget(device)
        _log.info("device.expired", seat=device.seat, device=device.id)


async def mute(conference: Conference, caller: Caller, body: Mute) -> Done:
    """Sound and picture leave out what is muted, whatever the browser still sends."""
    device = conference.device_of(caller)
    conference.cores.seats.mute(device.id, body.kind, muted=body.muted)
    conference.keep_device(device.id)
    conference.apply((WorkerKind.SOUND, WorkerKind.PICTURE))
    conference.show_seat(device.seat)
    return Done()


def end_for_all(conference: Conference) -> None:
    """The event is over: everybody on stage is sent home, desks stay."""
    if conference.cores.phase in OPEN_PHASES:
        return
    for sitting in conference.sitting():
        seat = conference.event.seat(sitting.device.seat)
        if seat is not None and seat.on_stage:
            conference.outward.dismiss(sitting.device.id, "ended")
            conference.forget(conference.cores.seats.leave(sitting.device.id))
