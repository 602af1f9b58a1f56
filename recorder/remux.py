"""`programme.mp4` from the programme's working files: copied, not coded again.

Times are kept to a sample: pictures stand on the grid of the event's clock, and sound
units, whose times our files hold to 0.1 ms, are put back on their own grid of 1024
samples; holes in the sound are filled with silence. MP4 tracks that begin late get an
empty edit, so the offset between sound and picture is exact.
"""

from __future__ import annotations

import contextlib
import heapq
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from .coding import AAC_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

    from .manifest import Chapter

    AnyPacket = av.Packet[Any]

VIDEO_TIME_BASE: Final = Fraction(1, 90_000)
_SNAP_SAMPLES: Final = 96
"""Sound units this near to the grid (2 ms at 48 kHz) belong on it; after another one the
grid begins anew."""
_SILENT_UNITS: Final = 4
"""Of an encoder that is fed silence the first ones are warm-up."""


class RemuxStopped(Exception):  # noqa: N818  not an error: the process ends
    """The recorder was told to stop; the work is done again at its next start."""


@dataclass(frozen=True, slots=True)
class Remuxed:
    """``start`` is the session time, in seconds, of the file's time 0."""

    start: Fraction
    video_frames: int
    audio_frames: int


@dataclass(slots=True)
class _Unit:
    time: Fraction
    """Session time in seconds."""
    packet: AnyPacket
    video: bool

    def __lt__(self, other: _Unit) -> bool:
        return self.time < other.time


def _packets(container: InputContainer) -> Iterator[tuple[Fraction, AnyPacket]]:
    for packet in container.demux():
        if packet.pts is not None and packet.size:
            yield packet.pts * packet.time_base, packet


def _video_units(containers: Sequence[InputContainer]) -> Iterator[_Unit]:
    for container in containers:
        for time, packet in _packets(container):
            yield _Unit(time, packet, video=True)


def _audio_units(containers: Sequence[InputContainer]) -> Iterator[_Unit]:
    grid: int | None = None
    for container in containers:
        stream = container.streams.audio[0]
        rate = stream.rate
        silence: bytes | None = None
        for time, packet in _packets(container):
            expected, grid = grid, _on_grid(round(time * rate), grid)
            for filled in range(expected or grid, grid - AAC_SAMPLES + 1, AAC_SAMPLES):
                silence = silent_unit(stream) if silence is None else silence
                if silence:
                    yield _Unit(Fraction(filled, rate), av.Packet(silence), video=False)
            yield _Unit(Fraction(grid, rate), packet, video=False)
            grid += AAC_SAMPLES


def silent_unit(stream: AudioStream) -> bytes:
    """An AAC unit of silence that the stream's decoder takes; empty when there is none.

    Browsers play sound on across a hole in its times and are late from there on, so
    holes are filled.
    """
    if stream.codec_context.name != "aac":
        return b""
    encoder = av.AudioCodecContext.create("aac", "w")
    encoder.sample_rate = stream.rate
    encoder.layout = stream.layout.name
    encoder.format = "fltp"
    packets: list[bytes] = []
    quiet = np.zeros((stream.channels, AAC_SAMPLES), np.float32)
    for index in range(_SILENT_UNITS):
        frame = av.AudioFrame.from_ndarray(quiet, "fltp", stream.layout.name)
        frame.sample_rate = stream.rate
        frame.pts = index * AAC_SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    same = (encoder.extradata or b"")[:2] == (stream.codec_context.extradata or b"")[:2]
    return packets[-1] if packets and same else b""


def _on_grid(sample: int, expected: int | None) -> int:
    """``sample``, or the line of the grid through ``expected`` that it stands beside."""
    if expected is None:
        return sample
    lines = round((sample - expected) / AAC_SAMPLES)
    near = expected + lines * AAC_SAMPLES
    return near if lines >= 0 and abs(sample - near) <= _SNAP_SAMPLES else sample


def _first_time(units: Iterator[_Unit]) -> Fraction | None:
    first = next(units, None)
    return None if first is None else first.time


def _open_all(stack: contextlib.ExitStack, paths: Sequence[Path]) -> list[InputContainer]:
    return [stack.enter_context(av.open(str(path), "r")) for path in paths]


def remux_programme(
    video: Sequence[Path],
    audio: Sequence[Path],
    target: Path,
    chapters: Sequence[Chapter] = (),
    stopped: Callable[[], bool] = lambda: False,
) -> Remuxed:
    """Make ``target`` from working files in order of time; either list may be empty.

    Raises `RemuxStopped`, OSError and PyAV's errors; ``target`` is then to be thrown away.
    """
    with contextlib.ExitStack() as probe:
        firsts = [
            time
            for time in (
                _first_time(_video_units(_open_all(probe, video))),
                _first_time(_audio_units(_open_all(probe, audio))),
            )
            if time is not None
        ]
    start = min(firsts, default=Fraction(0))
    with contextlib.ExitStack() as stack:
        videos = _open_all(stack, video)
        audios = _open_all(stack, audio)
        output = stack.enter_context(
            av.open(
                str(target),
                "w",
                format="mp4",
                options={"movflags": "+faststart", "movie_timescale": "48000"},
            )
        )
        video_stream = _video_stream(output, videos)
        audio_stream = _audio_stream(output, audios)
        if chapters:
            _set_chapters(output, chapters, start)
        counts = [0, 0]
        for unit in heapq.merge(_video_units(videos), _audio_units(audios)):
            if stopped():
                raise RemuxStopped
            packet = unit.packet
            stream = video_stream if unit.video else audio_stream
            base = VIDEO_TIME_BASE
            if not unit.video and audio_stream is not None:
                base = Fraction(1, audio_stream.rate)
                packet.duration = AAC_SAMPLES
            else:
                packet.duration = 0
            packet.time_base = base
            packet.pts = packet.dts = round((unit.time - start) / base)
            packet.stream = stream
            output.mux_one(packet)
            counts[0 if unit.video else 1] += 1
    return Remuxed(start, counts[0], counts[1])


def _video_stream(output: OutputContainer, videos: Sequence[InputContainer]) -> VideoStream | None:
    if not videos:
        return None
    stream = output.add_stream_from_template(videos[0].streams.video[0])
    stream.time_base = VIDEO_TIME_BASE
    return stream


def _audio_stream(output: OutputContainer, audios: Sequence[InputContainer]) -> AudioStream | None:
    if not audios:
        return None
    template = audios[0].streams.audio[0]
    stream = output.add_stream_from_template(template)
    stream.time_base = Fraction(1, template.rate)
    return stream


def _set_chapters(output: OutputContainer, chapters: Sequence[Chapter], start: Fraction) -> None:
    base = Fraction(1, 1000)
    start_ms = start * 1000
    output.set_chapters(
        [
            {
                "id": index,
                "start": max(0, round(Fraction(chapter.start_ms) - start_ms)),
                "end": max(1, round(Fraction(chapter.end_ms) - start_ms)),
                "time_base": base,
                "metadata": {"title": chapter.title},
            }
            for index, chapter in enumerate(chapters, start=1)
        ]
    )
