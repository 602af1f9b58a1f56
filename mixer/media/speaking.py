"""Tells the server whose microphone is the active one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mixer.forward.interface import Fanout
from mixer.forward.speaker import SpeakerWatch
from mixer.media.streams import publication_of
from mixer.wire.control import ActiveSpeaker, Event

LOOK_NS: Final = 100_000_000


class Speaking:
    """Reads the levels of all publications some nine times a second."""

    def __init__(self, fanout: Fanout, report: Callable[[Event], None]) -> None:
        self._fanout = fanout
        self._report = report
        self._watch = SpeakerWatch()
        self._due_ns = 0

    def forget(self) -> None:
        """Tell it again: a server came that knows nothing yet."""
        if self._watch.active >= 0:
            self._tell()

    def tick(self, now_ns: int) -> None:
        """Call it some ten times a second."""
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + LOOK_NS
        if self._watch.hear(self._fanout.audio_levels(now_ns), now_ns):
            self._tell()

    def _tell(self) -> None:
        publication, _ = publication_of(self._watch.active)
        self._report(ActiveSpeaker(publication=publication))
