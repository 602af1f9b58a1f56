"""Preview, take, captions: commands in, the new programme out. No clock of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from signaling.wire.errors import SignalingError
from signaling.wire.state import CaptionView, GraphicsView, SceneView, SlateView

from .layouts import LAYOUTS, check_scene, check_words, seat_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TAKE_LEAD_MS = 120
"""A take stands this far ahead, so that sound and picture both learn of it in time."""

TRANSITIONS = ("cut", "dissolve")
DISSOLVE_MS = 600
MIN_DISSOLVE_MS, MAX_DISSOLVE_MS = 40, 5000
_FILE_NAME = re.compile(r"([\w-][\w.-]{0,79})?")


class SetPreview(msgspec.Struct, frozen=True):
    """Put a scene in preview."""

    scene: SceneView


class Take(msgspec.Struct, frozen=True):
    """Preview goes on air."""

    transition: str = "cut"
    duration_ms: int = 0
    """Of a dissolve; 0 for `DISSOLVE_MS`."""


class SetCaption(msgspec.Struct, frozen=True):
    """Only the lower third on air changes."""

    caption: CaptionView | None


class SetQuestion(msgspec.Struct, frozen=True):
    """Only the question on air changes."""

    question: str


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


ProgrammeCommand = (
    SetPreview | Take | SetCaption | SetQuestion | SetGraphics | Freeze | Panic | BackToLastGood
)


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


def seats_on_air(scene: SceneView) -> tuple[str, ...]:
    """Tally: who is seen and heard. Derived, never stored."""
    if scene.slate is not None:
        return ()
    return tuple(dict.fromkeys(seat_of(source) for source in scene.slots))


class Programme:
    """Holds the state and checks each command against the event's seats.

    A take while the one before is still ahead comes after it: session times of takes
    never go back, so sound and picture apply them in one order.
    """

    def __init__(
        self,
        stage: Collection[str],
        state: ProgrammeState,
        layouts: Mapping[str, tuple[int, int]] = LAYOUTS,
    ) -> None:
        """``stage``: ids of the seats that can be on air. ``layouts``: name to fewest and most
        slots; may change while it is used.
        """
        self._stage = frozenset(stage)
        self.layouts = layouts
        self.state = state

    @staticmethod
    def beginning(scene: SceneView) -> ProgrammeState:
        """The state before the first command."""
        return ProgrammeState(revision=1, on_air=scene, preview=scene, at_ms=0)

    def carry_out(self, command: ProgrammeCommand, now_ms: int) -> ProgrammeState:
        """Apply one command at session time ``now_ms``; the new state.

        Raises `SignalingError` and changes nothing when the command is not possible.
        """
        match command:
            case SetPreview(scene):
                check_scene(scene, self._stage, self.layouts)
                self.state = msgspec.structs.replace(self.state, preview=scene)
            case Take(transition, duration_ms):
                duration_ms = _check_transition(transition, duration_ms)
                self._cut_to(self.state.preview, now_ms, transition, duration_ms)
            case Panic():
                self._cut_to(self._standby(), now_ms)
            case BackToLastGood():
                if self.state.last_good is None:
                    raise SignalingError("programme.no_last_good")
                self._cut_to(self.state.last_good, now_ms)
            case SetCaption() | SetQuestion() | SetGraphics() | Freeze():
                self._change(command, now_ms)
        return self.state

    def _change(
        self, command: SetCaption | SetQuestion | SetGraphics | Freeze, now_ms: int
    ) -> None:
        """What changes without another scene."""
        scene = self.state.on_air
        match command:
            case SetCaption(caption):
                scene = msgspec.structs.replace(scene, caption=caption)
                check_words(scene)
            case SetQuestion(question):
                scene = msgspec.structs.replace(scene, question=question)
                check_words(scene)
            case SetGraphics(graphics):
                for name in (graphics.logo, graphics.theme):
                    if not _FILE_NAME.fullmatch(name):
                        raise SignalingError("programme.wrong_name", name=name[:80])
                self.state = msgspec.structs.replace(self.state, graphics=graphics)
            case Freeze(frozen):
                self.state = msgspec.structs.replace(self.state, frozen=frozen)
        self._air(scene, now_ms)

    def _standby(self) -> SceneView:
        scene = self.state.on_air
        slate = SlateView(kind="standby")
        return SceneView(layout=scene.layout, slots=list(scene.slots), slate=slate)

    def _cut_to(
        self, scene: SceneView, now_ms: int, transition: str = "cut", duration_ms: int = 0
    ) -> None:
        before = self.state.on_air
        last_good = before if before.slate is None else self.state.last_good
        self.state = msgspec.structs.replace(self.state, frozen=False, last_good=last_good)
        self._air(scene, now_ms, transition, duration_ms)

    def _air(
        self, scene: SceneView, now_ms: int, transition: str = "cut", duration_ms: int = 0
    ) -> None:
        self.state = msgspec.structs.replace(
            self.state,
            revision=self.state.revision + 1,
            on_air=scene,
            at_ms=max(now_ms + TAKE_LEAD_MS, self.state.at_ms),
            transition=transition,
            duration_ms=duration_ms,
        )


def _check_transition(transition: str, duration_ms: int) -> int:
    """How long it lasts."""
    if transition not in TRANSITIONS:
        raise SignalingError(
            "programme.unknown_transition",
            transition=transition[:80],
            allowed=", ".join(TRANSITIONS),
        )
    if transition == "cut":
        return 0
    duration_ms = duration_ms or DISSOLVE_MS
    if not MIN_DISSOLVE_MS <= duration_ms <= MAX_DISSOLVE_MS:
        raise SignalingError(
            "programme.wrong_duration",
            duration_ms=str(duration_ms),
            fewest=str(MIN_DISSOLVE_MS),
            most=str(MAX_DISSOLVE_MS),
        )
    return duration_ms
