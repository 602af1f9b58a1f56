"""Lettering: text as the font can show it, in the size that fits.

Noto Sans CJK, a variable font with weights 100 to 900; its face 2 has the
shapes of simplified Chinese (face 0 would give Japanese ones).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import manimgx_fonts_cjk  # type: ignore[import-untyped]
from PIL import ImageFont

FONT_FILE = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
FACE_SIMPLIFIED_CHINESE = 2
REGULAR, MEDIUM, BOLD = 400, 500, 650
MAX_CHARACTERS = 120
ELLIPSIS = "…"
GETA = "〓"
"""What Chinese typesetting prints for a character it does not have."""
_NO_CHARACTER = "\U0010fffd"
"""A private-use code point that no font fills, so it shows the missing glyph."""

Font = ImageFont.FreeTypeFont


@lru_cache(maxsize=96)
def font(size: int, weight: int) -> Font:
    """The font in ``size`` pixels. Raises OSError when the font package is damaged."""
    face = ImageFont.truetype(FONT_FILE, size, index=FACE_SIMPLIFIED_CHINESE)
    face.set_variation_by_axes([weight])
    return face


class Measured(Protocol):
    """Letters of one size."""

    def getlength(self, text: str) -> float:
        """How wide a text is."""


class Face(NamedTuple):
    """Letters ``size`` pixels of a layout high, drawn at a scale."""

    size: int
    weight: int
    scale: float = 1.0

    @property
    def pixels(self) -> Font:
        """The font to draw with."""
        return font(max(round(self.size * self.scale), 6), self.weight)

    def getlength(self, text: str) -> float:
        """How wide a text is, in pixels of a layout."""
        return self.pixels.getlength(text) / self.scale


def _glyph(character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(24, REGULAR).getmask(character)
    return mask.size, bytes(mask)


@lru_cache(maxsize=1)
def missing_glyph() -> tuple[tuple[int, int], bytes]:
    """Size and pixels of what the font draws for a character it lacks, 24 pixels high."""
    return _glyph(_NO_CHARACTER)


@lru_cache(maxsize=8192)
def has_glyph(character: str) -> bool:
    """Whether the font can show this one character."""
    return character.isspace() or _glyph(character) != missing_glyph()


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or character in "\t\n\r":
        return " "
    if category[0] == "C":  # control, bidi overrides, surrogates, private use, unassigned
        return ""
    if has_glyph(character):
        return character
    return GETA if category[0] in "LN" else ""


def clean(text: str) -> str:
    """``text`` as it can be drawn on one line: no controls, no boxes, single spaces."""
    composed = unicodedata.normalize("NFC", text[: MAX_CHARACTERS * 4])
    return " ".join("".join(map(_shown, composed)).split())[:MAX_CHARACTERS]


def fit(
    text: str, size: int, weight: int, room: float, smallest: int, scale: float = 1.0
) -> tuple[str, Face]:
    """Cleaned ``text`` and the letters with which it takes at most ``room`` pixels of a layout.

    First smaller letters, down to ``smallest``; then an ellipsis.
    """
    text = clean(text)
    for candidate in range(size, smallest, -1):
        face = Face(candidate, weight, scale)
        if face.getlength(text) <= room:
            return text, face
    face = Face(min(size, smallest), weight, scale)
    return _cut(text, face, room), face


_NEVER_FIRST = "，。、；：！？）》」』”’·,.;:!?)]}…"


def wrap(text: str, face: Measured, room: float, most: int) -> list[str]:
    """Cleaned ``text`` in at most ``most`` lines of ``room`` pixels; an ellipsis ends what is cut.

    Latin words stay whole where they fit a line; a line does not begin with closing punctuation.
    """
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1 and face.getlength(rest) > room:
        at = _break(rest, face, room)
        lines.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*lines, _cut(rest, face, room)] if rest else lines


def _fitting(text: str, face: Measured, room: float, tail: str = "") -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(text[:middle].rstrip() + tail) <= room:
            low = middle
        else:
            high = middle - 1
    return low


def _break(text: str, face: Measured, room: float) -> int:
    most = max(_fitting(text, face, room), 1)
    at = most
    while at > 1 and (text[at] in _NEVER_FIRST or _inside_word(text, at)):
        at -= 1
    return at if at > most // 2 else most


def _inside_word(text: str, at: int) -> bool:
    return all(one.isalnum() and one.isascii() for one in text[at - 1 : at + 1])


def _cut(text: str, face: Measured, room: float) -> str:
    if face.getlength(text) <= room:
        return text
    return text[: _fitting(text, face, room, ELLIPSIS)].rstrip() + ELLIPSIS


def fit_lines(
    text: str, size: int, weight: int, room: float, smallest: int, most: int, scale: float = 1.0
) -> tuple[list[str], Face]:
    """Cleaned ``text`` in one line of letters from ``size`` to ``smallest``, else wrapped into
    at most ``most`` lines of the smallest. No line for an empty text.
    """
    text = clean(text)
    for candidate in range(size, smallest - 1, -1):
        face = Face(candidate, weight, scale)
        if face.getlength(text) <= room:
            return ([text] if text else []), face
    face = Face(smallest, weight, scale)
    return wrap(text, face, room, most), face
