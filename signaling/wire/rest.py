"""Bodies of the HTTP interface under ``/api/v1``, beside those of `messages`.

Requests carry ``Authorization: Bearer <token>`` with the token of a link. Errors
are `RestError` with an id of the catalogue.
"""

from __future__ import annotations

import msgspec

from .messages import LinkView
from .roles import Right, Role
from .state import CaptionView, SceneView, StateValue


class RestError(msgspec.Struct, frozen=True, kw_only=True):
    """Body of every answer with a status of 400 and above."""

    error: str
    kind: str
    text: str
    cure: str
    values: dict[str, str]


class Whoami(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/me: what the token in hand stands for."""

    event: str
    seat: str
    name: str
    name_en: str
    role: Role
    rights: list[Right]
    page: str
    """Path of the page made for this role: /room, /control or /archive."""


class SeatDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A seat as the event file describes it."""

    seat: str
    name: str
    name_en: str
    kind: str
    hall: str
    role: Role


class EventDescription(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/event."""

    slug: str
    title: str
    title_en: str
    phase: str
    seats: list[SeatDescription]


class LinkList(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/links."""

    links: list[LinkView]


class LayoutDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A layout for ``fewest`` to ``most`` slots. ``caption``: box (at the bottom left) or line (all
    in one at the bottom). ``places``: for ``fewest`` slots, then for one more each, where the
    picture of each slot stands: x, y, width and height in pixels of 1280x720.
    """

    name: str
    title: str
    title_en: str
    caption: str
    fewest: int
    most: int
    places: list[list[list[int]]]


class CaptionLook(msgspec.Struct, frozen=True, kw_only=True):
    """How a theme's lower third looks. Colours are ``#rrggbb``, weights 100 to 900."""

    panel: str
    panel_opacity: float
    accent: str
    text: str
    soft: str
    title_weight: int
    text_weight: int


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/looks: layouts, themes and logos that can be chosen."""

    layouts: list[LayoutDescription]
    themes: list[str]
    logos: list[str]
    captions: dict[str, CaptionLook] = {}
    """By theme."""


class CurrentState(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/state: what a page of this role would see now."""

    revision: int
    state: dict[str, StateValue]


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/preview."""

    scene: SceneView


class TakeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/programme/take."""

    transition: str = "cut"
    duration_ms: int = 0


class CaptionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/caption; null takes the caption away."""

    caption: CaptionView | None = None


class CueRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/programme/cue."""

    cue: str


class PhaseRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/event/phase."""

    phase: str


class RecordingRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/recording: start."""

    title: str = ""


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of the archive. ``state``: recording, finalising, verified, failed, or
    unfinished (only pieces are left; the recorder makes them whole at its next start).
    ``playable``: there is a programme to be played.
    """

    name: str
    title: str
    started: str
    """RFC 3339."""
    duration_ms: int
    size_bytes: int
    files: int
    state: str
    playable: bool
    text: str
    """What a reader should know, such as why it failed; mostly empty."""


class SessionFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a recording. ``role``: programme, iso or manifest. ``offset_ms``: where its
    first picture or sound stands on the recording's clock.
    """

    path: str
    role: str
    kind: str
    seat: str
    source: str
    title: str
    offset_ms: int
    duration_ms: int
    size_bytes: int
    sha256: str


class SessionChapter(msgspec.Struct, frozen=True, kw_only=True):
    """A point to jump to, from the start of the programme file."""

    title: str
    at_ms: int


class SessionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/sessions/<name>."""

    summary: SessionSummary
    files: list[SessionFile]
    chapters: list[SessionChapter]


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/sessions, newest first."""

    sessions: list[SessionSummary]


class FileRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/sessions/<name>/file-token: ask for an address of one file that
    a ``<video>`` or a download can use without a header.
    """

    path: str


class FileAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A path on this server, good until ``expires`` (RFC 3339). Add ``&download=1`` to
    have the browser save it.
    """

    url: str
    expires: str


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One action of somebody. ``detail`` is JSON or empty."""

    at: str
    """RFC 3339."""
    session_ms: int
    seat: str
    role: str
    action: str
    detail: str


class AuditList(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/audit, newest first."""

    entries: list[AuditEntry]
