"""Films made for tests: a flash and a beep each second, and damaged ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mixer.picture.colour import to_yuv
from tests.picture_streams import Rgb

RATE = 48_000
TONE_HZ = 1000


def make_film(
    path: Path,
    seconds: float,
    rgb: Rgb,
    size: tuple[int, int] = (320, 180),
    fps: int = 25,
    *,
    sound: bool = True,
    tone_hz: float = TONE_HZ,
) -> None:
    """A film of one colour that is white for the first 80 ms of each second, with a tone then."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps)
        assert isinstance(video, VideoStream)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "ultrafast"}
        audio = container.add_stream("aac", rate=RATE, layout="stereo") if sound else None
        for number in range(round(seconds * fps)):
            white = number % fps < 2
            frame = filled(size, (235, 235, 235) if white else rgb)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if isinstance(audio, AudioStream):
            _add_tone(container, audio, seconds, tone_hz)


def _add_tone(
    container: av.container.OutputContainer, audio: AudioStream, seconds: float, hertz: float
) -> None:
    at = np.arange(round(seconds * RATE))
    tone = 0.5 * np.sin(2 * np.pi * hertz * at / RATE) * (at % RATE < RATE * 0.08)
    for begin in range(0, len(tone) - 1023, 1024):
        block = np.repeat(tone[None, begin : begin + 1024], 2, axis=0).astype(np.float32)
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        container.mux(audio.encode(frame))
    container.mux(audio.encode())


def filled(size: tuple[int, int], rgb: Rgb) -> VideoFrame:
    """A picture of one colour."""
    width, height = size
    planes = [
        np.full((height, width), to_yuv(*rgb)[0], np.uint8).reshape(-1),
        np.full(width * height // 4, to_yuv(*rgb)[1], np.uint8),
        np.full(width * height // 4, to_yuv(*rgb)[2], np.uint8),
    ]
    flat = np.concatenate(planes).reshape(height * 3 // 2, width)
    return VideoFrame.from_ndarray(flat, format="yuv420p")
