"""Half as wide and high: means of 2x2 pixels, five times as fast as swscale's AREA makes them.

`bench picture` is its benchmark (``compose_ms`` and ``encode_ms``).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from .canvas import Canvas
from .colour import Bytes, Planes

Halve = Callable[[Bytes, Bytes], None]


def halve_reference(source: Bytes, target: Bytes) -> None:
    """Fill ``target`` (h, w) with the means of 2x2 pixels of ``source`` (2h, 2w), rounded.

    Raises ValueError unless the sizes are so, and the pixels of a row lie side by side.
    """
    rows, columns = target.shape
    if source.shape != (2 * rows, 2 * columns):
        raise ValueError("the source is not twice as large")
    if source.size and source.strides[1] != 1:
        raise ValueError("the pixels of a row do not lie side by side")
    wide = source[0::2].astype(np.uint16)
    wide += source[1::2]
    mean = wide[:, 0::2] + wide[:, 1::2]
    mean += np.uint16(2)
    mean >>= np.uint16(2)
    target[:] = mean


def _choose() -> Halve:
    try:
        compiled: Halve = import_module("mixer.picture._halve").halve
    except (ImportError, AttributeError):
        return halve_reference
    return compiled


halve = _choose()


class Halves:
    """Pictures halved again and again into pictures of its own, kept while the size stays."""

    def __init__(self) -> None:
        self._steps: list[Canvas] = []

    def towards(self, planes: Planes, width: int, height: int) -> Canvas | None:
        """The smallest half, quarter and so on that is not below this size; None where there is
        none. One of just this size is the caller's to keep, others are good until the next call.
        """
        source_height, source_width = planes.y.shape
        found: Canvas | None = None
        index = 0
        while (
            source_width >= 2 * width
            and source_height >= 2 * height
            and not (source_width % 4 or source_height % 4)
        ):
            source_width //= 2
            source_height //= 2
            if (source_width, source_height) == (width, height):
                found = _blank(width, height)
            else:
                found = self._step(index, source_width, source_height)
            for source, target in zip(planes, found.planes, strict=True):
                halve(source, target)
            planes = found.planes
            index += 1
        return found

    def _step(self, index: int, width: int, height: int) -> Canvas:
        if index < len(self._steps):
            kept = self._steps[index]
            if (kept.width, kept.height) == (width, height):
                return kept
            del self._steps[index:]
        self._steps.append(_blank(width, height))
        return self._steps[index]


def _blank(width: int, height: int) -> Canvas:
    return Canvas(width, height, np.empty((height * 3 // 2, width), dtype=np.uint8))
