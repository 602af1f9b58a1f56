"""What the director wants of sound: per seat, for all, and what desks do to it right now.

Without IO. Settings are stored; talking and listening end with the device that does it, so
that nobody goes on talking to a hall by a page that is gone.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from .event import Event, Seat, SeatKind
from .wire.errors import SignalingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .wire.sound import SetSeatSound

PROGRAMME_OUTPUT = "programme"
"""Name of the programme among outputs; the others are seats."""

_RANGES: dict[str, tuple[float, float]] = {
    "gain_db": (-60.0, 20.0),
    "pan": (-1.0, 1.0),
    "delay_ms": (0.0, 500.0),
    "high_pass_hz": (20.0, 1000.0),
    "target_lufs": (-40.0, -10.0),
}
_OFF = {"high_pass_hz": 0.0}
"""Values beside the range that switch something off."""


class Audible(StrEnum):
    """Whether a seat is heard in programme and returns."""

    AUTO = "auto"
    """As long as it is on air."""
    OPEN = "open"
    CLOSED = "closed"


class Hears(StrEnum):
    """What a seat hears."""

    MINUS = "minus"
    """Everyone audible but itself."""
    CLEAN = "clean"
    """The programme as it is."""
    OTHER_HALL = "other_hall"
    OFF = "off"


class SeatSound(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one seat; ranges as in `signaling.wire.sound.SetSeatSound`."""

    gain_db: float = 0.0
    muted: bool = False
    pan: float = 0.0
    delay_ms: float = 0.0
    high_pass_hz: float = 0.0
    audible: Audible = Audible.AUTO
    hears: Hears = Hears.MINUS


class SoundSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored. Seats that are not named have the defaults."""

    seats: dict[str, SeatSound] = {}
    tones: tuple[str, ...] = ()
    cut: bool = False
    target_lufs: float | None = None
    loudness_period: int = 0
    echo_duck: bool = False

    def of(self, seat: str) -> SeatSound:
        """Settings of a seat."""
        return self.seats.get(seat, SeatSound())


def other_hall(event: Event, seat: Seat) -> Seat | None:
    """The hall that is not this one, nor the one on whose side this site is."""
    own = seat.id if seat.kind is SeatKind.HALL else seat.hall
    others = [hall for hall in event.halls if hall.id != own]
    return others[0] if others else None


def _in_range(name: str, value: float) -> float:
    low, high = _RANGES[name]
    if _OFF.get(name) == value:
        return value
    if not (math.isfinite(value) and low <= value <= high):
        raise SignalingError("sound.out_of_range", field=name, low=f"{low:g}", high=f"{high:g}")
    return float(value)


def _one_of(kind: type[Audible | Hears], name: str) -> Audible | Hears:
    try:
        return kind(name)
    except ValueError:
        detail = f"{name[:40]} is none of {', '.join(kind)}"
        raise SignalingError("message.invalid", detail=detail) from None


class SoundDesk:
    """Holds the settings and who talks or listens. Checks everything against the event."""

    def __init__(self, event: Event, settings: SoundSettings | None = None) -> None:
        self._event = event
        self.settings = settings or SoundSettings()
        self.talking: dict[int, tuple[str, ...]] = {}
        """Device to the seats that hear it."""
        self.listening: dict[int, str] = {}
        """Device to the seat it hears."""

    def set_seat(self, asked: SetSeatSound) -> SeatSound:
        """Change what is named. Raises `SignalingError` ``programme.unknown_seat``,
        ``sound.out_of_range``, ``sound.no_other_hall``, ``message.invalid``; then nothing changes.
        """
        seat = self._on_stage(asked.seat)
        changes: dict[str, object] = {}
        for name in ("gain_db", "pan", "delay_ms", "high_pass_hz"):
            value = getattr(asked, name)
            if value is not None:
                changes[name] = _in_range(name, value)
        if asked.muted is not None:
            changes["muted"] = asked.muted
        if asked.audible is not None:
            changes["audible"] = _one_of(Audible, asked.audible)
        if asked.hears is not None:
            changes["hears"] = _one_of(Hears, asked.hears)
            if changes["hears"] is Hears.OTHER_HALL and other_hall(self._event, seat) is None:
                raise SignalingError("sound.no_other_hall")
        after = msgspec.structs.replace(self.settings.of(seat.id), **changes)
        self._change(seats={**self.settings.seats, seat.id: after})
        return after

    def set_tone(self, output: str, *, on: bool) -> None:
        """Raises `SignalingError` ``programme.unknown_seat``."""
        if output != PROGRAMME_OUTPUT:
            self._on_stage(output)
        others = tuple(one for one in self.settings.tones if one != output)
        self._change(tones=(*others, output) if on else others)

    def set_cut(self, *, cut: bool) -> None:
        """All sound off at once, or back."""
        self._change(cut=cut)

    def set_loudness(self, target_lufs: float | None, *, restart: bool) -> None:
        """Raises `SignalingError` ``sound.out_of_range``."""
        if target_lufs is not None:
            target_lufs = _in_range("target_lufs", target_lufs)
        period = self.settings.loudness_period + restart
        self._change(target_lufs=target_lufs, loudness_period=period)

    def set_echo_duck(self, *, on: bool) -> None:
        """Whether sound ducks by itself who sends back what he hears."""
        self._change(echo_duck=on)

    def talk(self, device: int, seats: Iterable[str]) -> None:
        """To these seats from now on; to none: let go.

        Raises `SignalingError` ``programme.unknown_seat``; then it is as before.
        """
        named = tuple(dict.fromkeys(self._on_stage(seat).id for seat in seats))
        self.talking.pop(device, None)
        if named:
            self.talking[device] = named

    def listen(self, device: int, seat: str) -> None:
        """To this seat from now on; an empty one: to none.

        Raises `SignalingError` ``programme.unknown_seat``; then it is as before.
        """
        named = self._on_stage(seat).id if seat else ""
        self.listening.pop(device, None)
        if named:
            self.listening[device] = named

    def let_go(self, device: int) -> bool:
        """The device is away or gone; whether it talked or listened."""
        talked = self.talking.pop(device, None) is not None
        return self.listening.pop(device, None) is not None or talked

    def _on_stage(self, seat_id: str) -> Seat:
        seat = self._event.seat(seat_id)
        if seat is None or not seat.on_stage:
            raise SignalingError("programme.unknown_seat", seat=seat_id[:80])
        return seat

    def _change(self, **changes: object) -> None:
        self.settings = msgspec.structs.replace(self.settings, **changes)
