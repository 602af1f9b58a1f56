"""The closed list of roles and the one table of rights."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who somebody is. A link or account carries exactly one."""

    ADMINISTRATOR = "administrator"
    DIRECTOR = "director"
    OPERATOR = "operator"
    MODERATOR = "moderator"
    ARCHIVIST = "archivist"
    MEMBER = "member"
    SCREEN = "screen"
    ENCODER = "encoder"
    VIEWER = "viewer"


class Right(StrEnum):
    """What an action needs."""

    SEE_EVENT = "see_event"
    PUBLISH = "publish"
    RECEIVE = "receive"
    SEE_LEVELS = "see_levels"
    SEE_SITES = "see_sites"
    """The sites' own pictures as tiles, whether on air or not."""
    DIRECT = "direct"
    """Preview, take, caption, cue."""
    MIX = "mix"
    """Settings of sound, listen-in, tones, the panic cut."""
    TALK_BACK = "talk_back"
    """Speak to sites without being in the programme."""
    RECORD = "record"
    MOVE_PHASE = "move_phase"
    SEE_ARCHIVE = "see_archive"
    DOWNLOAD_ARCHIVE = "download_archive"
    SEE_LINKS = "see_links"
    REVOKE_LINKS = "revoke_links"
    SEE_METRICS = "see_metrics"
    SEE_AUDIT = "see_audit"


_WATCH = frozenset({Right.SEE_EVENT, Right.RECEIVE})
_ARCHIVE = frozenset({Right.SEE_ARCHIVE, Right.DOWNLOAD_ARCHIVE})

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right) - {Right.PUBLISH},
    Role.DIRECTOR: _WATCH
    | _ARCHIVE
    | {Right.DIRECT, Right.RECORD, Right.MOVE_PHASE, Right.SEE_LEVELS, Right.SEE_SITES}
    | {Right.SEE_LINKS, Right.SEE_AUDIT, Right.MIX, Right.TALK_BACK},
    Role.OPERATOR: _WATCH | {Right.PUBLISH, Right.SEE_LEVELS, Right.TALK_BACK},
    Role.MODERATOR: _WATCH | {Right.SEE_SITES},
    Role.ARCHIVIST: _ARCHIVE | {Right.SEE_EVENT},
    Role.MEMBER: _WATCH | {Right.PUBLISH},
    Role.SCREEN: _WATCH,
    Role.ENCODER: frozenset({Right.PUBLISH}),
    Role.VIEWER: frozenset(),
}


def allowed(role: Role, right: Right) -> bool:
    """Whether the role has the right. The only place where this is decided."""
    return right in RIGHTS[role]
