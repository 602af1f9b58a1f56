import random

import numpy as np
import pytest

from bench import exchange
from bench.speech import speech
from mixer.sound.codec import SAMPLE_RATE
from tests.sim.sound_speech import needs_espeak

pytestmark = needs_espeak
WORST = exchange.SITES[-1].name


def test_20_s_of_talk_leave_no_gap_and_raise_no_alarm() -> None:
    told = exchange.hold(20)
    assert max(told.gaps_ms.values()) <= 60
    assert max(told.silences_ms.values()) <= 60
    assert told.alarms == 0
    assert told.true_peak_db <= -1
    assert told.repaired[WORST] > 0.8 * told.lost[WORST] > 0
    assert told.delays_ms["beijing"] < told.delays_ms[WORST]


def test_a_line_that_loses_most_of_its_packets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = exchange.SITES[-1]._replace(loss=0.9, red=False)
    monkeypatch.setattr(exchange, "SITES", (*exchange.SITES[:-1], dying))
    told = exchange.hold(6)
    assert told.gaps_ms[WORST] > 60
    assert max(gap for name, gap in told.gaps_ms.items() if name != WORST) <= 60


def test_speakers_take_turns_and_overlap() -> None:
    said = exchange.spoken(30 * SAMPLE_RATE, random.Random(1))
    speaking = np.array([exchange._speaking(sound) for sound in said])
    assert speaking.any(axis=1).sum() >= 4
    assert 0.02 < (speaking.sum(axis=0) > 1).mean() < 0.4
    assert (speaking.sum(axis=0) > 0).mean() > 0.8


def test_a_voice_is_as_loud_as_asked_for() -> None:
    words = speech("你好", "cmn", rms=0.05)
    assert np.sqrt(np.mean(words**2)) == pytest.approx(0.05, rel=0.01)
    assert len(words) > SAMPLE_RATE // 4


@pytest.mark.soak
def test_three_minutes_are_within_the_limits_of_the_bench() -> None:
    values = {one.name: one.value for one in exchange.measure(9)}
    assert values["longest_gap"] <= 60
    assert values["echo_alarms"] == 0
    assert values["programme_lufs"] == pytest.approx(exchange.TARGET_LUFS, abs=1)
