"""What sound shall hold: inputs with their settings, returns, talkback, tones, the cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.ids import GroupId, MediaKind
from mixer.wire.resources import OnAir, Resource, SoundProgramme, SoundReturn, SoundSource
from mixer.wire.resources import ReturnKind as Return
from mixer.wire.sound import (
    AudibleOverride,
    IdentificationTone,
    ListenIn,
    SoundFeatures,
    SoundPanic,
    Talkback,
)
from server.intent import TALKBACK, ReturnCoding
from signaling.programme.sources import CLIP, seats_of
from signaling.programme.state import audible_sources
from signaling.sound import PROGRAMME_OUTPUT, Audible, Hears, other_hall

if TYPE_CHECKING:
    from server.intent import Intent, Sitting, Track

NS_PER_MS = 1_000_000
NOBODY = GroupId(0)

_RETURNS = {
    Hears.MINUS: Return.MINUS,
    Hears.CLEAN: Return.CLEAN,
    Hears.OTHER_HALL: Return.OTHER_HALL,
    Hears.OFF: Return.OFF,
}


def wanted_sound(intent: Intent) -> list[Resource]:
    """The programme bus, a return for each seat that hears, every microphone, and what the
    director wants beyond that. A worker that is asked for nothing special holds only the former.
    """
    on_air = OnAir(
        revision=intent.state.revision,
        groups=tuple(_group(intent, seat) for seat in _audible(intent)),
        at_ns=intent.state.heard_at_ms * NS_PER_MS,
    )
    programme = SoundProgramme(opus=intent.programme.opus, aac=intent.programme.aac)
    sources = [_source(intent, *one) for one in intent.tracks(MediaKind.AUDIO)]
    sources += _clip_sources(intent)
    return [
        intent.clock,
        *_features(intent),
        programme,
        *_returns(intent),
        *sources,
        on_air,
        *_overrides(intent),
        *_talkbacks(intent),
        *_listens(intent),
        *_tones(intent),
        *([SoundPanic()] if intent.sound.cut else []),
    ]


def _audible(intent: Intent) -> tuple[str, ...]:
    """Seats and ``clip``, from the same state as the picture on air."""
    return seats_of(audible_sources(intent.state, intent.event.cast))


def _group(intent: Intent, seat: str) -> GroupId:
    return intent.programme.clip_group if seat == CLIP else intent.numbers[seat].group


def _clip_sources(intent: Intent) -> list[SoundSource]:
    """The clip sounds like a seat of its own."""
    numbers = intent.programme
    if intent.state.clip is None or not numbers.clip_sound:
        return []
    return [SoundSource(publication=numbers.clip_sound, group=numbers.clip_group)]


def _features(intent: Intent) -> list[Resource]:
    sound = intent.sound
    features = SoundFeatures(
        loudness_target_lufs=sound.target_lufs,
        loudness_period=sound.loudness_period,
        echo_duck=sound.echo_duck,
        meters_per_s=intent.meters_per_s,
    )
    return [] if features == SoundFeatures() else [features]


def _source(intent: Intent, sitting: Sitting, track: Track) -> SoundSource:
    group = intent.numbers[sitting.device.seat].group
    if track.source == TALKBACK:
        return SoundSource(publication=track.publication, group=group, muted=True)
    set_to = intent.sound.of(sitting.device.seat)
    return SoundSource(
        publication=track.publication,
        group=group,
        gain_db=set_to.gain_db,
        muted=sitting.device.audio_muted or set_to.muted,
        pan=set_to.pan,
        delay_ms=set_to.delay_ms,
        highpass_hz=set_to.high_pass_hz,
    )


def _heard(intent: Intent) -> list[str]:
    """Seats whose return somebody takes."""
    taken = {one.publication for sitting in intent.sitting for one in sitting.wiring.received}
    return [
        seat
        for seat, numbers in sorted(intent.numbers.items())
        if numbers.return_publication in taken
    ]


def _returns(intent: Intent) -> list[Resource]:
    returns: list[Resource] = []
    for seat in _heard(intent):
        numbers = intent.numbers[seat]
        hears = intent.sound.of(seat).hears
        other = other_hall(intent.event, intent.seat(seat)) if hears is Hears.OTHER_HALL else None
        coding = intent.returns.get(seat, ReturnCoding())
        returns.append(
            SoundReturn(
                publication=numbers.return_publication,
                group=numbers.group,
                kind=_RETURNS[hears],
                other=intent.numbers[other.id].group if other else NOBODY,
                bitrate=coding.bitrate,
                redundancy=coding.redundancy,
            )
        )
    return returns


def _overrides(intent: Intent) -> list[Resource]:
    return [
        AudibleOverride(group=intent.numbers[seat].group, open=one.audible is Audible.OPEN)
        for seat, one in sorted(intent.sound.seats.items())
        if one.audible is not Audible.AUTO
    ]


def _talkbacks(intent: Intent) -> list[Resource]:
    return [
        Talkback(
            source=track.publication,
            groups=tuple(intent.numbers[seat].group for seat in intent.talking[sitting.device.id]),
        )
        for sitting, track in intent.tracks(MediaKind.AUDIO)
        if track.source == TALKBACK and sitting.device.id in intent.talking
    ]


def _listens(intent: Intent) -> list[Resource]:
    """One for each desk: of two devices at it the later one decides."""
    heard = set(_heard(intent))
    wanted: dict[str, str] = {}
    for sitting in intent.sitting:
        if sitting.device.id in intent.listening and sitting.device.seat in heard:
            wanted[sitting.device.seat] = intent.listening[sitting.device.id]
    return [
        ListenIn(
            publication=intent.numbers[desk].return_publication, group=intent.numbers[seat].group
        )
        for desk, seat in wanted.items()
    ]


def _tones(intent: Intent) -> list[Resource]:
    heard = set(_heard(intent))
    tones: list[Resource] = []
    for output in intent.sound.tones:
        if output == PROGRAMME_OUTPUT:
            tones.append(IdentificationTone(publication=intent.programme.opus))
        elif output in heard:
            tones.append(IdentificationTone(publication=intent.numbers[output].return_publication))
    return tones
