"""What is stored of the programme, and what derives from it."""

from __future__ import annotations

import msgspec

from signaling.wire.state import GraphicsView, SceneView, TransitionView

from .sources import CLIP, Cast, resolved, seats_of


class ClipIntent(msgspec.Struct, frozen=True, kw_only=True):
    """The file that is the source ``clip``."""

    file: str
    loop: bool = False
    playing_since_ms: int | None = None
    """None: cued."""
    aired: bool = False
    """It was on air since it began: the next take of it begins it anew."""


class ProgrammeState(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored. ``revision`` grows with every change on air."""

    revision: int
    on_air: SceneView
    preview: SceneView
    at_ms: int
    transition: str = "cut"
    duration_ms: int = 0
    frozen: bool = False
    graphics: GraphicsView = GraphicsView()
    last_good: SceneView | None = None
    """The scene with sites that was on air before the present one."""
    wait_ms: int = 0
    """So long after ``at_ms`` the scene before may stay, until this one has its pictures."""
    before: SceneView | None = None
    """While that lasts: the scene before, with seats for sources that may mean others later."""
    heard_at_ms: int = 0
    """From when what is heard is heard."""
    preview_revision: int = 1
    preview_cue: str = ""
    """The step of the rundown that preview was made of, or empty."""
    cue: str = ""
    """The step that went on air last."""
    auto: TransitionView = TransitionView()
    speakers: tuple[str, ...] = ()
    """Who spoke, the last one first."""
    call_in: str = ""
    clip: ClipIntent | None = None


def sources_of(scene: SceneView, state: ProgrammeState, cast: Cast) -> tuple[str, ...]:
    """What stands in the slots of a scene now."""
    return resolved(scene, cast, state.speakers, state.call_in)


def audible_sources(state: ProgrammeState, cast: Cast) -> tuple[str, ...]:
    """What is seen and heard: of the scene before while the new one waits for its pictures."""
    return sources_of(state.before or state.on_air, state, cast)


def seats_on_air(state: ProgrammeState, cast: Cast) -> tuple[str, ...]:
    """Tally: who is seen and heard. Derived, never stored."""
    return _seats(audible_sources(state, cast))


def seats_in_preview(state: ProgrammeState, cast: Cast) -> tuple[str, ...]:
    """Tally: who comes next."""
    return _seats(sources_of(state.preview, state, cast))


def clip_on_air(state: ProgrammeState, cast: Cast) -> bool:
    """Whether the clip is seen and heard."""
    return CLIP in audible_sources(state, cast)


def _seats(sources: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(seat for seat in seats_of(sources) if seat != CLIP)
