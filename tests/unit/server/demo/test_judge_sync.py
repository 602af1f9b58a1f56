"""Lip-sync by flashes and beeps."""

import numpy as np
import pytest

from server.demo.judge_sync import Sync, beep_times, flash_times, judge_sync, pair
from tests.demo_programme import RATE, speak

BLACK, WHITE = 20.0, 230.0


def test_a_flash_begins_with_its_first_white_frame() -> None:
    frames = [
        (0.0, WHITE),
        (0.04, BLACK),
        (0.08, BLACK),
        (0.12, WHITE),
        (0.16, WHITE),
        (0.2, BLACK),
    ]
    assert flash_times(frames) == [0.12]


def test_a_window_that_begins_within_a_flash_does_not_count_it() -> None:
    assert flash_times([(0.0, WHITE), (0.04, WHITE), (0.08, BLACK)]) == []


@pytest.mark.parametrize("start_s", [0.5, 0.5123, 1.7])
def test_beeps_are_found_to_2_ms_under_speech_and_tones(start_s: float) -> None:
    samples = speak(["beijing", "hunan", "studio", "school"], 7.0, start_s)
    found = beep_times(samples, RATE, start_s)
    assert found == pytest.approx([2.2, 4.4, 6.6] + ([8.0] if start_s > 1 else []), abs=0.002)


def test_speech_alone_has_no_beeps() -> None:
    assert beep_times(speak(["beijing", "studio", "school"], 6.0), RATE, 0.0) == []


def test_too_little_sound_has_no_beeps() -> None:
    assert beep_times(np.zeros(10, np.float32), RATE, 0.0) == []


def test_each_flash_is_paired_with_the_beep_nearest_to_it() -> None:
    sync = pair([1.0, 3.0, 9.0], [1.01, 2.98, 5.0])
    assert sync.offsets_ms == pytest.approx([10.0, -20.0])
    assert sync.alone == 1


def verdict(*offsets_ms: float, alone: int = 0) -> list[bool]:
    return [row.ok for row in judge_sync(Sync(offsets_ms, alone), 60.0)]


def test_sound_and_picture_together_are_right() -> None:
    assert verdict(*[-12.0, 3.0, 8.0, 10.0, 15.0] * 2) == [True, True, True]


def test_sound_100_ms_late_is_wrong() -> None:
    assert verdict(*[100.0] * 10) == [True, False, False]


def test_one_flash_out_of_ebu_r37_is_wrong() -> None:
    assert verdict(*[0.0] * 9, -45.0) == [True, True, False]
    assert verdict(*[0.0] * 9, 65.0) == [True, True, False]


def test_late_frames_excuse_as_many_flashes_and_no_more() -> None:
    offsets = (0.0,) * 18 + (-60.0, -80.0)
    assert [row.ok for row in judge_sync(Sync(offsets, 0), 60.0, 0.04)] == [True, True, True]
    assert [row.ok for row in judge_sync(Sync((*offsets, -60.0), 0), 60.0, 0.04)][2] is False
    assert [row.ok for row in judge_sync(Sync(offsets, 0), 60.0)][2] is False


def test_a_flash_without_its_beep_is_wrong() -> None:
    assert verdict(*[0.0] * 10, alone=1)[0] is False


def test_too_few_flashes_are_wrong() -> None:
    assert verdict(0.0, 0.0, 0.0) == [False, True, True]
    assert verdict() == [False]


def test_a_short_demo_needs_fewer_flashes() -> None:
    assert judge_sync(Sync((1.0, 2.0), 0), 10.0)[0].ok
    assert not judge_sync(Sync((1.0, 2.0), 0), 30.0)[0].ok
