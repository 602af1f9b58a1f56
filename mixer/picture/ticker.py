"""Texts that change by themselves: time of day and countdown, put together from cells of a glyph.

The cells are rendered by the painter, so nothing is lettered while a frame waits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from mixer.wire.ids import FRAME_NS, NANOSECONDS

from .caption import Drawing, Placed, draw_line, drawing_of
from .layout import even
from .lettering import MEDIUM, font
from .theme import Theme

_DAY_S = 86_400
_MINUTE_NS = 60 * NANOSECONDS
GLYPHS = "0123456789: "
MARGIN = 14
"""Width of a blank, which keeps a clock from the edges of its panel."""


class Ticker(NamedTuple):
    """A text of `GLYPHS` that follows the session clock, and its cells.

    ``origin_ns`` for a clock: local time of day at session time 0 as Unix time; for a
    countdown: the session time at which it ends. Aligned to ``x``: its right end for a clock,
    its middle for a countdown.
    """

    counts_down: bool
    origin_ns: int
    cells: dict[str, Drawing]
    x: int
    y: int

    def text(self, frame: int) -> str:
        """What it says in this programme frame; empty for a countdown that is over."""
        now_ns = frame * FRAME_NS
        if self.counts_down:
            return _remaining(-(-(self.origin_ns - now_ns) // NANOSECONDS))
        minutes = (self.origin_ns + now_ns) // NANOSECONDS % _DAY_S // 60
        return f" {minutes // 60:02}:{minutes % 60:02} "

    def placed(self, text: str) -> tuple[Placed, ...]:
        """The cells of a text of `text`."""
        cells = [self.cells[one] for one in text]
        width = sum(cell.width for cell in cells)
        x = even(self.x - (width / 2 if self.counts_down else width))
        found: list[Placed] = []
        for cell in cells:
            found.append(cell.at(x, self.y))
            x += cell.width
        return tuple(found)


def _remaining(seconds: int) -> str:
    if seconds <= 0:
        return ""
    minutes, seconds = divmod(min(seconds, 100 * 3600 - 1), 60)
    if minutes < 60:
        return f"{minutes:02}:{seconds:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


@lru_cache(maxsize=8)
def cells(size: int, height: int, theme: Theme, *, bare: bool) -> dict[str, Drawing]:
    """A cell a glyph, on the theme's panel or, if ``bare``, on nothing; treat as read-only."""
    face = font(size, MEDIUM)
    digit = even(max(face.getlength(one) for one in "0123456789")) + 2
    colon = even(face.getlength(":")) + 2
    alpha = 0 if bare else theme.panel_alpha
    made: dict[str, Drawing] = {}
    for glyph in GLYPHS:
        width = {":": colon, " ": MARGIN}.get(glyph, digit)
        image = Image.new("RGBA", (width, height), (*theme.rgb("panel"), alpha))
        at = ((width - face.getlength(glyph)) / 2, height / 2)
        if bare:  # straight alpha: the glyph's edge must not take the panel's colour
            image.paste((*theme.rgb("text"), 0), (0, 0, width, height))
        draw_line(ImageDraw.Draw(image), at, glyph, face, theme.rgb("text"))
        made[glyph] = drawing_of(image)
    return made


def clock_width(ticker_cells: dict[str, Drawing]) -> int:
    """How wide a clock is: HH:MM between blanks."""
    return sum(ticker_cells[one].width for one in " 00:00 ")


def local_origin_ns(origin_wall_ns: int, offset_min: int) -> int:
    """Unix time of session time 0, moved into a zone ``offset_min`` east of UTC."""
    return origin_wall_ns + offset_min * _MINUTE_NS
