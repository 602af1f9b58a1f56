"""Speech-like sound with a tone of its own for each simulated site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .marks import (
    BEEP_HZ,
    BEEP_LEVEL_DB,
    BEEP_S,
    SPEECH_CEILING_HZ,
    TONE_LEVEL_DB,
    tone_hz,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 48_000
SPEECH_LEVEL_DB = -24.0


def _amplitude(level_db: float) -> float:
    return float(10 ** (level_db / 20))


def speech_like(number: int, seconds: float) -> Samples:
    """Syllables of filtered pulses: mono, RMS about `SPEECH_LEVEL_DB` dBFS.

    Made in the frequency domain, so the end meets the beginning without a click.
    """
    size = round(seconds * RATE)
    random = np.random.default_rng(number)
    spectrum = np.fft.rfft(random.standard_normal(size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    formants = sum(
        np.exp(-(((hertz - centre) / spread) ** 2))
        for centre, spread in (
            (320 + 12 * (number % 8), 140),
            (900 + 45 * (number % 7), 180),
            (1650, 220),
        )
    )
    edge = np.clip((SPEECH_CEILING_HZ - hertz) / 200, 0, 1)
    voice = np.fft.irfft(spectrum * formants * edge, size)
    time_s = np.arange(size) / RATE
    turns = max(1, round(seconds * (3.1 + number % 5 * 0.2)))
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * turns * time_s / seconds)
    sound = voice * syllables
    sound *= _amplitude(SPEECH_LEVEL_DB) / np.sqrt(np.mean(sound**2))
    return sound.astype(np.float32)


def add_tone(sound: Samples, number: int) -> None:
    """Add the site's tone, in place. Its period need not divide the loop: it is rounded
    so that it does (at most 0.1 Hz away for loops of 8 s).
    """
    size = len(sound)
    cycles = round(tone_hz(number) * size / RATE)
    phase = 2 * np.pi * cycles * np.arange(size) / size
    sound += (_amplitude(TONE_LEVEL_DB) * np.sin(phase)).astype(np.float32)


def add_beeps(sound: Samples, starts_s: Sequence[float]) -> None:
    """Add a beep at each of these times, in place."""
    size = round(BEEP_S * RATE)
    time_s = np.arange(size) / RATE
    fade = np.clip(np.minimum(time_s, BEEP_S - time_s) / 0.002, 0, 1)
    beep = (_amplitude(BEEP_LEVEL_DB) * fade * np.sin(2 * np.pi * BEEP_HZ * time_s)).astype(
        np.float32
    )
    for start_s in starts_s:
        start = round(start_s * RATE)
        sound[start : start + size] += beep[: len(sound) - start]


def site_sound(number: int, seconds: float, beeps_s: Sequence[float] = ()) -> Samples:
    """All a simulated site says: mono float32 at 48 kHz, within +-1; beeps at these times."""
    sound = speech_like(number, seconds)
    add_tone(sound, number)
    add_beeps(sound, beeps_s)
    return np.clip(sound, -1.0, 1.0)
