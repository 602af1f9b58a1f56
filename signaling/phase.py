"""The life cycle of an event as one table."""

from __future__ import annotations

from enum import StrEnum

from .wire.errors import SignalingError


class Phase(StrEnum):
    """Where an event stands."""

    DRAFT = "draft"
    REHEARSAL = "rehearsal"
    LIVE = "live"
    ENDED = "ended"
    ARCHIVED = "archived"


MOVES: dict[Phase, tuple[Phase, ...]] = {
    Phase.DRAFT: (Phase.REHEARSAL, Phase.LIVE),
    Phase.REHEARSAL: (Phase.DRAFT, Phase.LIVE),
    Phase.LIVE: (Phase.REHEARSAL, Phase.ENDED),
    Phase.ENDED: (Phase.LIVE, Phase.ARCHIVED),
    Phase.ARCHIVED: (),
}
"""From each phase the ones that may follow. Ended goes back to live: endings by mistake happen."""

OPEN_PHASES = frozenset({Phase.DRAFT, Phase.REHEARSAL, Phase.LIVE})
"""People may join."""


def move(phase: Phase, wanted: str) -> Phase:
    """The new phase. Raises `SignalingError` ``event.illegal_move``."""
    if wanted in MOVES[phase]:
        return Phase(wanted)
    raise SignalingError(
        "event.illegal_move",
        phase=phase.value,
        wanted=wanted[:40],
        allowed=", ".join(MOVES[phase]) or "-",
    )


def check_open(phase: Phase) -> None:
    """Raises `SignalingError` ``event.ended`` when nobody may join any more."""
    if phase not in OPEN_PHASES:
        raise SignalingError("event.ended")
