"""The programme's intent as what picture shall show: scenes, clip, renditions, multiview. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mixer.wire.ids import MediaKind
from mixer.wire.picture import (
    Caption,
    Clip,
    Multiview,
    PictureProgramme,
    PreviewScene,
    Scene,
    Slate,
    Slot,
)
from signaling.phase import Phase
from signaling.programme.sources import CLIP, seat_of
from signaling.programme.state import seats_in_preview, seats_on_air, sources_of
from signaling.seats import DeviceKind

if TYPE_CHECKING:
    from mixer.wire.resources import Resource
    from server.intent import Intent
    from signaling.wire.state import SceneView

NS_PER_MS = 1_000_000
CAPTION_FADE_MS = 320
BEIJING_OFFSET_MIN = 480
"""The clock shows the time of the events: China has one zone and no summer time."""
SLATE_LAYOUT = "full"
"""Of a scene whose slate stands in place of any layout; shipped, so picture always knows it."""
CLIP_TITLE, CLIP_TITLE_EN = "短片", "Clip"
_BUGS = {Phase.LIVE: "live", Phase.REHEARSAL: "rehearsal"}


def wanted_scenes(intent: Intent) -> list[Resource]:
    """The programme, its clip, what is in preview and in the multiview, and what is on air."""
    return [*_clips(intent), *_multiviews(intent), preview_of(intent), scene_of(intent)]


def programme_of(intent: Intent) -> PictureProgramme:
    """The programme's format and renditions."""
    form = intent.form
    return PictureProgramme(
        publication=intent.programme.picture,
        width=form.width,
        height=form.height,
        frame_rate=form.frame_rate,
        renditions=replace(intent.programme.renditions, master_kbps=form.master_kbps),
    )


def scene_of(intent: Intent) -> Scene:
    """What is on air, with titles for every slot."""
    state = intent.state
    return replace(
        _scene(intent, state.on_air, state.revision),
        at_ns=state.at_ms * NS_PER_MS,
        dissolve_ns=state.duration_ms * NS_PER_MS if state.transition == "dissolve" else 0,
        frozen=state.frozen,
        wait_ns=state.wait_ms * NS_PER_MS,
    )


def preview_of(intent: Intent) -> PreviewScene:
    """What would go on air."""
    state = intent.state
    return PreviewScene(scene=_scene(intent, state.preview, state.preview_revision))


def _scene(intent: Intent, shown: SceneView, revision: int) -> Scene:
    event, graphics = intent.event, intent.state.graphics
    return Scene(
        revision=revision,
        at_ns=0,
        layout=SLATE_LAYOUT if shown.slate else shown.layout,
        slots=tuple(
            _slot(intent, source) for source in sources_of(shown, intent.state, event.cast)
        ),
        caption=_caption(shown),
        strap=shown.strap,
        event_title=event.title if graphics.event_title else "",
        question=shown.question,
        bug=_BUGS.get(intent.phase, "") if graphics.bug else "",
        clock_offset_min=BEIJING_OFFSET_MIN if graphics.clock else None,
        logo=graphics.logo,
        theme=graphics.theme,
        fade_ns=CAPTION_FADE_MS * NS_PER_MS,
        slate=_slate(intent, shown),
    )


def _slot(intent: Intent, source: str) -> Slot:
    if source == CLIP:
        return Slot(seat=CLIP, title=CLIP_TITLE, subtitle=CLIP_TITLE_EN)
    seat = intent.seat(seat_of(source))
    return Slot(seat=_shown(intent, source), title=seat.name, subtitle=seat.name_en)


def _shown(intent: Intent, source: str) -> str:
    """A seat is its main camera; where only an encoder sends a picture, it is that."""
    cameras = {
        sitting.device.kind
        for sitting, track in intent.tracks(MediaKind.VIDEO)
        if sitting.device.seat == source and track.source == "camera"
    }
    only_encoder = DeviceKind.ENCODER in cameras and DeviceKind.MAIN not in cameras
    return f"{source}/{DeviceKind.ENCODER}/camera" if only_encoder else source


def _caption(shown: SceneView) -> Caption | None:
    said = shown.caption
    if said is None:
        return None
    return Caption(title=said.title, subtitle=said.subtitle, organisation=said.organisation)


def _slate(intent: Intent, shown: SceneView) -> Slate | None:
    said = shown.slate
    if said is None:
        return None
    event = intent.event
    title, below = (said.title, "") if said.title else (event.title, event.title_en)
    return Slate(kind=said.kind, title=title, subtitle=below, until_ns=said.until_ms * NS_PER_MS)


def _clips(intent: Intent) -> list[Resource]:
    clip = intent.state.clip
    if clip is None:
        return []
    since_ms = clip.playing_since_ms
    return [
        Clip(
            seat=CLIP,
            file=clip.file,
            title=clip.file,
            playing_since_ns=None if since_ms is None else since_ms * NS_PER_MS,
            loop=clip.loop,
            sound=intent.programme.clip_sound,
        )
    ]


def _multiviews(intent: Intent) -> list[Resource]:
    publication = intent.programme.multiview
    if not intent.form.multiview or not publication:
        return []
    cast = intent.event.cast
    return [
        Multiview(
            publication=publication,
            slots=tuple(_slot(intent, seat) for seat in cast.stage),
            on_air=seats_on_air(intent.state, cast),
            in_preview=seats_in_preview(intent.state, cast),
        )
    ]
