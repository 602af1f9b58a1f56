"""Marks of a running recording: set with a take, then moved to the frame that showed it.

A take that was replaced before anybody saw or heard it leaves no mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mixer.wire.ids import WorkerKind
from signaling.programme.core import SETTLE_MS
from signaling.programme.state import seats_on_air
from signaling.recording import Mark

if TYPE_CHECKING:
    from mixer.wire.control import SceneApplied
    from signaling.programme.state import ProgrammeState

    from .conference import Conference

MAX_UNSEEN: Final = 64
"""Of more takes that picture has not told of, the oldest keep the time they were meant for."""
NS_PER_MS: Final = 1_000_000


class _Unseen(NamedTuple):
    """A take of which picture has not told."""

    mark: int
    at_ms: int
    """When it was meant to be on air."""
    heard_ms: int
    """When it is heard even if no picture of it has come."""


class Marking:
    """Takes may wait for pictures: until picture tells, a mark has the time it was meant for."""

    def __init__(self) -> None:
        self._unseen: dict[int, _Unseen] = {}
        """By revision of the programme."""

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
            heard_ms = state.at_ms + state.wait_ms + SETTLE_MS
            self._unseen[state.revision] = _Unseen(mark.id, state.at_ms, heard_ms)
            if len(self._unseen) > MAX_UNSEEN:
                del self._unseen[min(self._unseen)]

    def shown(self, conference: Conference, event: SceneApplied) -> None:
        """Picture shows a revision from a frame on: the last take up to it, perhaps with other
        captions. Takes before it were replaced unseen; the mark of one stays only if it stood for
        so long that it was heard, as where picture was away.
        """
        revisions = sorted(one for one in self._unseen if one <= event.revision)
        takes = [self._unseen.pop(one) for one in revisions]
        if not takes:
            return
        recording = conference.cores.recording
        self._drop_unheard(conference, takes)
        moved = recording.move_mark(takes[-1].mark, event.at_ns // NS_PER_MS)
        if moved is not None and recording.current is not None:
            conference.keep.mark(recording.current.id, moved)
        conference.apply((WorkerKind.RECORDER,))

    def end(self, conference: Conference) -> None:
        """The recording is about to end: what has not been seen will not be in it."""
        takes = [self._unseen.pop(one) for one in sorted(self._unseen)]
        self._drop_unheard(conference, takes, conference.now_ms())

    @staticmethod
    def _drop_unheard(
        conference: Conference, takes: list[_Unseen], end_ms: int | None = None
    ) -> None:
        """Of unseen takes that followed one another; the last, up to ``end_ms``, where given."""
        ends_ms = [later.at_ms for later in takes[1:]]
        if end_ms is not None:
            ends_ms.append(end_ms)
        for take, until_ms in zip(takes, ends_ms, strict=False):
            if until_ms < take.heard_ms and conference.cores.recording.drop_mark(take.mark):
                conference.keep.forget_mark(take.mark)
