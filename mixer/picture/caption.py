"""Captions: lower third, straps, bug and name bars, rendered once and then only blended.

Sizes are for a canvas of 1280x720. Nothing here is called while a frame waits:
the painter renders beforehand, and results are cached by their text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .colour import Bytes, Overlay, Planes, opaque, overlay
from .layout import Rect, even
from .lettering import BOLD, ELLIPSIS, MEDIUM, Font, fit, fit_lines
from .theme import DEFAULT, LINE_HEIGHT, SAFE_WIDTH, Rgb, Theme

LOWER_THIRD_MIN_WIDTH = 440
LOWER_THIRD_MAX_WIDTH = SAFE_WIDTH
STRAP_HEIGHT = 46
TITLE_LINES = 2
SUBTITLE_LINES = 2
QUESTION_LINES = 3
QUESTION_LABEL = "提问"
BUGS = {"live": ("现场", "LIVE"), "rehearsal": ("彩排", "REHEARSAL")}
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


def pixels(image: Image.Image) -> Bytes:
    """An image as an array."""
    return np.asarray(image, dtype=np.uint8)


def drawing_of(image: Image.Image) -> Drawing:
    """An RGBA image of even sides, ready to be blended."""
    return Drawing(overlay(pixels(image)), image.width, image.height)


def _panel(width: int, height: int, theme: Theme) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (width, height), (*theme.rgb("panel"), theme.panel_alpha))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _ACCENT_WIDTH - 1, height), fill=(*theme.rgb("accent"), 255))
    return image, pen


def _second_line(subtitle: str, organisation: str) -> str:
    return " · ".join(part for part in (organisation, subtitle) if part.strip())


def lower_third(
    title: str,
    subtitle: str,
    organisation: str = "",
    room: int = LOWER_THIRD_MAX_WIDTH,
    theme: Theme = DEFAULT,
) -> Drawing | None:
    """Name above, organisation and title below; each wraps when it is long. At most ``room``
    pixels wide; None without any text.
    """
    inside = room - _ACCENT_WIDTH - 2 * _PADDING
    below = _second_line(subtitle, organisation)
    titles, title_font = fit_lines(title, 36, theme.title_weight, inside, 26, TITLE_LINES)
    lines, line_font = fit_lines(below, 22, theme.text_weight, inside, 18, SUBTITLE_LINES)
    if not titles:
        titles, title_font = fit_lines(below, 36, theme.title_weight, inside, 26, TITLE_LINES)
        lines = []
    if not titles:
        return None
    widths = [title_font.getlength(one) for one in titles]
    widths += [line_font.getlength(one) for one in lines]
    width = even(max(widths)) + 2 + _ACCENT_WIDTH + 2 * _PADDING
    width = min(max(width, LOWER_THIRD_MIN_WIDTH), room)
    pitch, below_pitch = round(title_font.size * 1.25), round(line_font.size * 1.36)
    height = 68 + (36 if lines else 0)
    height = even(height + (len(titles) - 1) * pitch + max(len(lines) - 1, 0) * below_pitch)
    image, pen = _panel(width, height, theme)
    left = _ACCENT_WIDTH + _PADDING
    y = 39 if lines else 34
    for index, one in enumerate(titles):
        draw_line(pen, (left, y + index * pitch), one, title_font, theme.rgb("text"))
    y += (len(titles) - 1) * pitch + 38
    for index, one in enumerate(lines):
        draw_line(pen, (left, y + index * below_pitch), one, line_font, theme.rgb("soft"))
    return drawing_of(image)


def lower_line(
    title: str,
    subtitle: str,
    organisation: str = "",
    room: int = 872,
    theme: Theme = DEFAULT,
) -> Drawing | None:
    """All in one line of at most ``room`` pixels; None without any text."""
    inside = room - _ACCENT_WIDTH - 2 * _LINE_PADDING - 22
    below = _second_line(subtitle, organisation)
    title, title_font = fit(title, 27, theme.title_weight, inside * 0.6, 20)
    below, below_font = fit(below, 20, theme.text_weight, inside * 0.4, 16)
    if not title:
        title, title_font = fit(below, 27, theme.title_weight, inside, 20)
        below = ""
    if not title:
        return None
    title_width = title_font.getlength(title)
    gap = 20 if below else 0
    text_width = title_width + gap + below_font.getlength(below)
    width = even(text_width) + 2 + _ACCENT_WIDTH + 2 * _LINE_PADDING
    image, pen = _panel(width, LINE_HEIGHT, theme)
    left = _ACCENT_WIDTH + _LINE_PADDING
    draw_line(pen, (left, LINE_HEIGHT / 2), title, title_font, theme.rgb("text"))
    if below:
        at = (left + title_width + gap, LINE_HEIGHT / 2 + 1)
        draw_line(pen, at, below, below_font, theme.rgb("soft"))
    return drawing_of(image)


def strap(text: str, height: int, room: int = 362, theme: Theme = DEFAULT) -> Drawing | None:
    """The call-in strap, or None without text."""
    text, face = fit(text, 24, theme.title_weight, room - 64, 18)
    if not text:
        return None
    width = even(face.getlength(text)) + 2 + 62
    image = Image.new("RGBA", (width, height), (*theme.rgb("strap"), 236))
    pen = ImageDraw.Draw(image)
    middle = height / 2
    pen.ellipse((20, middle - 6, 31, middle + 5), fill=(*theme.rgb("text"), 255))
    draw_line(pen, (42, middle), text, face, theme.rgb("text"))
    return drawing_of(image)


def event_title(text: str, height: int, room: int, theme: Theme = DEFAULT) -> Drawing | None:
    """The event's title in a plain panel, or None without text or room for it."""
    text, face = fit(text, 22, MEDIUM, room - 44, 18)
    if not text or text == ELLIPSIS:
        return None
    width = even(face.getlength(text)) + 2 + 40
    image = Image.new("RGBA", (width, height), (*theme.rgb("panel"), theme.panel_alpha))
    draw_line(ImageDraw.Draw(image), (20, height / 2), text, face, theme.rgb("text"))
    return drawing_of(image)


def question(
    text: str, room: int, most: int = QUESTION_LINES, theme: Theme = DEFAULT
) -> Drawing | None:
    """What was asked, with its label, in up to ``most`` lines; None without text."""
    label = fit(QUESTION_LABEL, 22, BOLD, 120, 20)[1]
    label_width = even(label.getlength(QUESTION_LABEL)) + 2 + 36
    lines, face = fit_lines(text, 25, MEDIUM, room - label_width - 44, 20, most)
    if not lines:
        return None
    pitch = round(face.size * 1.32)
    height = even(LINE_HEIGHT + (len(lines) - 1) * pitch)
    width = label_width + even(max(face.getlength(one) for one in lines)) + 2 + 40
    image = Image.new("RGBA", (width, height), (*theme.rgb("panel"), theme.panel_alpha))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, label_width - 1, height), fill=(*theme.rgb("question"), 255))
    draw_line(pen, (18, height / 2), QUESTION_LABEL, label, theme.rgb("text"))
    for index, one in enumerate(lines):
        at = (label_width + 20, LINE_HEIGHT / 2 + index * pitch)
        draw_line(pen, at, one, face, theme.rgb("text"))
    return drawing_of(image)


def bug(kind: str, height: int, theme: Theme = DEFAULT) -> Drawing | None:
    """现场 LIVE or 彩排 REHEARSAL; None for anything else."""
    if kind not in BUGS:
        return None
    chinese, english = BUGS[kind]
    face, small = fit(chinese, 23, BOLD, 200, 20)[1], fit(english, 17, BOLD, 200, 14)[1]
    first, second = face.getlength(chinese), small.getlength(english)
    width = even(first + second) + 2 + 66
    image = Image.new("RGBA", (width, height), (*theme.rgb(kind), 240))
    pen = ImageDraw.Draw(image)
    middle = height / 2
    pen.ellipse((16, middle - 6, 27, middle + 5), fill=(*theme.rgb("text"), 255))
    draw_line(pen, (38, middle), chinese, face, theme.rgb("text"))
    draw_line(pen, (38 + first + 10, middle), english, small, theme.rgb("text"))
    return drawing_of(image)


def name_bar(width: int, height: int, title: str, subtitle: str, theme: Theme = DEFAULT) -> Planes:
    """The bar under a tile: name at the left, the rest at the right where there is room."""
    image = Image.new("RGB", (width, height), theme.rgb("name_bar"))
    pen = ImageDraw.Draw(image)
    size = max(10, round(height * 0.56))
    padding = max(8, height // 3)
    room = width - 2 * padding
    title, face = fit(title, size, MEDIUM, room, max(10, size - 4))
    draw_line(pen, (padding, height / 2), title, face, theme.rgb("text"))
    left_over = room - face.getlength(title) - padding
    small = max(10, round(size * 0.8))
    subtitle, face = fit(subtitle, small, theme.text_weight, left_over, max(10, small - 2))
    if subtitle and not subtitle.endswith(ELLIPSIS):  # cut off it would only disturb
        right = width - padding - face.getlength(subtitle)
        draw_line(pen, (right, height / 2), subtitle, face, theme.rgb("name_bar_soft"))
    return opaque(pixels(image))
