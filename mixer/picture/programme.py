"""The programme's thread: each 40 ms a frame, composed, encoded and sent, come what may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS, Layer
from mixer.wire.resources import Clock, PictureProgramme

from .encode import Rendition, renditions
from .mixing import Mixer
from .stage import SlateBook, Stage, opening_stage
from .timeline import Due, Timeline

_log = structlog.get_logger(__name__)
MAX_PENDING_STAGES = 8
STOP_TIMEOUT_S = 2.0


class Costs:
    """Sums of CPU time of the programme's thread in ns, for metrics and the bench."""

    def __init__(self) -> None:
        self.compose_ns = 0
        self.encode_ns = 0


class Programme:
    """Composes and encodes. `step` does one frame at a given time; `start` runs it by the clock.

    ``send`` gets the link frames of each programme frame, ``applied`` each stage with
    the frame it came on air; both are called from the programme's thread.
    """

    def __init__(
        self,
        clock: Clock,
        spec: PictureProgramme,
        slates: SlateBook,
        send: Callable[[list[Frame]], None],
        applied: Callable[[Stage, int], None],
    ) -> None:
        self.clock = clock
        self.spec = spec
        self.timeline = Timeline()
        self.renditions = tuple(
            Rendition(one, spec.publication) for one in renditions(spec.width, spec.height)
        )
        self.mixer = Mixer(spec.width, spec.height, slates, opening_stage(spec.width, spec.height))
        self.costs = Costs()
        self.bugs = 0
        self._send = send
        self._applied = applied
        self._lock = threading.Lock()
        self._pending: list[Stage] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def put_stage(self, stage: Stage) -> None:
        """Take this stage at its frame; it replaces those waiting for the same or a later one."""
        with self._lock:
            self._pending = [one for one in self._pending if one.frame < stage.frame]
            self._pending = [*self._pending, stage][-MAX_PENDING_STAGES:]

    def request_keyframe(self, layer: Layer) -> None:
        """Somebody cannot decode this layer yet."""
        for rendition in self.renditions:
            if rendition.spec.layer == layer:
                rendition.keyframes.request()

    def start(self) -> None:
        """Run in a thread by the event's clock."""
        self._thread = threading.Thread(target=self._run, name="programme", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End the thread after its frame; False when it did not within `STOP_TIMEOUT_S`."""
        self._stopping.set()
        if self._thread is None:
            return True
        self._thread.join(STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    @property
    def died(self) -> bool:
        """Whether the thread ended by a bug instead of `stop`."""
        thread = self._thread
        return thread is not None and not thread.is_alive() and not self._stopping.is_set()

    def step(self, now_ns: int) -> Due | None:
        """Make the frame due at this session time, if one is."""
        due = self.timeline.due(now_ns)
        if due is None:
            return None
        if due.skipped:
            _log.error("picture.hole", frames=due.skipped, before=due.frame)
        if not due.stale:
            self._compose(due.frame)
        self._encode(due.frame)
        return due

    def _compose(self, frame: int) -> None:
        begun_ns = time.thread_time_ns()
        try:
            stage = self._next_stage(frame)
            if stage is not None:
                self.mixer.enter(stage)
                self._applied(stage, frame)
            self.mixer.compose(frame)
        except Exception:  # noqa: BLE001  a bug in drawing: the canvas stays, time goes on
            self.bugs += 1
            _log.exception("picture.compose_bug", frame=frame)
        self.costs.compose_ns += time.thread_time_ns() - begun_ns

    def _next_stage(self, frame: int) -> Stage | None:
        with self._lock:
            ripe = [one for one in self._pending if one.frame <= frame]
            self._pending = [one for one in self._pending if one.frame > frame]
        return ripe[-1] if ripe else None

    def _encode(self, number: int) -> None:
        begun_ns = time.thread_time_ns()
        frames: list[Frame] = []
        for rendition in self.renditions:
            frames += rendition.encode(self.mixer.canvas.frame(), number)
        self.costs.encode_ns += time.thread_time_ns() - begun_ns
        self._send(frames)

    def _run(self) -> None:
        origin_ns = self.clock.origin_monotonic_ns
        while not self._stopping.is_set():
            now_ns = time.monotonic_ns() - origin_ns
            if self.step(now_ns) is None:
                self._stopping.wait(self.timeline.wait_ns(now_ns) / NANOSECONDS)
