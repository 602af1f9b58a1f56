"""Decoders that hang without dying: a thread that makes no progress though it has work.

Threads that read and decode clips are watched as well: a disk may hang too. A thread in C cannot
be ended. It is left behind, at the lowest priority, and its source (see `suspects`) or its file is
left out for as long as it hangs at least. So a source leaves one thread behind at most, a file one
for its pictures and one for its sound.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Protocol

import structlog

from mixer.wire.ids import NANOSECONDS

from .decode import Decoder
from .feed import Feed

_log = structlog.get_logger(__name__)
HUNG_NS = 5 * NANOSECONDS
"""The largest picture that is taken needs a tenth of it, also on a busy machine."""
MAX_STEP_NS = NANOSECONDS // 5
"""No more is counted between two looks: while the whole process stood still, so did decoders."""
MAX_HUNG = 4
"""Threads left behind; with one more the process had better begin anew."""
LOWEST_PRIORITY = 19


class TooManyHangError(RuntimeError):
    """More than `MAX_HUNG` threads hang."""


class Working(Protocol):
    """A thread that may hang: a `Decoder`, or a `ClipThread`."""

    @property
    def progress(self) -> int:
        """Changes as it gets on."""

    @property
    def has_work(self) -> bool:
        """Whether it should get on."""

    @property
    def native_id(self) -> int:
        """The system's number of the thread."""

    def close(self) -> None:
        """Nothing comes out of it any more; its thread ends if it can."""

    def join(self, timeout_s: float) -> bool:
        """Whether the thread has ended, perhaps after a wait."""


class _Watched:
    __slots__ = ("hung", "progress", "still_ns", "subject", "working")

    def __init__(self, subject: int | str, working: Working) -> None:
        self.subject = subject
        self.working = working
        self.progress = working.progress
        self.still_ns = 0
        self.hung = False

    def look(self, step_ns: int) -> bool:
        """Let so much time pass; whether it hangs now and did not before."""
        if self.hung:
            return False
        progress = self.working.progress
        if progress != self.progress or not self.working.has_work:
            self.progress, self.still_ns = progress, 0
            return False
        self.still_ns += step_ns
        self.hung = self.still_ns >= HUNG_NS
        return self.hung


class Hangs:
    """Watches all decoders that it made, and threads of clips; closed ones too until they end."""

    def __init__(self, make: Callable[[str, Feed, str], Decoder]) -> None:
        self._make = make
        self._watched: list[_Watched] = []
        self._looked_ns: int | None = None

    def decoder(self, codec: str, feed: Feed, name: str) -> Decoder:
        """A decoder that is watched; its name begins with the publication, then a dash."""
        made = self._make(codec, feed, name)
        self._watched.append(_Watched(int(name.partition("-")[0]), made))
        return made

    def watch(self, file: str, thread: Working) -> None:
        """A thread of the clip in this file; may be called by any thread."""
        self._watched.append(_Watched(file, thread))

    @property
    def publications(self) -> AbstractSet[int]:
        """Whose decoders hang."""
        return {one.subject for one in self._watched if one.hung and isinstance(one.subject, int)}

    @property
    def files(self) -> AbstractSet[str]:
        """The clips of which a thread hangs."""
        return {one.subject for one in self._watched if one.hung and isinstance(one.subject, str)}

    def advance(self, now_ns: int) -> list[int]:
        """Let time pass, each 40 ms or so, by any monotonic clock; the publications whose decoders
        now hang and did not before, which are to be left out.

        Raises `TooManyHangError`; all of them were returned before.
        """
        before_ns, self._looked_ns = self._looked_ns, now_ns
        step_ns = 0 if before_ns is None else min(now_ns - before_ns, MAX_STEP_NS)
        if sum(one.hung for one in self._watched) > MAX_HUNG:
            raise TooManyHangError(f"more than {MAX_HUNG} threads hang")
        found: list[int] = []
        for one in tuple(self._watched):
            if one.working.join(0):
                self._watched.remove(one)
            elif one.look(step_ns):
                if isinstance(one.subject, int):
                    found.append(one.subject)
                _leave_behind(one)
        return found


def _leave_behind(one: _Watched) -> None:
    one.working.close()
    if isinstance(one.subject, int):
        _log.error("picture.decoder_hung", publication=one.subject)
    else:
        _log.error("picture.clip_hung", file=one.subject)
    try:
        os.setpriority(os.PRIO_PROCESS, one.working.native_id, LOWEST_PRIORITY)  # Linux: a thread
    except OSError as error:
        _log.warning("picture.priority_kept", subject=one.subject, error=str(error))
