"""Decoding of one source: what may go into a decoder, and the thread that runs it.

A decoder has a thread of its own, so that neither a slow nor a hostile stream
delays a frame of the programme or another source; FFmpeg runs without the
interpreter lock. Queue: `MAX_UNITS` and `MAX_UNIT_BYTES`; when it is full, video drops to
the next key frame.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Protocol

import av
import structlog
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from mixer.rtp.assembler import AccessUnit

from .feed import UPRIGHT, Aspect

_log = structlog.get_logger(__name__)
MAX_UNITS = 30
MAX_UNIT_BYTES = 8 << 20
MAX_SIDE = 4096
MAX_PIXELS = 4096 * 2304
DECODERS = {"vp8": "vp8", "h264": "h264"}


class DecodeDrop(StrEnum):
    """Why a coded or a decoded picture was discarded."""

    BEFORE_KEYFRAME = "before_keyframe"
    AFTER_LOSS = "after_loss"
    QUEUE_FULL = "queue_full"
    TOO_LARGE = "too_large"
    DECODE_ERROR = "decode_error"
    CORRUPT_PICTURE = "corrupt_picture"


Counts = Counter[DecodeDrop]


def too_large(width: int, height: int) -> bool:
    """Whether a picture of this size is refused (above 4096 a side or 4096x2304 in all)."""
    return max(width, height) > MAX_SIDE or width * height > MAX_PIXELS


class Gate:
    """Lets units into a decoder: from a whole key frame on, until something is missing."""

    def __init__(self) -> None:
        self.closed_by: DecodeDrop | None = DecodeDrop.BEFORE_KEYFRAME
        """Why nothing goes in; None while open."""

    @property
    def needs_keyframe(self) -> bool:
        """Whether a key frame would help."""
        return self.closed_by not in (None, DecodeDrop.TOO_LARGE)

    def close(self, reason: DecodeDrop) -> None:
        """Nothing goes in until the next key frame."""
        self.closed_by = reason

    def admit(self, unit: AccessUnit, *, queue_full: bool) -> DecodeDrop | None:
        """Why this unit is dropped, or None when it goes to the decoder."""
        if too_large(unit.width, unit.height):
            self.closed_by = DecodeDrop.TOO_LARGE
        elif unit.keyframe and unit.complete:
            self.closed_by = None
        elif self.closed_by is None:
            if unit.lost_before or not unit.complete:
                self.closed_by = DecodeDrop.AFTER_LOSS
            elif queue_full:
                self.closed_by = DecodeDrop.QUEUE_FULL
        return self.closed_by


def name_thread(name: str) -> None:
    """Tell the system, whose `top -H` then says which source costs what; it takes 15 bytes."""
    with contextlib.suppress(OSError):  # Linux only
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_bytes(name.encode()[:15])


class PictureSink(Protocol):
    """Where decoded pictures go; called from the decoder's thread."""

    def put(self, session_ns: int, frame: VideoFrame, aspect: Aspect) -> None:
        """A picture captured at this session time."""

    def refuse(self) -> None:
        """Pictures are too large to be decoded."""


class _Queued(NamedTuple):
    unit: AccessUnit
    turns: int


MAX_STRETCH = 4.0
"""Pixels wider or higher than this are taken for square: nobody sends such."""


def stretch_of(ratio: Fraction | None) -> float:
    """How much wider than high a pixel is shown; 1 where nothing sensible is said."""
    stretch = float(ratio) if ratio else 1.0
    return stretch if 1 / MAX_STRETCH <= stretch <= MAX_STRETCH else 1.0


def aspect_of(context: VideoCodecContext, turns: int) -> Aspect:
    """How pictures of this decoder must be turned and stretched."""
    stretch = stretch_of(context.sample_aspect_ratio)
    if stretch == 1.0 and not turns:
        return UPRIGHT
    return Aspect(turns, stretch)


def open_decoder(codec: str) -> VideoCodecContext:
    """A decoder that gives each picture at once and refuses sizes above `MAX_PIXELS`."""
    context = av.CodecContext.create(DECODERS[codec], "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{codec} is no video codec")
    context.thread_count = 1
    context.flags |= Flags.low_delay
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return context


class Decoder:
    """One decoder in one thread. `push` and `close` never wait for it."""

    def __init__(
        self,
        codec: str,
        sink: PictureSink,
        name: str,
        make: Callable[[str], VideoCodecContext] = open_decoder,
        began: Callable[[], object] = lambda: None,
    ) -> None:
        """``began`` is called first by the decoder's thread (see `suspects`)."""
        self._codec = codec
        self._sink = sink
        self._make = make
        self._began = began
        self._units: deque[_Queued] = deque()
        self._bytes = 0
        self._closed = False
        self._failed = False
        self._aspect = UPRIGHT
        self._lock = threading.Lock()
        # One token for each unit, and one to end: its C code waits for a tenth of a Condition's.
        self._news: SimpleQueue[None] = SimpleQueue()
        self._busy = False
        self.drops: Counts = Counter()
        self.pictures = 0
        self.progress = 0
        """Grows with each unit that is begun and each that is done."""
        self._thread = threading.Thread(target=self._run, name=f"decode-{name}", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether the queue is full."""
        return len(self._units) >= MAX_UNITS or self._bytes >= MAX_UNIT_BYTES

    @property
    def has_work(self) -> bool:
        """Whether units wait or one is being decoded."""
        return self._busy or bool(self._units)

    @property
    def native_id(self) -> int:
        """The system's number of its thread."""
        return self._thread.native_id or 0

    def push(self, unit: AccessUnit, turns: int = 0) -> None:
        """Queue a unit that the gate let in, to be shown turned by so many quarters. A key frame
        that finds the queue full replaces it.
        """
        with self._lock:
            if self.full:
                self.drops[DecodeDrop.QUEUE_FULL] += len(self._units)
                self._units.clear()
                self._bytes = 0
            self._units.append(_Queued(unit, turns))
            self._bytes += len(unit.payload)
        self._news.put(None)

    def take_failure(self) -> bool:
        """Whether decoding failed since this was last asked; it then needs a key frame."""
        failed, self._failed = self._failed, False
        return failed

    def close(self) -> None:
        """The thread ends after the unit it works on; no further picture comes out."""
        with self._lock:
            self._closed = True
            self._units.clear()
        self._news.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False when it goes on for longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _next(self) -> _Queued | None:
        self._busy = False
        self.progress += 1
        while True:
            self._news.get()
            with self._lock:
                if self._closed:
                    return None
                if not self._units:
                    continue  # a key frame that found the queue full has replaced it
                queued = self._units.popleft()
                self._bytes -= len(queued.unit.payload)
                self._busy = True
                self.progress += 1
                return queued

    def _run(self) -> None:
        context: VideoCodecContext | None = None
        name_thread(self._thread.name)
        self._began()
        while (queued := self._next()) is not None:
            unit = queued.unit
            if unit.keyframe:
                self._failed = False
            if self._failed:
                self.drops[DecodeDrop.DECODE_ERROR] += 1
                continue
            try:
                if context is None:
                    context = self._make(self._codec)
                self._decode(context, queued)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                _log.debug("picture.decode_error", codec=self._codec, error=str(error))
                context = None
                self._fail()
            except Exception:  # noqa: BLE001  a bug costs this source a picture, not its thread
                _log.exception("picture.decode_bug", codec=self._codec)
                context = None
                self._fail()

    def _fail(self) -> None:
        self.drops[DecodeDrop.DECODE_ERROR] += 1
        self._failed = True

    def _decode(self, context: VideoCodecContext, queued: _Queued) -> None:
        unit = queued.unit
        if not unit.payload:
            return  # an empty packet would flush the decoder for ever
        packet = av.Packet(unit.payload)
        packet.pts = unit.session_ns
        for frame in context.decode(packet):
            if self._closed:
                return
            if too_large(frame.width, frame.height):
                self.drops[DecodeDrop.TOO_LARGE] += 1
                self._sink.refuse()
            elif frame.is_corrupt:
                self.drops[DecodeDrop.CORRUPT_PICTURE] += 1
            else:
                self.pictures += 1
                if frame.key_frame or queued.turns != self._aspect.turns:
                    self._aspect = aspect_of(context, queued.turns)  # says so with key frames only
                at_ns = unit.session_ns if frame.pts is None else frame.pts
                self._sink.put(at_ns, frame, self._aspect)
