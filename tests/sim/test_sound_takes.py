"""A take is heard from its moment on, faded, at the same sample everywhere."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.mix import FADE_SAMPLES, Mixer
from mixer.sound.strip import Voice
from mixer.wire.ids import NANOSECONDS, TICK_NS, GroupId, PublicationId
from mixer.wire.resources import OnAir, SoundReturn
from tests.sim.sound_seats import MS, tone

ONE, TWO = GroupId(1), GroupId(2)
HEARD = SoundReturn(publication=PublicationId(9), group=GroupId(3))
TICKS = 100


def on_air(at_ns: int, *groups: GroupId, revision: int = 1) -> OnAir:
    return OnAir(revision=revision, groups=groups, at_ns=at_ns)


def hear(mixer: Mixer, sounds: dict[GroupId, Samples], ticks: int = TICKS) -> Samples:
    """What the listener hears of ``sounds``."""
    blocks = []
    for tick in range(ticks):
        part = slice(tick * TICK_SAMPLES, (tick + 1) * TICK_SAMPLES)
        groups = {group: Voice(sound[part]) for group, sound in sounds.items()}
        blocks.append(mixer.mix(tick * TICK_NS, groups, [HEARD]).returns[HEARD.publication])
    return np.concatenate(blocks)


@pytest.mark.parametrize("at_ms", [400, 407.3])
def test_a_take_begins_at_its_sample_and_is_through_after_150_ms(at_ms: float) -> None:
    mixer = Mixer()
    mixer.air.take(on_air(round(at_ms * MS), ONE))
    steady = np.full(TICKS * TICK_SAMPLES, 0.5, np.float32)
    sound = hear(mixer, {ONE: steady})
    begin = round(at_ms * SAMPLE_RATE / 1000)
    # The limiter's look-ahead is part of the mix time, so nothing is shifted by it.
    assert np.all(sound[:begin] == 0)
    assert sound[begin + 50] > 0
    assert sound[begin + FADE_SAMPLES // 2] == pytest.approx(0.25, abs=0.002)
    assert sound[begin + FADE_SAMPLES + 1] == 0.5
    assert np.abs(np.diff(sound)).max() < 2e-4


def test_a_take_back_in_the_middle_of_a_fade_turns_without_a_step() -> None:
    mixer = Mixer()
    mixer.air.take(on_air(400 * MS, ONE))
    mixer.air.take(on_air(470 * MS, revision=2))
    steady = np.full(TICKS * TICK_SAMPLES, 0.5, np.float32)
    sound = hear(mixer, {ONE: steady})
    assert 0.1 < sound.max() < 0.5
    assert np.all(sound[-SAMPLE_RATE:] == 0)
    assert np.abs(np.diff(sound)).max() < 2e-4


def test_a_cut_between_two_sites_has_no_click() -> None:
    mixer = Mixer()
    mixer.air.take(on_air(0, ONE))
    mixer.air.take(on_air(NANOSECONDS, TWO, revision=2))
    length = TICKS * TICK_SAMPLES
    sound = hear(mixer, {ONE: tone(440, length), TWO: tone(660, length)})
    assert np.abs(np.diff(sound)).max() < 0.04
    assert np.abs(sound[SAMPLE_RATE // 2 : SAMPLE_RATE]).max() == pytest.approx(0.25, abs=0.01)
    assert np.abs(sound[-SAMPLE_RATE // 2 :]).max() == pytest.approx(0.25, abs=0.01)


def test_what_was_on_air_stays_until_the_take() -> None:
    mixer = Mixer()
    mixer.air.take(on_air(0, ONE))
    mixer.air.take(on_air(10 * NANOSECONDS, TWO, revision=2))
    sound = hear(mixer, {ONE: tone(440, TICKS * TICK_SAMPLES)})
    assert np.abs(sound[-TICK_SAMPLES:]).max() > 0.2


def test_an_earlier_take_replaces_a_later_one() -> None:
    mixer = Mixer()
    mixer.air.take(on_air(NANOSECONDS, ONE))
    mixer.air.take(on_air(NANOSECONDS // 2, TWO, revision=2))
    steady = np.full(TICKS * TICK_SAMPLES, 0.5, np.float32)
    sound = hear(mixer, {ONE: steady, TWO: steady * np.float32(0.5)})
    assert sound[-1] == 0.25


def test_takes_that_wait_are_bounded() -> None:
    mixer = Mixer()
    for number in range(100):
        mixer.air.take(on_air((number + 1) * NANOSECONDS, ONE, revision=number))
    assert len(mixer.air._pending) == 8


def test_a_site_that_joins_while_on_air_rises_softly() -> None:
    mixer = Mixer()
    mixer.air.take(on_air(0, ONE))
    steady = np.full(TICK_SAMPLES, 0.5, np.float32)
    for tick in range(20):
        mixer.mix(tick * TICK_NS, {}, [HEARD])
    blocks = [
        mixer.mix(tick * TICK_NS, {ONE: Voice(steady)}, [HEARD]).returns[HEARD.publication]
        for tick in range(20, 40)
    ]
    sound = np.concatenate(blocks)
    assert np.abs(np.diff(sound)).max() < 2e-4
    assert sound[-1] == 0.5
