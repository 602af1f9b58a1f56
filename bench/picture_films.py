"""What the sites of the picture bench send: a person before a wall, coded once, played in a loop.

The camera is noisy, the wall stands still, the person sways: as hard to code as a call is, unlike
test patterns. Coded as VP8 as browsers do; the first picture is the only key frame of a loop.
"""

from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

LOOP_S = 4
NOISE = 1.2
"""Of the sensor, in code values."""
_RATES = {1280: 1_500_000, 640: 500_000, 320: 150_000}

Plane = NDArray[np.uint8]


class Form(NamedTuple):
    """A camera's pixels and pictures a second."""

    width: int
    height: int
    rate: int

    @property
    def bit_rate(self) -> int:
        """As browsers send it, bit/s."""
        return _RATES[self.width]


class Film(NamedTuple):
    """A coded loop; the first unit is its only key frame."""

    form: Form
    units: tuple[bytes, ...]


def spectrum(width: int, height: int, seed: int) -> NDArray[np.float64]:
    """Luma with the spectrum of photographs: much in the large, little in the small."""
    dice = np.random.default_rng(seed)
    noise = np.fft.rfft2(dice.standard_normal((height, width)))
    fy = np.fft.fftfreq(height)[:, None] * height
    fx = np.fft.rfftfreq(width)[None, :] * width
    made = np.fft.irfft2(noise / np.maximum(np.hypot(fx, fy), 1) ** 1.25, s=(height, width))
    return np.asarray(np.clip((made - made.mean()) / made.std() * 38 + 120, 16, 235))


class Person:
    """Pictures of one site, `number` by `number`."""

    def __init__(self, form: Form, seed: int) -> None:
        self._form = form
        self._wall = spectrum(form.width, form.height, seed)
        self._coat = spectrum(form.width, form.height, seed + 1000)
        self._dice = np.random.default_rng(seed + 2000)
        rows, columns = np.mgrid[0 : form.height, 0 : form.width].astype(np.float64)
        y, x = rows / form.height, columns / form.width
        head = ((x - 0.5) / 0.12) ** 2 + ((y - 0.38) / 0.24) ** 2 < 1
        chest = ((x - 0.5) / 0.3) ** 2 + ((y - 1.05) / 0.45) ** 2 < 1
        self._mask = head | chest
        self._u = np.full((form.height // 2, form.width // 2), 118 + seed % 20, np.uint8)
        self._v = np.full((form.height // 2, form.width // 2), 138 - seed % 20, np.uint8)

    def picture(self, number: int) -> VideoFrame:
        """As the camera gives it; repeats after `LOOP_S`."""
        turn = 2 * np.pi * number / (LOOP_S * self._form.rate)
        right = round(self._form.width * 0.03 * np.sin(turn))
        down = round(self._form.height * 0.015 * np.sin(2 * turn))
        mask = np.roll(self._mask, (down, right), (0, 1))
        luma = np.where(mask, np.roll(self._coat, (down, right), (0, 1)), self._wall)
        luma = luma + self._dice.standard_normal(luma.shape) * NOISE
        planes = np.clip(luma, 16, 235).astype(np.uint8), self._u, self._v
        flat = np.concatenate([plane.reshape(-1) for plane in planes])
        size = self._form.height * 3 // 2, self._form.width
        return VideoFrame.from_ndarray(flat.reshape(size), format="yuv420p")


def make_film(form: Form, seed: int, seconds: float = LOOP_S) -> Film:
    """Code the loop of one site."""
    context = av.CodecContext.create("libvpx", "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError("libvpx is no video codec")
    context.width, context.height, context.pix_fmt = form.width, form.height, "yuv420p"
    context.time_base = Fraction(1, form.rate)
    context.bit_rate = form.bit_rate
    context.gop_size = LOOP_S * form.rate
    context.thread_count = 1
    context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    person = Person(form, seed)
    units: list[bytes] = []
    for number in range(round(seconds * form.rate)):
        frame = person.picture(number)
        frame.pts, frame.time_base = number, Fraction(1, form.rate)
        units.append(b"".join(bytes(packet) for packet in context.encode(frame)))
    return Film(form, tuple(units))
