"""What can be asked of the programme. Times are session times in milliseconds."""

from __future__ import annotations

import msgspec

from signaling.wire.directing import Bus
from signaling.wire.state import CaptionView, GraphicsView, SceneView, TransitionView


class SetPreview(msgspec.Struct, frozen=True):
    """Put a scene in preview; ``cue`` is the step it was made of, or empty."""

    scene: SceneView
    cue: str = ""


class Take(msgspec.Struct, frozen=True):
    """Preview goes on air."""

    transition: str = "cut"
    duration_ms: int = 0
    """Of a dissolve; 0 for the usual one."""
    ready: bool = True
    """Its sources have pictures; else what is on air stays until they do."""


class Auto(msgspec.Struct, frozen=True):
    """Preview goes on air as `SetTransition` said."""

    ready: bool = True


class SetTransition(msgspec.Struct, frozen=True):
    """What `Auto` does."""

    auto: TransitionView


class TakeScene(msgspec.Struct, frozen=True):
    """A scene goes on air without passing preview, once its sources have pictures."""

    scene: SceneView
    transition: str = "cut"
    duration_ms: int = 0
    cue: str = ""


class SetLayout(msgspec.Struct, frozen=True):
    """The sources that are there in another layout."""

    layout: str
    bus: Bus


class SetSource(msgspec.Struct, frozen=True):
    """Another source in one place."""

    slot: int
    source: str
    bus: Bus


class SetCallIn(msgspec.Struct, frozen=True):
    """Whom ``call_in`` means."""

    seat: str


class Spoke(msgspec.Struct, frozen=True):
    """This seat became the active speaker."""

    seat: str


class SetCaption(msgspec.Struct, frozen=True):
    """Only the lower third on air changes."""

    caption: CaptionView | None


class SetQuestion(msgspec.Struct, frozen=True):
    """Only the question on air changes."""

    question: str


class SetStrap(msgspec.Struct, frozen=True):
    """Only the call-in strap on air changes."""

    strap: str


class SetGraphics(msgspec.Struct, frozen=True):
    """What stands in the picture whatever the scene."""

    graphics: GraphicsView


class Freeze(msgspec.Struct, frozen=True):
    """Hold the picture, or let it go on."""

    frozen: bool


class Panic(msgspec.Struct, frozen=True):
    """The standby slate, at once."""


class BackToLastGood(msgspec.Struct, frozen=True):
    """What was on air before."""


class CueClip(msgspec.Struct, frozen=True):
    """A file becomes the source ``clip``."""

    file: str
    loop: bool = False


class PlayClip(msgspec.Struct, frozen=True):
    """From its start."""


class StopClip(msgspec.Struct, frozen=True):
    """Back to its first picture."""


class LoopClip(msgspec.Struct, frozen=True):
    """Whether it begins again at its end."""

    loop: bool


Change = SetCaption | SetQuestion | SetStrap | SetGraphics | Freeze
"""What changes without another scene."""

ClipCommand = CueClip | PlayClip | StopClip | LoopClip

ProgrammeCommand = (
    SetPreview
    | Take
    | Auto
    | SetTransition
    | TakeScene
    | SetLayout
    | SetSource
    | SetCallIn
    | Spoke
    | Change
    | Panic
    | BackToLastGood
    | ClipCommand
)
