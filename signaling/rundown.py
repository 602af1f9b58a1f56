"""The rundown: steps prepared before the event. It emits programme commands, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .programme.commands import SetPreview, TakeScene
from .programme.reshape import same_picture
from .wire.errors import SignalingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .wire.state import CueView, SceneView


class Rundown:
    """The cues in order. Which one is on air the programme knows."""

    def __init__(self, cues: Sequence[CueView]) -> None:
        self.cues = {cue.id: cue for cue in cues}

    def on_air(self, cue_id: str, transition: str = "cut", duration_ms: int = 0) -> TakeScene:
        """What puts this step on air. Raises `SignalingError` ``rundown.unknown_cue``."""
        cue = self.cue(cue_id)
        return TakeScene(cue.scene, transition, duration_ms, cue.id)

    def in_preview(self, cue_id: str) -> SetPreview:
        """What puts this step in preview. Raises `SignalingError` ``rundown.unknown_cue``."""
        cue = self.cue(cue_id)
        return SetPreview(cue.scene, cue.id)

    def cue(self, cue_id: str) -> CueView:
        """Raises `SignalingError` ``rundown.unknown_cue``."""
        cue = self.cues.get(cue_id)
        if cue is None:
            raise SignalingError("rundown.unknown_cue", cue=cue_id[:80])
        return cue

    def as_planned(self, cue_id: str, scene: SceneView) -> bool:
        """Whether a scene is this step's, whatever its captions."""
        cue = self.cues.get(cue_id)
        return cue is not None and same_picture(cue.scene, scene)
