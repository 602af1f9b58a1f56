"""Lettering: text as the font can show it, in the size that fits.

Noto Sans CJK, a variable font with weights 100 to 900; its face 2 has the
shapes of simplified Chinese (face 0 would give Japanese ones).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

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


def fit(text: str, size: int, weight: int, room: float, smallest: int) -> tuple[str, Font]:
    """Cleaned ``text`` and the font with which it takes at most ``room`` pixels.

    First smaller letters, down to ``smallest``; then an ellipsis.
    """
    text = clean(text)
    for candidate in range(size, smallest, -1):
        face = font(candidate, weight)
        if face.getlength(text) <= room:
            return text, face
    face = font(min(size, smallest), weight)
    if face.getlength(text) <= room:
        return text, face
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(text[:middle].rstrip() + ELLIPSIS) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS, face
