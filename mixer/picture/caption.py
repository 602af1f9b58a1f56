"""Captions: lower third, strap and name bars, rendered once and then only blended.

Sizes are for a canvas of 1280x720. Nothing here is called while a frame waits:
the painter renders beforehand, and results are cached by their text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .colour import Bytes, Overlay, Planes, opaque, overlay
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH, Rect, even
from .lettering import BOLD, ELLIPSIS, MEDIUM, REGULAR, Font, fit

Rgb = tuple[int, int, int]

BACKGROUND: Rgb = (17, 27, 44)
BORDER: Rgb = (66, 86, 116)
PANEL: Rgb = (8, 15, 28)
ACCENT: Rgb = (38, 150, 178)
STRAP: Rgb = (14, 92, 116)
WHITE: Rgb = (250, 251, 252)
SOFT: Rgb = (193, 206, 222)
NAME_BAR: Rgb = (31, 45, 68)
NAME_BAR_SOFT: Rgb = (158, 175, 198)

PANEL_ALPHA = 220
SAFE_X = 48
SAFE_BOTTOM = 40
STRAP_TOP = 36
LOWER_THIRD_MIN_WIDTH = 440
LOWER_THIRD_MAX_WIDTH = CANVAS_WIDTH - 2 * SAFE_X
LINE_HEIGHT = 52
LINE_TOP = CANVAS_HEIGHT - 12 - LINE_HEIGHT
STRAP_HEIGHT = 46
_ACCENT_WIDTH = 8
_PADDING = 26
_LINE_PADDING = 20


class Drawing(NamedTuple):
    """A caption rendered, not yet anywhere."""

    what: Overlay
    width: int
    height: int

    def at(self, x: int, y: int) -> Placed:
        """Put it there (even numbers)."""
        return Placed(self.what, Rect(x, y, self.width, self.height))


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


def _pixels(image: Image.Image) -> Bytes:
    return np.asarray(image, dtype=np.uint8)


def _panel(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (width, height), (*PANEL, PANEL_ALPHA))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _ACCENT_WIDTH - 1, height), fill=(*ACCENT, 255))
    return image, pen


def lower_third(title: str, subtitle: str) -> Drawing | None:
    """Two lines, or one without subtitle; None without any text."""
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
    image, pen = _panel(width, height)
    left = _ACCENT_WIDTH + _PADDING
    draw_line(pen, (left, 39 if subtitle else 34), title, title_font, WHITE)
    if subtitle:
        draw_line(pen, (left, 77), subtitle, subtitle_font, SOFT)
    return Drawing(overlay(_pixels(image)), width, height)


def lower_line(title: str, subtitle: str) -> Drawing | None:
    """Title and subtitle in one line; None without any text."""
    title, title_font = fit(title, 27, BOLD, 480, 20)
    subtitle, subtitle_font = fit(subtitle, 20, REGULAR, 300, 16)
    if not title:
        title, title_font, subtitle = subtitle, subtitle_font, ""
    if not title:
        return None
    title_width = title_font.getlength(title)
    gap = 20 if subtitle else 0
    text_width = title_width + gap + subtitle_font.getlength(subtitle)
    width = even(text_width) + 2 + _ACCENT_WIDTH + 2 * _LINE_PADDING
    image, pen = _panel(width, LINE_HEIGHT)
    left = _ACCENT_WIDTH + _LINE_PADDING
    draw_line(pen, (left, LINE_HEIGHT / 2), title, title_font, WHITE)
    if subtitle:
        at = (left + title_width + gap, LINE_HEIGHT / 2 + 1)
        draw_line(pen, at, subtitle, subtitle_font, SOFT)
    return Drawing(overlay(_pixels(image)), width, LINE_HEIGHT)


def strap(text: str, height: int) -> Drawing | None:
    """The call-in strap, or None without text."""
    text, face = fit(text, 24, BOLD, 300, 18)
    if not text:
        return None
    width = even(face.getlength(text)) + 2 + 62
    image = Image.new("RGBA", (width, height), (*STRAP, 236))
    pen = ImageDraw.Draw(image)
    middle = height / 2
    pen.ellipse((20, middle - 6, 31, middle + 5), fill=(*WHITE, 255))
    draw_line(pen, (42, middle), text, face, WHITE)
    return Drawing(overlay(_pixels(image)), width, height)


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
    subtitle, face = fit(subtitle, small, REGULAR, left_over, max(10, small - 2))
    if subtitle and not subtitle.endswith(ELLIPSIS):  # cut off it would only disturb
        right = width - padding - face.getlength(subtitle)
        draw_line(pen, (right, height / 2), subtitle, face, NAME_BAR_SOFT)
    return opaque(_pixels(image))
