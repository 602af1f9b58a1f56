"""The multiview: preview and programme side by side, all sources below, with tally borders."""

from __future__ import annotations

from collections.abc import Callable

from mixer.wire.picture import Multiview, Slot

from .canvas import Canvas
from .caption import name_bar
from .colour import planes_of, to_yuv
from .compose import Compositor
from .feed import Feed
from .layout import Fit, GridSpec, GridStep, Placement, Rect, grid_places
from .picture_format import PictureFormat
from .scale import Scaler
from .stage import SlateBook, Stage, StageTile, opening_stage
from .style import Style
from .theme import Rgb, Theme

SIZE = (1280, 720)
MAX_SLOTS = 20
TILE_WIDTH = 176
"""Of the smallest tile, for the choice of a layer."""
PREVIEW_PANE = Rect(16, 12, 608, 342)
PROGRAMME_PANE = Rect(656, 12, 608, 342)
_PANES = (
    (PREVIEW_PANE, "预览 PREVIEW", "in_preview"),
    (PROGRAMME_PANE, "播出 PROGRAMME", "on_air"),
)
_BAR = 22
_GRID = GridSpec(
    x=16,
    y=392,
    width=1248,
    height=316,
    gap=10,
    border=4,
    name_bar=20,
    fit=Fit.WHOLE,
    steps=(
        GridStep(up_to=5, columns=5),
        GridStep(up_to=12, columns=6),
        GridStep(up_to=14, columns=7),
        GridStep(up_to=20, columns=7),
    ),
)
BORDERS = {"on_air": (214, 44, 52), "in_preview": (46, 160, 84)}
_THEME = Theme(background="#0b0f16", ground="#1b2430", border="#232d3a")


def build_multiview(spec: Multiview, feed_of: Callable[[str], Feed], form: PictureFormat) -> Stage:
    """The sources of a multiview as a stage; slots beyond `MAX_SLOTS` are not shown."""
    slots = spec.slots[:MAX_SLOTS]
    style = Style(_THEME)
    places = grid_places(_GRID, len(slots)) if slots else ()
    tiles = tuple(
        _tile(slot, place, _tally(slot, spec), feed_of(slot.seat), style)
        for slot, place in zip(slots, places, strict=True)
    )
    return Stage(None, 0, tiles, (), None, (), _THEME, form)


def _tally(slot: Slot, spec: Multiview) -> Rgb | None:
    if slot.seat in spec.on_air:
        return BORDERS["on_air"]
    return BORDERS["in_preview"] if slot.seat in spec.in_preview else None


def _tile(slot: Slot, place: Placement, border: Rgb | None, feed: Feed, style: Style) -> StageTile:
    bar = place.name_bar
    drawn = None if bar is None else name_bar(bar.width, bar.height, slot.title, "", style)
    return StageTile(place, feed, slot.title, slot.subtitle, drawn, style, border)


class MultiviewPicture:
    """Composes it. Used by the programme's thread."""

    def __init__(self, form: PictureFormat, slates: SlateBook) -> None:
        self.form = form.resized(*SIZE)
        self._compositor = Compositor(self.form, slates, opening_stage(*SIZE))
        self._scalers = (Scaler(), Scaler())
        self._labels = [
            name_bar(pane.width, _BAR, label, "", Style(_THEME)) for pane, label, _ in _PANES
        ]
        self.enter(Stage(None, 0, (), (), None, (), _THEME, self.form))

    @property
    def canvas(self) -> Canvas:
        """What was composed last."""
        return self._compositor.ground

    def enter(self, stage: Stage) -> None:
        """Other sources."""
        self._compositor.enter(stage, afresh=True)
        for (pane, _, tally), label in zip(_PANES, self._labels, strict=True):
            x, y, width, height = pane
            outer = Rect(x - 4, y - 4, width + 8, height + _BAR + 8)
            self.canvas.fill(outer, to_yuv(*BORDERS[tally]))
            self.canvas.put(label, Rect(x, y + height, width, _BAR))

    def compose(self, frame: int, preview: Canvas, programme: Canvas) -> None:
        """Draw frame ``frame``."""
        self._compositor.compose(frame)
        for (pane, _, _), scaler, source in zip(
            _PANES, self._scalers, (preview, programme), strict=True
        ):
            scaled = scaler.scale(source.frame(), pane.width, pane.height)
            self.canvas.put(planes_of(scaled), pane)
