"""A thread of a clip, which can be told to end, and whose reading and decoding are watched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from mixer.wire.ids import NANOSECONDS

from .decode import name_thread

Now = Callable[[], int]
_LOOK_S = 0.5
"""How soon a new session clock is seen by a thread that waits for its time."""
_FORMER_S = 0.02


class ClosedError(Exception):
    """The thread is to end; raised in it by all that it calls of its `ClipThread`."""


class ClipThread:
    """Watched by `hangs` as a decoder is: all it does is work, but for its waiting."""

    def __init__(
        self,
        name: str,
        run: Callable[[ClipThread], None],
        now: Now,
        former: Sequence[ClipThread] = (),
    ) -> None:
        """``run`` begins once those ``former`` ones ended, so that no file is read twice."""
        self.progress = 0
        """Grows with each packet read and each wait."""
        self._run = run
        self._now = now
        self._former = former
        self._until_ns: int | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    # --- asked by others --------------------------------------------------------------------

    @property
    def awaits_former(self) -> bool:
        """Whether it has not begun yet, as a former thread has not ended."""
        return bool(self._former)

    @property
    def has_work(self) -> bool:
        """Whether it reads, decodes, or is late to do so."""
        until_ns = self._until_ns
        return not self._former and (until_ns is None or self._now() >= until_ns)

    @property
    def closed(self) -> bool:
        """Whether it was told to end."""
        return self._closed.is_set()

    @property
    def native_id(self) -> int:
        """The system's number of it."""
        return self._thread.native_id or 0

    def close(self) -> None:
        """It ends as soon as it can; nothing comes out of it any more."""
        with self._lock:
            self._closed.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for its end; False when it goes on for longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # --- called by itself -------------------------------------------------------------------

    def step(self) -> None:
        """It gets on. Raises `ClosedError`."""
        self.progress += 1
        if self.closed:
            raise ClosedError

    def put(self, out: Callable[[], object]) -> None:
        """Do what others notice. Raises `ClosedError` instead once it was closed."""
        with self._lock:
            self.step()
            out()

    def wait_until(self, session_ns: int) -> None:
        """Wait for this session time. Raises `ClosedError`."""
        self._until_ns = session_ns
        while not self.closed and (left_ns := session_ns - self._now()) > 0:
            self._closed.wait(min(left_ns / NANOSECONDS, _LOOK_S))
        self.step()
        self._until_ns = None

    def _main(self) -> None:
        name_thread(self._thread.name)
        try:
            for former in self._former:
                while not former.join(_FORMER_S):
                    self.step()
            self.step()
            self._former = ()
            self._run(self)
        except ClosedError:
            return
