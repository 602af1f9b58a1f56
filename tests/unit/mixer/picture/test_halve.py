"""Halving: the compiled function and its reference do the same."""

from importlib import import_module

import numpy as np
import pytest

from mixer.picture.canvas import Canvas
from mixer.picture.colour import Bytes
from mixer.picture.halve import Halve, Halves, halve_reference


def compiled() -> Halve:
    made: Halve = pytest.importorskip("mixer.picture._halve").halve
    return made


@pytest.fixture(params=["reference", "compiled"])
def halve(request: pytest.FixtureRequest) -> Halve:
    return halve_reference if request.param == "reference" else compiled()


def noise(rows: int, columns: int) -> Bytes:
    return np.random.default_rng(rows * columns).integers(0, 256, (rows, columns), dtype=np.uint8)


def test_each_pixel_is_the_rounded_mean_of_four(halve: Halve) -> None:
    source = np.array([[0, 1, 255, 255, 10, 11], [1, 0, 255, 254, 12, 13]], dtype=np.uint8)
    target = np.empty((1, 3), dtype=np.uint8)
    halve(source, target)
    assert target.tolist() == [[1, 255, 12]]


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (45, 80), (90, 161), (360, 640)])
def test_both_give_the_same_pixels_of_any_size(size: tuple[int, int]) -> None:
    rows, columns = size
    source = noise(2 * rows, 2 * columns + 6)[:, : 2 * columns]  # rows with something between
    one, other = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
    halve_reference(source, one)
    compiled()(source, other)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (2, 4), (0, 0)])
def test_another_size_is_refused(halve: Halve, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not twice as large"):
        halve(noise(*shape), np.empty((2, 2), dtype=np.uint8))


def test_pixels_that_lie_apart_are_refused(halve: Halve) -> None:
    with pytest.raises(ValueError, match="side by side"):
        halve(noise(4, 8)[:, ::2], np.empty((2, 2), dtype=np.uint8))


def test_nothing_of_nothing(halve: Halve) -> None:
    halve(np.empty((0, 8), dtype=np.uint8), np.empty((0, 4), dtype=np.uint8))


@pytest.mark.parametrize(
    ("source", "place", "found"),
    [
        ((1280, 720), (640, 360), (640, 360)),
        ((1280, 720), (220, 124), (320, 180)),
        ((1280, 720), (320, 362), None),
        ((320, 180), (220, 124), None),
        ((642, 360), (100, 90), None),
    ],
)
def test_it_halves_while_that_is_not_below_the_place(
    source: tuple[int, int], place: tuple[int, int], found: tuple[int, int] | None
) -> None:
    half = Halves().towards(Canvas(*source).planes, *place)
    assert (None if half is None else (half.width, half.height)) == found


def test_a_picture_of_just_that_size_may_be_kept() -> None:
    halves, source = Halves(), Canvas(64, 32)
    source.fill(source.whole, (100, 110, 120))
    first = halves.towards(source.planes, 32, 16)
    source.fill(source.whole, (20, 30, 40))
    second = halves.towards(source.planes, 32, 16)
    assert first is not None
    assert second is not None
    assert (int(first.planes.y[3, 3]), int(second.planes.y[3, 3])) == (100, 20)
    assert (int(first.planes.v[3, 3]), int(second.planes.v[3, 3])) == (120, 40)


def test_it_is_compiled_where_a_compiler_is() -> None:
    assert import_module("mixer.picture.halve").halve is compiled()
