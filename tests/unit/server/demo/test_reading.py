"""A whole programme, coded and judged as the demo does."""

from pathlib import Path

import pytest

from server.demo.judge import judge_lip_sync, sound_around
from server.demo.judge_picture import judge_pictures
from server.demo.judge_sound import judge_step
from server.demo.plan import Step, windows_of
from server.demo.reading import (
    RATE,
    Stretch,
    packet_times,
    read_pictures,
    read_sound,
    spacing,
)
from tests.demo_programme import NUMBERS, step, write_programme

START_S = 1000.0
FIRST = step("opening", "two_halls", ["beijing", "hunan"], 0.0, 4.2)
SECOND = step("call-in", "hall_remote", ["hunan", "school"], 4.2, 8.4)


def shifted(one: Step) -> Step:
    return one._replace(at_s=one.at_s + START_S, until_s=one.until_s + START_S)


STEPS = [shifted(FIRST), shifted(SECOND)]


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("programme") / "programme.mp4"
    write_programme(path, [FIRST, SECOND])
    return path


def test_a_right_programme_is_right(programme: Path) -> None:
    windows = windows_of(STEPS, NUMBERS)
    seen = read_pictures(programme, START_S, windows)
    pictures = judge_pictures(STEPS, seen.readings, NUMBERS)
    stretches = [Stretch(one.settled_s, one.over_s) for one in STEPS]
    sounds = [
        judge_step(one, sound.samples, RATE, NUMBERS, frozenset())
        for one, sound in zip(STEPS, read_sound(programme, START_S, stretches), strict=True)
    ]
    around = read_sound(programme, START_S, sound_around(windows))
    sync = judge_lip_sync(windows, seen, around)
    wrong = [row for row in [*pictures, *sounds, *sync] if not row.ok]
    assert wrong == []
    assert len(pictures) + len(sounds) + len(sync) == 7


def test_every_frame_is_counted(programme: Path) -> None:
    seen = read_pictures(programme, START_S, [])
    assert spacing(seen.frame_times, 0.04) == (210, 0, 0)
    assert seen.frame_times[0] == START_S
    assert spacing(packet_times(programme, "audio"), 1024 / RATE)[1:] == (0, 0)


def test_sound_100_ms_late_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    write_programme(path, [FIRST], late_s=0.1)
    windows = windows_of([FIRST], NUMBERS)
    seen = read_pictures(path, 0.0, windows)
    rows = judge_lip_sync(windows, seen, read_sound(path, 0.0, sound_around(windows)))
    assert [row.ok for row in rows] == [True, False, False]
    assert rows[1].value.startswith("+9") or rows[1].value.startswith("+10")


def test_the_programme_of_another_step_is_found_out(programme: Path) -> None:
    swapped = [STEPS[1]._replace(at_s=START_S, until_s=START_S + 4.2)]
    seen = read_pictures(programme, START_S, windows_of(swapped, NUMBERS))
    assert not judge_pictures(swapped, seen.readings, NUMBERS)[0].ok


def test_holes_and_uneven_frames_are_counted() -> None:
    assert spacing([0.0, 0.04, 0.12, 0.16], 0.04) == (4, 1, 0)
    assert spacing([0.0, 0.04, 0.09], 0.04) == (3, 0, 1)
    assert spacing([], 0.04) == (0, 0, 0)


def test_sound_beyond_the_end_is_empty(programme: Path) -> None:
    (sound,) = read_sound(programme, START_S, [Stretch(START_S + 60, START_S + 61)])
    assert len(sound.samples) == 0
