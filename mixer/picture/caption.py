"""Captions: lower third, straps, bug and name bars, rendered once and then only blended.

Sizes are for a canvas of 1280x720 and scaled by the style. Nothing here is called while a frame
waits: the painter renders beforehand, and results are cached by their text.
"""

from __future__ import annotations

from .colour import Planes, opaque
from .layout import even
from .lettering import BOLD, ELLIPSIS, MEDIUM, fit, fit_lines
from .style import PLAIN_STYLE, Drawing, Sheet, Style
from .theme import LINE_HEIGHT, SAFE_WIDTH

LOWER_THIRD_MIN_WIDTH = 440
LOWER_THIRD_MAX_WIDTH = SAFE_WIDTH
STRAP_HEIGHT = 46
TITLE_LINES = 2
SUBTITLE_LINES = 2
QUESTION_LINES = 3
QUESTION_LABEL = "提问"
BUGS = {"live": ("现场", "LIVE"), "rehearsal": ("彩排", "REHEARSAL")}
NAME_BAR_SMALLEST = 12
_ACCENT_WIDTH = 8
_PADDING = 26
_LINE_PADDING = 20
_DOT = 12


def _panel(width: float, height: float, style: Style) -> Sheet:
    sheet = style.panel(width, height)
    sheet.box((0, 0, _ACCENT_WIDTH, height), style.rgb("accent"))
    return sheet


def _second_line(subtitle: str, organisation: str) -> str:
    return " · ".join(part for part in (organisation, subtitle) if part.strip())


def lower_third(
    title: str,
    subtitle: str,
    organisation: str = "",
    room: int = LOWER_THIRD_MAX_WIDTH,
    style: Style = PLAIN_STYLE,
) -> Drawing | None:
    """Name above, organisation and title below; each wraps when it is long. At most ``room``
    pixels wide; None without any text.
    """
    inside = room - _ACCENT_WIDTH - 2 * _PADDING
    below = _second_line(subtitle, organisation)
    bold, plain, scale = style.theme.title_weight, style.theme.text_weight, style.scale
    titles, title_face = fit_lines(title, 36, bold, inside, 26, TITLE_LINES, scale)
    lines, line_face = fit_lines(below, 22, plain, inside, 18, SUBTITLE_LINES, scale)
    if not titles:
        titles, title_face = fit_lines(below, 36, bold, inside, 26, TITLE_LINES, scale)
        lines = []
    if not titles:
        return None
    widths = [title_face.getlength(one) for one in titles]
    widths += [line_face.getlength(one) for one in lines]
    width = even(max(widths)) + 2 + _ACCENT_WIDTH + 2 * _PADDING
    width = min(max(width, LOWER_THIRD_MIN_WIDTH), room)
    pitch, below_pitch = round(title_face.size * 1.25), round(line_face.size * 1.36)
    height = 68 + (36 if lines else 0)
    height = even(height + (len(titles) - 1) * pitch + max(len(lines) - 1, 0) * below_pitch)
    sheet = _panel(width, height, style)
    left = _ACCENT_WIDTH + _PADDING
    y = 39 if lines else 34
    for index, one in enumerate(titles):
        sheet.line((left, y + index * pitch), one, title_face, style.rgb("text"))
    y += (len(titles) - 1) * pitch + 38
    for index, one in enumerate(lines):
        sheet.line((left, y + index * below_pitch), one, line_face, style.rgb("soft"))
    return sheet.drawing()


def lower_line(
    title: str,
    subtitle: str,
    organisation: str = "",
    room: int = 872,
    style: Style = PLAIN_STYLE,
) -> Drawing | None:
    """All in one line of at most ``room`` pixels; None without any text."""
    inside = room - _ACCENT_WIDTH - 2 * _LINE_PADDING - 22
    below = _second_line(subtitle, organisation)
    bold, plain, scale = style.theme.title_weight, style.theme.text_weight, style.scale
    title, title_face = fit(title, 27, bold, inside * 0.6, 20, scale)
    below, below_face = fit(below, 20, plain, inside * 0.4, 16, scale)
    if not title:
        title, title_face = fit(below, 27, bold, inside, 20, scale)
        below = ""
    if not title:
        return None
    title_width = title_face.getlength(title)
    gap = 20 if below else 0
    text_width = title_width + gap + below_face.getlength(below)
    width = even(text_width) + 2 + _ACCENT_WIDTH + 2 * _LINE_PADDING
    sheet = _panel(width, LINE_HEIGHT, style)
    left = _ACCENT_WIDTH + _LINE_PADDING
    sheet.line((left, LINE_HEIGHT / 2), title, title_face, style.rgb("text"))
    if below:
        at = (left + title_width + gap, LINE_HEIGHT / 2 + 1)
        sheet.line(at, below, below_face, style.rgb("soft"))
    return sheet.drawing()


def strap(text: str, height: int, room: int = 362, style: Style = PLAIN_STYLE) -> Drawing | None:
    """The call-in strap, or None without text."""
    text, face = fit(text, 24, style.theme.title_weight, room - 64, 18, style.scale)
    if not text:
        return None
    width = even(face.getlength(text)) + 2 + 62
    sheet = style.sheet(width, height, "strap", 236)
    sheet.dot(20, height / 2 - _DOT / 2, _DOT, style.rgb("text"))
    sheet.line((42, height / 2), text, face, style.rgb("text"))
    return sheet.drawing()


def event_title(text: str, height: int, room: int, style: Style = PLAIN_STYLE) -> Drawing | None:
    """The event's title in a plain panel, or None without text or room for it."""
    text, face = fit(text, 22, MEDIUM, room - 44, 18, style.scale)
    if not text or text == ELLIPSIS:
        return None
    width = even(face.getlength(text)) + 2 + 40
    sheet = style.panel(width, height)
    sheet.line((20, height / 2), text, face, style.rgb("text"))
    return sheet.drawing()


def question(
    text: str, room: int, most: int = QUESTION_LINES, style: Style = PLAIN_STYLE
) -> Drawing | None:
    """What was asked, with its label, in up to ``most`` lines; None without text."""
    label = fit(QUESTION_LABEL, 22, BOLD, 120, 20, style.scale)[1]
    label_width = even(label.getlength(QUESTION_LABEL)) + 2 + 36
    inside = room - label_width - 44
    lines, face = fit_lines(text, 25, MEDIUM, inside, 20, most, style.scale)
    if not lines:
        return None
    pitch = round(face.size * 1.32)
    height = even(LINE_HEIGHT + (len(lines) - 1) * pitch)
    width = label_width + even(max(face.getlength(one) for one in lines)) + 2 + 40
    sheet = style.panel(width, height)
    sheet.box((0, 0, label_width, height), style.rgb("question"))
    sheet.line((18, height / 2), QUESTION_LABEL, label, style.rgb("text"))
    for index, one in enumerate(lines):
        at = (label_width + 20, LINE_HEIGHT / 2 + index * pitch)
        sheet.line(at, one, face, style.rgb("text"))
    return sheet.drawing()


def bug(kind: str, height: int, style: Style = PLAIN_STYLE) -> Drawing | None:
    """现场 LIVE or 彩排 REHEARSAL; None for anything else."""
    if kind not in BUGS:
        return None
    chinese, english = BUGS[kind]
    face = fit(chinese, 23, BOLD, 200, 20, style.scale)[1]
    small = fit(english, 17, BOLD, 200, 14, style.scale)[1]
    first, second = face.getlength(chinese), small.getlength(english)
    width = even(first + second) + 2 + 66
    sheet = style.sheet(width, height, kind, 240)
    sheet.dot(16, height / 2 - _DOT / 2, _DOT, style.rgb("text"))
    sheet.line((38, height / 2), chinese, face, style.rgb("text"))
    sheet.line((38 + first + 10, height / 2), english, small, style.rgb("text"))
    return sheet.drawing()


def name_bar(
    width: int, height: int, title: str, subtitle: str, style: Style = PLAIN_STYLE
) -> Planes:
    """The bar under a tile, of a size in drawn pixels: name at the left, the rest at the right
    where there is room.
    """
    sheet = Sheet(width, height, (*style.rgb("name_bar"), 255))
    size = max(10, round(height * 0.56))
    padding = max(8, height // 3)
    room = width - 2 * padding
    title, face = fit(title, size, MEDIUM, room, max(10, size - 4))
    sheet.line((padding, height / 2), title, face, style.rgb("text"))
    left_over = room - face.getlength(title) - padding
    # Smaller letters cannot be read in 720 lines.
    smallest = round(NAME_BAR_SMALLEST * style.scale)
    small = max(smallest, round(size * 0.8))
    weight = style.theme.text_weight
    subtitle, face = fit(subtitle, small, weight, left_over, max(smallest, small - 2))
    if subtitle and not subtitle.endswith(ELLIPSIS):  # cut off it would only disturb
        right = width - padding - face.getlength(subtitle)
        sheet.line((right, height / 2), subtitle, face, style.rgb("name_bar_soft"))
    return opaque(sheet.pixels())
