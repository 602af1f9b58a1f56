"""A programme as a right (or wrong) mixer would make it, drawn and spoken without one."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mixer.picture.layout import CANVAS_HEIGHT, CANVAS_WIDTH
from mixer.picture.layout_file import load_layouts
from server.demo.plan import FLASH_NUMBER, Step
from server.simulate.draw import backdrop, draw_flash, draw_marks, text_mask
from server.simulate.marks import LOOP_S, flash_frames
from server.simulate.voice import site_sound
from signaling.wire.state import SceneView

RATE = 48_000
FRAME_S = 0.04
BEEPS_S = [frame / 25 for frame in flash_frames(25)]
NUMBERS = {"beijing": 0, "hunan": 1, "studio": 2, "school": 3}

Samples = NDArray[np.float32]
Plane = NDArray[np.uint8]


def step(cue: str, layout: str, slots: Sequence[str], at_s: float, until_s: float) -> Step:
    return Step(cue, cue, SceneView(layout=layout, slots=list(slots)), at_s, until_s)


@lru_cache(maxsize=32)
def _ground(
    seat: str, number: int, width: int, height: int
) -> tuple[tuple[Plane, Plane, Plane], Plane]:
    return backdrop(number, width, height, 0.0), text_mask(seat, width // 2, height // 8)


def draw_canvas(
    shown: Step, frame: int, numbers: Mapping[str, int] = NUMBERS, *, frozen: str = ""
) -> NDArray[np.uint8]:
    """The Y plane (720, 1280) of programme frame ``frame``; ``frozen``: a seat that stands."""
    luma = np.full((CANVAS_HEIGHT, CANVAS_WIDTH), 40, np.uint8)
    placements = load_layouts()[shown.scene.layout].place(len(shown.scene.slots))
    for seat, placement in zip(shown.scene.slots, placements, strict=True):
        picture = placement.picture
        number = numbers[seat]
        time_s = 0.0 if seat == frozen else frame * FRAME_S
        still, name = _ground(seat, number, picture.width, picture.height)
        planes = still[0].copy(), still[1].copy(), still[2].copy()
        draw_marks(planes, number, time_s, name)
        if number == FLASH_NUMBER:
            draw_flash(planes, frame, 25)
        rows = slice(picture.y, picture.y + picture.height)
        luma[rows, picture.x : picture.x + picture.width] = planes[0]
    return luma


def speak(seats: Sequence[str], seconds: float, start_s: float = 0.0) -> Samples:
    """What these seats say together, from ``start_s`` of their loops."""
    mix = np.zeros(round(seconds * RATE), np.float32)
    for seat in seats:
        number = NUMBERS[seat]
        loop = site_sound(number, LOOP_S, BEEPS_S if number == FLASH_NUMBER else [])
        first = round(start_s * RATE)
        mix += np.take(loop, np.arange(first, first + len(mix)), mode="wrap")
    return mix


def write_programme(path: Path, steps: Sequence[Step], *, late_s: float = 0.0) -> None:
    """Encode it as the product does; the sound stands ``late_s`` behind the picture."""
    sound = np.concatenate([speak(s.scene.slots, s.until_s - s.at_s, s.at_s) for s in steps])
    sound = np.roll(sound, round(late_s * RATE))
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", 25, options={"preset": "ultrafast", "crf": "26"})
        video.width, video.height, video.pix_fmt = CANVAS_WIDTH, CANVAS_HEIGHT, "yuv420p"
        video.gop_size = 50
        video.codec_context.thread_count = 1
        audio = container.add_stream("aac", RATE)
        audio.layout = "mono"
        chroma = np.full((CANVAS_HEIGHT // 2, CANVAS_WIDTH), 128, np.uint8)
        for shown in steps:
            for number in range(round(shown.at_s / FRAME_S), round(shown.until_s / FRAME_S)):
                array = np.concatenate([draw_canvas(shown, number), chroma])
                frame = av.VideoFrame.from_ndarray(array, "yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for start in range(0, len(sound) - 1023, 1024):
            block = np.ascontiguousarray(sound[None, start : start + 1024])
            samples = av.AudioFrame.from_ndarray(block, "fltp", "mono")
            samples.sample_rate, samples.pts = RATE, start
            samples.time_base = Fraction(1, RATE)
            container.mux(audio.encode(samples))
        container.mux(audio.encode(None))
