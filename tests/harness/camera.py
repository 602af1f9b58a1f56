"""What test cameras show and test microphones hear: one colour with a moving bar, one tone."""

import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
RATE = 48_000
BAR_LUMA = 225
TONE_AMPLITUDE = 0.12


class Signature(NamedTuple):
    """By which a seat is recognised in picture and sound."""

    rgb: Rgb
    tone_hz: float


RED = Signature((190, 40, 40), 3500.0)
GREEN = Signature((40, 160, 60), 4250.0)
BLUE = Signature((50, 70, 200), 5000.0)
YELLOW = Signature((190, 180, 40), 5750.0)


def yuv_of(rgb: Rgb) -> tuple[int, int, int]:
    """BT.601, studio range."""
    red, green, blue = (value / 255 for value in rgb)
    y = 16 + 65.5 * red + 128.6 * green + 25.0 * blue
    u = 128 - 37.8 * red - 74.2 * green + 112.0 * blue
    v = 128 + 112.0 * red - 93.8 * green - 18.2 * blue
    return round(y), round(u), round(v)


def picture(rgb: Rgb, width: int, height: int, phase: float) -> Planes:
    """A field of one colour; a bright grey bar stands at ``phase`` (0 to 1) of its width."""
    y, u, v = yuv_of(rgb)
    luma = np.full((height, width), y, np.uint8)
    chroma = [np.full((height // 2, width // 2), value, np.uint8) for value in (u, v)]
    left = int(phase * width) // 2 * 2
    right = min(width, left + width // 8)
    luma[:, left:right] = BAR_LUMA
    for plane in chroma:
        plane[:, left // 2 : right // 2] = 128
    return luma, chroma[0], chroma[1]


def tone(hertz: float, first_sample: int, size: int) -> NDArray[np.float64]:
    time_s = np.arange(first_sample, first_sample + size) / RATE
    return np.asarray(TONE_AMPLITUDE * np.sin(2 * np.pi * hertz * time_s))


def write_y4m(path: Path, rgb: Rgb, width: int = 640, height: int = 360, rate: int = 15) -> Path:
    """Two seconds that repeat without a jump."""
    frames = 2 * rate
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420mpeg2\n".encode())
        for index in range(frames):
            file.write(b"FRAME\n")
            for plane in picture(rgb, width, height, index / frames):
                file.write(plane.tobytes())
    return path


def write_wav(path: Path, hertz: float) -> Path:
    """Two seconds of the tone, 16 bit mono."""
    samples = (tone(hertz, 0, 2 * RATE) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def tone_db(samples: NDArray[np.float64], hertz: float) -> float:
    """Level of a tone in mono samples at 48 kHz, dB of full scale.

    Sound stretches a little to keep step with a sender's clock, so a tone is found within
    one percent.
    """
    window = np.hanning(len(samples))
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    low, high = (round(hertz * factor * len(samples) / RATE) for factor in (0.99, 1.01))
    rms_squared = 2 * float(power[low : high + 1].sum()) / (len(samples) * float((window**2).sum()))
    return 10 * float(np.log10(max(rms_squared, 1e-18)))
