"""Scenes made of other scenes: another layout, another source in one place. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from signaling.wire.errors import SignalingError

from .sources import seats_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signaling.wire.state import SceneView

    from .sources import Cast


def with_layout(
    scene: SceneView,
    layout: str,
    counts: tuple[int, int] | None,
    sources: Sequence[str],
    cast: Cast,
) -> SceneView:
    """The scene in another layout that takes ``counts`` (fewest, most) slots; None: unknown, which
    a check will tell. ``sources``: what stands in its slots now. Free places get the first seats of
    the cast that are not seen yet.
    """
    if counts is None:
        return msgspec.structs.replace(scene, layout=layout)
    fewest, most = counts
    slots = scene.slots[:most]
    seen = set(seats_of(sources[:most]))
    free = [seat for seat in cast.stage if seat not in seen]
    slots += free[: max(0, fewest - len(slots))]
    return msgspec.structs.replace(scene, layout=layout, slots=slots)


def with_source(scene: SceneView, slot: int, source: str) -> SceneView:
    """The scene with ``source`` in place ``slot``; if it stands elsewhere they change places.

    Raises `SignalingError` ``programme.no_slot``.
    """
    slots = list(scene.slots)
    if not 0 <= slot < len(slots):
        raise SignalingError("programme.no_slot", slot=str(slot + 1), count=str(len(slots)))
    if source in slots:
        slots[slots.index(source)] = slots[slot]
    slots[slot] = source
    return msgspec.structs.replace(scene, slots=slots)


def same_picture(one: SceneView, other: SceneView) -> bool:
    """Whether two scenes differ in nothing but captions."""
    return (one.layout, one.slots, one.slate) == (other.layout, other.slots, other.slate)


def pinned(scene: SceneView, meant: Mapping[str, str]) -> SceneView:
    """The scene with seats in place of sources that may mean others later."""
    return msgspec.structs.replace(scene, slots=[meant.get(one, one) for one in scene.slots])
