"""Scaling pictures to their places, in the canvas's colours."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from .colour import Planes, planes_of
from .halve import Halves

_AS_CANVAS = frozenset({2, 5, 6})
"""AVColorSpace: unspecified, bt470bg and smpte170m share the canvas's matrix."""
_FULL_RANGE = int(ColorRange.JPEG)
SMALL_WIDTH = 400
"""Places below this width are tiles, where AREA is good enough at any reduction."""


def _interpolation(source_width: int, width: int) -> Interpolation:
    smaller = source_width * 2 >= width * 3 or (width < SMALL_WIDTH and source_width >= width)
    return Interpolation.AREA if smaller else Interpolation.BICUBIC


class Scaler:
    """Scales frames to one place; keeps swscale's tables while the sizes stay.

    Halved as long as it goes, then AREA where it makes smaller by enough or the place is small,
    else BICUBIC, as AREA enlarges in blocks. Without threads: a picture is too small to share.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._halves = Halves()

    def upright(self, frame: VideoFrame, width: int, height: int, turns: int) -> Planes:
        """``frame`` turned clockwise by ``turns`` quarters, then of this size; see `scale`."""
        if not turns % 4:
            return planes_of(self.scale(frame, width, height))
        if turns % 2:
            width, height = height, width
        y, u, v = planes_of(self.scale(frame, width, height))
        return Planes(np.rot90(y, -turns), np.rot90(u, -turns), np.rot90(v, -turns))

    def scale(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        """``frame`` as yuv420p of this size in the canvas's colours.

        The frame itself where nothing is to be done. Raises ValueError or
        `av.FFmpegError` for what swscale cannot take.
        """
        same_matrix = int(frame.colorspace) in _AS_CANVAS
        full_range = int(frame.color_range) == _FULL_RANGE
        plain = frame.format.name == "yuv420p"
        if same_matrix and not full_range and plain:
            if (frame.width, frame.height) == (width, height):
                return frame
            halved = None
            if frame.width >= 2 * width and frame.height >= 2 * height:
                halved = self._halves.towards(planes_of(frame), width, height)
            if halved is not None:
                frame = halved.frame()
                if (frame.width, frame.height) == (width, height):
                    return frame
            interpolation = _interpolation(frame.width, width)
            return self._reformatter.reformat(
                frame, width, height, "yuv420p", interpolation=interpolation, threads=1
            )
        interpolation = _interpolation(frame.width, width)
        return self._reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=Colorspace.ITU601 if same_matrix else Colorspace(frame.colorspace),
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=interpolation,
            threads=1,
        )
