import numpy as np
import pytest
from PIL import Image

from bench import glass
from bench.__main__ import LIMITS_PATH
from bench.alternate import MINIMUM_ROUNDS
from bench.limits import load_limits
from bench.picture_clock import SHOWN, draw_number, read_number
from bench.picture_soak import sound_resources
from bench.registry import BENCHES
from mixer.wire.resources import SoundReturn, SoundSource


@pytest.mark.parametrize("number", [0, 1, 2, 3, 777, SHOWN - 1])
@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (856, 482)])
def test_a_number_is_read_in_any_size_through_noise(number: int, size: tuple[int, int]) -> None:
    small = np.asarray(Image.fromarray(draw_number(number)).resize(size))
    noise = np.random.default_rng(number).standard_normal(small.shape) * 8
    assert read_number(np.clip(small + noise, 0, 255).astype(np.uint8)) == number


def test_half_dissolved_or_damaged_numbers_are_none() -> None:
    one, other = draw_number(5), draw_number(6)
    assert read_number((one // 2 + other // 2).astype(np.uint8)) is None
    assert read_number(np.full((720, 1280), 110, np.uint8)) is None
    damaged = draw_number(5)
    damaged[:, 128:192] = 16
    assert read_number(damaged) is None


def test_too_few_takes_make_no_median() -> None:
    with pytest.raises(ValueError, match="rounds"):
        glass.measure(MINIMUM_ROUNDS - 1)


def test_limits_belong_to_benches_there_are() -> None:
    assert set(load_limits(LIMITS_PATH)) <= set(BENCHES)


def test_the_soak_has_a_source_and_a_return_for_each_site() -> None:
    made = sound_resources(19)
    assert sum(isinstance(one, SoundSource) for one in made) == 19
    assert sum(isinstance(one, SoundReturn) for one in made) == 19
