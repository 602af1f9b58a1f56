import itertools

import pytest

from server.simulate.marks import (
    BEEP_HZ,
    CELLS,
    COUNTER_STEP_S,
    FLASH_HALL_RATE,
    SPEECH_CEILING_HZ,
    Code,
    cell_rectangle,
    cells,
    flash_frames,
    read_cells,
    tone_hz,
)


@pytest.mark.parametrize("number", range(32))
def test_every_number_is_read_again_at_every_step(number: int) -> None:
    for step in range(8):
        assert read_cells(cells(number, step * COUNTER_STEP_S)) == Code(number, step % 4)


def test_one_wrong_number_bit_is_noticed() -> None:
    for index in range(6):
        white = list(cells(11, 0.0))
        white[index] = not white[index]
        assert read_cells(white) is None


def test_cells_stand_inside_the_picture_side_by_side() -> None:
    rectangles = [cell_rectangle(index) for index in range(CELLS)]
    assert rectangles[0].left > 0
    assert rectangles[-1].left + rectangles[-1].width < 1
    for left, right in itertools.pairwise(rectangles):
        assert left.left + left.width < right.left


def test_tones_beep_and_speech_have_bands_of_their_own() -> None:
    tones = [tone_hz(number) for number in range(19)]
    assert SPEECH_CEILING_HZ < BEEP_HZ < min(tones)
    assert max(tones) < 8000


def test_flashes_stand_at_all_phases_of_the_programmes_frames() -> None:
    phases_ms = sorted(1000 * frame / FLASH_HALL_RATE % 40 for frame in flash_frames(24))
    gaps_ms = [b - a for a, b in itertools.pairwise([*phases_ms, phases_ms[0] + 40])]
    assert len(phases_ms) == 4
    assert max(gaps_ms) < 12
