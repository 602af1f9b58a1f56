"""The programme's thread: each 40 (or 33) ms a frame, composed, encoded and sent, come what may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from mixer.wire.control import ControlError
from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS, Layer, PublicationId
from mixer.wire.picture import Multiview, PictureProgramme
from mixer.wire.resources import Clock

from .encode import Rendition
from .mixing import Mixer
from .picture_format import FRAME_RATES, SIZES, PictureFormat
from .rendition_spec import MAX_MASTER_KBPS, MIN_MASTER_KBPS, renditions
from .sides import Sides, side_encoders
from .stage import SlateBook, Stage, opening_stage
from .timeline import Due, Timeline

_log = structlog.get_logger(__name__)
MAX_PENDING_STAGES = 8
STOP_TIMEOUT_S = 2.0
FIRST_STAGE_S = 0.5
"""So long a programme that begins waits for its first scene to be rendered and its sources to show
a picture."""
LOOK_AGAIN_S = 0.005


def check_programme(spec: PictureProgramme) -> None:
    """Raises `ControlError` for a format or a bit rate that is not made."""
    size = (spec.width, spec.height)
    if size not in SIZES:
        known = " and ".join(f"{width}x{height}" for width, height in SIZES)
        raise ControlError("picture.unsupported_size", f"{size[0]}x{size[1]}; there are {known}")
    if spec.frame_rate not in FRAME_RATES:
        raise ControlError("picture.unsupported_rate", f"{spec.frame_rate}; there are 25 and 30")
    kbps = spec.renditions.master_kbps
    if not MIN_MASTER_KBPS <= kbps <= MAX_MASTER_KBPS:
        raise ControlError(
            "picture.unsupported_bitrate",
            f"master_kbps {kbps}; from {MIN_MASTER_KBPS} to {MAX_MASTER_KBPS}",
        )


class Costs:
    """Sums of CPU time of the programme's thread in ns, for metrics and the bench."""

    def __init__(self) -> None:
        self.compose_ns = 0
        self.encode_ns = 0
        self.side_ns = 0


def _layer_of(rendition: Rendition) -> int:
    return rendition.spec.layer


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
        multiview: Multiview | None = None,
    ) -> None:
        self.clock = clock
        self.spec = spec
        self.multiview = multiview
        self.form = form = PictureFormat(spec.width, spec.height, spec.frame_rate)
        self.timeline = Timeline(form)
        self.renditions = tuple(Rendition(one, spec.publication) for one in renditions(form))
        self.mixer = Mixer(form, slates, opening_stage(form.width, form.height))
        self.sides = Sides(side_encoders(spec, multiview, form, send), form, slates)
        self.publications = {spec.publication: tuple(sorted(self.renditions, key=_layer_of))}
        """What is published, by layer."""
        for encoder in self.sides.encoders.values():
            self.publications[encoder.rendition.publication] = (encoder.rendition,)
        self.costs = Costs()
        self.bugs = 0
        self._send = send
        self._applied = applied
        self._lock = threading.Lock()
        self._pending: list[Stage] = []
        self._stopping = threading.Event()
        self._staged = threading.Event()
        self._thread: threading.Thread | None = None

    def put_stage(self, stage: Stage) -> None:
        """Take this stage at its frame; it replaces those waiting for the same or a later one."""
        with self._lock:
            self._pending = [one for one in self._pending if one.frame < stage.frame]
            self._pending = [*self._pending, stage][-MAX_PENDING_STAGES:]
        self._staged.set()

    def request_keyframe(self, publication: PublicationId, layer: Layer) -> None:
        """Somebody cannot decode this layer yet; unknown ones are ignored."""
        for rendition in self.publications.get(publication, ()):
            if rendition.spec.layer == layer:
                rendition.keyframes.request()

    def take(self, publication: PublicationId, *, taken: bool) -> None:
        """Whether somebody takes a publication. The programme itself is made always."""
        for encoder in self.sides.encoders.values():
            if encoder.rendition.publication == publication:
                encoder.take(taken=taken)

    def start(self, *, staged: bool = False) -> None:
        """Run in a thread by the event's clock. ``staged``: a scene is to be shown, so the first
        frame waits for it and its pictures, `FIRST_STAGE_S` at most: after a death nobody sees the
        opening slate or a place that was not empty before.
        """
        if not staged:
            self._staged.set()
        self._thread = threading.Thread(target=self._run, name="programme", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End the thread after its frame; False when it did not within `STOP_TIMEOUT_S`."""
        self._stopping.set()
        self._staged.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
            if self._thread.is_alive():
                return False
        return self.sides.stop()

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
        if not due.stale:
            self._offer(due.frame)
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
            ripe = [one for one in self._pending if one.frame <= frame and not one.waits(frame)]
            if not ripe:
                return None
            chosen = ripe[-1]
            # What is not ripe and stands behind it comes later; what waits before it is outdone.
            self._pending = [one for one in self._pending if one.frame > chosen.frame]
        return chosen

    def _encode(self, number: int) -> None:
        begun_ns = time.thread_time_ns()
        frames: list[Frame] = []
        for rendition in self.renditions:
            frames += rendition.encode(self.mixer.canvas.frame(), number)
        self.costs.encode_ns += time.thread_time_ns() - begun_ns
        self._send(frames)

    def _offer(self, number: int) -> None:
        begun_ns = time.thread_time_ns()
        self.sides.offer(number, self.mixer)
        self.costs.side_ns += time.thread_time_ns() - begun_ns

    def _await_first_stage(self) -> None:
        until_s = time.monotonic() + FIRST_STAGE_S
        self._staged.wait(FIRST_STAGE_S)
        while not self._stopping.is_set() and time.monotonic() < until_s:
            with self._lock:
                first = self._pending[:1]
            if not any(tile.feed.awaits for stage in first for tile in stage.tiles):
                return
            self._stopping.wait(LOOK_AGAIN_S)

    def _run(self) -> None:
        origin_ns = self.clock.origin_monotonic_ns
        self._await_first_stage()
        while not self._stopping.is_set():
            now_ns = time.monotonic_ns() - origin_ns
            if self.step(now_ns) is None:
                self._stopping.wait(self.timeline.wait_ns(now_ns) / NANOSECONDS)
