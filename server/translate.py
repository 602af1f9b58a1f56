"""From intent to the resources each worker shall hold: the one place that knows both.

Pure functions. The order of a list is the order of putting: what is referred to
comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.picture import NO_PUBLICATION, PictureSource, SourceDelay
from mixer.wire.resources import (
    Mark,
    Peer,
    Priority,
    Publication,
    RecordedTrack,
    RecordingSession,
    Resource,
    Subscription,
)
from server.intent import TALKBACK
from server.translate_picture import programme_of, wanted_scenes
from server.translate_sound import wanted_sound
from signaling.programme.sources import CLIP
from signaling.programme.state import audible_sources, sources_of
from signaling.recording import RecordingPhase
from signaling.seats import DeviceKind

if TYPE_CHECKING:
    from server.intent import Intent, Received, Sitting, Track
    from signaling.recording import Recording

NS_PER_MS = 1_000_000


def wanted(kind: WorkerKind, intent: Intent) -> list[Resource]:
    """The whole wanted set of one worker."""
    match kind:
        case WorkerKind.MEDIA:
            return wanted_media(intent)
        case WorkerKind.SOUND:
            return wanted_sound(intent)
        case WorkerKind.PICTURE:
            return wanted_picture(intent)
        case WorkerKind.RECORDER:
            return wanted_recorder(intent)


def wanted_media(intent: Intent) -> list[Resource]:
    """Peers, what they publish, what they receive."""
    peers: list[Resource] = []
    publications: list[Resource] = []
    subscriptions: list[Resource] = []
    wanted_pictures = _wanted_pictures(intent)
    for sitting in intent.sitting:
        wiring = sitting.wiring
        if wiring.receive_peer:
            peers.append(Peer(id=wiring.receive_peer, direction="receive"))
            publications += [
                Publication(
                    id=track.publication,
                    peer=wiring.receive_peer,
                    mid=track.mid,
                    kind=track.kind,
                    rids=track.rids,
                )
                for track in wiring.tracks
            ]
        if wiring.send_peer:
            peers.append(Peer(id=wiring.send_peer, direction="send"))
            subscriptions += [
                Subscription(
                    id=one.subscription,
                    peer=wiring.send_peer,
                    publication=one.publication,
                    kind=one.kind,
                    layer=one.layer,
                    priority=_priority(one, wanted_pictures),
                )
                for one in wiring.received
            ]
    return [intent.clock, *peers, *publications, *subscriptions]


def _wanted_pictures(intent: Intent) -> dict[str, Priority]:
    """Pictures that come before others on a desk, by label: who spoke last, by seat."""
    state, cast = intent.state, intent.event.cast
    chosen = (*audible_sources(state, cast), *sources_of(state.preview, state, cast))
    found = dict.fromkeys(state.speakers[:1], Priority.SPEAKER)
    return found | dict.fromkeys(chosen, Priority.ON_AIR)


def _priority(received: Received, wanted_pictures: dict[str, Priority]) -> Priority:
    """Sound first, then the programme and what is on air or next; other tiles get what is left."""
    if received.kind is MediaKind.AUDIO:
        return Priority.SOUND
    if not received.tile:
        return Priority.ON_AIR
    return wanted_pictures.get(received.tile, Priority.REST)


def wanted_picture(intent: Intent) -> list[Resource]:
    """The programme, every open camera, the scenes, and what sound's delays ask for."""
    sources = []
    for sitting, track in intent.tracks(MediaKind.VIDEO):
        if not sitting.device.video_muted:
            seat = intent.seat(sitting.device.seat)
            sources.append(
                PictureSource(
                    publication=track.publication,
                    seat=picture_label(sitting, track),
                    title=seat.name,
                    subtitle=seat.name_en,
                    layers=track.top_layer + 1,
                )
            )
    return [
        intent.clock,
        programme_of(intent),
        *sources,
        *_source_delays(intent),
        *wanted_scenes(intent),
    ]


def wanted_recorder(intent: Intent) -> list[Resource]:
    """The running recording with its tracks; once it is to stop, without them, so that
    their files are closed before it is finished.
    """
    recording = intent.recording
    if recording is None or recording.phase is RecordingPhase.DONE:
        return [intent.clock]
    session = RecordingSession(
        id=recording.id,
        directory=recording.directory,
        started_ns=recording.started_ms * NS_PER_MS,
        about=_about(intent, recording),
    )
    marks = [
        Mark(
            session=recording.id,
            id=mark.id,
            kind=mark.kind,
            at_ns=mark.at_ms * NS_PER_MS,
            title=mark.title,
            seats=mark.seats,
            layout=mark.layout,
        )
        for mark in recording.marks
    ]
    tracks = [] if recording.phase is RecordingPhase.STOPPING else _recorded(intent, recording)
    return [intent.clock, session, *tracks, *marks]


def picture_label(sitting: Sitting, track: Track) -> str:
    """The name by which scenes show a picture: the seat for its main camera."""
    device = sitting.device
    if device.kind is DeviceKind.MAIN and track.source == "camera":
        return device.seat
    return f"{device.seat}/{device.kind}/{track.source}"


def _source_delays(intent: Intent) -> list[SourceDelay]:
    """A seat's picture follows the sound of its main device, an encoder's its own."""
    delays: dict[str, int] = {}
    for sitting, track in intent.tracks(MediaKind.AUDIO):
        delay = intent.delays_ns.get(track.publication)
        device = sitting.device
        if delay is None or track.source == TALKBACK:
            continue
        if device.kind is DeviceKind.MAIN:
            delays.setdefault(device.seat, delay)
        elif device.kind is DeviceKind.ENCODER:
            delays.setdefault(f"{device.seat}/{device.kind}/camera", delay)
    clip = intent.delays_ns.get(intent.programme.clip_sound)
    if clip is not None and intent.state.clip is not None:
        delays[CLIP] = clip
    return [SourceDelay(seat=seat, delay_ns=delay) for seat, delay in delays.items()]


def _about(intent: Intent, recording: Recording) -> dict[str, str]:
    event = intent.event
    about = {
        "event": event.slug,
        "title": recording.title or event.title,
        "event_title": event.title,
        "event_title_en": event.title_en,
    }
    about.update({f"seat/{seat.id}": seat.name for seat in event.stage})
    return about


def _recorded(intent: Intent, recording: Recording) -> list[RecordedTrack]:
    """The programme's best layer, or its rendition for the archive, with its AAC, then every track
    of every seat as it is.
    """

    def programme(publication: PublicationId, layer: Layer, kind: MediaKind) -> RecordedTrack:
        return RecordedTrack(
            session=recording.id,
            publication=publication,
            layer=layer,
            kind=kind,
            role="programme",
            seat="",
            source="programme",
            title=intent.event.title,
        )

    numbers = intent.programme
    master = numbers.renditions.master if intent.form.record_master else NO_PUBLICATION
    picture = (master, LAYER_LOW) if master else (numbers.picture, LAYER_MAIN)
    tracks = [
        programme(*picture, MediaKind.VIDEO),
        programme(numbers.aac, LAYER_LOW, MediaKind.AUDIO),
    ]
    for kind in (MediaKind.VIDEO, MediaKind.AUDIO):
        for sitting, track in intent.tracks(kind):
            if track.source == TALKBACK:
                continue
            device = sitting.device
            extra = "" if device.kind is DeviceKind.MAIN else f"{device.kind}-"
            tracks.append(
                RecordedTrack(
                    session=recording.id,
                    publication=track.publication,
                    layer=track.top_layer,
                    kind=kind,
                    role="iso",
                    seat=device.seat,
                    source=extra + track.source,
                    title=intent.seat(device.seat).name,
                )
            )
    return tracks
