"""Makes the media loops of the simulated sites: ``python -m server.simulate.loops``.

One Matroska file a site in ``build/loops/``: video already encoded (a key frame a
second) and Opus in packets of 20 ms, so that playing costs no encoder. Hall 0
(北京) is played from a real file, `REAL_FILE`, which is made here as well; the marks
of `marks` are drawn over whatever a file shows.
"""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np

from server.event_file import read_event
from server.settings import SAMPLE_EVENT

from .draw import backdrop, draw_flash, draw_marks, text_mask
from .marks import FLASH_HALL_RATE, LOOP_S, flash_frames
from .voice import RATE, add_tone, site_sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

MAX_FILE_S = 64
BUILD_DIR = Path(__file__).resolve().parents[2] / "build" / "loops"
REAL_FILE = BUILD_DIR / "real-file.mp4"
FRAME_SAMPLES = 960
OPUS_DELAY_SAMPLES = 312
"""libopus decodes a packet to sound this much older; the loop is turned to make up for it."""


class LoopForm(NamedTuple):
    """How a site is coded. ``flashes``: it is the hall on which lip-sync is measured."""

    number: int
    name: str
    width: int
    height: int
    frames_per_second: int
    codec: str
    bitrate: int
    flashes: bool = False


def loop_path(number: int) -> Path:
    """Where the loop of site ``number`` is."""
    return BUILD_DIR / f"site-{number:02}.mkv"


def sample_forms() -> list[LoopForm]:
    """The 19 sites of the sample event: halls 720p, remote sites 320x180 at 15."""
    event = read_event(SAMPLE_EVENT)
    forms = []
    for number, seat in enumerate(event.stage):
        if seat.kind == "hall":
            codec = "h264" if number == 0 else "vp8"
            flashes = number == 1
            rate = FLASH_HALL_RATE if flashes else 25
            form = LoopForm(number, seat.name, 1280, 720, rate, codec, 2_000_000, flashes)
        else:
            codec = "vp8" if number % 2 else "h264"
            form = LoopForm(number, seat.name, 320, 180, 15, codec, 150_000)
        forms.append(form)
    return forms


def drawn_pictures(form: LoopForm, seconds: int) -> Iterator[Planes]:
    """The moving backdrop of a site."""
    for index in range(seconds * form.frames_per_second):
        yield backdrop(form.number, form.width, form.height, index / form.frames_per_second)


def file_pictures(path: Path, form: LoopForm, seconds: int) -> Iterator[Planes]:
    """Pictures of any file PyAV reads, scaled, at the site's rate; repeats a short file."""
    wanted = seconds * form.frames_per_second
    made = 0
    while made < wanted:
        before = made
        with av.open(str(path)) as container:
            graph_rate = Fraction(1, form.frames_per_second)
            for frame in container.decode(video=0):
                while made < wanted and (made - before) * graph_rate <= (frame.time or 0):
                    yield _planes(frame.reformat(form.width, form.height, "yuv420p"))
                    made += 1
                if made >= wanted:
                    return
        if made == before:
            raise ValueError(f"{path} holds no picture")


def _planes(frame: av.VideoFrame) -> Planes:
    array = frame.to_ndarray().astype(np.uint8, copy=False)
    height, width = frame.height, frame.width
    y = np.ascontiguousarray(array[:height])
    u = array[height : height + height // 4].reshape(height // 2, width // 2)
    v = array[height + height // 4 :].reshape(height // 2, width // 2)
    return y, np.ascontiguousarray(u), np.ascontiguousarray(v)


def file_sound(path: Path, seconds: int) -> NDArray[np.float32]:
    """The file's sound, mono at 48 kHz, below the tones; silence where it has none."""
    size = seconds * RATE
    pieces: list[NDArray[np.float32]] = []
    held = 0
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(size, np.float32)
        resampler = av.AudioResampler("fltp", "mono", RATE)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                pieces.append(piece.to_ndarray()[0])
                held += piece.samples
            if held >= size:
                break
    sound = np.resize(np.concatenate(pieces), size) if pieces else np.zeros(size, np.float32)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(size, 1 / RATE) > 2400] = 0
    return (0.5 * np.fft.irfft(spectrum, size)).astype(np.float32)


def marked(form: LoopForm, pictures: Iterable[Planes]) -> Iterator[Planes]:
    """Pictures with name, cells and flash drawn over them."""
    name = text_mask(form.name, round(0.8 * form.width), round(0.16 * form.height))
    for index, planes in enumerate(pictures):
        draw_marks(planes, form.number, index / form.frames_per_second, name)
        if form.flashes:
            draw_flash(planes, index, form.frames_per_second)
        yield planes


def _options(form: LoopForm) -> tuple[str, dict[str, str]]:
    if form.codec == "h264":
        return "libx264", {"preset": "veryfast", "profile": "baseline", "tune": "zerolatency"}
    return "libvpx", {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"}


def write_loop(
    path: Path,
    form: LoopForm,
    pictures: Iterable[Planes],
    sound: NDArray[np.float32],
) -> None:
    """Encode a loop; replaces ``path`` only when it is whole."""
    encoder, options = _options(form)
    fresh = path.with_suffix(".new.mkv")
    with av.open(str(fresh), "w", format="matroska") as container:
        video = container.add_stream(encoder, form.frames_per_second, options=options)
        assert isinstance(video, av.VideoStream)  # noqa: S101  tells mypy the kind
        video.width, video.height, video.pix_fmt = form.width, form.height, "yuv420p"
        video.bit_rate = form.bitrate
        video.gop_size = form.frames_per_second
        video.codec_context.thread_count = 1
        audio = container.add_stream(
            "libopus", RATE, options={"application": "audio", "vbr": "off"}
        )
        assert isinstance(audio, av.AudioStream)  # noqa: S101  tells mypy the kind
        audio.layout = "mono"
        audio.bit_rate = 48_000
        for index, planes in enumerate(marked(form, pictures)):
            frame = av.VideoFrame.from_ndarray(
                np.concatenate([plane.reshape(-1) for plane in planes]).reshape(
                    form.height * 3 // 2, form.width
                ),
                "yuv420p",
            )
            frame.pts, frame.time_base = index, Fraction(1, form.frames_per_second)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        turned = np.roll(sound, -OPUS_DELAY_SAMPLES)
        for start in range(0, len(turned) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            piece = np.ascontiguousarray(turned[None, start : start + FRAME_SAMPLES])
            samples = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            samples.sample_rate, samples.pts = RATE, start
            samples.time_base = Fraction(1, RATE)
            container.mux(audio.encode(samples))
        container.mux(audio.encode(None))
    fresh.replace(path)


def make_real_file(path: Path) -> None:
    """A film such as somebody might bring: H.264 and AAC in MP4, without our marks."""
    form = LoopForm(0, "", 1280, 720, 25, "h264", 3_000_000)
    fresh = path.with_suffix(".new.mp4")
    with av.open(str(fresh), "w", format="mp4") as container:
        video = container.add_stream("libx264", 25, options={"preset": "ultrafast"})
        assert isinstance(video, av.VideoStream)  # noqa: S101  tells mypy the kind
        video.width, video.height, video.pix_fmt = form.width, form.height, "yuv420p"
        audio = container.add_stream("aac", RATE)
        assert isinstance(audio, av.AudioStream)  # noqa: S101  tells mypy the kind
        audio.layout = "mono"
        for index, planes in enumerate(drawn_pictures(form, LOOP_S)):
            joined = np.concatenate([plane.reshape(-1) for plane in planes])
            frame = av.VideoFrame.from_ndarray(joined.reshape(1080, 1280), "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        sound = site_sound(0, LOOP_S)
        for start in range(0, len(sound) - 1023, 1024):
            samples = av.AudioFrame.from_ndarray(sound[None, start : start + 1024], "fltp", "mono")
            samples.sample_rate, samples.pts = RATE, start
            samples.time_base = Fraction(1, RATE)
            container.mux(audio.encode(samples))
        container.mux(audio.encode(None))
    fresh.replace(path)


def make_file_loop(form: LoopForm, source: Path, path: Path) -> None:
    """A loop from any file PyAV reads: at most `MAX_FILE_S`, whole rounds of `LOOP_S`.

    Raises av.FFmpegError, ValueError when there is no picture.
    """
    with av.open(str(source)) as container:
        length_s = (container.duration or 0) / av.time_base
    seconds = max(LOOP_S, int(min(length_s, MAX_FILE_S) // LOOP_S) * LOOP_S)
    sound = file_sound(source, seconds)
    add_tone(sound, form.number)
    write_loop(path, form, file_pictures(source, form, seconds), np.clip(sound, -1, 1))


def make_drawn_loop(form: LoopForm, path: Path) -> None:
    """A loop drawn and spoken by this script."""
    rate = form.frames_per_second
    beeps_s = [frame / rate for frame in flash_frames(rate)] if form.flashes else []
    sound = site_sound(form.number, LOOP_S, beeps_s)
    write_loop(path, form, drawn_pictures(form, LOOP_S), sound)


def main(arguments: list[str] | None = None) -> int:
    """Make what is missing; ``--force`` makes all anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true")
    force = parser.parse_args(arguments).force
    BUILD_DIR.mkdir(parents=True, exist_ok=True)
    if force or not REAL_FILE.exists():
        make_real_file(REAL_FILE)
    for form in sample_forms():
        path = loop_path(form.number)
        if path.exists() and not force:
            continue
        if form.number == 0:
            make_file_loop(form, REAL_FILE, path)
        else:
            make_drawn_loop(form, path)
        sys.stdout.write(f"loop {form.number:2} {form.name}: {path.stat().st_size // 1024} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
