"""The rundown: steps prepared before the event. It emits programme commands, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .programme.core import ProgrammeCommand, SetPreview, Take
from .wire.errors import SignalingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .wire.state import CueView


class Rundown:
    """The cues in order and which one is on air."""

    def __init__(self, cues: Sequence[CueView], current: str = "") -> None:
        self.cues = {cue.id: cue for cue in cues}
        self.current = current if current in self.cues else ""

    def commands(self, cue_id: str) -> tuple[CueView, list[ProgrammeCommand]]:
        """What puts this step on air; `went` follows when it is done.

        Raises `SignalingError` ``rundown.unknown_cue``.
        """
        cue = self.cues.get(cue_id)
        if cue is None:
            raise SignalingError("rundown.unknown_cue", cue=cue_id[:80])
        return cue, [SetPreview(cue.scene), Take()]

    def went(self, cue_id: str) -> None:
        """This step is on air now."""
        self.current = cue_id

    def left(self) -> None:
        """Something else than a step went on air."""
        self.current = ""
