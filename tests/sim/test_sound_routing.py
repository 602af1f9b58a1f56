"""What a director may let each site hear."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.wire.frame import Frame
from mixer.wire.ids import GroupId, PublicationId
from mixer.wire.resources import ReturnKind, SoundReturn
from mixer.wire.sound import (
    AudibleOverride,
    IdentificationTone,
    ListenIn,
    SoundPanic,
    Talkback,
)
from tests.sim.sound_seats import (
    PROGRAMME,
    RETURN,
    Conference,
    Network,
    arrivals,
    heard,
    level_db,
    loop,
)

TONES_HZ = {1: 400, 2: 700, 3: 1300, 4: 2100}
SPOKEN_DB = 20 * np.log10(0.25)
SECOND = 50


@pytest.fixture
def held() -> Conference:
    """Seats 1 and 2 on air, 3 and 4 not; all of them speak."""
    made = Conference(4, programme=True)
    for seat, frequency_hz in TONES_HZ.items():
        made.speak(seat, arrivals(loop(frequency_hz), 10 * SECOND, Network(), seat))
    made.put_on_air(1, 2)
    made.run(SECOND)
    return made


def levels(held: Conference, publication: int) -> dict[int, float]:
    """How loud each seat is in an output, once everything has settled."""
    sound = heard(held.run(3 * SECOND // 2), publication)[-SAMPLE_RATE:]
    return {seat: level_db(sound, frequency) for seat, frequency in TONES_HZ.items()}


def return_of(seat: int, kind: ReturnKind, other: int = 0) -> SoundReturn:
    return SoundReturn(
        publication=PublicationId(RETURN + seat),
        group=GroupId(seat),
        kind=kind,
        other=GroupId(other),
    )


def assert_levels(found: dict[int, float], **wanted: float) -> None:
    """``s1=0`` means: seat 1 as loud as spoken; a seat not named is not heard."""
    for seat, level in found.items():
        relative = wanted.get(f"s{seat}")
        if relative is None:
            assert level < SPOKEN_DB - 60, seat
        else:
            assert level == pytest.approx(SPOKEN_DB + relative, abs=0.5), seat


def steepest(frames: list[Frame], publication: int) -> float:
    return float(np.abs(np.diff(heard(frames, publication)[TICK_SAMPLES:])).max())


def test_a_clean_return_carries_the_programme_with_ones_own_sound(held: Conference) -> None:
    held.engine.put(return_of(1, ReturnKind.CLEAN))
    assert_levels(levels(held, RETURN + 1), s1=0, s2=0)


def test_a_hall_may_hear_the_other_hall_alone_on_air_or_not(held: Conference) -> None:
    held.engine.put(return_of(1, ReturnKind.OTHER_HALL, 3))
    assert_levels(levels(held, RETURN + 1), s3=0)
    held.engine.put(return_of(1, ReturnKind.OTHER_HALL, 1))
    assert_levels(levels(held, RETURN + 1))


def test_a_return_that_is_off_is_silent_and_goes_on(held: Conference) -> None:
    held.engine.put(return_of(1, ReturnKind.OFF))
    frames = [frame for frame in held.run(SECOND) if frame.publication == RETURN + 1]
    assert len(frames) == SECOND
    assert_levels(levels(held, RETURN + 1))


def test_another_return_is_faded_to(held: Conference) -> None:
    held.run(SECOND)
    frames = held.run(5)
    held.engine.put(return_of(1, ReturnKind.OFF))
    frames += held.run(25)
    # 700 Hz at 0.25 moves by 0.023 a sample.
    assert steepest(frames, RETURN + 1) < 0.03


def test_talkback_reaches_its_sites_over_their_ducked_programme_and_nobody_else(
    held: Conference,
) -> None:
    held.engine.put(Talkback(source=PublicationId(4), groups=(GroupId(1), GroupId(3))))
    frames = held.run(2 * SECOND)
    last = {
        name: heard(frames, name)[-SAMPLE_RATE:]
        for name in (RETURN + 1, RETURN + 2, RETURN + 3, PROGRAMME)
    }

    def at(name: int) -> dict[int, float]:
        return {seat: level_db(last[name], tone) for seat, tone in TONES_HZ.items()}

    assert_levels(at(RETURN + 1), s2=-12, s4=0)
    assert_levels(at(RETURN + 3), s1=-12, s2=-12, s4=0)
    assert_levels(at(RETURN + 2), s1=0)
    assert_levels(at(PROGRAMME), s1=0, s2=0)


def test_one_who_is_on_air_leaves_the_programme_while_talking_back(held: Conference) -> None:
    talkback = Talkback(source=PublicationId(2), groups=(GroupId(1), GroupId(2)))
    held.engine.put(talkback)
    assert_levels(levels(held, PROGRAMME), s1=0)
    assert_levels(levels(held, RETURN + 1), s2=0)
    # Nobody hears himself, not even by talkback to his own site.
    assert_levels(levels(held, RETURN + 2), s1=0)
    held.engine.remove(talkback.key)
    assert_levels(levels(held, PROGRAMME), s1=0, s2=0)
    assert_levels(levels(held, RETURN + 1), s2=0)


def test_a_muted_microphone_opens_for_talkback_alone(held: Conference) -> None:
    source = held.engine.sources[PublicationId(1)].resource
    held.engine.put(type(source)(publication=source.publication, group=source.group, muted=True))
    held.engine.put(Talkback(source=PublicationId(1), groups=(GroupId(4),)))
    assert_levels(levels(held, RETURN + 4), s1=0, s2=-12)
    assert_levels(levels(held, PROGRAMME), s2=0)


def test_a_key_pressed_and_released_makes_no_click(held: Conference) -> None:
    talkback = Talkback(source=PublicationId(1), groups=(GroupId(2),))
    frames = held.run(5)
    held.engine.put(talkback)
    frames += held.run(15)
    held.engine.remove(talkback.key)
    frames += held.run(15)
    assert steepest(frames, RETURN + 2) < 0.03
    assert steepest(frames, PROGRAMME) < 0.06


def test_a_desk_listens_in_to_a_site_before_it_is_on_air(held: Conference) -> None:
    listen = ListenIn(publication=PublicationId(RETURN + 4), group=GroupId(3))
    held.engine.put(listen)
    assert_levels(levels(held, RETURN + 4), s1=-12, s2=-12, s3=0)
    assert_levels(levels(held, RETURN + 1), s2=0)
    held.engine.remove(listen.key)
    assert_levels(levels(held, RETURN + 4), s1=0, s2=0)


def test_listening_in_to_one_on_air_hears_it_once(held: Conference) -> None:
    held.engine.put(ListenIn(publication=PublicationId(RETURN + 4), group=GroupId(1)))
    assert_levels(levels(held, RETURN + 4), s1=0, s2=-12)


@pytest.mark.parametrize(("publication", "untouched"), [(RETURN + 1, PROGRAMME), (PROGRAMME, 101)])
def test_the_identification_tone_takes_one_outputs_place(
    held: Conference, publication: int, untouched: int
) -> None:
    tone = IdentificationTone(publication=PublicationId(publication))
    held.engine.put(tone)
    frames = held.run(2 * SECOND)
    sound = heard(frames, publication)[-SAMPLE_RATE:]
    assert level_db(sound, 1000) == pytest.approx(-18, abs=0.2)
    assert level_db(sound, TONES_HZ[2]) < -70
    assert level_db(heard(frames, untouched)[-SAMPLE_RATE:], 1000) < -65
    held.engine.remove(tone.key)
    assert level_db(heard(held.run(2 * SECOND), publication)[-SAMPLE_RATE:], 1000) < -65


def test_a_person_overrides_what_is_on_air(held: Conference) -> None:
    opened = AudibleOverride(group=GroupId(3), open=True)
    held.engine.put(opened)
    held.engine.put(AudibleOverride(group=GroupId(1), open=False))
    assert_levels(levels(held, PROGRAMME), s2=0, s3=0)
    # A take does not undo it.
    held.put_on_air(1, 2, 4, revision=2)
    assert_levels(levels(held, PROGRAMME), s2=0, s3=0, s4=0)
    held.engine.remove(opened.key)
    held.engine.remove("audible_override/1")
    assert_levels(levels(held, PROGRAMME), s1=0, s2=0, s4=0)


def quiet(sound: Samples) -> bool:
    return bool(np.abs(sound).max() < 1e-3)


def test_panic_cuts_everything_within_one_tick_and_outputs_go_on(held: Conference) -> None:
    held.engine.put(Talkback(source=PublicationId(4), groups=(GroupId(1),)))
    held.engine.put(IdentificationTone(publication=PublicationId(RETURN + 2)))
    held.run(SECOND)
    frames = held.run(10)
    held.engine.put(SoundPanic())
    frames += held.run(10)
    for publication in (PROGRAMME, RETURN + 1, RETURN + 2, RETURN + 3):
        sound = heard(frames, publication)
        assert len(sound) == 20 * TICK_SAMPLES
        assert not quiet(sound[9 * TICK_SAMPLES : 10 * TICK_SAMPLES])
        assert quiet(sound[11 * TICK_SAMPLES + 240 :])
    held.engine.remove("sound_panic")
    assert_levels(levels(held, PROGRAMME), s1=0, s2=0)
