"""The canvas: a kept picture of 4:2:0 planes into which tiles are copied.

One contiguous array, so that an encoder reads it without a copy
(`VideoFrame.from_numpy_buffer`); it may be drawn on again when `encode` returned.
"""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame

from .colour import Bytes, Overlay, Planes, Words
from .layout import Rect


class Canvas:
    """Y (height, width), U and V (height/2, width/2); both sides even."""

    def __init__(self, width: int, height: int, buffer: Bytes | None = None) -> None:
        """Black and green nothing, or what is in a ``buffer`` of (height * 3 / 2, width)."""
        if buffer is None:
            buffer = np.zeros((height * 3 // 2, width), dtype=np.uint8)
        self.width = width
        self.height = height
        self._wide: tuple[Words, Words] | None = None
        self._buffer = buffer
        flat = buffer.reshape(-1)
        luma = width * height
        chroma = luma // 4
        half = (height // 2, width // 2)
        self.planes = Planes(
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )

    @property
    def whole(self) -> Rect:
        """All of it."""
        return Rect(0, 0, self.width, self.height)

    def frame(self) -> VideoFrame:
        """A frame that shares the canvas's memory."""
        return VideoFrame.from_numpy_buffer(self._buffer, format="yuv420p")

    def copied(self) -> Canvas:
        """Another canvas with this picture."""
        return Canvas(self.width, self.height, self._buffer.copy())

    def fill(self, rect: Rect, yuv: tuple[int, int, int]) -> None:
        """One colour."""
        for view, value in zip(self._views(rect), yuv, strict=True):
            view[:] = value

    def put(self, planes: Planes, rect: Rect, left: int = 0, top: int = 0) -> None:
        """Copy what begins at (left, top) of ``planes`` (even numbers) into ``rect``."""
        y, u, v = self._views(rect)
        y[:] = planes.y[top : top + rect.height, left : left + rect.width]
        rows = slice(top // 2, (top + rect.height) // 2)
        columns = slice(left // 2, (left + rect.width) // 2)
        u[:] = planes.u[rows, columns]
        v[:] = planes.v[rows, columns]

    def take(self, other: Canvas, rect: Rect) -> None:
        """Copy ``rect`` of another canvas of the same size."""
        if rect == self.whole:
            self._buffer[:] = other._buffer
            return
        for mine, theirs in zip(self._views(rect), other._views(rect), strict=True):
            mine[:] = theirs

    def blend(self, what: Overlay, rect: Rect) -> None:
        """Lay an overlay of ``rect``'s size over what is there."""
        y, u, v = self._views(rect)
        _blend(y, what.colour.y, what.keep_y)
        _blend(u, what.colour.u, what.keep_uv)
        _blend(v, what.colour.v, what.keep_uv)

    def mix(self, one: Canvas, other: Canvas, share: float) -> None:
        """``share`` (0 to 1) of ``other`` and the rest of ``one``; both of this size."""
        if self._wide is None:
            self._wide = (
                np.empty(self._buffer.shape, np.uint16),
                np.empty(self._buffer.shape, np.uint16),
            )
        first, second = self._wide
        weight = round(share * 256)
        np.multiply(one._buffer, np.uint16(256 - weight), out=first, casting="unsafe")
        np.multiply(other._buffer, np.uint16(weight), out=second, casting="unsafe")
        first += second
        first += np.uint16(128)  # half, so that equal pixels stay as they are
        first >>= np.uint16(8)
        self._buffer[:] = first

    def _views(self, rect: Rect) -> Planes:
        y = self.planes.y[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        rows = slice(rect.y // 2, (rect.y + rect.height) // 2)
        columns = slice(rect.x // 2, (rect.x + rect.width) // 2)
        return Planes(y, self.planes.u[rows, columns], self.planes.v[rows, columns])


def _blend(ground: Bytes, colour: Bytes, keep: Words) -> None:
    # 255 * 256 fits 16 bits, so no wider type is needed.
    kept = ground * keep
    kept >>= 8
    kept += colour
    ground[:] = kept
