"""The covered canvas: captions over the ground, which come and go softly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from .canvas import Canvas
from .colour import Bytes, Overlay, Planes, Words
from .layout import Rect, even
from .style import Placed
from .ticker import Ticker

SLIDE_PIXELS = 24
"""How far a caption that comes or goes moves, where there is room at its left."""


class Moving(NamedTuple):
    """A caption that comes or goes during ``frames`` frames from ``begin`` on."""

    placed: Placed
    begin: int
    frames: int
    leaving: bool

    def share(self, frame: int) -> float:
        """How much of it is seen, 0 to 1."""
        done = min(max((frame - self.begin + 1) / self.frames, 0.0), 1.0)
        eased = done * done * (3 - 2 * done)
        return 1 - eased if self.leaving else eased

    def over(self, frame: int) -> bool:
        """Whether it has arrived or gone in this frame."""
        return frame - self.begin + 1 >= self.frames

    def shown(self, frame: int) -> Placed:
        """It, as it looks in this frame."""
        share = self.share(frame)
        x, y, width, height = self.placed.rect
        slide = even((1 - share) * SLIDE_PIXELS) if x >= SLIDE_PIXELS else 0
        return Placed(faded(self.placed.what, share), Rect(x - slide, y, width, height))

    @property
    def swept(self) -> Rect:
        """Everything it may touch on its way."""
        x, y, width, height = self.placed.rect
        slide = SLIDE_PIXELS if x >= SLIDE_PIXELS else 0
        return Rect(x - slide, y, width + slide, height)


def faded(what: Overlay, share: float) -> Overlay:
    """An overlay of which only ``share`` (0 to 1) is seen."""
    weight = np.uint16(round(share * 256))

    def colour(plane: Bytes) -> Bytes:
        return (plane * weight >> np.uint16(8)).astype(np.uint8)

    def keep(words: Words) -> Words:
        return np.uint16(256) - ((np.uint16(256) - words) * weight >> np.uint16(8))

    y, u, v = what.colour
    return Overlay(Planes(colour(y), colour(u), colour(v)), keep(what.keep_y), keep(what.keep_uv))


class Cover:
    """A canvas that repeats the ground with captions on it. Used by one thread."""

    def __init__(self, width: int, height: int) -> None:
        self.canvas = Canvas(width, height)
        self._resting: tuple[Placed, ...] = ()
        self._moving: list[Moving] = []
        self._begins: list[Placed] = []
        self._ends: list[Placed] = []
        self._fade_frames = 0
        self._tickers: tuple[Ticker, ...] = ()
        self._texts: list[str] = []
        self._ticking: tuple[Placed, ...] = ()
        self._whole = False

    @property
    def bare(self) -> bool:
        """Whether there is nothing to cover the ground with, so that it can be coded itself."""
        waiting = self._moving or self._begins or self._ends
        return not (self._resting or waiting or self._tickers)

    def enter(
        self, captions: tuple[Placed, ...], tickers: tuple[Ticker, ...], fade_frames: int
    ) -> None:
        """From the next `update` on: these, at once or within some frames."""
        before = [*self._resting, *self._begins]
        before += [one.placed for one in self._moving if not one.leaving]
        self._whole = True
        self._tickers = tickers
        self._texts = [""] * len(tickers)
        self._ticking = ()
        self._fade_frames = fade_frames
        if fade_frames <= 0:
            self._resting, self._begins, self._ends, self._moving = captions, [], [], []
            return
        self._resting = tuple(one for one in captions if _among(one, self._resting))
        self._moving = [one for one in self._moving if one.leaving or _among(one.placed, captions)]
        known = [*self._resting, *(one.placed for one in self._moving if not one.leaving)]
        self._begins = [one for one in captions if not _among(one, known)]
        self._ends = [one for one in before if not _among(one, captions)]

    def update(self, ground: Canvas, changed: Iterable[Rect], frame: int) -> bool:
        """Repeat what changed on the ground, and what the captions change by themselves; whether
        anything did.
        """
        areas = [*changed, *self._advance(frame)]
        if self.bare:
            self._whole = False
            return bool(areas)
        if self._whole:
            self._whole = False
            areas = [ground.whole]
        if not areas:
            return False
        layers = [*self._resting, *self._ticking, *(one.shown(frame) for one in self._moving)]
        touched = _spread(areas, layers)
        for rect in areas:
            self.canvas.take(ground, rect)
        for one in touched:
            self.canvas.blend(one.what, one.rect)
        return True

    def _advance(self, frame: int) -> Iterator[Rect]:
        fade = self._fade_frames
        self._moving += [Moving(one, frame, fade, leaving=True) for one in self._ends]
        self._moving += [Moving(one, frame, fade, leaving=False) for one in self._begins]
        self._ends, self._begins = [], []
        for one in self._moving:
            yield one.swept
        arrived = [one.placed for one in self._moving if one.over(frame) and not one.leaving]
        self._resting = (*self._resting, *arrived)
        self._moving = [one for one in self._moving if not one.over(frame)]
        texts = [ticker.text(frame) for ticker in self._tickers]
        if texts != self._texts:
            before = self._ticking
            self._texts = texts
            pairs = zip(self._tickers, texts, strict=True)
            self._ticking = tuple(one for ticker, text in pairs for one in ticker.placed(text))
            for placed in (*before, *self._ticking):
                yield placed.rect


def _among(one: Placed, captions: Iterable[Placed]) -> bool:
    return any(one.what is other.what and one.rect == other.rect for other in captions)


def _spread(areas: list[Rect], layers: list[Placed]) -> list[Placed]:
    """The captions that must be blended again; ``areas`` grows by theirs, as blending twice would
    darken.
    """
    touched: list[int] = []
    grown = True
    while grown:
        grown = False
        for index, one in enumerate(layers):
            if index not in touched and any(one.rect.touches(rect) for rect in areas):
                touched.append(index)
                areas.append(one.rect)
                grown = True
    return [layers[index] for index in sorted(touched)]
