"""Sound by the director's hand: settings, talkback, listen-in, tones, the cut; levels told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mixer.wire.ids import MediaKind, WorkerKind
from server.intent import TALKBACK, Wiring
from signaling.wire.errors import SignalingError
from signaling.wire.messages import WIRE_VERSION, Done
from signaling.wire.sound import (
    CutSound,
    Levels,
    ListenIn,
    Loudness,
    SeatLevel,
    SetEchoDuck,
    SetLoudness,
    SetSeatSound,
    SetTone,
    Talk,
    WatchLevels,
)

from .observed import METER_SILENCE_DB

if TYPE_CHECKING:
    from .caller import Caller
    from .conference import Conference

MAX_METERS_PER_S = 25


def _spread(conference: Conference) -> None:
    conference.keep.sound(conference.cores.sound.settings)
    conference.apply((WorkerKind.SOUND,))
    conference.show_sound()


async def set_seat_sound(conference: Conference, caller: Caller, body: SetSeatSound) -> Done:
    """A fader moves many times a second; one row of audit each second tells where it came to."""
    after = conference.cores.sound.set_seat(body)
    detail = {"seat": body.seat, **msgspec.to_builtins(after)}
    key = f"{body.seat}/{caller.link}"
    conference.keep.audit_soon(key, caller, conference.now_ms(), "set_seat_sound", detail)
    _spread(conference)
    return Done()


async def set_tone(conference: Conference, caller: Caller, body: SetTone) -> Done:
    """On one output, until it is ended."""
    conference.cores.sound.set_tone(body.output, on=body.on)
    conference.keep.audit(caller, conference.now_ms(), "set_tone", body)
    _spread(conference)
    return Done()


async def cut_sound(conference: Conference, caller: Caller, body: CutSound) -> Done:
    """The workers learn of it before anything is written."""
    conference.cores.sound.set_cut(cut=body.cut)
    _spread(conference)
    conference.keep.audit(caller, conference.now_ms(), "cut_sound", body)
    return Done()


async def set_loudness(conference: Conference, caller: Caller, body: SetLoudness) -> Done:
    """The target of the programme, and where its measure begins."""
    conference.cores.sound.set_loudness(body.target_lufs, restart=body.restart)
    conference.keep.audit(caller, conference.now_ms(), "set_loudness", body)
    _spread(conference)
    return Done()


async def set_echo_duck(conference: Conference, caller: Caller, body: SetEchoDuck) -> Done:
    """For all seats."""
    conference.cores.sound.set_echo_duck(on=body.on)
    conference.keep.audit(caller, conference.now_ms(), "set_echo_duck", body)
    _spread(conference)
    return Done()


async def talk(conference: Conference, caller: Caller, body: Talk) -> Done:
    """Raises `SignalingError` ``join.needed``, ``sound.no_microphone``."""
    device = conference.device_of(caller)
    wiring = conference.wirings.get(device.id, Wiring())
    if body.seats and not any(track.source == TALKBACK for track in wiring.tracks):
        raise SignalingError("sound.no_microphone")
    conference.cores.sound.talk(device.id, body.seats)
    conference.keep.audit(caller, conference.now_ms(), "talk", body.seats)
    conference.apply((WorkerKind.SOUND,))
    conference.show_sound()
    return Done()


async def listen_in(conference: Conference, caller: Caller, body: ListenIn) -> Done:
    """Only desks: the return of a hall is heard by the hall. Raises `SignalingError`
    ``right.missing``, ``join.needed``.
    """
    device = conference.device_of(caller)
    if caller.seat.on_stage:
        raise SignalingError("right.missing")
    conference.cores.sound.listen(device.id, body.seat)
    conference.keep.audit(caller, conference.now_ms(), "listen_in", body.seat)
    conference.apply((WorkerKind.SOUND,))
    conference.show_sound()
    return Done()


def let_go(conference: Conference, device: int) -> None:
    """A device is away, came back or is gone: it neither talks nor listens."""
    if conference.cores.sound.let_go(device):
        conference.apply((WorkerKind.SOUND,))
        conference.show_sound()


# --- levels ---------------------------------------------------------------------


async def watch_levels(conference: Conference, caller: Caller, body: WatchLevels) -> Done:
    """Sound measures as often as the most curious page asks."""
    if not 0 <= body.per_s <= MAX_METERS_PER_S:
        raise SignalingError("message.invalid", detail=f"per_s is 0 to {MAX_METERS_PER_S}")
    watch(conference, caller, body.per_s)
    return Done()


def watch(conference: Conference, caller: Caller, per_s: int) -> None:
    """0: no longer, as when the connection ends."""
    before = conference.meters_per_s
    caller.levels_per_s = per_s
    conference.watching.discard(caller)
    if per_s:
        conference.watching.add(caller)
    if conference.meters_per_s != before:
        conference.apply((WorkerKind.SOUND,))


def levels(conference: Conference) -> Levels:
    """The newest figures of every seat on stage with a microphone."""
    observed = conference.observed
    seats: dict[str, SeatLevel] = {}
    for sitting, track in conference.intent().tracks(MediaKind.AUDIO):
        if track.source == TALKBACK:
            continue
        before = seats.get(sitting.device.seat)
        peak_db = round(observed.levels_db.get(track.publication, METER_SILENCE_DB), 1)
        rms_db = round(observed.rms_db.get(track.publication, METER_SILENCE_DB), 1)
        seats[sitting.device.seat] = SeatLevel(
            peak_db=max(peak_db, before.peak_db if before else peak_db),
            rms_db=max(rms_db, before.rms_db if before else rms_db),
            clipped=track.publication in observed.clipped or bool(before and before.clipped),
        )
    return Levels(v=WIRE_VERSION, seats=seats, loudness=_loudness(conference))


def _loudness(conference: Conference) -> Loudness | None:
    told = conference.observed.loudness
    if told is None:
        return None
    return Loudness(
        momentary_lufs=round(told.momentary_lufs, 1),
        short_lufs=round(told.short_lufs, 1),
        integrated_lufs=round(told.integrated_lufs, 1),
        true_peak_db=round(told.true_peak_db, 1),
        gain_db=round(told.gain_db, 1),
        reduction_db=round(told.reduction_db, 1),
    )
