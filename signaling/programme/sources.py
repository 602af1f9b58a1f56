"""What the sources of a scene mean now: halls by place, who speaks, who is called in. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.wire.state import SceneView

SPEAKER = "speaker"
CALL_IN = "call_in"
CLIP = "clip"
HALL = "hall:"
HALLS_BY_PLACE = ("hall:a", "hall:b")
NAMED = (SPEAKER, CALL_IN, CLIP)


class Cast(msgspec.Struct, frozen=True):
    """Who can be on air: ids of all seats in order, halls first, and of the halls."""

    stage: tuple[str, ...]
    halls: tuple[str, ...] = ()

    def hall(self, source: str) -> str | None:
        """The seat of ``hall:a``, ``hall:b`` or ``hall:<seat>``; None if there is no such hall."""
        if source in HALLS_BY_PLACE:
            place = HALLS_BY_PLACE.index(source)
            return self.halls[place] if place < len(self.halls) else None
        seat = source.removeprefix(HALL)
        return seat if source.startswith(HALL) and seat in self.halls else None


def seat_of(source: str) -> str:
    """The seat of a slot's source, once it is resolved."""
    return source.partition("/")[0]


def resolved(
    scene: SceneView, cast: Cast, speakers: Sequence[str] = (), call_in: str = ""
) -> tuple[str, ...]:
    """The slots with seats in place of ``hall:a``, ``call_in`` and ``speaker``; none for a slate.

    ``speakers``: who spoke, the last one first. The speaker is the first of them who stands in
    no other slot, else the first such seat, so nobody is seen twice for having spoken.
    """
    if scene.slate is not None:
        return ()
    known = [_resolve(source, cast, call_in) for source in scene.slots]
    seen = {seat_of(source) for source in known}
    waiting = [seat for seat in (*speakers, *cast.stage) if seat in cast.stage]
    speaker = next((seat for seat in waiting if seat not in seen), cast.stage[0])
    return tuple(speaker if source == SPEAKER else source for source in known)


def _resolve(source: str, cast: Cast, call_in: str) -> str:
    if source == CALL_IN:
        return call_in
    return cast.hall(source) or source


def seats_of(sources: Sequence[str]) -> tuple[str, ...]:
    """Who is seen and heard by these resolved sources: their seats, and ``clip``."""
    return tuple(dict.fromkeys(seat_of(source) for source in sources))
