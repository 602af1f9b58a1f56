"""How captions look and how large they are drawn: a theme at a scale, and the sheet to draw on.

All lengths are pixels of 1280x720; a sheet turns them into pixels of the programme's format.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .colour import Bytes, Overlay, overlay
from .layout import Rect, even
from .lettering import Face
from .picture_format import STANDARD, PictureFormat
from .theme import DEFAULT, Rgb, Theme

_NEARLY = 1e-6
_FINER = 4
"""Lets 35.9999 count as the 36 that it is."""


class Drawing(NamedTuple):
    """A caption rendered, not yet anywhere. Width and height in pixels of a layout."""

    what: Overlay
    width: float
    height: float
    scale: float = 1.0

    def at(self, x: float, y: float) -> Placed:
        """Put its top left corner there, in pixels of a layout."""
        height, width = self.what.colour.y.shape
        left, top = even(x * self.scale + _NEARLY), even(y * self.scale + _NEARLY)
        return Placed(self.what, Rect(left, top, width, height))


class Placed(NamedTuple):
    """An overlay and where it lies on the canvas."""

    what: Overlay
    rect: Rect


class Style(NamedTuple):
    """A theme and the pixels drawn for one of a layout."""

    theme: Theme = DEFAULT
    scale: float = 1.0

    def rgb(self, name: str) -> Rgb:
        """A colour of the theme."""
        return self.theme.rgb(name)

    def face(self, size: int, weight: int) -> Face:
        """Letters ``size`` pixels of a layout high."""
        return Face(size, weight, self.scale)

    def sheet(self, width: float, height: float, colour: str, alpha: int) -> Sheet:
        """A sheet of one colour of the theme, ``alpha`` 0 to 255."""
        return Sheet(width, height, (*self.rgb(colour), alpha), self.scale)

    def panel(self, width: float, height: float) -> Sheet:
        """A sheet as the theme's panels are."""
        return self.sheet(width, height, "panel", self.theme.panel_alpha)


PLAIN_STYLE = Style()


class Look(NamedTuple):
    """What a stage needs beside its scene: theme, Unix time of session time 0, folder of logos,
    and the format it is drawn for.
    """

    theme: Theme = DEFAULT
    origin_wall_ns: int = 0
    logos: Path | None = None
    form: PictureFormat = STANDARD

    @property
    def style(self) -> Style:
        """Theme and scale."""
        return Style(self.theme, self.form.scale)


PLAIN_LOOK = Look()


def drawn_pixels(length: float, scale: float) -> int:
    """A length of a layout in pixels drawn: even, rounded up."""
    return -(-int(length * scale + 1 - _NEARLY) // 2) * 2


class Sheet:
    """An RGBA picture on which lengths of a layout are drawn at a scale."""

    def __init__(
        self, width: float, height: float, rgba: tuple[int, int, int, int], scale: float = 1.0
    ) -> None:
        size = (drawn_pixels(width, scale), drawn_pixels(height, scale))
        self._image = Image.new("RGBA", size, rgba)
        self._pen = ImageDraw.Draw(self._image)
        self._scale = scale

    def box(self, at: tuple[float, float, float, float], rgb: Rgb) -> None:
        """Fill x, y, width, height."""
        self._pen.rectangle(self._corners(at), fill=(*rgb, 255))

    def dot(self, x: float, y: float, size: float, rgb: Rgb) -> None:
        """A disc in a square of this size."""
        self._pen.ellipse(self._corners((x, y, size, size)), fill=(*rgb, 255))

    def turning(self, x: float, y: float, size: float, rgb: Rgb) -> None:
        """A ring that ends in an arrow, in a square of this size: something is tried again."""
        left, top, right, _ = self._corners((x, y, size, size))
        side = max(int(right - left) + 1, 4)
        # Pillow draws arcs without smoothing, so it is drawn larger.
        fine = side * _FINER
        mark = Image.new("L", (fine, fine), 0)
        pen = ImageDraw.Draw(mark)
        edge, thick = fine * 0.14, fine * 0.13
        pen.arc((edge, edge, fine - edge, fine - edge), 20, 300, fill=255, width=round(thick))
        middle, reach = fine / 2, fine / 2 - edge - thick / 2
        angle = math.radians(300)
        tip_x, tip_y = middle + reach * math.cos(angle), middle + reach * math.sin(angle)
        head = fine * 0.22
        ahead = (-math.sin(angle), math.cos(angle))
        across = (math.cos(angle), math.sin(angle))
        corners = [
            (tip_x + ahead[0] * head * 1.4, tip_y + ahead[1] * head * 1.4),
            (tip_x + across[0] * head, tip_y + across[1] * head),
            (tip_x - across[0] * head, tip_y - across[1] * head),
        ]
        pen.polygon(corners, fill=255)
        small = mark.resize((side, side), Image.Resampling.LANCZOS)
        self._image.paste((*rgb, 255), (int(left), int(top)), small)

    def clear(self, rgb: Rgb) -> None:
        """Nothing is seen; the edges of what is drawn next tend to this colour."""
        self._image.paste((*rgb, 0), (0, 0, *self._image.size))

    def line(self, at: tuple[float, float], text: str, face: Face, rgb: Rgb) -> None:
        """A line whose middle height is at ``at``; the same for Chinese and Latin letters."""
        x, y = at[0] * self._scale, (at[1] + face.size * 0.38) * self._scale
        # Anchoring by ascender would let lines of other scripts jump; CJK ideographs fill the em.
        self._pen.text((x, y), text, font=face.pixels, fill=(*rgb, 255), anchor="ls")

    def drawing(self) -> Drawing:
        """What was drawn, ready to be blended."""
        width, height = self._image.size
        return Drawing(
            overlay(self.pixels()), width / self._scale, height / self._scale, self._scale
        )

    def pixels(self) -> Bytes:
        """RGBA (height, width, 4)."""
        return np.asarray(self._image, dtype=np.uint8)

    def _corners(self, at: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        x, y, width, height = at
        scale = self._scale
        left, top = round(x * scale), round(y * scale)
        right, low = round((x + width) * scale), round((y + height) * scale)
        return left, top, max(right - 1, left), max(low - 1, top)
