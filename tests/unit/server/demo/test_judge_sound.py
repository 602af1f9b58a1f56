"""Who is heard, in sound made of the sites' own loops."""

import numpy as np
import pytest

from server.demo.judge_sound import find_tones, judge_step, spectra
from server.demo.verdict import Row
from server.simulate.marks import tone_hz
from tests.demo_programme import NUMBERS, RATE, Samples, speak, step

STEP = step("call-in", "hall_remote", ["hunan", "school"], 0.0, 6.0)


def judged(samples: Samples) -> Row:
    return judge_step(STEP, samples, RATE, NUMBERS, frozenset())


def test_exactly_those_on_air_are_heard() -> None:
    row = judged(speak(["hunan", "school"], 4.6))
    assert row.ok, row.value


def test_a_missing_site_is_found_out() -> None:
    row = judged(speak(["hunan"], 4.6))
    assert not row.ok
    assert row.value.startswith("school: not heard")


def test_a_site_that_is_not_on_air_is_found_out() -> None:
    row = judged(speak(["hunan", "school"], 4.6) + 0.02 * speak(["studio"], 4.6))
    assert not row.ok
    assert row.value.startswith("studio: heard")


def test_a_site_heard_for_a_moment_only_is_found_out() -> None:
    samples = speak(["hunan", "school"], 4.6)
    samples[: RATE // 2] += speak(["beijing"], 0.5)
    row = judged(samples)
    assert not row.ok
    assert "beijing: heard for a moment" in row.value


def test_silence_is_no_site() -> None:
    row = judged(np.zeros(RATE * 4, np.float32))
    assert not row.ok
    assert "school: not heard" in row.value
    assert "studio" not in row.value


def test_noise_is_no_site() -> None:
    noise = np.random.default_rng(5).standard_normal(RATE * 5).astype(np.float32) * 0.05
    for tone in find_tones(noise, RATE, list(range(19))).values():
        assert tone.over_db < 3
        assert tone.peak_db < 10


def test_sound_stretched_to_follow_a_clock_is_heard_still() -> None:
    time_s = np.arange(RATE * 3) / RATE
    hertz = tone_hz(18) * 1.002
    samples = (0.05 * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)
    assert find_tones(samples, RATE, [18])[18].over_db > 20


def test_no_sound_at_all_is_wrong() -> None:
    assert not judged(np.zeros(100, np.float32)).ok


def test_too_little_sound_for_a_spectrum_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        spectra(np.zeros(100, np.float32), RATE)
