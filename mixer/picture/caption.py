"""Captions: lower third, strap and name bars, rendered once and then only blended.

Sizes are for a canvas of 1280x720. Nothing here is called while a frame waits:
the painter renders beforehand, and results are cached by their text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .colour import Overlay, Planes, opaque, overlay
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH, Rect, even
from .lettering import BOLD, MEDIUM, REGULAR, Font, fit

Rgb = tuple[int, int, int]

BACKGROUND: Rgb = (11, 18, 30)
BORDER: Rgb = (52, 70, 96)
PANEL: Rgb = (10, 20, 36)
ACCENT: Rgb = (38, 150, 178)
STRAP: Rgb = (14, 92, 116)
WHITE: Rgb = (250, 251, 252)
SOFT: Rgb = (193, 206, 222)
NAME_BAR: Rgb = (22, 33, 51)
NAME_BAR_SOFT: Rgb = (140, 158, 182)

PANEL_ALPHA = 214
SAFE_X = 48
SAFE_BOTTOM = 40
STRAP_TOP = 36
LOWER_THIRD_MIN_WIDTH = 440
LOWER_THIRD_MAX_WIDTH = CANVAS_WIDTH - 2 * SAFE_X
_ACCENT_WIDTH = 8
_PADDING = 26


class Placed(NamedTuple):
    """An overlay and where it lies."""

    what: Overlay
    rect: Rect


def draw_line(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, face: Font, fill: Rgb
) -> None:
    """A line whose middle height is at ``at``; the same for Chinese and Latin letters."""
    # Anchoring by ascender would let lines of other scripts jump; CJK ideographs fill the em.
    pen.text((at[0], at[1] + face.size * 0.38), text, font=face, fill=(*fill, 255), anchor="ls")


def _pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(image, dtype=np.uint8)


def lower_third(title: str, subtitle: str) -> Placed | None:
    """The caption at the bottom left, or None without text. One line without subtitle."""
    room = LOWER_THIRD_MAX_WIDTH - _ACCENT_WIDTH - 2 * _PADDING
    title, title_font = fit(title, 36, BOLD, room, 26)
    subtitle, subtitle_font = fit(subtitle, 22, REGULAR, room, 18)
    if not title:
        title, title_font, subtitle = subtitle, subtitle_font, ""
    if not title:
        return None
    text_width = max(title_font.getlength(title), subtitle_font.getlength(subtitle))
    width = even(text_width) + 2 + _ACCENT_WIDTH + 2 * _PADDING
    width = min(max(width, LOWER_THIRD_MIN_WIDTH), LOWER_THIRD_MAX_WIDTH)
    height = 104 if subtitle else 68
    image = Image.new("RGBA", (width, height), (*PANEL, PANEL_ALPHA))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _ACCENT_WIDTH - 1, height), fill=(*ACCENT, 255))
    left = _ACCENT_WIDTH + _PADDING
    draw_line(pen, (left, 39 if subtitle else 34), title, title_font, WHITE)
    if subtitle:
        draw_line(pen, (left, 77), subtitle, subtitle_font, SOFT)
    rect = Rect(SAFE_X, CANVAS_HEIGHT - SAFE_BOTTOM - height, width, height)
    return Placed(overlay(_pixels(image)), rect)


def strap(text: str) -> Placed | None:
    """The call-in strap at the top left, or None without text."""
    text, face = fit(text, 24, BOLD, 520, 18)
    if not text:
        return None
    height = 46
    width = even(face.getlength(text)) + 2 + 62
    image = Image.new("RGBA", (width, height), (*STRAP, 236))
    pen = ImageDraw.Draw(image)
    middle = height / 2
    pen.ellipse((20, middle - 6, 31, middle + 5), fill=(*WHITE, 255))
    draw_line(pen, (42, middle), text, face, WHITE)
    return Placed(overlay(_pixels(image)), Rect(SAFE_X, STRAP_TOP, width, height))


def name_bar(width: int, height: int, title: str, subtitle: str) -> Planes:
    """The bar under a tile: name at the left, the rest at the right where there is room."""
    image = Image.new("RGB", (width, height), NAME_BAR)
    pen = ImageDraw.Draw(image)
    size = max(10, round(height * 0.56))
    padding = max(8, height // 3)
    room = width - 2 * padding
    title, face = fit(title, size, MEDIUM, room, max(10, size - 4))
    draw_line(pen, (padding, height / 2), title, face, WHITE)
    left_over = room - face.getlength(title) - padding
    small = max(10, round(size * 0.8))
    if subtitle and left_over > 3 * small:
        subtitle, face = fit(subtitle, small, REGULAR, left_over, max(10, small - 3))
        right = width - padding - face.getlength(subtitle)
        draw_line(pen, (right, height / 2), subtitle, face, NAME_BAR_SOFT)
    return opaque(_pixels(image))
