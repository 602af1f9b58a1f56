"""State as pages see it, built from cores and from what workers reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mixer.wire.control import ClipState
from mixer.wire.ids import MediaKind
from server.intent import TALKBACK
from signaling.programme.state import seats_in_preview, seats_on_air, sources_of
from signaling.recording import RecordingPhase
from signaling.seats import Presence
from signaling.wire.sound import SeatSoundView, SoundView
from signaling.wire.state import (
    ClipView,
    DeviceView,
    LineView,
    ProgrammeView,
    RecordingView,
    RundownView,
    SeatView,
)

from .lines import line_view
from .observed import SILENCE_DB, Observed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from server.intent import Sitting
    from signaling.event import Seat
    from signaling.programme.core import Programme
    from signaling.programme.state import ClipIntent, ProgrammeState
    from signaling.recording import Recording
    from signaling.rundown import Rundown
    from signaling.sound import SeatSound, SoundDesk

_CONNECTIONS = {
    "new": "connecting",
    "connecting": "connecting",
    "connected": "connected",
    "disconnected": "reconnecting",
    "closed": "reconnecting",
}


def device_view(sitting: Sitting, observed: Observed) -> DeviceView:
    """A device with its line: the direction it publishes on, else the one it receives on."""
    device, wiring = sitting.device, sitting.wiring
    peer = wiring.receive_peer or wiring.send_peer
    if device.presence is Presence.AWAY:
        connection = "reconnecting"
    else:
        connection = _CONNECTIONS[observed.peers.get(peer, "new")] if peer else "joined"
    up, down = _lines(sitting, observed)
    shown = up or down or LineView()
    return DeviceView(
        id=device.id,
        kind=device.kind,
        connection=connection,
        has_audio=device.has_audio,
        has_video=device.has_video,
        audio_muted=device.audio_muted,
        video_muted=device.video_muted,
        quality=min((line.grade for line in (up, down) if line and line.grade), default=0),
        rtt_ms=shown.rtt_ms,
        loss_percent=shown.loss_percent,
        bitrate_kbps=shown.bitrate_kbps,
        up=up,
        down=down,
    )


def _lines(sitting: Sitting, observed: Observed) -> tuple[LineView | None, LineView | None]:
    """Both directions; they go between the same two hosts, so that one tells the other's round
    trip: of what a publisher is sent, nobody reports anything.
    """
    device, wiring = sitting.device, sitting.wiring
    peers = (wiring.receive_peer, wiring.send_peer)
    up, down = (observed.quality.get(peer) for peer in peers)
    lost = [_CONNECTIONS[observed.peers.get(peer, "new")] == "reconnecting" for peer in peers]
    sends = (device.has_audio and not device.audio_muted) or (
        device.has_video and not device.video_muted
    )
    return (
        line_view(up, sends=sends, rtt_ms=down.rtt_ms if down else 0.0, lost=lost[0])
        if peers[0]
        else None,
        line_view(down, lost=lost[1], received=wiring.received) if peers[1] else None,
    )


class Tally(NamedTuple):
    """Where a seat is seen."""

    on_air: bool = False
    in_preview: bool = False


def seat_view(seat: Seat, sitting: Sequence[Sitting], observed: Observed, tally: Tally) -> SeatView:
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
        on_air=tally.on_air,
        in_preview=tally.in_preview,
        level_db=float(round(max(levels, default=SILENCE_DB))),
    )


def programme_view(core: Programme, observed: Observed) -> ProgrammeView:
    """What is on air, and the frame from which it was seen."""
    state, cast = core.state, core.cast
    seen = observed.scene_revision == state.revision
    return ProgrammeView(
        revision=state.revision,
        on_air=state.on_air,
        preview=state.preview,
        at_ms=state.at_ms,
        frame=observed.scene_frame if seen else -1,
        seats_on_air=list(seats_on_air(state, cast)),
        layouts={name: list(counts) for name, counts in core.layouts.items()},
        frozen=state.frozen,
        graphics=state.graphics,
        transition=state.transition,
        duration_ms=state.duration_ms,
        last_good=state.last_good,
        waiting=state.before is not None,
        sources_on_air=list(sources_of(state.on_air, state, cast)),
        sources_in_preview=list(sources_of(state.preview, state, cast)),
        seats_in_preview=list(seats_in_preview(state, cast)),
        preview_revision=state.preview_revision,
        preview_ready=observed.ready_preview == state.preview_revision,
        auto=state.auto,
        speaker=state.speakers[0] if state.speakers else "",
        call_in=state.call_in,
    )


def rundown_view(rundown: Rundown, state: ProgrammeState) -> RundownView:
    """The steps, and which of them are on air and in preview."""
    return RundownView(
        cues=list(rundown.cues.values()),
        current=state.cue if state.cue in rundown.cues else "",
        in_preview=state.preview_cue,
        as_planned=rundown.as_planned(state.cue, state.on_air),
    )


def clip_view(clip: ClipIntent | None, told: ClipState | None, films: Collection[str]) -> ClipView:
    """The clip as it shall be, with what picture told of this file."""
    files = list(films)
    if clip is None:
        return ClipView(files=files)
    since_ms = clip.playing_since_ms
    usual = "cued" if since_ms is None else "playing"
    if told is None or told.file != clip.file:
        told = ClipState(seat="", file=clip.file, state=usual)
    return ClipView(
        file=clip.file,
        state=told.state,
        loop=clip.loop,
        playing_since_ms=-1 if since_ms is None else since_ms,
        position_ms=told.position_ms,
        duration_ms=told.duration_ms,
        text=told.text,
        files=files,
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
