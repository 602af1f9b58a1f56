"""Speech for the sound tests, by espeak-ng, and rooms that send it back."""

import shutil

import numpy as np
import pytest

from bench.speech import PROGRAM, speech
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, Samples
from tests.sim.sound_seats import library

ESPEAK = shutil.which(PROGRAM)
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
