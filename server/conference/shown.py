"""What picture shows and who speaks, and what follows for the programme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.ids import MediaKind, WorkerKind
from server.intent import TALKBACK
from signaling.programme.commands import Spoke

if TYPE_CHECKING:
    from mixer.wire.control import ActiveSpeaker, ClipState, PreviewReady, SceneApplied

    from .conference import Conference

NS_PER_MS = 1_000_000


def scene_applied(conference: Conference, event: SceneApplied) -> None:
    """A scene is on air; its sound too, if that waited for it."""
    observed = conference.observed
    observed.scene_revision, observed.scene_frame = event.revision, event.frame
    conference.acknowledging.tell(event)
    conference.marking.shown(conference, event)
    if conference.cores.programme.shown(event.revision, event.at_ns // NS_PER_MS):
        _heard(conference)
    conference.show_programme()


def settle(conference: Conference) -> None:
    """Sound does not wait for a picture that is away. Called once a second."""
    if conference.cores.programme.settle(conference.now_ms()):
        _heard(conference)
        conference.show_programme()


def _heard(conference: Conference) -> None:
    conference.keep_programme()
    conference.apply((WorkerKind.SOUND, WorkerKind.PICTURE, WorkerKind.MEDIA))


def preview_ready(conference: Conference, event: PreviewReady) -> None:
    """A take of it finds its pictures, or would not any more."""
    conference.observed.ready_preview = event.revision if event.ready else 0
    conference.show_programme()


def clip_state(conference: Conference, event: ClipState) -> None:
    """What becomes of the clip."""
    conference.observed.clip = event
    conference.show_clip()


def active_speaker(conference: Conference, event: ActiveSpeaker) -> None:
    """Whoever is seen as ``speaker`` changes by a cut, stored before it is told."""
    seat = _seat_of(conference, event.publication)
    core = conference.cores.programme
    before = core.state
    if seat is None or seat not in core.cast.stage:
        return
    after = core.carry_out(Spoke(seat), conference.now_ms())
    if after == before:
        return
    conference.keep_programme()
    conference.apply((WorkerKind.SOUND, WorkerKind.PICTURE, WorkerKind.MEDIA))
    conference.show_programme()


def _seat_of(conference: Conference, publication: int) -> str | None:
    for sitting in conference.sitting():
        for track in sitting.wiring.tracks:
            heard = track.kind is MediaKind.AUDIO and track.source != TALKBACK
            if track.publication == publication and heard and not sitting.device.audio_muted:
                return sitting.device.seat
    return None
