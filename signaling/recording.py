"""The intent to record: started, to be stopped, done. The recorder's progress is observed."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .wire.errors import SignalingError


class RecordingPhase(StrEnum):
    """``wanted``: shall run. ``stopping``: shall be finalised; kept until the recorder
    says that it is verified or failed, so that a recorder that died meanwhile finishes it.
    """

    WANTED = "wanted"
    STOPPING = "stopping"
    DONE = "done"


MOVES: dict[tuple[RecordingPhase, str], RecordingPhase] = {
    (RecordingPhase.WANTED, "stop"): RecordingPhase.STOPPING,
    (RecordingPhase.WANTED, "verified"): RecordingPhase.DONE,
    (RecordingPhase.WANTED, "failed"): RecordingPhase.DONE,
    (RecordingPhase.STOPPING, "verified"): RecordingPhase.DONE,
    (RecordingPhase.STOPPING, "failed"): RecordingPhase.DONE,
}
"""(phase, what happened) to phase; what is not here changes nothing."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the recording in session time. ``kind``: cue, layout or manual."""

    id: int
    kind: str
    at_ms: int
    title: str
    seats: tuple[str, ...] = ()
    layout: str = ""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One recording. ``directory`` is its name in the archive."""

    id: int
    directory: str
    title: str
    started_ms: int
    phase: RecordingPhase = RecordingPhase.WANTED
    marks: tuple[Mark, ...] = ()


class RecordingIntent:
    """At most one recording runs; marks are kept with it."""

    def __init__(self, current: Recording | None = None) -> None:
        self.current = current

    @property
    def running(self) -> bool:
        """Whether it shall record now."""
        return self.current is not None and self.current.phase is RecordingPhase.WANTED

    def start(self, recording: Recording) -> None:
        """Raises `SignalingError` ``recording.running`` until the last one is finished."""
        if self.current is not None and self.current.phase is not RecordingPhase.DONE:
            raise SignalingError("recording.running")
        self.current = recording

    def stop(self) -> Recording:
        """What is to be finished. Raises `SignalingError` ``recording.not_running``."""
        if self.current is None or self.current.phase is not RecordingPhase.WANTED:
            raise SignalingError("recording.not_running")
        return self._move(self.current, "stop")

    def happened(self, session: int, what: str) -> bool:
        """The recorder reported a state of a session; whether the intent changed."""
        if self.current is None or self.current.id != session:
            return False
        before = self.current.phase
        return self._move(self.current, what).phase is not before

    def mark(self, mark: Mark) -> bool:
        """Keep a mark while it records; False when it does not."""
        if self.current is None or not self.running:
            return False
        self.current = msgspec.structs.replace(self.current, marks=(*self.current.marks, mark))
        return True

    def move_mark(self, mark: int, at_ms: int) -> Mark | None:
        """What was marked took effect then; the mark if that changed it while it records."""
        if self.current is None or not self.running:
            return None
        marks = self.current.marks
        before = next((one for one in marks if one.id == mark), None)
        if before is None or before.at_ms == at_ms:
            return None
        after = msgspec.structs.replace(before, at_ms=at_ms)
        kept = tuple(after if one is before else one for one in marks)
        self.current = msgspec.structs.replace(self.current, marks=kept)
        return after

    def drop_mark(self, mark: int) -> bool:
        """What was marked never took effect; whether that changed anything while it records."""
        if self.current is None or not self.running:
            return False
        kept = tuple(one for one in self.current.marks if one.id != mark)
        if len(kept) == len(self.current.marks):
            return False
        self.current = msgspec.structs.replace(self.current, marks=kept)
        return True

    def _move(self, recording: Recording, what: str) -> Recording:
        phase = MOVES.get((recording.phase, what), recording.phase)
        self.current = msgspec.structs.replace(recording, phase=phase)
        return self.current
