"""The format of a picture: its size, its frames a second, and when each of them stands.

Layouts and captions are given in pixels of 1280x720 and scaled; frame n stands at n / rate
seconds of session time. Light on purpose (no codec, no numpy).
"""

from __future__ import annotations

from typing import NamedTuple

from mixer.wire.ids import NANOSECONDS

from .layout import CANVAS_HEIGHT, CANVAS_WIDTH, Placement, Rect, even

SIZES = ((1280, 720), (1920, 1080))
FRAME_RATES = (25, 30)
RTP_CLOCK_RATE = 90_000


class PictureFormat(NamedTuple):
    """Pixels (16:9, even) and frames a second."""

    width: int = CANVAS_WIDTH
    height: int = CANVAS_HEIGHT
    frame_rate: int = 25

    @property
    def scale(self) -> float:
        """Pixels for one of a layout."""
        return self.width / CANVAS_WIDTH

    @property
    def frame_ns(self) -> int:
        """From one frame to the next, rounded down."""
        return NANOSECONDS // self.frame_rate

    def time_of(self, frame: int) -> int:
        """Session time of a frame in ns, rounded down."""
        return frame * NANOSECONDS // self.frame_rate

    def frame_at(self, session_ns: int) -> int:
        """The frame that stands at this time: the last whose time is not later."""
        frame = session_ns * self.frame_rate // NANOSECONDS
        return frame + (self.time_of(frame + 1) <= session_ns)

    def frame_from(self, session_ns: int) -> int:
        """The first frame whose time is not before this."""
        frame = self.frame_at(session_ns)
        return frame if self.time_of(frame) == session_ns else frame + 1

    def frames_in(self, duration_ns: int) -> int:
        """Whole frames of a duration."""
        return duration_ns * self.frame_rate // NANOSECONDS

    def timestamp_of(self, frame: int) -> int:
        """RTP timestamp, 32 bit, of the video clock of 90 kHz."""
        return frame * (RTP_CLOCK_RATE // self.frame_rate) & 0xFFFFFFFF

    def resized(self, width: int, height: int) -> PictureFormat:
        """The same frames in another size."""
        return self._replace(width=width, height=height)

    def rect(self, rect: Rect) -> Rect:
        """A place of a layout in pixels of this size; neighbours stay neighbours."""
        if self.width == CANVAS_WIDTH:
            return rect
        left, top = self.pixels(rect.x), self.pixels(rect.y)
        right, bottom = self.pixels(rect.x + rect.width), self.pixels(rect.y + rect.height)
        return Rect(left, top, max(right - left, 2), max(bottom - top, 2))

    def pixels(self, length: float) -> int:
        """A length of a layout in pixels of this size, even."""
        return even(length * self.width / CANVAS_WIDTH + 1e-6)

    def place(self, placement: Placement) -> Placement:
        """A place of a layout in pixels of this size."""
        if self.width == CANVAS_WIDTH:
            return placement
        bar = placement.name_bar
        return placement._replace(
            picture=self.rect(placement.picture),
            name_bar=None if bar is None else self.rect(bar),
            border=self.pixels(placement.border),
            bounds=Rect(0, 0, self.width, self.height),
        )


STANDARD = PictureFormat()
"""1280x720 at 25 frames a second."""
