"""Draws the pictures of simulated sites into YUV 4:2:0 planes."""

from __future__ import annotations

import colorsys
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .marks import (
    FLASH_FRAMES,
    FLASH_PATCH,
    LOOP_S,
    Rectangle,
    cell_rectangle,
    cells,
    flash_frames,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]

BLACK, GREY, WHITE = 16, 110, 235
NEUTRAL = 128
FONT_INDEX_SIMPLIFIED = 2
"""Place of the simplified Chinese face in the Noto Sans CJK collection."""


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    with as_file(files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc") as path:
        return ImageFont.truetype(str(path), size, index=FONT_INDEX_SIMPLIFIED)


def text_mask(text: str, width: int, height: int) -> Plane:
    """White text on black, as large as fits, shape (height, width)."""
    size = height
    while size > 8 and _font(size).getlength(text) > width:
        size -= 2
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).text(
        (width // 2, height // 2), text, fill=255, font=_font(size), anchor="mm"
    )
    return np.asarray(image)


def site_colour(number: int) -> tuple[int, int]:
    """Chroma (u, v) of a site's background."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.382 % 1.0, 0.65, 0.7)
    u = round(NEUTRAL + 224 * (-0.1146 * red - 0.3854 * green + 0.5 * blue))
    v = round(NEUTRAL + 224 * (0.5 * red - 0.4542 * green - 0.0458 * blue))
    return u, v


def backdrop(number: int, width: int, height: int, time_s: float) -> tuple[Plane, Plane, Plane]:
    """A slanted, moving gradient in the site's colour: planes y, u, v."""
    x = np.arange(width, dtype=np.float32) / width
    y = np.arange(height, dtype=np.float32)[:, None] / height
    wave = np.sin(2 * np.pi * (x + 0.6 * y - time_s / 8)) * 26 + 78
    luma = wave.astype(np.uint8)
    u, v = site_colour(number)
    shape = (height // 2, width // 2)
    return luma, np.full(shape, u, np.uint8), np.full(shape, v, np.uint8)


def _fill(planes: tuple[Plane, Plane, Plane], where: Rectangle, luma: int, margin: int) -> None:
    height, width = planes[0].shape
    left, top = round(where.left * width) - margin, round(where.top * height) - margin
    right = round((where.left + where.width) * width) + margin
    bottom = round((where.top + where.height) * height) + margin
    planes[0][top:bottom, left:right] = luma
    for plane in planes[1:]:
        plane[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2] = NEUTRAL


def draw_marks(planes: tuple[Plane, Plane, Plane], number: int, time_s: float, name: Plane) -> None:
    """Draw cells and name over a picture, in place.

    ``name`` is a `text_mask` of at most the picture's width.
    """
    height, width = planes[0].shape
    margin = max(2, width // 160)
    for index, white in enumerate(cells(number, time_s)):
        where = cell_rectangle(index)
        _fill(planes, where, GREY, margin)
        _fill(planes, where, WHITE if white else BLACK, 0)
    rows, columns = name.shape
    top, left = round(0.14 * height), (width - columns) // 2
    area = planes[0][top : top + rows, left : left + columns]
    np.maximum(area, (name.astype(np.uint16) * WHITE // 255).astype(np.uint8), out=area)


def draw_flash(planes: tuple[Plane, Plane, Plane], frame: int, frames_per_second: int) -> None:
    """The flash hall's patch: white for the first frames of each flash, else black."""
    place = frame % (LOOP_S * frames_per_second)
    lit = any(0 <= place - first < FLASH_FRAMES for first in flash_frames(frames_per_second))
    _fill(planes, FLASH_PATCH, WHITE if lit else BLACK, 0)
