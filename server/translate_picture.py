"""The programme's intent as the scene that picture shall show. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.resources import Caption, Scene, Slate, Slot
from signaling.phase import Phase
from signaling.programme.layouts import seat_of

if TYPE_CHECKING:
    from server.intent import Intent
    from signaling.wire.state import SceneView

NS_PER_MS = 1_000_000
CAPTION_FADE_MS = 320
BEIJING_OFFSET_MIN = 480
"""The clock shows the time of the events: China has one zone and no summer time."""
_BUGS = {Phase.LIVE: "live", Phase.REHEARSAL: "rehearsal"}


def scene_of(intent: Intent) -> Scene:
    """What is on air, with titles for every slot."""
    state, event = intent.state, intent.event
    shown, graphics = state.on_air, state.graphics
    return Scene(
        revision=state.revision,
        at_ns=state.at_ms * NS_PER_MS,
        layout=shown.layout,
        slots=tuple(_slot(intent, source) for source in shown.slots),
        caption=_caption(shown),
        strap=shown.strap,
        event_title=event.title if graphics.event_title else "",
        question=shown.question,
        bug=_BUGS.get(intent.phase, "") if graphics.bug else "",
        clock_offset_min=BEIJING_OFFSET_MIN if graphics.clock else None,
        logo=graphics.logo,
        theme=graphics.theme,
        dissolve_ns=state.duration_ms * NS_PER_MS if state.transition == "dissolve" else 0,
        fade_ns=CAPTION_FADE_MS * NS_PER_MS,
        frozen=state.frozen,
        slate=_slate(intent),
    )


def _slot(intent: Intent, source: str) -> Slot:
    seat = intent.seat(seat_of(source))
    return Slot(seat=source, title=seat.name, subtitle=seat.name_en)


def _caption(shown: SceneView) -> Caption | None:
    said = shown.caption
    if said is None:
        return None
    return Caption(title=said.title, subtitle=said.subtitle, organisation=said.organisation)


def _slate(intent: Intent) -> Slate | None:
    said = intent.state.on_air.slate
    if said is None:
        return None
    event = intent.event
    title, below = (said.title, "") if said.title else (event.title, event.title_en)
    return Slate(kind=said.kind, title=title, subtitle=below, until_ns=said.until_ms * NS_PER_MS)
