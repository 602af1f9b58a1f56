"""What workers do and report, and what follows from it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from mixer.wire.control import (
    Condition,
    DelayReport,
    LevelReport,
    LoudnessReport,
    PeerQuality,
    PeerState,
    PublicationState,
    RecordingState,
    SceneApplied,
)
from mixer.wire.ids import WorkerKind
from signaling.wire.state import ConditionView

from . import people

if TYPE_CHECKING:
    from mixer.wire.control import Event
    from server.intent import Sitting

    from .conference import Conference

MAX_CONDITIONS = 200
"""More at once than a person can read; further ones are counted and logged only."""

SEAT_LEVELS_S = 0.15
"""Seats show their level this late and this often at most; meters follow `Levels`."""
ECHO = "sound.echo"

_log = structlog.get_logger(__name__)


class Reports:
    """The `server.workers.interface.Listener` of a conference."""

    def __init__(self, conference: Conference) -> None:
        """Until it says hello, every worker counts as away."""
        self._conference = conference
        self._louder: set[str] = set()
        self._showing_soon = False
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
        if kind is WorkerKind.MEDIA and new_life:
            self._media_was_born()

    def worker_lost(self, kind: WorkerKind) -> None:
        """It will be back."""
        self._condition(Condition(id="worker.away", subject=kind, active=True))

    def worker_event(self, kind: WorkerKind, event: Event) -> None:
        """One report."""
        self._conference.counters["report", f"{kind}.{type(event).__name__}"] += 1
        match event:
            case PeerState():
                self._peer_state(event)
            case PeerQuality():
                self._quality(event)
            case LevelReport():
                self._levels(event)
            case LoudnessReport():
                self._conference.observed.loudness = event
            case DelayReport():
                self._delays(event)
            case SceneApplied():
                self._scene(event)
            case RecordingState():
                self._recording(event)
            case PublicationState():
                _log.info(
                    "publication.flow",
                    publication=event.publication,
                    flowing=event.flowing,
                    codec=event.codec,
                )
            case Condition():
                self._condition(self._named(event))

    def _media_was_born(self) -> None:
        conference = self._conference
        conference.observed.forget_media()
        for sitting in conference.sitting():
            for peer in (sitting.wiring.receive_peer, sitting.wiring.send_peer):
                if peer:
                    conference.observed.stale_peers[peer] = "media_restarted"
            people.ask_to_reconnect(conference, sitting.device.id)
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
        }
        told = {
            int(publication): delay_ns
            for publication, delay_ns in event.delays_ns.items()
            if publication in known
        }
        if any(conference.observed.delays_ns.get(key) != value for key, value in told.items()):
            conference.observed.delays_ns = {**conference.observed.delays_ns, **told}
            conference.apply((WorkerKind.PICTURE,))

    def _scene(self, event: SceneApplied) -> None:
        observed = self._conference.observed
        observed.scene_revision, observed.scene_frame = event.revision, event.frame
        self._conference.show_programme()

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
        """Sound knows groups; people know seats."""
        if event.id != ECHO:
            return event
        numbers = self._conference.numbers.seats
        for seat in self._conference.event.seats:
            if str(numbers[seat.id].group) == event.subject:
                named = {"name": seat.name, "name_en": seat.name_en}
                return replace(event, subject=seat.id, values={**event.values, **named})
        return event

    def _sound_was_born(self) -> None:
        """It looks for echoes anew."""
        for key, held in list(self._conference.observed.conditions.items()):
            if key[0] == ECHO:
                self._condition(replace(held, active=False))
        self._conference.observed.loudness = None

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
