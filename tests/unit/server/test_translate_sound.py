from typing import Any

import msgspec

from mixer.wire.ids import LAYER_LOW, GroupId, MediaKind, PublicationId, SubscriptionId, WorkerKind
from mixer.wire.picture import SourceDelay
from mixer.wire.resources import (
    RecordedTrack,
    ReturnKind,
    SoundReturn,
    SoundSource,
)
from mixer.wire.sound import (
    AudibleOverride,
    IdentificationTone,
    ListenIn,
    SoundFeatures,
    SoundPanic,
    Talkback,
)
from server.intent import Intent, Received, Sitting, Track
from server.translate import wanted
from signaling.seats import DeviceKind
from signaling.sound import Audible, Hears, SeatSound, SoundSettings
from tests.unit.server.test_translate import NUMBERS, PROGRAMME, intent, of, recording, sitting

TALKBACK_PUBLICATION = PublicationId(555)


def group(seat: str) -> GroupId:
    return NUMBERS[seat].group


def desk(number: int = 9) -> Sitting:
    """A director with a talkback microphone who receives programme and own return."""
    whole = sitting(number, "director")
    talkback = Track(
        mid="0", publication=TALKBACK_PUBLICATION, kind=MediaKind.AUDIO, source="talkback"
    )
    received = Received(
        subscription=SubscriptionId(1),
        publication=NUMBERS["director"].return_publication,
        kind=MediaKind.AUDIO,
        layer=LAYER_LOW,
    )
    wiring = msgspec.structs.replace(whole.wiring, tracks=(talkback,), received=(received,))
    return msgspec.structs.replace(whole, wiring=wiring)


def settings(**more: Any) -> Intent:
    return intent(sitting(1, "north"), sitting(2, "site-1"), desk(), sound=SoundSettings(**more))


def special(model: Intent) -> list[object]:
    kinds = (
        AudibleOverride,
        IdentificationTone,
        ListenIn,
        SoundFeatures,
        SoundPanic,
        Talkback,
    )
    return [one for one in wanted(WorkerKind.SOUND, model) if isinstance(one, kinds)]


def test_who_wants_nothing_special_asks_for_nothing_special() -> None:
    assert special(settings()) == []


def test_settings_of_a_seat_reach_every_microphone_of_it() -> None:
    mixed = SeatSound(gain_db=-6.0, pan=0.5, delay_ms=40.0, high_pass_hz=80.0, muted=True)
    model = intent(
        sitting(1, "north"),
        sitting(2, "north", DeviceKind.CAMERA2),
        sitting(3, "south"),
        sound=SoundSettings(seats={"north": mixed}),
    )
    sources = [
        one for one in of(WorkerKind.SOUND, SoundSource, model) if isinstance(one, SoundSource)
    ]
    figures = [(one.gain_db, one.pan, one.delay_ms, one.highpass_hz, one.muted) for one in sources]
    assert figures == [(-6.0, 0.5, 40.0, 80.0, True)] * 2 + [(0.0, 0.0, 0.0, 0.0, False)]


def test_a_talkback_microphone_is_muted_unrecorded_and_delays_no_picture() -> None:
    model = intent(desk(), record=recording(), delays_ns={int(TALKBACK_PUBLICATION): 70_000_000})
    assert of(WorkerKind.SOUND, SoundSource, model) == [
        SoundSource(publication=TALKBACK_PUBLICATION, group=group("director"), muted=True)
    ]
    assert of(WorkerKind.PICTURE, SourceDelay, model) == []
    tracks = of(WorkerKind.RECORDER, RecordedTrack, model)
    assert all(isinstance(one, RecordedTrack) and one.role == "programme" for one in tracks)


def test_talking_names_the_groups_that_hear_it() -> None:
    model = intent(sitting(1, "north"), desk(), talking={9: ("north", "site-1")})
    assert special(model) == [
        Talkback(source=TALKBACK_PUBLICATION, groups=(group("north"), group("site-1")))
    ]


def test_listening_goes_into_the_return_that_the_desk_takes() -> None:
    model = intent(sitting(2, "site-1"), desk(), listening={9: "site-1"})
    assert special(model) == [
        ListenIn(publication=NUMBERS["director"].return_publication, group=group("site-1"))
    ]
    deaf = msgspec.structs.replace(
        desk(), wiring=msgspec.structs.replace(desk().wiring, received=())
    )
    assert special(intent(sitting(2, "site-1"), deaf, listening={9: "site-1"})) == []


def test_returns_follow_the_choice_of_the_director() -> None:
    seats = {
        "north": SeatSound(hears=Hears.OTHER_HALL),
        "site-1": SeatSound(hears=Hears.OFF),
    }
    returns = [
        one
        for one in of(WorkerKind.SOUND, SoundReturn, settings(seats=seats))
        if isinstance(one, SoundReturn)
    ]
    by_group = {one.group: one for one in returns}
    assert by_group[group("north")].kind is ReturnKind.OTHER_HALL
    assert by_group[group("north")].other == group("south")
    assert by_group[group("site-1")].kind is ReturnKind.OFF
    assert by_group[group("director")].kind is ReturnKind.MINUS


def test_tones_overrides_cut_and_features_are_asked_for() -> None:
    seats = {"site-2": SeatSound(audible=Audible.OPEN), "north": SeatSound(audible=Audible.CLOSED)}
    model = settings(
        seats=seats,
        tones=("programme", "north", "south"),
        cut=True,
        target_lufs=-23.0,
        echo_duck=True,
    )
    model = msgspec.structs.replace(model, meters_per_s=25)
    assert special(model) == [
        SoundFeatures(loudness_target_lufs=-23.0, echo_duck=True, meters_per_s=25),
        AudibleOverride(group=group("north"), open=False),
        AudibleOverride(group=group("site-2"), open=True),
        IdentificationTone(publication=PROGRAMME.opus),
        IdentificationTone(publication=NUMBERS["north"].return_publication),
        SoundPanic(),
    ]
