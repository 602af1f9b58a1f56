"""Pictures of one seat, kept by session time until their frame comes.

Decoder threads put, the programme's thread asks once a frame. A feed belongs to
a seat, so that a device that comes back goes on where the former one ended.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from av.video.frame import VideoFrame

from .slate import SlateReason

FRAME_NS = 40_000_000
DEFAULT_DELAY_NS = 100_000_000
MAX_DELAY_NS = 2_000_000_000
SLEW_NS_PER_FRAME = FRAME_NS // 100
"""10 ms a second: nobody sees a picture run 1 % faster or slower."""
LIPS_NS = 15_000_000
"""Sound's delay grows at once; a picture that would be farther from its sound than this
jumps (repeats a frame or two), because lips that are off are seen and a repeat is not."""
MAX_PICTURES = 40
"""Pictures kept ahead: enough for 60 a second over 600 ms of delay."""
MIN_PICTURES = 6
MAX_PICTURE_BYTES = 48 << 20
"""What those may take; of the largest pictures only `MIN_PICTURES` are kept."""
HOLD_FRAMES = 75
"""A stalled picture stands this long (3 s) before the slate."""
WARM_UP_FRAMES = 20
"""A seat new on air stays plain this long before a slate says that it has no picture."""


class Picture(NamedTuple):
    """A decoded picture. ``number`` grows within a feed and is never used twice."""

    number: int
    session_ns: int
    frame: VideoFrame


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

    def advance(self) -> int:
        """One frame further; the delay in ns to use for it."""
        self.delay_ns = min(
            max(self.delay_ns, self._target_ns - LIPS_NS), self._target_ns + LIPS_NS
        )
        step = self._target_ns - self.delay_ns
        self.delay_ns += min(max(step, -SLEW_NS_PER_FRAME), SLEW_NS_PER_FRAME)
        return self.delay_ns


def _kept_of(frame: VideoFrame) -> int:
    size_bytes = max(frame.width * frame.height * 3 // 2, 1)
    return min(max(MAX_PICTURE_BYTES // size_bytes, MIN_PICTURES), MAX_PICTURES)


class Feed:
    """The pictures of one seat. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Picture] = deque()
        self._slew = DelaySlew()
        self._number = 0
        self._shown: Picture | None = None
        self._last_new = 0
        self._asked = -1
        self._on_air_since = 0
        self._refused = False
        self._expected = True
        self._overflowed = False
        self.dropped_full = 0
        """Pictures not shown because too many waited: the delay is longer than the queue."""
        self.dropped_passed = 0
        """Pictures not shown because a later one was nearer to the frame (30 into 25)."""

    def put(self, session_ns: int, frame: VideoFrame) -> None:
        """A picture captured at this session time."""
        with self._lock:
            self._refused = False
            self._number += 1
            if self._waiting and self._waiting[-1].session_ns > session_ns:
                # The clock of the stream began anew; what waits is of the old one.
                self.dropped_passed += len(self._waiting)
                self._waiting.clear()
            self._waiting.append(Picture(self._number, session_ns, frame))
            if len(self._waiting) > _kept_of(frame):
                self._waiting.popleft()
                self._overflowed = True
                self.dropped_full += 1

    def refuse(self) -> None:
        """The source sends pictures larger than are decoded."""
        with self._lock:
            self._refused = True
            self._waiting.clear()

    def expect(self, *, coming: bool) -> None:
        """Whether the seat has a source at all; says which slate a stalled picture gets."""
        with self._lock:
            self._expected = coming

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

    def at(self, frame: int) -> Shown:
        """What stands in programme frame ``frame``; numbers only grow, a repeated one is free."""
        with self._lock:
            if frame != self._asked:
                if self._asked < 0 or frame - self._asked > HOLD_FRAMES:
                    self._come_on_air(frame)
                self._asked = frame
                self._advance(frame * FRAME_NS - self._slew.advance(), frame)
            return self._judge(frame)

    def _come_on_air(self, frame: int) -> None:
        # A picture of an earlier appearance would show the past.
        self._on_air_since = frame
        self._shown = None
        oldest_ns = (frame - HOLD_FRAMES) * FRAME_NS
        while self._waiting and self._waiting[0].session_ns < oldest_ns:
            self._waiting.popleft()
            self.dropped_passed += 1

    def _advance(self, target_ns: int, frame: int) -> None:
        taken = 0
        while self._waiting and self._is_due(self._waiting[0].session_ns, target_ns):
            self._shown = self._waiting.popleft()
            self._overflowed = False
            taken += 1
        if taken:
            self._last_new = frame
            self.dropped_passed += taken - 1

    def _is_due(self, session_ns: int, target_ns: int) -> bool:
        # After an overflow the stream's clock cannot be right: play it as it comes.
        if self._shown is None or self._overflowed or session_ns <= target_ns:
            return True
        return session_ns - target_ns < abs(self._shown.session_ns - target_ns)

    def _judge(self, frame: int) -> Shown:
        if self._refused:
            return Shown(None, SlateReason.TOO_LARGE)
        if self._shown is None:
            warm = frame - self._on_air_since >= WARM_UP_FRAMES
            return Shown(None, SlateReason.WAITING) if warm else PLAIN
        if frame - self._last_new >= HOLD_FRAMES:
            lost = SlateReason.RECONNECTING if self._expected else SlateReason.WAITING
            return Shown(None, lost)
        return Shown(self._shown, None)
