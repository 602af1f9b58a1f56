"""Where a scene's captions stand: none over another, all within the safe area.

In layouts with boxes: strap and event title at the top left, bug, clock and logo at the top right,
lower third and question at the bottom left. In layouts with a line all stand in that line.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mixer.wire.picture import Caption, Scene

from .caption import (
    STRAP_HEIGHT,
    bug,
    event_title,
    lower_line,
    lower_third,
    question,
    strap,
)
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH, SAFE_X, CaptionStyle, Layout, even
from .logo import logo
from .style import Drawing, Look, Placed, Style
from .theme import LINE_HEIGHT, LINE_TOP
from .ticker import Ticker, cells, clock_width, local_origin_ns

CLOCK_SIZE = 24
GAP = 10
LINE_MARGIN = 16
LINE_STRAP_ROOM = 362
LINE_CAPTION_ROOM = 872
MIN_TITLE_ROOM = 160

_lower_third = lru_cache(maxsize=64)(lower_third)
_lower_line = lru_cache(maxsize=64)(lower_line)
_strap = lru_cache(maxsize=32)(strap)
_event_title = lru_cache(maxsize=8)(event_title)
_question = lru_cache(maxsize=16)(question)
_bug = lru_cache(maxsize=8)(bug)


class Captions(NamedTuple):
    """All captions of a scene."""

    placed: tuple[Placed, ...]
    tickers: tuple[Ticker, ...]


def captions_of(scene: Scene, layout: Layout, look: Look) -> Captions:
    """Render and place what the scene says."""
    style = look.style
    in_line = layout.caption is CaptionStyle.LINE
    height = LINE_HEIGHT if in_line else STRAP_HEIGHT
    top = LINE_TOP if in_line else style.theme.safe_top
    right = CANVAS_WIDTH - (LINE_MARGIN if in_line else SAFE_X)
    corner, left_of = _right_end(scene, look, (right, top, height))
    tickers: tuple[Ticker, ...] = ()
    if scene.clock_offset_min is not None:
        glyphs = cells(CLOCK_SIZE, height, style, bare=False)
        origin_ns = local_origin_ns(look.origin_wall_ns, scene.clock_offset_min)
        tickers = (Ticker(False, origin_ns, glyphs, left_of, top, look.form),)  # noqa: FBT003  a field's value
        left_of -= clock_width(glyphs) + GAP
    if in_line:
        taken = left_of < right
        return Captions((*_line(scene, style, left_of if taken else None), *corner), tickers)
    return Captions((*_boxes(scene, layout, style, left_of), *corner), tickers)


def _right_end(scene: Scene, look: Look, end: tuple[float, int, int]) -> tuple[list[Placed], float]:
    """Logo and bug from the right end on; and where what is left of them may end."""
    x, top, height = end
    drawn = None
    if scene.logo and look.logos is not None:
        drawn = logo(look.logos, scene.logo, height, look.form.scale)
    placed: list[Placed] = []
    for drawing in (drawn, _bug(scene.bug, height, look.style)):
        if drawing is not None:
            placed.append(drawing.at(x - drawing.width, top))
            x -= drawing.width + GAP
    return placed, x


def _boxes(scene: Scene, layout: Layout, style: Style, left_of: float) -> list[Placed]:
    placed: list[Placed] = []
    x: float = SAFE_X
    drawing = _strap(scene.strap, STRAP_HEIGHT, 362, style)
    if drawing is not None:
        placed.append(drawing.at(x, style.theme.safe_top))
        x += drawing.width
    room = even(left_of - x)
    if scene.event_title and room >= MIN_TITLE_ROOM:
        drawing = _event_title(scene.event_title, STRAP_HEIGHT, room, style)
        if drawing is not None:
            placed.append(drawing.at(x, style.theme.safe_top))
    bottom: float = CANVAS_HEIGHT - style.theme.safe_bottom
    caption = scene.caption or Caption(title="")
    for drawing in (
        _lower_third(
            caption.title, caption.subtitle, caption.organisation, layout.caption_width, style
        ),
        _question(scene.question, layout.caption_width, 3, style),
    ):
        if drawing is not None:
            placed.append(drawing.at(layout.caption_left, bottom - drawing.height))
            bottom -= drawing.height + GAP
    return placed


def _line(scene: Scene, style: Style, left_of: float | None) -> list[Placed]:
    """Centred where nothing stands at the right end, else from the left on."""
    found: list[Drawing] = []
    room: float = CANVAS_WIDTH - 2 * LINE_MARGIN if left_of is None else left_of - LINE_MARGIN
    drawing = _strap(scene.strap, LINE_HEIGHT, min(LINE_STRAP_ROOM, even(room / 3)), style)
    if drawing is not None:
        found.append(drawing)
        room -= drawing.width
    caption = scene.caption or Caption(title="")
    if scene.question:
        drawing = _question(scene.question, even(room), 1, style)
    else:
        fits = even(min(room, LINE_CAPTION_ROOM))
        drawing = _lower_line(caption.title, caption.subtitle, caption.organisation, fits, style)
        if drawing is None and scene.event_title:
            drawing = _event_title(scene.event_title, LINE_HEIGHT, fits, style)
    if drawing is not None:
        found.append(drawing)
    width = sum(one.width for one in found)
    x: float = LINE_MARGIN if left_of is not None else even((CANVAS_WIDTH - width) / 2)
    placed: list[Placed] = []
    for one in found:
        placed.append(one.at(x, LINE_TOP))
        x += one.width
    return placed
