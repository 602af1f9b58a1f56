import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.picture.canvas import Canvas
from mixer.picture.colour import (
    Planes,
    opaque,
    overlay,
    planes_of,
    to_yuv,
)
from mixer.picture.layout import Rect
from mixer.picture.scale import Scaler
from tests.picture_streams import RED, plain_frame


def patch(width: int, height: int, rgba: tuple[int, int, int, int]) -> np.ndarray:
    return np.full((height, width, 4), rgba, dtype=np.uint8)


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81, 90, 240)),
        ((0, 255, 0), (145, 54, 34)),
        ((0, 0, 255), (41, 240, 110)),
    ],
)
def test_colours_are_bt601_of_limited_range(
    rgb: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    assert to_yuv(*rgb) == yuv


def test_a_picture_drawn_opaque_has_the_same_colours() -> None:
    planes = opaque(patch(8, 4, (200, 40, 40, 0)))
    assert [int(plane[0, 0]) for plane in planes] == list(to_yuv(200, 40, 40))
    assert (planes.y.shape, planes.u.shape) == ((4, 8), (2, 4))


def test_a_clear_overlay_changes_no_pixel_and_a_solid_one_covers() -> None:
    canvas = Canvas(16, 8)
    canvas.planes.y[:] = np.arange(128, dtype=np.uint8).reshape(8, 16) * 2
    before = canvas.planes.y.copy()
    rect = Rect(4, 2, 8, 4)
    canvas.blend(overlay(patch(8, 4, (255, 255, 255, 0))), rect)
    assert (canvas.planes.y == before).all()
    canvas.blend(overlay(patch(8, 4, (200, 40, 40, 255))), rect)
    assert (canvas.planes.y[2:6, 4:12] == to_yuv(200, 40, 40)[0]).all()
    assert (canvas.planes.y[:2] == before[:2]).all()


@given(
    st.integers(0, 255),
    st.tuples(*[st.integers(0, 255)] * 3),
    st.integers(0, 255),
)
def test_blending_is_the_weighted_mean_and_never_wraps(
    ground: int, rgb: tuple[int, int, int], alpha: int
) -> None:
    canvas = Canvas(4, 4)
    for plane in canvas.planes:
        plane[:] = ground
    canvas.blend(overlay(patch(4, 4, (*rgb, alpha))), canvas.whole)
    for plane, colour in zip(canvas.planes, to_yuv(*rgb), strict=True):
        wanted = ground + (colour - ground) * alpha / 255
        assert abs(int(plane[0, 0]) - wanted) <= 2


def test_part_of_a_picture_is_put_where_it_belongs() -> None:
    canvas = Canvas(16, 8)
    planes = Planes(
        np.arange(128, dtype=np.uint8).reshape(8, 16),
        np.arange(32, dtype=np.uint8).reshape(4, 8),
        np.arange(32, dtype=np.uint8).reshape(4, 8),
    )
    canvas.put(planes, Rect(8, 4, 4, 2), left=2, top=2)
    assert (canvas.planes.y[4:6, 8:12] == planes.y[2:4, 2:6]).all()
    assert (canvas.planes.u[2:3, 4:6] == planes.u[1:2, 1:3]).all()
    assert canvas.planes.y[0, 0] == 0


def test_the_encoder_sees_the_canvas_without_a_copy() -> None:
    canvas = Canvas(64, 32)
    frame = canvas.frame()
    canvas.fill(canvas.whole, to_yuv(*RED))
    assert [int(plane[3, 3]) for plane in planes_of(frame)] == list(to_yuv(*RED))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (321, 181), (1920, 1080), (176, 144)])
def test_any_size_is_scaled_with_its_colour(size: tuple[int, int]) -> None:
    scaled = Scaler().scale(plain_frame(*size, RED), 220, 124)
    planes = planes_of(scaled)
    assert planes.y.shape == (124, 220)
    for plane, value in zip(planes, to_yuv(*RED), strict=True):
        assert abs(int(plane[60, 60]) - value) <= 2


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    frame = plain_frame(320, 180, RED)
    assert Scaler().scale(frame, 320, 180) is frame


def test_full_range_and_bt709_are_brought_to_the_canvas_colours() -> None:
    full = plain_frame(64, 36, RED).reformat(
        format="yuvj420p", src_color_range="MPEG", dst_color_range="JPEG"
    )
    assert int(full.color_range) == 2
    studio = plain_frame(64, 36, RED).reformat(src_colorspace="ITU601", dst_colorspace="ITU709")
    assert int(studio.colorspace) == 1
    assert abs(int(planes_of(studio).y[3, 3]) - to_yuv(*RED)[0]) > 5
    for frame in (full, studio):
        planes = planes_of(Scaler().scale(frame, 32, 18))
        for plane, value in zip(planes, to_yuv(*RED), strict=True):
            assert abs(int(plane[4, 4]) - value) <= 3
