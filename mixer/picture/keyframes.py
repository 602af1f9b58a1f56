"""When a rendition's frame is a key frame."""

from __future__ import annotations

KEYFRAME_EVERY_S = 2
"""Key frames stand at even session seconds, the same in every rendition."""
JOINING_S = 5
"""A request after this long without one is of somebody who joins; for as long others may follow."""


class KeyframeRule:
    """Each 2 s, and on request: half a second apart while sites join, else one second.

    So a burst of joins is served at once, while a receiver that loses packets all the time costs
    everybody else one key frame a second. Who asks within half a second before an even second
    waits for that one: two key frames in a row would fill everybody's buffers.
    """

    def __init__(self, frame_rate: int = 25) -> None:
        self._every = KEYFRAME_EVERY_S * frame_rate
        self._joining = JOINING_S * frame_rate
        self._near = -(-frame_rate // 2)
        self._far = frame_rate
        self._last: int | None = None
        self._asked: int | None = None
        self._joining_until = 0
        self._requested = False

    def request(self) -> None:
        """Somebody needs one. May come from another thread."""
        self._requested = True

    def decide(self, frame: int) -> bool:
        """Whether frame ``frame`` shall be one. Frame numbers only grow."""
        last = self._last
        aligned = last is None or frame // self._every != last // self._every
        if self._requested:
            self._note(frame)
        if not (aligned or (self._requested and self._far_enough(frame))):
            return False
        self._last = frame
        self._requested = False
        return True

    def _note(self, frame: int) -> None:
        if self._asked is None or frame - self._asked >= self._joining:
            self._joining_until = frame + self._joining
        self._asked = frame

    def _far_enough(self, frame: int) -> bool:
        distance = self._near if frame < self._joining_until else self._far
        if -frame % self._every < distance:
            return False
        return self._last is None or frame - self._last >= distance
