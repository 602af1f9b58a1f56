from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mixer.wire.ids import Codec
from recorder.manifest import Chapter
from recorder.matroska_read import finish_file
from recorder.remux import RemuxStopped, remux_programme
from tests.recorder_files import write_stream
from tests.recorder_streams import FPS, RATE, Stream, aac, beeps, is_flash, video

SECONDS = 4
START_NS = 1_000_000_000


def working(tmp_path: Path, late_ms: int = 0, seconds: int = SECONDS) -> tuple[Path, Path]:
    """Working files whose flashes and beeps coincide; the picture may come in late."""
    pictures = video(1, Codec.H264, count=seconds * FPS, start_ns=START_NS)
    if late_ms:
        pictures = Stream(
            1,
            0,
            pictures.codec,
            [u for u in pictures.units if u.session_ns >= START_NS + late_ms * 10**6],
        )
    picture, sound = tmp_path / "v.mkv", tmp_path / "a.mkv"
    write_stream(picture, pictures)
    write_stream(sound, aac(2, beeps(seconds), start_ns=START_NS))
    finish_file(picture)
    finish_file(sound)
    return picture, sound


def flash_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [
        float(frame.time or 0)
        for frame in frames
        if frame.to_ndarray()[: frame.height].mean() > 150
    ]


def beep_times(path: Path) -> list[float]:
    """Where sound rises from silence, by the time of its sample."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    level = np.concatenate([np.abs(frame.to_ndarray()[0]) for frame in frames])
    times = np.concatenate(
        [(frame.time or 0.0) + np.arange(frame.samples) / RATE for frame in frames]
    )
    loud = np.flatnonzero(level > 0.1)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 10)]
    return [float(times[at]) for at in starts]


@pytest.mark.parametrize("late_ms", [0, 1000])
def test_flashes_and_beeps_stay_together_to_a_millisecond(tmp_path: Path, late_ms: int) -> None:
    picture, sound = working(tmp_path, late_ms)
    target = tmp_path / "programme.mp4"
    made = remux_programme([picture], [sound], target)
    assert made.start == pytest.approx(1.0 - 1024 / RATE, abs=0.0002)
    flashes, beeps_heard = flash_times(target), beep_times(target)
    wanted = [i / FPS for i in range(SECONDS * FPS) if is_flash(i)]
    file_start = float(made.start) - START_NS / 1e9
    skipped = len(wanted) - len(flashes)
    assert skipped == (1 if late_ms else 0)
    # The coder spreads a sudden tone over some samples before it: what the working file
    # says is the reference, the remux may add nothing.
    before = [at - START_NS / 1e9 - file_start for at in beep_times(sound)]
    assert beeps_heard == pytest.approx(before, abs=0.0005)
    assert flashes == pytest.approx([at - file_start for at in wanted[skipped:]], abs=0.0005)
    offsets = [b - f for b, f in zip(beeps_heard[skipped:], flashes, strict=True)]
    assert max(abs(offset) for offset in offsets) < 0.001


def test_every_unit_is_there_on_its_grid(tmp_path: Path) -> None:
    picture, sound = working(tmp_path)
    target = tmp_path / "programme.mp4"
    made = remux_programme([picture], [sound], target)
    assert (made.video_frames, made.audio_frames) == (SECONDS * FPS, SECONDS * RATE // 1024 + 1)
    with av.open(str(target)) as container:
        pictures = [p.pts for p in container.demux(video=0) if p.pts is not None]
    with av.open(str(target)) as container:
        sounds = [p.pts for p in container.demux(audio=0) if p.pts is not None]
    assert set(np.diff(pictures)) == {90_000 // FPS}
    assert set(np.diff(sounds)) == {1024}


@pytest.mark.parametrize("shift_samples", [0, 500])
def test_a_hole_in_the_sound_is_filled_with_silence(tmp_path: Path, shift_samples: int) -> None:
    stream = aac(2, beeps(2), start_ns=START_NS)
    shift_ns = shift_samples * 1_000_000_000 // RATE
    later = [replace(unit, session_ns=unit.session_ns + shift_ns) for unit in stream.units[50:]]
    sound = tmp_path / "a.mkv"
    write_stream(sound, Stream(2, 0, stream.codec, stream.units[:30] + later))
    finish_file(sound)
    target = tmp_path / "programme.mp4"
    made = remux_programme([], [sound], target)
    assert made.audio_frames == len(stream.units)
    with av.open(str(target)) as container:
        times = [p.pts for p in container.demux(audio=0) if p.pts is not None]
    steps = np.diff(times)
    assert abs(steps - 1024).max() == pytest.approx(shift_samples, abs=5)
    with av.open(str(target)) as container:
        decoded = list(container.decode(audio=0))
    hole = [np.abs(frame.to_ndarray()).max() for frame in decoded[32:49]]
    assert max(hole) < 0.01


def test_chapters_are_in_the_file(tmp_path: Path) -> None:
    picture, sound = working(tmp_path)
    target = tmp_path / "programme.mp4"
    chapters = [
        Chapter(start_ms=0.0, end_ms=3000.0, title="两个会场"),
        Chapter(start_ms=3000.0, end_ms=5000.0, title="场外连线一"),
    ]
    made = remux_programme([picture], [sound], target, chapters)
    with av.open(str(target)) as container:
        found = container.chapters()
    assert [one["metadata"]["title"] for one in found] == ["两个会场", "场外连线一"]
    seconds = [float(one["start"] * (one["time_base"] or Fraction(1))) for one in found]
    assert seconds == pytest.approx([0.0, 3.0 - float(made.start)], abs=0.001)


def test_the_index_stands_in_front(tmp_path: Path) -> None:
    picture, sound = working(tmp_path)
    target = tmp_path / "programme.mp4"
    remux_programme([picture], [sound], target)
    content = target.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_parts_of_one_kind_follow_one_another(tmp_path: Path) -> None:
    first, second = tmp_path / "1.mkv", tmp_path / "2.mkv"
    write_stream(first, video(1, Codec.H264, count=25))
    write_stream(second, video(1, Codec.H264, count=25, start_ns=3_000_000_000))
    target = tmp_path / "programme.mp4"
    made = remux_programme([first, second], [], target)
    assert made.video_frames == 50
    with av.open(str(target)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[25] == pytest.approx(3.0)


def test_it_stops_when_told(tmp_path: Path) -> None:
    picture, sound = working(tmp_path)
    with pytest.raises(RemuxStopped):
        remux_programme([picture], [sound], tmp_path / "p.mp4", stopped=lambda: True)
