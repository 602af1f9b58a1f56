"""An event as its organisers planned it: seats, captions, rundown. Never changes while it runs."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .programme.sources import Cast
from .wire.roles import Role
from .wire.state import CaptionView, CueView, SceneView

MAX_HALLS = 2
MAX_SITES = 17
"""Remote sites of both sides together."""


class SeatKind(StrEnum):
    """What a place at the table is."""

    HALL = "hall"
    REMOTE = "remote"
    DESK = "desk"


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A place at the table.

    ``hall`` is the side a remote site belongs to. ``role`` is what a person has who
    comes by the link of this seat.
    """

    id: str
    kind: SeatKind
    role: Role
    name: str
    name_en: str
    order: int
    hall: str = ""
    speaker: str = ""
    speaker_title: str = ""

    @property
    def on_stage(self) -> bool:
        """Whether this seat can be shown and heard in the programme."""
        return self.kind is not SeatKind.DESK


class ProgrammeFormat(msgspec.Struct, frozen=True, kw_only=True):
    """Lines and frames a second of the programme; 0: as settings say."""

    height: int = 0
    frame_rate: int = 0


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one event."""

    slug: str
    title: str
    title_en: str
    seats: tuple[Seat, ...]
    cues: tuple[CueView, ...]
    programme: ProgrammeFormat = ProgrammeFormat()

    def seat(self, seat_id: str) -> Seat | None:
        """The seat of this id, if there is one."""
        return next((seat for seat in self.seats if seat.id == seat_id), None)

    @property
    def halls(self) -> tuple[Seat, ...]:
        """The main halls in order."""
        return tuple(seat for seat in self.seats if seat.kind is SeatKind.HALL)

    @property
    def stage(self) -> tuple[Seat, ...]:
        """All seats that can be on air: halls, then remote sites."""
        return tuple(seat for seat in self.seats if seat.on_stage)

    @property
    def cast(self) -> Cast:
        """Who can be on air, for the programme."""
        return Cast(tuple(seat.id for seat in self.stage), tuple(seat.id for seat in self.halls))

    def first_scene(self) -> SceneView:
        """What is on air before anybody directs: the halls see and hear each other."""
        halls = [seat.id for seat in self.halls]
        return SceneView(layout="two_halls" if len(halls) == MAX_HALLS else "full", slots=halls)


__all__ = [
    "MAX_HALLS",
    "MAX_SITES",
    "CaptionView",
    "CueView",
    "Event",
    "ProgrammeFormat",
    "SceneView",
    "Seat",
    "SeatKind",
]
