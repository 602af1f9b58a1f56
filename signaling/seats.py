"""Who sits where: devices at seats, joining, taking over, losing the line, coming back.

Without IO: session times (ms) and ids come in, devices come out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from .event import MAX_HALLS, MAX_SITES, Event, Seat, SeatKind
from .wire.errors import SignalingError
from .wire.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE_MS = 30_000
"""A device that lost its signalling keeps its place this long."""


class DeviceKind(StrEnum):
    """A seat admits one device of each kind."""

    MAIN = "main"
    CAMERA2 = "camera2"
    SLIDES = "slides"
    SCREEN = "screen"
    ENCODER = "encoder"
    PLAYER = "player"


class Presence(StrEnum):
    """Whether a device that sits here is reachable."""

    PRESENT = "present"
    AWAY = "away"
    GONE = "gone"


MOVES: dict[tuple[Presence, str], Presence] = {
    (Presence.PRESENT, "lose"): Presence.AWAY,
    (Presence.PRESENT, "resume"): Presence.PRESENT,
    (Presence.PRESENT, "leave"): Presence.GONE,
    (Presence.PRESENT, "taken_over"): Presence.GONE,
    (Presence.AWAY, "resume"): Presence.PRESENT,
    (Presence.AWAY, "expire"): Presence.GONE,
    (Presence.AWAY, "leave"): Presence.GONE,
    (Presence.AWAY, "taken_over"): Presence.GONE,
}
"""(presence, step) to presence. A step that is not here is a bug, not a person's mistake."""


class IllegalStepError(Exception):
    """A step the table does not know."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device at a seat. ``link`` is the id of the link it came by, ``resume_hash`` the
    SHA-256 (hex) of the secret by which it comes back.
    """

    id: int
    seat: str
    kind: DeviceKind
    role: Role
    link: str
    resume_hash: str
    has_audio: bool
    has_video: bool
    audio_muted: bool = False
    video_muted: bool = False
    over_http: bool = False
    """It came by WHIP or WHEP: without signalling, it is here as long as its media is."""
    presence: Presence = Presence.PRESENT
    away_since_ms: int = 0


def device_kind(name: str) -> DeviceKind:
    """Raises `SignalingError` ``device.unknown_kind``."""
    try:
        return DeviceKind(name)
    except ValueError:
        raise SignalingError("device.unknown_kind", kind=name[:40]) from None


def admitted_seat(event: Event, seat_id: str, kind: str) -> Seat:
    """The seat a link names. ``kind`` is what the link says that seat is.

    Raises `SignalingError` ``event.halls_full`` or ``event.sites_full`` when the link is
    for one more hall or site than an event has, else ``seat.unknown``.
    """
    seat = event.seat(seat_id)
    if seat is not None:
        return seat
    if kind == SeatKind.HALL and len(event.halls) >= MAX_HALLS:
        raise SignalingError("event.halls_full")
    sites = sum(one.kind is SeatKind.REMOTE for one in event.seats)
    if kind == SeatKind.REMOTE and sites >= MAX_SITES:
        raise SignalingError("event.sites_full")
    raise SignalingError("seat.unknown")


class Seats:
    """All devices that sit at the seats of one event: at most one of a kind per seat."""

    def __init__(self, event: Event, devices: Iterable[Device] = ()) -> None:
        """``devices``: those of the store, after a restart."""
        self._event = event
        self.devices: dict[int, Device] = {device.id: device for device in devices}

    def at(self, seat: str) -> list[Device]:
        """Devices at a seat, by id."""
        return [device for device in self.devices.values() if device.seat == seat]

    def join(self, newcomer: Device, *, take_over: bool) -> Device | None:
        """Sit down; the device that had to stand up, if any.

        Raises `SignalingError` ``seat.taken`` or ``seat.unknown``.
        """
        seat = self._event.seat(newcomer.seat)
        if seat is None:
            raise SignalingError("seat.unknown")
        there = next((d for d in self.at(seat.id) if d.kind is newcomer.kind), None)
        if there is not None and not take_over:
            raise SignalingError("seat.taken", seat=seat.name)
        left = self._step(there.id, "taken_over") if there is not None else None
        self.devices[newcomer.id] = newcomer
        return left

    def leave(self, device: int) -> Device:
        """Stand up."""
        return self._step(device, "leave")

    def lose(self, device: int, now_ms: int) -> Device:
        """The signalling connection is gone; the place is kept for `GRACE_MS`."""
        after = self._step(device, "lose")
        return self._keep(msgspec.structs.replace(after, away_since_ms=now_ms))

    def resume(self, resume_hash: str, seat: str, kind: DeviceKind) -> Device | None:
        """The device that comes back by its secret, or None if it is not known here."""
        for device in self.devices.values():
            same = device.resume_hash == resume_hash
            if same and device.seat == seat and device.kind is kind:
                return self._step(device.id, "resume")
        return None

    def mute(self, device: int, kind: str, *, muted: bool) -> Device:
        """``kind``: audio or video. Raises `SignalingError` ``message.invalid``."""
        if kind not in {"audio", "video"}:
            raise SignalingError("message.invalid", detail="kind must be audio or video")
        before = self.devices[device]
        changes = {"audio_muted": muted} if kind == "audio" else {"video_muted": muted}
        return self._keep(msgspec.structs.replace(before, **changes))

    def expire(self, now_ms: int) -> list[Device]:
        """Devices whose grace is over; they are gone now."""
        late = [
            device.id
            for device in self.devices.values()
            if device.presence is Presence.AWAY and now_ms - device.away_since_ms >= GRACE_MS
        ]
        return [self._step(device, "expire") for device in late]

    def _step(self, device_id: int, step: str) -> Device:
        before = self.devices[device_id]
        presence = MOVES.get((before.presence, step))
        if presence is None:
            raise IllegalStepError(f"device {device_id} is {before.presence}: no {step}")
        after = msgspec.structs.replace(before, presence=presence)
        if presence is Presence.GONE:
            del self.devices[device_id]
            return after
        return self._keep(after)

    def _keep(self, device: Device) -> Device:
        self.devices[device.id] = device
        return device
