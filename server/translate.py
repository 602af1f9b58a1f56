"""From intent to the resources each worker shall hold: the one place that knows both.

Pure functions. The order of a list is the order of putting: what is referred to
comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.resources import (
    Mark,
    Peer,
    PictureProgramme,
    PictureSource,
    Publication,
    RecordedTrack,
    RecordingSession,
    Resource,
    SourceDelay,
    Subscription,
)
from server.intent import TALKBACK
from server.translate_picture import scene_of
from server.translate_sound import wanted_sound
from signaling.recording import RecordingPhase
from signaling.seats import DeviceKind

if TYPE_CHECKING:
    from server.intent import Intent, Sitting, Track
    from signaling.recording import Recording

NS_PER_MS = 1_000_000
_NO_LAYER = Layer(0)
"""Sound and what browsers send have one layer."""


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
    for sitting in intent.sitting:
        wiring = sitting.wiring
        if wiring.receive_peer:
            peers.append(Peer(id=wiring.receive_peer, direction="receive"))
            publications += [
                Publication(
                    id=track.publication, peer=wiring.receive_peer, mid=track.mid, kind=track.kind
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
                )
                for one in wiring.received
            ]
    return [intent.clock, *peers, *publications, *subscriptions]


def wanted_picture(intent: Intent) -> list[Resource]:
    """The programme, every open camera, the scene, and what sound's delays ask for."""
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
                    layer=_NO_LAYER,
                )
            )
    return [
        intent.clock,
        PictureProgramme(publication=intent.programme.picture),
        *sources,
        *_source_delays(intent),
        scene_of(intent),
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
    """A seat's picture follows the sound of its main device."""
    delays: dict[str, int] = {}
    for sitting, track in intent.tracks(MediaKind.AUDIO):
        delay = intent.delays_ns.get(track.publication)
        main = sitting.device.kind is DeviceKind.MAIN and track.source != TALKBACK
        if delay is not None and main:
            delays.setdefault(sitting.device.seat, delay)
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
    """The programme's best layer with its AAC, then every track of every seat as it is."""

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

    tracks = [
        programme(intent.programme.picture, LAYER_MAIN, MediaKind.VIDEO),
        programme(intent.programme.aac, LAYER_LOW, MediaKind.AUDIO),
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
                    layer=_NO_LAYER,
                    kind=kind,
                    role="iso",
                    seat=device.seat,
                    source=extra + track.source,
                    title=intent.seat(device.seat).name,
                )
            )
    return tracks
