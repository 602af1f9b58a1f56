"""Renditions made on demand, each in a thread of its own: none of them delays the programme."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

import structlog
from av.video.frame import VideoFrame

from mixer.wire.frame import Frame

from .encode import Rendition

_log = structlog.get_logger(__name__)
MAX_PICTURES = 2
"""Waiting for the encoder; when it is full the newest is dropped, counted as ``behind``."""
STOP_TIMEOUT_S = 2.0


class SideEncoder:
    """One rendition that is coded while somebody takes it.

    `wants` and `offer` are for the programme's thread, `take` for any; ``send`` is called from
    the encoder's thread. The encoder is given back when nobody takes it any more.
    """

    def __init__(
        self, name: str, rendition: Rendition, send: Callable[[list[Frame]], None]
    ) -> None:
        self.name = name
        self.rendition = rendition
        self.behind = 0
        self.bugs = 0
        self.cpu_ns = 0
        """CPU time of the encoder's thread."""
        self._send = send
        self._taken = False
        self._pictures: queue.Queue[tuple[VideoFrame, int] | None] = queue.Queue(MAX_PICTURES + 1)
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def taken(self) -> bool:
        """Whether somebody takes it."""
        return self._taken

    def take(self, *, taken: bool) -> None:
        """Whether somebody takes it from now on."""
        if taken == self._taken:
            return
        self._taken = taken
        _log.info("picture.rendition_taken", rendition=self.name, taken=taken)
        if taken:
            self.rendition.keyframes.request()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"encode-{self.name}", daemon=True
                )
                self._thread.start()
        else:
            self._put(None)

    def wants(self, number: int) -> bool:
        """Whether frame ``number`` is to be offered."""
        return self._taken and number % self.rendition.spec.step == 0

    def offer(self, picture: VideoFrame, number: int) -> None:
        """A picture of its own memory; dropped when two wait already."""
        if self._pictures.qsize() >= MAX_PICTURES:
            self.behind += 1
        else:
            self._put((picture, number))

    def stop(self) -> bool:
        """End the thread; False when it did not in time."""
        self._stopping = True
        if self._thread is None:
            return True
        self._put(None)
        self._thread.join(STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    def _put(self, item: tuple[VideoFrame, int] | None) -> None:
        try:
            self._pictures.put_nowait(item)
        except queue.Full:
            self.behind += 1

    def _run(self) -> None:
        begun_ns = time.thread_time_ns()
        while not self._stopping:
            item = self._pictures.get()
            if item is None:
                if not self._taken:
                    self.rendition.rest()
                continue
            try:
                self._send(self.rendition.encode(*item))
            except Exception:  # noqa: BLE001  a bug costs this rendition a picture, nothing else
                self.bugs += 1
                _log.exception("picture.rendition_bug", rendition=self.name)
                self.rendition.rest()
            self.cpu_ns = time.thread_time_ns() - begun_ns
