"""Speech for tests and benches, by Debian's espeak-ng."""

import io
import subprocess
import wave
from functools import cache

import numpy as np

from mixer.sound.codec import SAMPLE_RATE, Samples

PROGRAM = "espeak-ng"


@cache
def speech(text: str, voice: str, words_per_minute: int = 160, rms: float = 0.08) -> Samples:
    """What a voice of espeak-ng says: mono at 48 kHz, with this RMS.

    Raises FileNotFoundError where espeak-ng is not installed, subprocess.CalledProcessError for
    an unknown voice.
    """
    made = subprocess.run(
        [PROGRAM, "-v", voice, "-s", str(words_per_minute), "--stdout", text],
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
