"""Reads the recorded programme: times of all frames, pictures and sound within windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np

from .judge_picture import SAMPLE_FRAMES, StepReadings, mean_luma

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .plan import Window

    Samples = NDArray[np.float32]

RATE = 48_000
KEY_REACH_S = 2.6
"""Decoding begins this far before a window, so that a key frame is among it."""


class Stretch(NamedTuple):
    """Session time in seconds."""

    from_s: float
    until_s: float


class Sound(NamedTuple):
    """Mono sound at 48 kHz; the first sample stands at ``start_s``."""

    start_s: float
    samples: Samples


@dataclass(slots=True)
class Seen:
    """What decoding the pictures gave."""

    frame_times: list[float] = field(default_factory=list)
    """Session time of every frame, decoded or not."""
    readings: StepReadings = field(default_factory=StepReadings)
    flashes: list[list[tuple[float, float]]] = field(default_factory=list)
    """Per window with the flashing hall: (time, luma of its patch)."""


def luma_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The Y plane, shape (height, width); valid as long as the frame."""
    plane = frame.planes[0]
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    return rows.reshape(-1, plane.line_size)[: frame.height, : frame.width]


class _Walk:
    """Gives the window of a time; times only grow."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        self._next = 0

    def at(self, at_s: float) -> Window | None:
        while self._next < len(self._windows) and self._windows[self._next].until_s <= at_s:
            self._next += 1
        if self._next == len(self._windows):
            return None
        window = self._windows[self._next]
        return window if window.from_s <= at_s else None

    def near(self, at_s: float) -> bool:
        """Whether a window is open or begins within `KEY_REACH_S`."""
        self.at(at_s)
        if self._next == len(self._windows):
            return False
        return self._windows[self._next].from_s - KEY_REACH_S <= at_s


def read_pictures(
    path: Path, start_s: float, windows: Sequence[Window], ignored: frozenset[int] = frozenset()
) -> Seen:
    """Read the marks of all windows. ``start_s``: session time of the file's time 0.

    Raises av.FFmpegError, OSError.
    """
    seen = Seen(readings=StepReadings(ignored))
    walk = _Walk(windows)
    current: Window | None = None
    index = 0
    for at_s, frame in _frames(path, start_s, walk, seen.frame_times):
        window = walk.at(at_s)
        if window is None:
            continue
        if window is not current:
            current, index = window, 0
            if any(place.flash for place in window.places):
                seen.flashes.append([])
        luma = luma_of(frame)
        for place in window.places:
            if place.flash is not None:
                seen.flashes[-1].append((at_s, mean_luma(luma, place.flash)))
        if index % SAMPLE_FRAMES == 0:
            seen.readings.add_frame(window.step, window.places, at_s, luma)
        index += 1
    return seen


def _frames(
    path: Path, start_s: float, walk: _Walk, times: list[float]
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Decodes only near windows; every packet's time is noted."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        decoding = False
        for packet in container.demux(stream):
            if packet.size == 0 or packet.pts is None or packet.time_base is None:
                continue
            at_s = start_s + float(packet.pts * packet.time_base)
            times.append(at_s)
            if not walk.near(at_s):
                decoding = False
                continue
            decoding = decoding or packet.is_keyframe
            if not decoding:
                continue
            for frame in packet.decode():
                if frame.pts is not None and frame.time_base is not None:
                    yield start_s + float(frame.pts * frame.time_base), frame


def read_sound(path: Path, start_s: float, stretches: Sequence[Stretch]) -> Iterator[Sound]:
    """The sound of each stretch (in order, not overlapping), as much as is there.

    Raises av.FFmpegError, OSError.
    """
    waiting = list(stretches)
    pieces: list[tuple[float, Samples]] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler("fltp", "mono", RATE)
        for frame in container.decode(audio=0):
            if frame.pts is None or frame.time_base is None:
                continue
            at_s = start_s + float(frame.pts * frame.time_base)
            for part in resampler.resample(frame):
                samples = part.to_ndarray()[0].astype(np.float32, copy=False)
                if waiting and at_s + len(samples) / RATE > waiting[0].from_s:
                    pieces.append((at_s, samples))
            while waiting and at_s >= waiting[0].until_s:
                yield _cut(pieces, waiting.pop(0))
                pieces = []
    for stretch in waiting:
        yield _cut(pieces, stretch)
        pieces = []


def _cut(pieces: Sequence[tuple[float, Samples]], stretch: Stretch) -> Sound:
    if not pieces:
        return Sound(stretch.from_s, np.zeros(0, np.float32))
    start_s = pieces[0][0]
    samples = np.concatenate([piece for _, piece in pieces])
    first = max(0, round((stretch.from_s - start_s) * RATE))
    last = max(first, round((stretch.until_s - start_s) * RATE))
    return Sound(start_s + first / RATE, samples[first:last])


class Spacing(NamedTuple):
    """How evenly coded units follow one another."""

    units: int
    missing: int
    """Units that would fill the holes."""
    uneven: int
    """Distances that are no whole number of units."""


def spacing(times_s: Sequence[float], unit_s: float, slack_s: float = 0.0015) -> Spacing:
    """Of units that should stand ``unit_s`` apart."""
    if len(times_s) < 2:
        return Spacing(len(times_s), 0, 0)
    distances = np.diff(np.asarray(times_s))
    counts = np.maximum(np.rint(distances / unit_s), 1)
    uneven = int((np.abs(distances - counts * unit_s) > slack_s).sum())
    return Spacing(len(times_s), int((counts - 1).sum()), uneven)


def packet_times(path: Path, kind: str, start_s: float = 0.0) -> list[float]:
    """Times of all packets of the first ``audio`` or ``video`` stream.

    Raises av.FFmpegError, OSError.
    """
    with av.open(str(path)) as container:
        stream = next((one for one in container.streams if one.type == kind), None)
        if stream is None:
            return []
        return [
            start_s + float(packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None and packet.time_base is not None
        ]
