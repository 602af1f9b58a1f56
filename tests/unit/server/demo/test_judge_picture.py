"""Who is seen in each slot, on frames drawn as a mixer would draw them."""

import numpy as np
import pytest

from server.demo.judge_picture import SAMPLE_FRAMES, StepReadings, judge_pictures
from server.demo.plan import Step, windows_of
from server.demo.verdict import Row
from tests.demo_programme import NUMBERS, draw_canvas, step

HALLS = step("opening", "two_halls", ["beijing", "hunan"], 0.0, 5.0)
CALL = step("call-in", "hall_remote", ["hunan", "school"], 0.0, 5.0)
GRID = step("closing", "grid", ["beijing", "hunan", "studio", "school"], 0.0, 5.0)


def judged(
    expected: Step, drawn: Step | None = None, *, frozen: str = "", dark: bool = False
) -> Row:
    window = windows_of([expected], NUMBERS)[0]
    readings = StepReadings()
    first, last = round(window.from_s / 0.04), round(window.until_s / 0.04)
    for frame in range(first, last, SAMPLE_FRAMES):
        luma = draw_canvas(drawn or expected, frame, frozen=frozen)
        shown = np.zeros_like(luma) if dark else luma
        readings.add_frame(0, window.places, frame * 0.04, shown)
    (row,) = judge_pictures([expected], readings, NUMBERS)
    return row


@pytest.mark.parametrize("expected", [HALLS, CALL, GRID], ids=lambda one: one.cue)
def test_the_sites_on_air_are_found_moving(expected: Step) -> None:
    row = judged(expected)
    assert row.ok, row.value


def test_a_frozen_site_is_found_out() -> None:
    row = judged(HALLS, frozen="hunan")
    assert not row.ok
    assert "hunan: stands still" in row.value
    assert "beijing" not in row.value


def test_a_wrong_site_is_found_out() -> None:
    row = judged(HALLS, step("x", "two_halls", ["beijing", "studio"], 0.0, 5.0))
    assert not row.ok
    assert row.value == "hunan: site 2 instead of site 1"


def test_slots_in_another_order_are_found_out() -> None:
    assert not judged(HALLS, step("x", "two_halls", ["hunan", "beijing"], 0.0, 5.0)).ok


def test_another_layout_is_found_out() -> None:
    assert not judged(CALL, step("x", "two_halls", ["hunan", "school"], 0.0, 5.0)).ok


def test_a_dark_programme_is_found_out() -> None:
    assert "no site's picture" in judged(GRID, dark=True).value


def test_a_step_nobody_saw_is_wrong() -> None:
    (row,) = judge_pictures([HALLS], StepReadings(), NUMBERS)
    assert not row.ok
    assert "never to be seen" in row.value


def test_a_seat_taken_over_is_not_judged() -> None:
    window = windows_of([HALLS], NUMBERS)[0]
    readings = StepReadings(frozenset({1}))
    for frame in range(30, 120, SAMPLE_FRAMES):
        luma = draw_canvas(HALLS, frame, frozen="hunan")
        readings.add_frame(0, window.places, frame * 0.04, luma)
    (row,) = judge_pictures([HALLS], readings, NUMBERS)
    assert row.ok
    assert len(row.details["slots"]) == 1  # type: ignore[arg-type]
