"""The test picture tells whether it is whole, in any size, and what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.coded_picture import bits_of, luma_of, read


@pytest.mark.parametrize("size", [(160, 90), (320, 180), (640, 360), (1280, 720)])
def test_what_is_painted_is_read(size: tuple[int, int]) -> None:
    for number in (0, 1, 77, 65_535, 1 << 23):
        assert read(luma_of(number, *size)) == (number, 0)


def test_noise_and_dim_light_do_not_matter() -> None:
    noise = np.random.default_rng(1).integers(-25, 25, (180, 320))
    dim = (luma_of(500, 320, 180) * 0.9 + 8 + noise).clip(0, 255).astype(np.uint8)
    assert read(dim) == (500, 0)


def test_a_block_of_an_older_picture_is_noticed() -> None:
    new, old = (luma_of(number, 320, 180) for number in (508, 470))
    mingled = new.copy()
    mingled[100:180] = old[100:180]
    number, wrong = read(mingled)
    assert number == 508
    assert wrong > 10


def test_a_number_that_fails_its_checksum_is_none() -> None:
    spoiled = luma_of(3, 320, 180)
    spoiled[:20, 20:40] = 255 - spoiled[:20, 20:40]
    assert read(spoiled).wrong == -1


def test_few_blocks_change_at_a_time() -> None:
    changed = sum(a != b for a, b in zip(bits_of(40), bits_of(41), strict=True))
    assert 2 < changed < 20
