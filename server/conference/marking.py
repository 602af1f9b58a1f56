"""Marks of a running recording: set with a take, then moved to the frame that showed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mixer.wire.ids import WorkerKind
from signaling.programme.state import seats_on_air
from signaling.recording import Mark

if TYPE_CHECKING:
    from mixer.wire.control import SceneApplied
    from signaling.programme.state import ProgrammeState

    from .conference import Conference

MAX_UNSEEN: Final = 64
"""Of more takes that picture has not told of, the oldest keep the time they were meant for."""
NS_PER_MS: Final = 1_000_000


class Marking:
    """Takes may wait for pictures: until picture tells, a mark has the time it was meant for."""

    def __init__(self) -> None:
        self._unseen: dict[int, int] = {}
        """Revision of the programme to mark."""

    def set(self, conference: Conference, state: ProgrammeState, cue: str = "") -> None:
        """A point of a running recording: the step's, or who is seen."""
        seats = seats_on_air(state, conference.event.cast)
        known = conference.cores.rundown.cues.get(cue)
        names = [seat.name for seat in conference.event.stage if seat.id in seats]
        mark = Mark(
            id=conference.mint.new(),
            kind="cue" if known else "layout",
            at_ms=state.at_ms,
            title=known.title if known else " · ".join(names)[:80],
            seats=seats,
            layout=state.on_air.layout,
        )
        recording = conference.cores.recording
        if recording.mark(mark) and recording.current is not None:
            conference.keep.mark(recording.current.id, mark)
            self._unseen[state.revision] = mark.id
            if len(self._unseen) > MAX_UNSEEN:
                del self._unseen[min(self._unseen)]

    def shown(self, conference: Conference, event: SceneApplied) -> None:
        """Picture shows a revision from a frame on; those before it were shown or replaced."""
        mark = self._unseen.get(event.revision)
        for revision in [one for one in self._unseen if one <= event.revision]:
            del self._unseen[revision]
        recording = conference.cores.recording
        moved = None if mark is None else recording.move_mark(mark, event.at_ns // NS_PER_MS)
        if moved is not None and recording.current is not None:
            conference.keep.mark(recording.current.id, moved)
            conference.apply((WorkerKind.RECORDER,))
