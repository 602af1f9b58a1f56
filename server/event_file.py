"""Events as TOML files: read, checked, and turned into `signaling.event.Event`.

Errors name file, field and what is allowed, one line each.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic import model_validator as validates

from server.settings import FRAME_RATES, HEIGHTS, one_of
from signaling.event import MAX_HALLS, MAX_SITES, Event, ProgrammeFormat, Seat, SeatKind
from signaling.programme.layouts import (
    MAX_CAPTION_CHARACTERS,
    MAX_QUESTION_CHARACTERS,
    check_scene,
)
from signaling.programme.sources import CALL_IN, NAMED, Cast
from signaling.wire.errors import ERRORS, SignalingError
from signaling.wire.roles import Role
from signaling.wire.state import CaptionView, CueView, SceneView, SlateView

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(max_length=MAX_CAPTION_CHARACTERS, strip_whitespace=True)]

Question = Annotated[
    str, StringConstraints(max_length=MAX_QUESTION_CHARACTERS, strip_whitespace=True)
]

_PLAIN_WORDS = {
    "string_pattern_mismatch": "small letters, digits and hyphens, a letter first, at most 40",
    "extra_forbidden": "no such field",
    "missing": "is needed",
}

DESK_ROLES = frozenset({Role.DIRECTOR, Role.MODERATOR, Role.ARCHIVIST, Role.ADMINISTRATOR})


class EventFileError(Exception):
    """The file cannot be used. ``error``: ``event.invalid``, ``event.halls_full`` or
    ``event.sites_full``; the text has one line per fault: file, field, what is allowed.
    """

    def __init__(self, error: str, text: str) -> None:
        super().__init__(f"{error}: {text}")
        self.error = error
        self.text = text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Head(_Part):
    slug: Slug
    title: Name
    title_en: Name


class _Programme(_Part):
    height: int | None = None
    frame_rate: int | None = None

    @field_validator("height")
    @classmethod
    def _height(cls, value: int) -> int:
        return one_of(value, HEIGHTS)

    @field_validator("frame_rate")
    @classmethod
    def _frame_rate(cls, value: int) -> int:
        return one_of(value, FRAME_RATES)

    def format(self) -> ProgrammeFormat:
        return ProgrammeFormat(height=self.height or 0, frame_rate=self.frame_rate or 0)


class _Speaker(_Part):
    name: Line
    title: Line = ""


class _Hall(_Part):
    id: Slug
    name: Name
    name_en: Name
    speaker: _Speaker | None = None


class _Site(_Hall):
    hall: Slug


class _Desk(_Part):
    id: Slug
    role: Role
    name: Name
    name_en: Name


class _Caption(_Part):
    title: Line
    subtitle: Line = ""
    organisation: Line = ""

    def view(self) -> CaptionView:
        return CaptionView(title=self.title, subtitle=self.subtitle, organisation=self.organisation)


class _Slate(_Part):
    kind: str
    title: Line = ""

    def view(self) -> SlateView:
        return SlateView(kind=self.kind, title=self.title)


class _Cue(_Part):
    id: Slug
    title: Name
    title_en: Name
    layout: str = "full"
    slots: list[str] = Field(default=[], max_length=19)
    slate: _Slate | None = None
    caption: _Caption | None = None
    captions: list[_Caption] = Field(default=[], max_length=40)
    strap: Line = ""
    question: Question = ""

    def view(self) -> CueView:
        return CueView(
            id=self.id,
            title=self.title,
            title_en=self.title_en,
            scene=SceneView(
                layout=self.layout,
                slots=list(self.slots),
                caption=self.caption.view() if self.caption else None,
                strap=self.strap,
                question=self.question,
                slate=self.slate.view() if self.slate else None,
            ),
            captions=[caption.view() for caption in self.captions],
        )


class EventFile(_Part):
    """The whole file. Lists that are too long are refused by `read_event` with ids of
    their own, so they have no bound here.
    """

    event: _Head
    programme: _Programme = _Programme()
    hall: list[_Hall] = Field(min_length=1)
    site: list[_Site] = []
    desk: list[_Desk] = Field(default=[], max_length=20)
    cue: list[_Cue] = Field(default=[], max_length=200)

    @validates(mode="after")
    def _ids_are_unique(self) -> Self:
        seats = [part.id for part in (*self.hall, *self.site)] + [part.id for part in self.desk]
        for what, ids in (("seat", seats), ("cue", [cue.id for cue in self.cue])):
            for one in ids:
                if ids.count(one) > 1:
                    raise ValueError(f"{what} id “{one}” is given more than once")
        for taken in set(seats) & set(NAMED):
            raise ValueError(f"seat id “{taken}” means a source of scenes; choose another")
        return self

    @validates(mode="after")
    def _halls_exist(self) -> Self:
        halls = [hall.id for hall in self.hall]
        for index, site in enumerate(self.site):
            if site.hall not in halls:
                raise ValueError(
                    f"site.{index}.hall: “{site.hall}” is no hall; allowed: {', '.join(halls)}"
                )
        return self

    @validates(mode="after")
    def _desks_have_desk_roles(self) -> Self:
        for index, desk in enumerate(self.desk):
            if desk.role not in DESK_ROLES:
                allowed = ", ".join(sorted(DESK_ROLES))
                raise ValueError(f"desk.{index}.role: {desk.role} is no desk; allowed: {allowed}")
        return self

    @validates(mode="after")
    def _cues_can_be_shown(self) -> Self:
        stage = tuple(part.id for part in (*self.hall, *self.site))
        cast = Cast(stage, tuple(part.id for part in self.hall))
        for index, cue in enumerate(self.cue):
            try:
                check_scene(cue.view().scene, cast, call_in=CALL_IN)
            except SignalingError as error:
                raise ValueError(f"cue.{index}: {_sentence(error)}") from None
        return self

    def event_plan(self) -> Event:
        """The event in the terms of the cores."""
        seats = [_seat(part, order) for order, part in enumerate((*self.hall, *self.site))]
        seats += [
            Seat(
                id=desk.id,
                kind=SeatKind.DESK,
                role=desk.role,
                name=desk.name,
                name_en=desk.name_en,
                order=len(seats) + order,
            )
            for order, desk in enumerate(self.desk)
        ]
        return Event(
            slug=self.event.slug,
            title=self.event.title,
            title_en=self.event.title_en,
            seats=tuple(seats),
            cues=tuple(cue.view() for cue in self.cue),
            programme=self.programme.format(),
        )


def _seat(part: _Hall, order: int) -> Seat:
    remote = isinstance(part, _Site)
    return Seat(
        id=part.id,
        kind=SeatKind.REMOTE if remote else SeatKind.HALL,
        role=Role.MEMBER if remote else Role.OPERATOR,
        name=part.name,
        name_en=part.name_en,
        order=order,
        hall=part.hall if isinstance(part, _Site) else "",
        speaker=part.speaker.name if part.speaker else "",
        speaker_title=part.speaker.title if part.speaker else "",
    )


def _sentence(error: SignalingError) -> str:
    row = ERRORS[error.error]
    return f"{row.text} {row.cure}".format(**error.values)


def _fault(path: Path, fault: ErrorDetails) -> str:
    field = ".".join(str(part) for part in fault["loc"])
    said = _PLAIN_WORDS.get(fault["type"], re.sub(r"^Value error, ", "", fault["msg"]))
    given = fault["input"]
    shown = f" (given: {given!r})" if field and isinstance(given, str | int | float) else ""
    return f"{path}: {field + ': ' if field else ''}{said}{shown}"


def _check_numbers(path: Path, raw: dict[str, object]) -> None:
    """Too many halls or sites have error ids of their own."""
    for field, most, error in (
        ("hall", MAX_HALLS, "event.halls_full"),
        ("site", MAX_SITES, "event.sites_full"),
    ):
        found = raw.get(field)
        if isinstance(found, list) and len(found) > most:
            text = f"{path}: {field}: {len(found)} are given; allowed are at most {most}"
            raise EventFileError(error, text)


def read_event(path: Path) -> Event:
    """The event of a file. Raises `EventFileError`."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EventFileError("event.invalid", f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EventFileError("event.invalid", f"{path}: {error}") from None
    _check_numbers(path, raw)
    try:
        return EventFile.model_validate(raw).event_plan()
    except ValidationError as error:
        faults = [_fault(path, fault) for fault in error.errors()]
        raise EventFileError("event.invalid", "\n".join(faults)) from None
