"""Texts that change by themselves: time of day and countdown, put together from cells of a glyph.

The cells are rendered by the painter, so nothing is lettered while a frame waits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mixer.wire.ids import NANOSECONDS

from .layout import Rect, even
from .lettering import MEDIUM
from .picture_format import STANDARD, PictureFormat
from .style import Drawing, Placed, Style

_DAY_S = 86_400
_MINUTE_NS = 60 * NANOSECONDS
GLYPHS = "0123456789: "
MARGIN = 14
"""Width of a blank, which keeps a clock from the edges of its panel."""


class Ticker(NamedTuple):
    """A text of `GLYPHS` that follows the session clock, and its cells.

    ``origin_ns`` for a clock: local time of day at session time 0 as Unix time; for a
    countdown: the session time at which it ends. Aligned to ``x``: its right end for a clock,
    its middle for a countdown. Both in pixels of a layout.
    """

    counts_down: bool
    origin_ns: int
    cells: dict[str, Drawing]
    x: float
    y: float
    form: PictureFormat = STANDARD

    def text(self, frame: int) -> str:
        """What it says in this programme frame; empty for a countdown that is over."""
        now_ns = self.form.time_of(frame)
        if self.counts_down:
            return _remaining(-(-(self.origin_ns - now_ns) // NANOSECONDS))
        minutes = (self.origin_ns + now_ns) // NANOSECONDS % _DAY_S // 60
        return f" {minutes // 60:02}:{minutes % 60:02} "

    def placed(self, text: str) -> tuple[Placed, ...]:
        """The cells of a text of `text`."""
        whats = [self.cells[one].what for one in text]
        widths = [what.colour.y.shape[1] for what in whats]
        x = self.form.pixels(self.x)
        x = even(x - (sum(widths) / 2 if self.counts_down else sum(widths)))
        y = self.form.pixels(self.y)
        found: list[Placed] = []
        for what, width in zip(whats, widths, strict=True):
            found.append(Placed(what, Rect(x, y, width, what.colour.y.shape[0])))
            x += width
        return tuple(found)


def _remaining(seconds: int) -> str:
    if seconds <= 0:
        return ""
    minutes, seconds = divmod(min(seconds, 100 * 3600 - 1), 60)
    if minutes < 60:
        return f"{minutes:02}:{seconds:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


@lru_cache(maxsize=8)
def cells(size: int, height: int, style: Style, *, bare: bool) -> dict[str, Drawing]:
    """A cell a glyph, on the theme's panel or, if ``bare``, on nothing; treat as read-only."""
    face = style.face(size, MEDIUM)
    digit = even(max(face.getlength(one) for one in "0123456789")) + 2
    colon = even(face.getlength(":")) + 2
    made: dict[str, Drawing] = {}
    for glyph in GLYPHS:
        width = {":": colon, " ": MARGIN}.get(glyph, digit)
        sheet = style.panel(width, height)
        if bare:  # straight alpha: the glyph's edge must not take the panel's colour
            sheet.clear(style.rgb("text"))
        at = ((width - face.getlength(glyph)) / 2, height / 2)
        sheet.line(at, glyph, face, style.rgb("text"))
        made[glyph] = sheet.drawing()
    return made


def clock_width(ticker_cells: dict[str, Drawing]) -> float:
    """How wide a clock is: HH:MM between blanks."""
    return sum(ticker_cells[one].width for one in " 00:00 ")


def local_origin_ns(origin_wall_ns: int, offset_min: int) -> int:
    """Unix time of session time 0, moved into a zone ``offset_min`` east of UTC."""
    return origin_wall_ns + offset_min * _MINUTE_NS
