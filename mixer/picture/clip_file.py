"""Files of ``<data>/clips``: films and stills, bounded before a picture of them is decoded.

Whoever may put a file there is trusted with its content, not with its correctness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from PIL import Image, UnidentifiedImageError

from .colour import opaque
from .decode import stretch_of, too_large
from .feed import Aspect
from .scale import Scaler

FILMS = (".mp4", ".mov", ".m4v", ".mkv", ".webm")
STILLS = (".png", ".jpg", ".jpeg", ".webp")
STILL_FORMATS = ("PNG", "JPEG", "WEBP")
MAX_STILL_BYTES = 32 << 20
MAX_STILL_PIXELS = 8192 * 4096
LARGEST = (1920, 1080)
"""Larger pictures are made smaller once, so that those that wait take little room."""
MAX_JUMP_S = 10.0
"""A film whose times jump farther than this ends there."""
_NAME = re.compile(r"[\w-][\w.() -]{0,119}")
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
# A playlist inside the file must not make us open anything else.
FILE_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}

Step = Callable[[], None]
"""Called with each packet that is read, of any track; what it raises ends the reading."""

FileFault = (av.FFmpegError, OSError, ValueError, SyntaxError, MemoryError)
"""What reading a wrong file raises (`ClipError` is one of them)."""


class ClipError(ValueError):
    """A clip cannot be played; the text says why."""


class FilmPicture(NamedTuple):
    """A picture of a film and when it stands, in seconds from the film's first."""

    at_s: float
    frame: VideoFrame
    aspect: Aspect


def clip_path(folder: Path, name: str) -> Path:
    """The file of this name. Raises `ClipError` for a name that is none, and without a file."""
    if not _NAME.fullmatch(name) or Path(name).suffix.lower() not in (*FILMS, *STILLS):
        raise ClipError("no plain file name of a film or a still")
    path = folder / name
    if not path.is_file():
        raise ClipError("there is no such file")
    return path


def is_still(path: Path) -> bool:
    """Whether it is a picture and no film."""
    return path.suffix.lower() in STILLS


def start_of(container: InputContainer) -> float:
    """The moment from which all tracks of a film count, in seconds of its own clock."""
    return (container.start_time or 0) / av.time_base


def packets_of(stream: Stream, container: InputContainer, step: Step) -> Iterator[Packet[Stream]]:
    """The packets of one track, and at the end an empty one, which flushes its decoder.

    All are read: a track may end long before the others, and reading on is a step as well.
    """
    for packet in container.demux():
        step()
        if packet.stream is stream:
            yield packet


def _smaller(width: int, height: int) -> tuple[int, int]:
    share = min(LARGEST[0] / width, LARGEST[1] / height, 1.0)
    return max(round(width * share) // 2 * 2, 2), max(round(height * share) // 2 * 2, 2)


def read_still(path: Path) -> VideoFrame:
    """A still as a picture of at most `LARGEST`. Raises `ClipError`."""
    try:
        if path.stat().st_size > MAX_STILL_BYTES:
            raise ClipError(f"larger than {MAX_STILL_BYTES >> 20} MB")
        with Image.open(path, formats=STILL_FORMATS) as image:
            if image.width * image.height > MAX_STILL_PIXELS or min(image.size) < 1:
                raise ClipError(f"{image.width}x{image.height} pixels are too many")
            size = _smaller(*image.size)
            image.draft("RGB", size)
            small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, Image.DecompressionBombError, *FileFault) as error:
        raise ClipError(str(error)) from error
    planes = opaque(np.asarray(small, dtype=np.uint8))
    flat = np.concatenate([plane.reshape(-1) for plane in planes])
    return VideoFrame.from_ndarray(flat.reshape(size[1] * 3 // 2, size[0]), format="yuv420p")


class Film:
    """The pictures of a film in order. Used by one thread; ``with`` closes the file.

    Raises `ClipError` when opened if it has no picture or too large ones.
    """

    def __init__(self, path: Path, step: Step = lambda: None) -> None:
        self._step = step
        try:
            self._container = av.open(str(path), options=FILE_OPTIONS)
        except FileFault as error:
            raise ClipError(str(error)) from error
        try:
            self._stream = self._container.streams.video[0]
        except IndexError:
            self._container.close()
            raise ClipError("no picture in it") from None
        self._check()
        self._stream.codec_context.thread_count = 1
        self._scaler = Scaler()
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def has_sound(self) -> bool:
        """Whether there is a sound track."""
        return bool(self._container.streams.audio)

    @property
    def duration_s(self) -> float:
        """As the file says; 0 when it does not."""
        duration = self._container.duration
        return duration / av.time_base if duration and duration > 0 else 0.0

    @property
    def picture_s(self) -> float:
        """How long a picture stands."""
        rate = self._stream.average_rate
        return min(max(1 / float(rate), 1 / 120), 1.0) if rate else 0.04

    def _check(self) -> None:
        context = self._stream.codec_context
        if too_large(context.width, context.height):
            self._container.close()
            raise ClipError(f"{context.width}x{context.height} pixels are too many")

    def pictures(self, from_s: float = 0.0) -> Iterator[FilmPicture]:
        """From about ``from_s`` on. Raises what `FileFault` names at the first damage."""
        start_s = start_of(self._container)
        if from_s > 0 or self._begun:
            self._container.seek(round((start_s + from_s) * av.time_base), backward=True)
        self._begun = True
        last_s = -1.0
        for frame in self._decoded():
            if frame.pts is None or frame.is_corrupt:
                continue
            if too_large(frame.width, frame.height):
                raise ClipError(f"{frame.width}x{frame.height} pixels are too many")
            at_s = frame.time - start_s
            if at_s <= last_s:
                continue  # times that go back
            if last_s >= 0 and at_s > last_s + MAX_JUMP_S:
                raise ClipError(f"its times jump from {last_s:.1f} to {at_s:.1f} s")
            last_s = at_s
            if at_s >= from_s - self.picture_s:
                yield FilmPicture(at_s, self._bounded(frame), self._aspect(frame))

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in packets_of(self._stream, self._container, self._step):
            yield from self._stream.decode(packet)

    def _bounded(self, frame: VideoFrame) -> VideoFrame:
        if frame.width <= LARGEST[0] and frame.height <= LARGEST[1]:
            return frame
        return self._scaler.scale(frame, *_smaller(frame.width, frame.height))

    def _aspect(self, frame: VideoFrame) -> Aspect:
        # A display matrix turns against the clock, we turn with it.
        turns = round(-frame.rotation / 90) % 4
        return Aspect(turns, stretch_of(self._stream.sample_aspect_ratio))
