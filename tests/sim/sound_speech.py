"""Speech for the sound tests, by espeak-ng, and rooms that send it back."""

import io
import shutil
import subprocess
import wave
from functools import cache

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, Samples
from tests.sim.sound_seats import library

ESPEAK = shutil.which("espeak-ng")
needs_espeak = pytest.mark.skipif(ESPEAK is None, reason="espeak-ng (Debian) is not installed")

ENGLISH = (
    "Good evening from the main hall. We are glad that so many of you could join us today, "
    "and we will hear from seven cities before the night is over. Please keep your questions "
    "short, because the line to the mountains may not last."
)
MANDARIN = (
    "各位观众大家好,欢迎收看今天的节目。我们现在连线北京分会场,请现场的朋友们向大家问好。"
    "今天天气很好,广场上来了很多人,大家都在等待晚上的演出。"
)


@cache
def speech(text: str, voice: str, words_per_minute: int = 160, rms: float = 0.08) -> Samples:
    """What a voice of espeak-ng says, at 48 kHz."""
    assert ESPEAK is not None
    made = subprocess.run(
        [ESPEAK, "-v", voice, "-s", str(words_per_minute), "--stdout", text],
        check=True,
        capture_output=True,
    )
    # The length in the header is unknown to a pipe, so what follows it is read as it is.
    with wave.open(io.BytesIO(made.stdout)) as file:
        rate = file.getframerate()
        raw = file.readframes(len(made.stdout) // 2)
    sound = np.frombuffer(raw, np.int16).astype(np.float64) / 32768
    places = np.arange(len(sound) * SAMPLE_RATE // rate) * rate / SAMPLE_RATE
    sound = np.interp(places, np.arange(len(sound)), sound)
    scaled: Samples = (sound * rms / np.sqrt(np.mean(sound**2))).astype(np.float32)
    return scaled


def spoken(text: str, voice: str, seconds: float, start_s: float = 0, **how: int) -> Samples:
    """A voice that goes on for so long, from somewhere in its text."""
    sound = speech(text, voice, **how)
    needed = round(seconds * SAMPLE_RATE)
    shifted = np.roll(sound, -round(start_s * SAMPLE_RATE))
    looped: Samples = np.resize(shifted, needed)
    return looped


class Room:
    """Sends back what it hears, later and softer, with a few reflections."""

    def __init__(self, delay_ms: float, level_db: float, seed: int = 1) -> None:
        chance = np.random.default_rng(seed)
        taps = np.zeros(SAMPLE_RATE // 20)
        taps[0] = 1
        reflections = chance.integers(200, len(taps), 30)
        taps[reflections] += 0.3 * chance.standard_normal(30) * np.exp(-reflections / 900)
        self._taps = taps * 10 ** (level_db / 20)
        self._delay = round(delay_ms * SAMPLE_RATE / 1000)
        self._heard = np.zeros(self._delay + len(taps) + TICK_SAMPLES, np.float32)

    def play(self, block: Samples) -> Samples:
        """A tick comes out of the loudspeaker; what the microphone takes meanwhile."""
        self._heard = np.concatenate((self._heard[TICK_SAMPLES:], block))
        end = len(self._heard) - self._delay
        around = self._heard[end - TICK_SAMPLES - len(self._taps) + 1 : end]
        returned: Samples = np.convolve(around, self._taps, "valid").astype(np.float32)
        return returned


class Microphone:
    """Codes what a site says, tick by tick."""

    def __init__(self, bitrate: int = 32_000) -> None:
        self._encoder = library().encoder(EncoderSettings(bitrate=bitrate, low_delay=False))

    def code(self, block: Samples) -> bytes:
        return self._encoder.encode(block)
