"""State as pages see it, built from cores and from what workers reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.control import PeerQuality
from mixer.wire.ids import MediaKind
from server.intent import TALKBACK
from signaling.programme.core import seats_on_air
from signaling.recording import RecordingPhase
from signaling.seats import Presence
from signaling.wire.sound import SeatSoundView, SoundView
from signaling.wire.state import (
    DeviceView,
    ProgrammeView,
    RecordingView,
    SeatView,
)

from .observed import SILENCE_DB, Observed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.intent import Sitting
    from signaling.event import Seat
    from signaling.programme.core import Programme
    from signaling.recording import Recording
    from signaling.sound import SeatSound, SoundDesk

_CONNECTIONS = {
    "new": "connecting",
    "connecting": "connecting",
    "connected": "connected",
    "disconnected": "reconnecting",
    "closed": "reconnecting",
}
_GRADES = ((0.005, 150.0, 5), (0.02, 300.0, 4), (0.05, 500.0, 3), (0.10, 1000.0, 2))
"""Loss up to, round trip up to (ms), grade. Anything worse is 1."""


def quality_grade(quality: PeerQuality | None) -> int:
    """0 unknown, 1 bad to 5 very good."""
    if quality is None:
        return 0
    for loss, rtt_ms, grade in _GRADES:
        if quality.loss_fraction <= loss and quality.rtt_ms <= rtt_ms:
            return grade
    return 1


def device_view(sitting: Sitting, observed: Observed) -> DeviceView:
    """A device with its line: the direction it publishes on, else the one it receives on."""
    device, wiring = sitting.device, sitting.wiring
    peer = wiring.receive_peer or wiring.send_peer
    if device.presence is Presence.AWAY:
        connection = "reconnecting"
    else:
        connection = _CONNECTIONS[observed.peers.get(peer, "new")] if peer else "joined"
    quality = observed.quality.get(peer)
    return DeviceView(
        id=device.id,
        kind=device.kind,
        connection=connection,
        has_audio=device.has_audio,
        has_video=device.has_video,
        audio_muted=device.audio_muted,
        video_muted=device.video_muted,
        quality=quality_grade(quality),
        rtt_ms=round(quality.rtt_ms) if quality else 0.0,
        loss_percent=round(quality.loss_fraction * 100, 1) if quality else 0.0,
        bitrate_kbps=round(quality.bitrate / 1000) if quality else 0.0,
    )


def seat_view(
    seat: Seat, sitting: Sequence[Sitting], observed: Observed, *, on_air: bool
) -> SeatView:
    """A seat with the devices at it; its level is that of the loudest."""
    levels = [
        observed.levels_db.get(track.publication, SILENCE_DB)
        for one in sitting
        for track in one.wiring.tracks
        if track.kind is MediaKind.AUDIO and track.source != TALKBACK and not one.device.audio_muted
    ]
    return SeatView(
        seat=seat.id,
        name=seat.name,
        name_en=seat.name_en,
        kind=seat.kind,
        hall=seat.hall,
        order=seat.order,
        speaker=seat.speaker,
        speaker_title=seat.speaker_title,
        devices=[device_view(one, observed) for one in sitting],
        on_air=on_air,
        level_db=float(round(max(levels, default=SILENCE_DB))),
    )


def programme_view(core: Programme, observed: Observed) -> ProgrammeView:
    """What is on air, and the frame from which it was seen."""
    state = core.state
    seen = observed.scene_revision == state.revision
    return ProgrammeView(
        revision=state.revision,
        on_air=state.on_air,
        preview=state.preview,
        at_ms=state.at_ms,
        frame=observed.scene_frame if seen else -1,
        seats_on_air=list(seats_on_air(state.on_air)),
        layouts={name: list(counts) for name, counts in core.layouts.items()},
        frozen=state.frozen,
        graphics=state.graphics,
        transition=state.transition,
        duration_ms=state.duration_ms,
        last_good=state.last_good,
    )


def recording_view(recording: Recording | None, observed: Observed) -> RecordingView:
    """The intent, with the recorder's figures once it told them."""
    if recording is None:
        return RecordingView(state="idle")
    told = observed.recording
    if told is None or told.session != recording.id:
        stopping = recording.phase is RecordingPhase.STOPPING
        state = "finalising" if stopping else "recording"
        return RecordingView(state=state, session=recording.directory)
    return RecordingView(
        state=told.state,
        session=recording.directory,
        duration_ms=told.duration_ms,
        files=told.files,
        size_bytes=told.size_bytes,
        hours_left=round(told.hours_left, 1),
        text=told.text,
    )


def sound_view(desk: SoundDesk, seats: Mapping[int, str]) -> SoundView:
    """What holds for all sound. ``seats``: where each device sits."""
    settings = desk.settings
    talking: dict[str, list[str]] = {}
    for device, to in desk.talking.items():
        talking.setdefault(seats.get(device, ""), []).extend(to)
    return SoundView(
        cut=settings.cut,
        target_lufs=settings.target_lufs,
        echo_duck=settings.echo_duck,
        tones=sorted(settings.tones),
        talking=talking,
        listening={seats.get(device, ""): to for device, to in desk.listening.items()},
    )


def seat_sound_view(seat: str, settings: SeatSound) -> SeatSoundView:
    """How one seat sounds and what it hears."""
    return SeatSoundView(
        seat=seat,
        gain_db=settings.gain_db,
        muted=settings.muted,
        pan=settings.pan,
        delay_ms=settings.delay_ms,
        high_pass_hz=settings.high_pass_hz,
        audible=settings.audible,
        hears=settings.hears,
    )
