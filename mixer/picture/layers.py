"""Which layer of a source is taken in: the smallest that fills its place. Decisions only."""

from __future__ import annotations

from collections.abc import Mapping

USUAL_WIDTH = 1280
"""Of the highest layer, until a picture has told."""
ENOUGH = 0.85
"""A picture this share of its place's width is enough: nobody sees so little enlarging."""


def width_of(layer: int, layers: int, known: Mapping[int, int]) -> float:
    """Width of a layer's pictures: as seen, else by a neighbour, each twice the one below."""
    if layer in known:
        return known[layer]
    if known:
        nearest = min(known, key=lambda one: abs(one - layer))
        return float(known[nearest]) * 2.0 ** (layer - nearest)
    return USUAL_WIDTH * 2.0 ** (layer - (layers - 1))


def nearest_layer(layers: int, known: Mapping[int, int], wanted_width: float) -> int:
    """The lowest layer whose pictures fill ``wanted_width`` pixels, else the highest."""
    for layer in range(layers - 1):
        if width_of(layer, layers, known) >= wanted_width * ENOUGH:
            return layer
    return max(layers - 1, 0)
