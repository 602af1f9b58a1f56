from typing import Any

import pytest

from mixer.sound.engine import SoundEngine
from mixer.sound.mix import LOOKAHEAD_NS
from mixer.sound.source import FrameDrop
from mixer.wire.control import ControlError
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import GroupId, PeerId, PublicationId
from mixer.wire.link import LinkPublish, LinkSubscribe, LinkUnpublish, LinkUnsubscribe
from mixer.wire.resources import (
    OnAir,
    Peer,
    Resource,
    SoundProgramme,
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
from tests.sim.sound_seats import RETURN, Conference, Network, arrivals, library, loop

SOURCE = SoundSource(publication=PublicationId(1), group=GroupId(1))
HEARD = SoundReturn(publication=PublicationId(2), group=GroupId(2))
PROGRAMME = SoundProgramme(opus=PublicationId(3), aac=PublicationId(4))


def source_of(**changes: float) -> SoundSource:
    return SoundSource(publication=PublicationId(1), group=GroupId(1), **changes)  # type: ignore[arg-type]


@pytest.fixture
def engine() -> SoundEngine:
    return SoundEngine(library())


def test_putting_the_same_twice_says_nothing_twice(engine: SoundEngine) -> None:
    for resource, kinds in (
        (SOURCE, [LinkSubscribe]),
        (HEARD, [LinkPublish]),
        (PROGRAMME, [LinkPublish, LinkPublish]),
    ):
        assert [type(message) for message in engine.put(resource)] == kinds
        assert engine.put(resource) == []
    assert engine.resources == (SOURCE, HEARD, PROGRAMME)


def test_a_changed_source_keeps_its_buffer(engine: SoundEngine) -> None:
    engine.put(SOURCE)
    jitter = engine.sources[SOURCE.publication].jitter
    louder = SoundSource(publication=SOURCE.publication, group=GroupId(5), gain_db=3)
    assert engine.put(louder) == []
    assert engine.sources[SOURCE.publication].jitter is jitter
    assert engine.sources[SOURCE.publication].group == 5


def test_a_return_with_another_bit_rate_goes_on_under_its_publication(engine: SoundEngine) -> None:
    engine.put(HEARD)
    changed = SoundReturn(publication=HEARD.publication, group=HEARD.group, bitrate=24_000)
    assert engine.put(changed) == []
    assert len(engine.tick(5)) == 1


def test_another_programme_replaces_the_first(engine: SoundEngine) -> None:
    engine.put(PROGRAMME)
    other = SoundProgramme(opus=PublicationId(8), aac=PublicationId(9))
    messages = engine.put(other)
    assert [
        (type(message), message.publication)
        for message in messages
        if hasattr(message, "publication")
    ] == [(LinkUnpublish, 3), (LinkUnpublish, 4), (LinkPublish, 8), (LinkPublish, 9)]
    assert engine.resources == (other,)


def test_removing_what_is_not_there_does_nothing(engine: SoundEngine) -> None:
    assert engine.remove("sound_source/77") == []
    engine.put(SOURCE)
    assert [type(message) for message in engine.remove(SOURCE.key)] == [LinkUnsubscribe]
    assert engine.remove(SOURCE.key) == []


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        (SoundReturn(publication=PublicationId(1), group=GroupId(1), bitrate=1), "sound.bitrate"),
        (SoundSource(publication=PublicationId(1), group=GroupId(1), gain_db=99), "sound.gain"),
        (
            SoundSource(publication=PublicationId(1), group=GroupId(1), gain_db=float("nan")),
            "sound.gain",
        ),
        (source_of(pan=1.1), "sound.pan"),
        (source_of(delay_ms=501), "sound.delay"),
        (source_of(delay_ms=-1), "sound.delay"),
        (source_of(highpass_hz=5), "sound.highpass"),
        (source_of(highpass_hz=float("nan")), "sound.highpass"),
        (SoundFeatures(loudness_target_lufs=0), "sound.target"),
        (SoundFeatures(meters_per_s=50), "sound.meters"),
        (Peer(id=PeerId(1), direction="send"), "sound.resource"),
    ],
)
def test_what_is_out_of_range_is_refused_and_not_held(
    engine: SoundEngine, resource: Resource, error: str
) -> None:
    with pytest.raises(ControlError) as refused:
        engine.put(resource)
    assert refused.value.error == error
    assert engine.resources == ()


def test_frames_of_nobody_are_dropped_by_name(engine: SoundEngine) -> None:
    engine.put(SOURCE)
    engine.insert([Frame(FrameKind.RTP, 9, 0, 0, 0, 0, 0, b"")], 0)
    engine.insert([Frame(FrameKind.ACCESS_UNIT, 1, 0, 0, 0, 0, 0, b"")], 0)
    assert engine.drops == {FrameDrop.NO_SOURCE: 1}
    assert engine.sources[SOURCE.publication].drops == {FrameDrop.NOT_OPUS: 1}
    engine.remove(SOURCE.key)
    assert engine.drops == {FrameDrop.NO_SOURCE: 1, FrameDrop.NOT_OPUS: 1}


def test_taking_everyone_off_the_air_fades(engine: SoundEngine) -> None:
    on_air = OnAir(revision=1, groups=(GroupId(1),), at_ns=0)
    engine.put(on_air)
    assert engine.remove(on_air.key) == []
    assert engine.resources == ()


def test_the_delay_told_includes_the_limiter() -> None:
    held = Conference(1)
    held.speak(1, arrivals(loop(400), 60, Network()))
    held.run(60)
    jitter = held.engine.sources[PublicationId(1)].jitter
    assert held.engine.delays_ns() == {1: jitter.delay_ns + LOOKAHEAD_NS}
    assert LOOKAHEAD_NS == 2_500_000


def test_a_bug_in_one_source_silences_that_source_only(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Conference(3)
    for seat in (1, 2):
        held.speak(seat, arrivals(loop(400), 100, Network(), seat))
    held.put_on_air(1, 2)
    held.run(50)
    broken = held.engine.sources[PublicationId(1)]

    def fail(_: int) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(broken.jitter, "read", fail)
    frames = held.run(10)
    assert len([frame for frame in frames if frame.publication == RETURN + 3]) == 10
    assert broken.failures == 1
    assert held.engine.meters()[PublicationId(2)].peak_db > -13


def test_a_bug_in_one_encoder_costs_that_output_only(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Conference(2, programme=True)
    held.run(5)

    def fail(*_: object) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(held.engine._returns[PublicationId(RETURN + 1)].stream, "frame", fail)
    publications = {frame.publication for frame in held.run(3)}
    assert RETURN + 1 not in publications
    assert RETURN + 2 in publications
    assert held.engine.failures == 3


def test_all_that_a_director_asks_for_is_held_told_and_let_go(engine: SoundEngine) -> None:
    wanted: list[Resource] = [
        Talkback(source=SOURCE.publication, groups=(GroupId(2),)),
        ListenIn(publication=HEARD.publication, group=GroupId(1)),
        IdentificationTone(publication=HEARD.publication),
        AudibleOverride(group=GroupId(1), open=True),
        SoundPanic(),
        SoundFeatures(true_peak=False),
    ]
    for resource in wanted:
        assert engine.put(resource) == []
    assert engine.resources == tuple(wanted)
    # None of it needs the sources and returns that it names to be there, before or after.
    engine.tick(1)
    engine.put(SOURCE)
    engine.put(HEARD)
    assert len(engine.tick(2)) == 1
    engine.remove(SOURCE.key)
    engine.remove(HEARD.key)
    engine.tick(3)
    for resource in wanted:
        assert engine.remove(resource.key) == []
    assert engine.resources == ()
    assert engine.features == SoundFeatures()
    assert engine.failures == 0


def test_drift_correction_is_switched_for_sources_there_and_to_come(engine: SoundEngine) -> None:
    engine.put(SOURCE)
    engine.put(SoundFeatures(drift_correction=False))
    engine.put(SoundSource(publication=PublicationId(7), group=GroupId(1)))
    followed = [source.jitter.follows_clock for source in engine.sources.values()]
    assert followed == [False, False]
    engine.remove("sound_features")
    assert all(source.jitter.follows_clock for source in engine.sources.values())


def test_a_bug_in_what_is_measured_costs_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Conference(2, programme=True)

    def fail(*_: object) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(held.engine._watch, "process", fail)
    assert len({frame.publication for frame in held.run(3)}) == 4
    assert held.engine.failures == 1
