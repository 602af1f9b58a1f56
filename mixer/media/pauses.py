"""Why an out-stream sends nothing for a while: it goes on when no reason is left."""

from __future__ import annotations

from enum import StrEnum

from mixer.forward.interface import Fanout


class Pause(StrEnum):
    """Who holds an out-stream."""

    STALLED = "stalled"
    """Its peer does not read what it is sent over TCP."""
    NARROW = "narrow"
    """The line has no room for it."""


class Pauses:
    """The reasons of each out-stream."""

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout
        self._reasons: dict[int, set[Pause]] = {}

    def set(self, out: int, reason: Pause, *, paused: bool) -> bool:
        """Add or take away a reason. True: it has just gone on, and needs a key frame."""
        reasons = self._reasons.setdefault(out, set())
        before = bool(reasons)
        (reasons.add if paused else reasons.discard)(reason)
        if bool(reasons) != before:
            self._fanout.set_paused(out, paused=bool(reasons))
        if not reasons:
            del self._reasons[out]
        return before and not reasons

    def forget(self, out: int) -> None:
        """It was removed, and comes back without reasons."""
        self._reasons.pop(out, None)
