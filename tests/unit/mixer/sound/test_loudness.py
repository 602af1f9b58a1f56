"""Compared with FFmpeg's `ebur128`, which follows the same recommendation."""

import re
import shutil
import subprocess
from typing import NamedTuple

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.limiter import LOOKAHEAD_SAMPLES, LimiterBank
from mixer.sound.loudness import LoudnessLeveller, LoudnessMeter
from tests.sim.sound_seats import tone

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
SECONDS = 12


class Reference(NamedTuple):
    momentary_lufs: float
    short_lufs: float
    integrated_lufs: float
    true_peak_db: float


def measured_by_ffmpeg(programme: Samples) -> Reference:
    """The last momentary and short-term loudness, the integrated, the highest true peak."""
    assert FFMPEG is not None
    run = subprocess.run(
        [FFMPEG, "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "-",
         "-af", "ebur128=peak=true:framelog=info", "-f", "null", "-"],
        input=np.ascontiguousarray(programme, np.float32).tobytes(),
        capture_output=True, check=True,
    )  # fmt: skip
    log = run.stderr.decode()
    last = re.findall(r"M:\s*(-?[\d.]+) S:\s*(-?[\d.]+)", log)[-1]
    integrated = re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1]
    peak = re.findall(r"Peak:\s+(-?[\d.]+) dBFS", log)[-1]
    return Reference(float(last[0]), float(last[1]), float(integrated), float(peak))


def noise(seconds: float, amplitude: float, seed: int = 1) -> Samples:
    """Noise that falls by 3 dB an octave, in (n, 2)."""
    size = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((size, 2)), axis=0)
    spectrum /= np.sqrt(np.arange(len(spectrum)) + 20)[:, None]
    sound = np.fft.irfft(spectrum, size, axis=0)
    scaled: Samples = (sound * amplitude / np.abs(sound).max()).astype(np.float32)
    return scaled


def ups_and_downs() -> Samples:
    """Loud, soft, silent, loud: gates have something to do."""
    sound = noise(SECONDS, 0.6)
    second = SAMPLE_RATE
    sound[3 * second : 6 * second] *= 0.03
    sound[6 * second : 8 * second] = 0
    return sound


def stereo(mono: Samples) -> Samples:
    return np.repeat(mono[:, None], 2, axis=1)


def faded(sound: Samples) -> Samples:
    """Without edges, in which meters with other filters find other peaks."""
    ramp = np.minimum(np.arange(len(sound)) / 4800, 1)
    shaped: Samples = (sound * np.minimum(ramp, ramp[::-1])[:, None]).astype(np.float32)
    return shaped


def measure(programme: Samples) -> LoudnessMeter:
    meter = LoudnessMeter()
    for block in programme.reshape(-1, TICK_SAMPLES, 2):
        meter.process(block)
    return meter


@needs_ffmpeg
@pytest.mark.parametrize(
    "programme",
    [
        stereo(tone(1000, SECONDS * SAMPLE_RATE, 10 ** (-23 / 20))),
        stereo(tone(80, SECONDS * SAMPLE_RATE, 0.3)),
        faded(stereo(tone(11_900, SECONDS * SAMPLE_RATE, 0.5))),
        noise(SECONDS, 0.8),
        noise(SECONDS, 0.5) * np.array([1, 0.2], np.float32),
        ups_and_downs(),
    ],
    ids=["1 kHz", "80 Hz", "11.9 kHz", "noise", "one side", "ups and downs"],
)
def test_loudness_is_ffmpegs(programme: Samples) -> None:
    reference = measured_by_ffmpeg(programme)
    found = measure(programme).read()
    assert found.momentary_lufs == pytest.approx(reference.momentary_lufs, abs=0.2)
    assert found.short_lufs == pytest.approx(reference.short_lufs, abs=0.2)
    assert found.integrated_lufs == pytest.approx(reference.integrated_lufs, abs=0.2)
    assert found.true_peak_db == pytest.approx(reference.true_peak_db, abs=0.3)


def limited(programme: Samples) -> Samples:
    bank = LimiterBank(2, linked=2)
    blocks = [
        bank.process(np.ascontiguousarray(block.T)).T
        for block in programme.reshape(-1, TICK_SAMPLES, 2)
    ]
    return np.concatenate(blocks)[LOOKAHEAD_SAMPLES:]


def between_samples() -> Samples:
    """A quarter of the sample rate, each peak just between two samples."""
    phase = np.pi / 2 * np.arange(4 * SAMPLE_RATE) + np.pi / 4
    return faded(stereo((1.3 * np.sin(phase)).astype(np.float32)))


@needs_ffmpeg
@pytest.mark.parametrize(
    "programme",
    [noise(6, 3.0), between_samples(), stereo(tone(997, 4 * SAMPLE_RATE, 2.0))],
    ids=["noise", "between samples", "tone"],
)
def test_limited_sound_has_no_true_peak_above_the_ceiling(programme: Samples) -> None:
    assert measured_by_ffmpeg(programme).true_peak_db > 0
    found = measured_by_ffmpeg(limited(programme)).true_peak_db
    assert -4 < found <= -1.0


def test_without_true_peak_what_is_between_samples_passes() -> None:
    bank = LimiterBank(2, linked=2)
    bank.true_peak = False
    blocks = between_samples().reshape(-1, TICK_SAMPLES, 2)[10:]
    output = np.concatenate([bank.process(np.ascontiguousarray(block.T)) for block in blocks], 1)
    assert np.abs(output[:, TICK_SAMPLES:]).max() < 10 ** (-1 / 20)
    meter = LoudnessMeter()
    for place in range(0, output.shape[1], TICK_SAMPLES):
        meter.process(output[:, place : place + TICK_SAMPLES].T)
    assert meter.read().true_peak_db > 0.5


def test_silence_has_a_figure_and_a_new_period_forgets() -> None:
    meter = measure(np.zeros((10 * TICK_SAMPLES, 2), np.float32))
    assert meter.read() == (-120, -120, -120, -120)
    for block in stereo(tone(1000, 2 * SAMPLE_RATE)).reshape(-1, TICK_SAMPLES, 2):
        meter.process(block)
    assert meter.read().integrated_lufs > -20
    meter.begin()
    assert meter.read().integrated_lufs == -120


def level(amplitude: float, seconds: int, target_lufs: float | None) -> tuple[list[float], float]:
    """The gain in dB tick by tick, and the loudness in the end, of a tone behind the gain."""
    meter, leveller = LoudnessMeter(), LoudnessLeveller()
    block = stereo(tone(1000, TICK_SAMPLES, amplitude))
    gains_db, gain = [], 1.0
    for _ in range(seconds * 50):
        meter.process(block * np.float32(gain))
        gain = leveller.step(meter, target_lufs)
        gains_db.append(leveller.gain_db)
    return gains_db, meter.read().short_lufs


@pytest.mark.parametrize("amplitude", [0.03, 0.2])
def test_the_programme_is_brought_slowly_to_its_target(amplitude: float) -> None:
    gains_db, short_lufs = level(amplitude, 40, -23)
    assert short_lufs == pytest.approx(-23, abs=0.5)
    assert np.abs(np.diff(gains_db)).max() <= 1 / 50 + 1e-9


def test_pauses_between_words_do_not_count_as_softness() -> None:
    meter, leveller = LoudnessMeter(), LoudnessLeveller()
    word = stereo(tone(1000, TICK_SAMPLES, 0.2))
    gain = 1.0
    for tick in range(40 * 50):
        if tick == 15 * 50:
            meter.begin()
        # A second of sound, then one of hardly any.
        block = word * np.float32(gain if tick % 100 < 50 else 0.001)
        meter.process(block)
        gain = leveller.step(meter, -23)
    assert meter.read().integrated_lufs == pytest.approx(-23, abs=0.7)


def test_a_change_of_the_programme_is_followed_without_going_too_far() -> None:
    meter, leveller = LoudnessMeter(), LoudnessLeveller()
    gains_db, gain = [], 1.0
    for tick in range(80 * 50):
        amplitude = 0.2 if tick < 40 * 50 else 0.06
        meter.process(stereo(tone(1000, TICK_SAMPLES, amplitude)) * np.float32(gain))
        gain = leveller.step(meter, -23)
        gains_db.append(leveller.gain_db)
    wanted_db = gains_db[-1]
    assert meter.read().short_lufs == pytest.approx(-23, abs=0.5)
    assert max(gains_db[2000:]) <= wanted_db + 0.5


def test_pauses_move_no_gain_and_there_is_a_limit_to_it() -> None:
    gains_db, _ = level(0.0005, 10, -23)
    assert set(gains_db) == {0}
    gains_db, _ = level(0.005, 60, -10)
    assert max(gains_db) == 12


def test_without_a_target_the_gain_goes_back() -> None:
    meter, leveller = LoudnessMeter(), LoudnessLeveller()
    leveller.gain_db = 4
    for _ in range(50 * 40):
        gain = leveller.step(meter, None)
    assert gain == 1
