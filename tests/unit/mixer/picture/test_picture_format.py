from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.picture.layout import Rect
from mixer.picture.layout_file import load_layouts
from mixer.picture.picture_format import FRAME_RATES, SIZES, STANDARD, PictureFormat

LAYOUTS = load_layouts()


@given(st.integers(0, 10**9), st.sampled_from(FRAME_RATES))
def test_frames_and_times_belong_together(frame: int, rate: int) -> None:
    form = PictureFormat(frame_rate=rate)
    at_ns = form.time_of(frame)
    assert form.frame_at(at_ns) == form.frame_from(at_ns) == frame
    assert form.frame_at(at_ns + 1) == frame
    assert form.frame_from(at_ns + 1) == frame + 1
    assert 0 <= form.time_of(frame + 1) - at_ns - form.frame_ns <= 1


def test_every_third_frame_of_thirty_stands_on_whole_tenths() -> None:
    form = PictureFormat(frame_rate=30)
    assert [form.time_of(3 * n) for n in range(4)] == [n * 100_000_000 for n in range(4)]
    assert form.frames_in(1_000_000_000) == 30
    assert form.timestamp_of(30) == 90_000


@pytest.mark.parametrize("size", [*SIZES, (640, 360)])
@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_places_stay_even_within_and_apart_in_every_size(name: str, size: tuple[int, int]) -> None:
    form = PictureFormat(*size)
    layout = LAYOUTS[name]
    for count in range(layout.fewest, layout.capacity + 1):
        places = [form.place(one) for one in layout.place(count)]
        for place in places:
            rects = [place.picture] + ([] if place.name_bar is None else [place.name_bar])
            for rect in rects:
                assert all(value % 2 == 0 for value in rect)
                assert rect.x >= 0
                assert rect.y >= 0
                assert rect.x + rect.width <= size[0]
                assert rect.y + rect.height <= size[1]
            shape = place.picture.width / place.picture.height
            if layout.name == "grid":
                assert shape == pytest.approx(16 / 9, rel=0.04)
        for one, other in pairwise(places):
            assert one.z != other.z or not one.picture.touches(other.picture)


def test_the_standard_format_changes_nothing() -> None:
    place = LAYOUTS["grid"].place(7)[3]
    assert STANDARD.place(place) is place
    assert PictureFormat(1920, 1080).rect(Rect(16, 20, 400, 226)) == Rect(24, 30, 600, 338)
