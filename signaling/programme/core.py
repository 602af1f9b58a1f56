"""Preview, take, captions: commands in, the new programme out. No clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from signaling.wire.errors import SignalingError
from signaling.wire.state import CaptionView, SceneView

from .layouts import LAYOUTS, check_lines, check_scene

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TAKE_LEAD_MS = 120
"""A take stands this far ahead, so that sound and picture both learn of it in time."""

TRANSITIONS = ("cut",)


class SetPreview(msgspec.Struct, frozen=True):
    """Put a scene in preview."""

    scene: SceneView


class Take(msgspec.Struct, frozen=True):
    """Preview goes on air."""

    transition: str = "cut"


class SetCaption(msgspec.Struct, frozen=True):
    """Only the lower third on air changes."""

    caption: CaptionView | None


ProgrammeCommand = SetPreview | Take | SetCaption


class ProgrammeState(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored. ``revision`` grows with every change on air."""

    revision: int
    on_air: SceneView
    preview: SceneView
    at_ms: int


def seats_on_air(scene: SceneView) -> tuple[str, ...]:
    """Tally: who is seen and heard. Derived, never stored."""
    return tuple(scene.slots)


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
            case Take(transition):
                if transition not in TRANSITIONS:
                    raise SignalingError(
                        "programme.unknown_transition",
                        transition=transition[:80],
                        allowed=", ".join(TRANSITIONS),
                    )
                self._air(self.state.preview, now_ms)
            case SetCaption(caption):
                if caption is not None:
                    check_lines([caption.title, caption.subtitle])
                self._air(msgspec.structs.replace(self.state.on_air, caption=caption), now_ms)
        return self.state

    def _air(self, scene: SceneView, now_ms: int) -> None:
        self.state = ProgrammeState(
            revision=self.state.revision + 1,
            on_air=scene,
            preview=self.state.preview,
            at_ms=max(now_ms + TAKE_LEAD_MS, self.state.at_ms),
        )
