"""What workers do and report, and what follows from it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from msgspec.structs import replace

from mixer.wire.control import (
    ActiveSpeaker,
    ClipState,
    Condition,
    DelayReport,
    LayersTaken,
    LevelReport,
    LoudnessReport,
    PeerQuality,
    PeerState,
    PreviewReady,
    PublicationState,
    RecordingState,
    SceneApplied,
)
from mixer.wire.ids import WorkerKind
from signaling.wire.state import ConditionView

from . import people
from .layers import layers_taken
from .shown import active_speaker, clip_state, preview_ready, scene_applied

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.wire.control import Event
    from server.intent import Sitting

    from .conference import Conference

MAX_CONDITIONS = 200
"""More at once than a person can read; further ones are counted and logged only."""

SEAT_LEVELS_S = 0.15
"""Seats show their level this late and this often at most; meters follow `Levels`."""
ECHO = "sound.echo"
LEFT_OUT = ("picture.source_left_out", "picture.decoder_hung")

_log = structlog.get_logger(__name__)


class Reports:
    """The `server.workers.interface.Listener` of a conference."""

    def __init__(self, conference: Conference) -> None:
        """Until it says hello, every worker counts as away."""
        self._conference = conference
        self._louder: set[str] = set()
        self._showing_soon = False
        self._acts: dict[type, Callable[[Any], None]] = {
            PeerState: self._peer_state,
            PeerQuality: self._quality,
            PublicationState: self._flow,
            LayersTaken: lambda event: layers_taken(conference, event),
            LevelReport: self._levels,
            LoudnessReport: self._loudness,
            DelayReport: self._delays,
            SceneApplied: lambda event: scene_applied(conference, event),
            PreviewReady: lambda event: preview_ready(conference, event),
            ClipState: lambda event: clip_state(conference, event),
            ActiveSpeaker: lambda event: active_speaker(conference, event),
            RecordingState: self._recording,
            Condition: lambda event: self._condition(self._named(event)),
        }
        for kind in WorkerKind:
            self.worker_lost(kind)

    def worker_connected(self, kind: WorkerKind, epoch: int, *, new_life: bool) -> None:
        """A new life of media means that every page has to connect anew."""
        self._conference.keep.epoch(kind, epoch)
        self._condition(Condition(id="worker.away", subject=kind, active=False))
        if kind is WorkerKind.RECORDER and new_life:
            self._conference.finish_asked = False
        if kind is WorkerKind.SOUND and new_life:
            self._sound_was_born()
        if kind is WorkerKind.PICTURE and new_life:
            self._picture_was_born()
        if kind is WorkerKind.MEDIA and new_life:
            self._media_was_born()

    def worker_lost(self, kind: WorkerKind) -> None:
        """It will be back."""
        self._condition(Condition(id="worker.away", subject=kind, active=True))

    def worker_event(self, kind: WorkerKind, event: Event) -> None:
        """One report."""
        self._conference.counters["report", f"{kind}.{type(event).__name__}"] += 1
        act = self._acts.get(type(event))
        if act is not None:
            act(event)

    def _loudness(self, event: LoudnessReport) -> None:
        self._conference.observed.loudness = event

    def _flow(self, event: PublicationState) -> None:
        _log.info(
            "publication.flow",
            publication=event.publication,
            flowing=event.flowing,
            codec=event.codec,
        )

    def _media_was_born(self) -> None:
        conference = self._conference
        conference.observed.forget_media()
        for sitting in conference.sitting():
            for peer in (sitting.wiring.receive_peer, sitting.wiring.send_peer):
                if peer:
                    conference.observed.stale_peers[peer] = "media_restarted"
            people.ask_to_reconnect(conference, sitting.device.id)
            people.follow_media(conference, sitting.device, "closed")
            conference.show_seat(sitting.device.seat)

    def _of_peer(self, peer: int) -> Sitting | None:
        for sitting in self._conference.sitting():
            if peer in {sitting.wiring.receive_peer, sitting.wiring.send_peer}:
                return sitting
        return None

    def _peer_state(self, event: PeerState) -> None:
        conference = self._conference
        sitting = self._of_peer(event.peer)
        if sitting is None:
            return
        before = conference.observed.peers.get(event.peer)
        conference.observed.peers[event.peer] = event.state
        if event.state == "closed" and before != "closed":
            conference.observed.stale_peers[event.peer] = event.reason or "closed"
            people.ask_to_reconnect(conference, sitting.device.id, only=event.peer)
        _log.info(
            "peer.state",
            seat=sitting.device.seat,
            device=sitting.device.id,
            peer=event.peer,
            state=event.state,
            reason=event.reason,
        )
        people.follow_media(conference, sitting.device, event.state)
        conference.show_seat(sitting.device.seat)

    def _quality(self, event: PeerQuality) -> None:
        sitting = self._of_peer(event.peer)
        if sitting is not None:
            self._conference.observed.quality[event.peer] = event
            self._conference.show_seat(sitting.device.seat, urgent=False)

    def _levels(self, event: LevelReport) -> None:
        conference = self._conference
        observed = conference.observed
        observed.clipped = frozenset(event.clipped)
        told: set[str] = set()
        for sitting in conference.sitting():
            for track in sitting.wiring.tracks:
                level_db = event.levels_db.get(track.publication)
                if level_db is not None:
                    observed.levels_db[track.publication] = level_db
                    rms_db = event.rms_db.get(track.publication, level_db)
                    observed.rms_db[track.publication] = rms_db
                    told.add(sitting.device.seat)
        conference.outward.levels_changed()
        self._louder |= told
        if self._louder and not self._showing_soon:
            self._showing_soon = True
            asyncio.get_running_loop().call_later(SEAT_LEVELS_S, self._show_levels)

    def _show_levels(self) -> None:
        self._showing_soon = False
        seats, self._louder = self._louder, set()
        for seat in seats:
            self._conference.show_seat(seat, urgent=False)

    def _delays(self, event: DelayReport) -> None:
        conference = self._conference
        known = {
            track.publication for sitting in conference.sitting() for track in sitting.wiring.tracks
        } | {conference.numbers.programme.clip_sound}
        told = {
            int(publication): delay_ns
            for publication, delay_ns in event.delays_ns.items()
            if publication in known
        }
        if any(conference.observed.delays_ns.get(key) != value for key, value in told.items()):
            conference.observed.delays_ns = {**conference.observed.delays_ns, **told}
            conference.apply((WorkerKind.PICTURE,))

    def _recording(self, event: RecordingState) -> None:
        conference = self._conference
        intent = conference.cores.recording
        if intent.current is None or intent.current.id != event.session:
            return
        conference.observed.recording = event
        if intent.happened(event.session, event.state):
            conference.keep.recording(intent.current)
            conference.apply((WorkerKind.RECORDER,))
            _log.info("recording.done", session=intent.current.directory, state=event.state)
        conference.show_recording()

    def _named(self, event: Condition) -> Condition:
        """Sound knows groups and picture publications; people know seats."""
        if event.id in LEFT_OUT:
            return self._with_source(event)
        if event.id != ECHO:
            return event
        numbers = self._conference.numbers.seats
        for seat in self._conference.event.seats:
            if str(numbers[seat.id].group) == event.subject:
                named = {"name": seat.name, "name_en": seat.name_en}
                return replace(event, subject=seat.id, values={**event.values, **named})
        return event

    def _with_source(self, event: Condition) -> Condition:
        for sitting in self._conference.sitting():
            for track in sitting.wiring.tracks:
                seat = self._conference.event.seat(sitting.device.seat)
                if seat is not None and str(track.publication) == event.subject:
                    said = {
                        "name": seat.name,
                        "name_en": seat.name_en,
                        "device": str(sitting.device.id),
                        "source": track.source,
                    }
                    return replace(event, values={**event.values, **said})
        return event

    def _sound_was_born(self) -> None:
        """It looks for echoes anew."""
        self._forget_conditions(ECHO)
        self._conference.observed.loudness = None

    def _picture_was_born(self) -> None:
        """What troubled the former life this one tells by itself."""
        self._forget_conditions("picture.")
        self._conference.observed.forget_picture()
        self._conference.acknowledging.forget()
        self._conference.show_programme()

    def _forget_conditions(self, prefix: str) -> None:
        for (name, _), held in list(self._conference.observed.conditions.items()):
            if name.startswith(prefix):
                self._condition(replace(held, active=False))

    def _condition(self, event: Condition) -> None:
        conference = self._conference
        key = (event.id, event.subject)
        held = conference.observed.conditions
        if event.active == (key in held) and held.get(key, event).values == event.values:
            return
        if event.active and len(held) >= MAX_CONDITIONS and key not in held:
            conference.counters["dropped", "too_many_conditions"] += 1
            return
        _log.info("condition", id=event.id, subject=event.subject, active=event.active)
        conference.keep.condition(event)
        state_key = f"condition/{event.id}/{event.subject}"
        if event.active:
            held[key] = event
            view = ConditionView(id=event.id, subject=event.subject, values=event.values)
            changed = conference.state.put(state_key, view)
        else:
            held.pop(key, None)
            changed = conference.state.remove(state_key)
        if changed:
            conference.outward.state_changed(urgent=True)
