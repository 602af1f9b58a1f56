"""Pictures of one seat, kept by session time until their frame comes.

Decoder threads put, the programme's thread asks once a frame. A feed belongs to
a seat, so that a device that comes back goes on where the former one ended.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from av.video.frame import VideoFrame

from .picture_format import STANDARD, PictureFormat
from .slate import SlateReason

FRAME_NS = 40_000_000
DEFAULT_DELAY_NS = 100_000_000
MAX_DELAY_NS = 2_000_000_000
SLEW_SHARE = 100
"""A hundredth, 10 ms a second: nobody sees a picture run 1 % faster or slower."""
LIPS_NS = 15_000_000
"""Sound's delay grows at once; a picture that would be farther from its sound than this
jumps (repeats a frame or two), because lips that are off are seen and a repeat is not."""
MAX_PICTURES = 40
"""Pictures kept ahead: enough for 60 a second over 600 ms of delay."""
MIN_PICTURES = 6
MAX_PICTURE_BYTES = 48 << 20
"""What those may take; of the largest pictures only `MIN_PICTURES` are kept."""
SPARE_NS = 300_000_000
"""So much older than its delay asks for a waiting picture may be: the programme may be late by
that, and of a seat that nobody looks at (in preview) no more is kept.
"""
HOLD_NS = 3_000_000_000
"""A stalled picture stands this long before the slate."""
HOLD_FRAMES = HOLD_NS // FRAME_NS
WARM_UP_NS = 800_000_000
"""A seat new on air stays plain this long before a slate says that it has no picture."""
WARM_UP_FRAMES = WARM_UP_NS // FRAME_NS


class Aspect(NamedTuple):
    """How a picture must be turned and stretched to be seen as it was taken."""

    turns: int = 0
    """Quarter turns clockwise, 0 to 3."""
    stretch: float = 1.0
    """Width of a pixel over its height (before turning)."""

    def shown(self, width: int, height: int) -> tuple[int, int]:
        """The size of a picture as it is seen, in square pixels."""
        wide = max(round(width * self.stretch), 1)
        return (height, wide) if self.turns % 2 else (wide, height)


UPRIGHT = Aspect()


class Picture(NamedTuple):
    """A decoded picture. ``number`` grows within a feed and is never used twice."""

    number: int
    session_ns: int
    frame: VideoFrame
    aspect: Aspect = UPRIGHT


class Shown(NamedTuple):
    """What a feed shows in a frame: a picture, a slate, or neither (plain) while it warms up."""

    picture: Picture | None
    slate: SlateReason | None


PLAIN = Shown(None, None)


class DelaySlew:
    """The delay in use: the first value at once, later ones to within `LIPS_NS` at once and
    then by at most 10 ms a second.
    """

    def __init__(self) -> None:
        self._target_ns = DEFAULT_DELAY_NS
        self.delay_ns = DEFAULT_DELAY_NS
        self._told = False

    def aim(self, delay_ns: int) -> None:
        """A new target, kept within 0 and `MAX_DELAY_NS`."""
        self._target_ns = min(max(delay_ns, 0), MAX_DELAY_NS)
        if not self._told:
            self._told = True
            self.delay_ns = self._target_ns

    def forget(self) -> None:
        """Nobody tells the delay any more: back to the default, the next value at once."""
        self._target_ns = DEFAULT_DELAY_NS
        self._told = False

    def advance(self, frame_ns: int = FRAME_NS) -> int:
        """One frame further; the delay in ns to use for it."""
        self.delay_ns = min(
            max(self.delay_ns, self._target_ns - LIPS_NS), self._target_ns + LIPS_NS
        )
        step = self._target_ns - self.delay_ns
        most = frame_ns // SLEW_SHARE
        self.delay_ns += min(max(step, -most), most)
        return self.delay_ns


def _kept_of(frame: VideoFrame) -> int:
    size_bytes = max(frame.width * frame.height * 3 // 2, 1)
    return min(max(MAX_PICTURE_BYTES // size_bytes, MIN_PICTURES), MAX_PICTURES)


class Feed:
    """The pictures of one seat. Thread-safe."""

    def __init__(self) -> None:
        self._steady = False
        self._lock = threading.Lock()
        self._waiting: deque[Picture] = deque()
        self._slew = DelaySlew()
        self._number = 0
        self._shown: Picture | None = None
        self._last_new_ns = 0
        self._asked = -1
        self._asked_ns = 0
        self._on_air_since_ns = 0
        self._coming = False
        self._fresh = False
        self._refused: SlateReason | None = None
        self._expected = True
        self._overflowed = False
        self.dropped_full = 0
        """Pictures not shown because too many or too old ones waited: nobody looked, or the delay
        is longer than the queue.
        """
        self.dropped_passed = 0
        """Pictures not shown because a later one was nearer to the frame (30 into 25)."""

    def put(self, session_ns: int, frame: VideoFrame, aspect: Aspect = UPRIGHT) -> None:
        """A picture captured at this session time."""
        with self._lock:
            self._refused = None
            self._fresh = True
            self._number += 1
            if self._waiting and self._waiting[-1].session_ns > session_ns:
                # The clock of the stream began anew; what waits is of the old one.
                self.dropped_passed += len(self._waiting)
                self._waiting.clear()
            self._waiting.append(Picture(self._number, session_ns, frame, aspect))
            oldest_ns = session_ns - self._slew.delay_ns - SPARE_NS
            kept = _kept_of(frame)
            while len(self._waiting) > kept or self._waiting[0].session_ns < oldest_ns:
                self._waiting.popleft()
                self._overflowed = True
                self.dropped_full += 1

    def refuse(self, reason: SlateReason = SlateReason.TOO_LARGE) -> None:
        """The source sends pictures that are not decoded, until one is put."""
        with self._lock:
            self._refused = reason
            self._fresh = True
            self._waiting.clear()

    def expect(self, *, coming: bool) -> None:
        """Whether the seat has a source at all; says which slate a stalled picture gets."""
        with self._lock:
            self._expected = coming

    def stand(self, *, steady: bool) -> None:
        """Whether the last picture stands for ever, as that of a clip does."""
        with self._lock:
            self._steady = steady

    @property
    def is_steady(self) -> bool:
        """Whether the last picture stands for ever."""
        return self._steady

    def begin(self) -> None:
        """Its source is taken in from now on, nothing has come yet."""
        with self._lock:
            self._coming, self._fresh = True, False

    def end(self) -> None:
        """Its source is taken in no longer, or has ended."""
        with self._lock:
            self._coming = False

    @property
    def awaits(self) -> bool:
        """Whether the first picture of its source is still to come."""
        return self._coming and not self._fresh

    def aim_delay(self, delay_ns: int | None) -> None:
        """What sound tells of its delay; None when it tells no more."""
        with self._lock:
            if delay_ns is None:
                self._slew.forget()
            else:
                self._slew.aim(delay_ns)

    def forget(self) -> None:
        """Begin anew, for another clock."""
        with self._lock:
            self._waiting.clear()
            self._shown = None
            self._asked = -1

    def at(self, frame: int, form: PictureFormat = STANDARD) -> Shown:
        """What stands in programme frame ``frame``; numbers only grow, a repeated one is free."""
        now_ns = form.time_of(frame)
        with self._lock:
            if frame != self._asked:
                if self._asked < 0 or now_ns - self._asked_ns > HOLD_NS:
                    self._come_on_air(now_ns)
                self._asked, self._asked_ns = frame, now_ns
                self._advance(now_ns - self._slew.advance(form.frame_ns), now_ns)
            return self._judge(now_ns)

    def _come_on_air(self, now_ns: int) -> None:
        self._on_air_since_ns = now_ns
        if self._steady:
            return
        # A picture of an earlier appearance would show the past.
        self._shown = None
        oldest_ns = now_ns - HOLD_NS
        while self._waiting and self._waiting[0].session_ns < oldest_ns:
            self._waiting.popleft()
            self.dropped_passed += 1

    def _advance(self, target_ns: int, now_ns: int) -> None:
        taken = 0
        while self._waiting and self._is_due(self._waiting[0].session_ns, target_ns):
            self._shown = self._waiting.popleft()
            self._overflowed = False
            taken += 1
        if taken:
            self._last_new_ns = now_ns
            self.dropped_passed += taken - 1

    def _is_due(self, session_ns: int, target_ns: int) -> bool:
        # After an overflow the stream's clock cannot be right: play it as it comes.
        if self._shown is None or self._overflowed or session_ns <= target_ns:
            return True
        return session_ns - target_ns < abs(self._shown.session_ns - target_ns)

    def _judge(self, now_ns: int) -> Shown:
        if self._refused is not None:
            return Shown(None, self._refused)
        if self._shown is None:
            warm = now_ns - self._on_air_since_ns >= WARM_UP_NS
            return Shown(None, SlateReason.WAITING) if warm else PLAIN
        if now_ns - self._last_new_ns >= HOLD_NS and not self._steady:
            lost = SlateReason.RECONNECTING if self._expected else SlateReason.WAITING
            return Shown(None, lost)
        return Shown(self._shown, None)
