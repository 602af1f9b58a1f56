from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.picture.layout import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    Fit,
    Layout,
    LayoutError,
    Placement,
    Rect,
    crop_of,
)
from mixer.picture.layout_file import load_layouts, parse_layout
from mixer.picture.theme import LINE_TOP

LAYOUTS = load_layouts()
HEAD = "title_zh = '一'\ntitle_en = 'one'\n"
SLOT = "[[slot]]\nx = 0\ny = 0\nwidth = 64\nheight = 36\n"
GRID = "[grid]\nx = 0\ny = 0\nwidth = 640\nheight = 360\ngap = 8\n"


def even(rect: Rect) -> bool:
    return all(value % 2 == 0 for value in rect)


def on_canvas(rect: Rect) -> bool:
    x, y, width, height = rect
    return min(x, y) >= 0 and x + width <= CANVAS_WIDTH and y + height <= CANVAS_HEIGHT


def test_the_layouts_a_scene_may_name_are_shipped() -> None:
    assert LAYOUTS.keys() >= {"full", "two_halls", "hall_remote", "remote_hall", "grid"}
    assert LAYOUTS.keys() >= {f"pip_{y}_{x}" for y in ("top", "bottom") for x in ("left", "right")}
    assert LAYOUTS.keys() >= {"one_row", "one_column", "slides_speaker", "slides_full"}
    assert LAYOUTS["grid"].capacity >= 19


@pytest.mark.parametrize(
    ("name", "count"),
    [(name, count) for name, one in LAYOUTS.items() for count in range(1, one.capacity + 1)],
)
def test_places_are_even_on_the_canvas_and_apart(name: str, count: int) -> None:
    places = LAYOUTS[name].place(count)
    assert len(places) == count
    areas = [
        rect for place in places for rect in (place.picture, place.name_bar) if rect is not None
    ]
    assert all(even(rect) and on_canvas(rect) for rect in areas)
    assert not any(
        one.outer.touches(other.outer) for one, other in combinations(places, 2) if one.z == other.z
    )


@pytest.mark.parametrize("count", range(1, 20))
def test_the_grid_leaves_the_caption_line_free_and_keeps_the_shape(count: int) -> None:
    for place in LAYOUTS["grid"].place(count):
        bar = place.name_bar
        assert bar is not None
        assert bar.y + bar.height <= LINE_TOP
        assert place.picture.width / place.picture.height == pytest.approx(16 / 9, rel=0.02)


def test_nineteen_stand_in_four_rows_the_last_one_centred() -> None:
    places = LAYOUTS["grid"].place(19)
    rows = sorted({place.picture.y for place in places})
    assert len(rows) == 4
    last = [place.picture for place in places if place.picture.y == rows[-1]]
    assert len(last) == 4
    assert last[0].x + (last[-1].x + last[-1].width) == pytest.approx(CANVAS_WIDTH, abs=4)


def test_more_slots_than_places_are_left_out() -> None:
    assert len(LAYOUTS["two_halls"].place(5)) == 2
    assert LAYOUTS["grid"].place(0) == ()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("x = [", "file"),
        (HEAD, "slot"),
        (HEAD + SLOT + GRID + "steps = []", "grid.steps"),
        (HEAD + SLOT + SLOT, "slot[1]"),
        (HEAD + SLOT + GRID + "steps = [{ up_to = 1, columns = 1 }]", "grid"),
        (HEAD + SLOT + "z = 12", "slot[0].z"),
        ("fewest = 2\n" + HEAD + SLOT, "fewest"),
        ("caption_left = 20\n" + HEAD + SLOT, "caption_left"),
        ("caption_left = 800\n" + HEAD + SLOT, "caption_left"),
        (HEAD + SLOT.replace("x = 0", "x = 'left'"), "slot[0].x"),
        (HEAD + SLOT.replace("x = 0", "x = 3"), "slot[0].x"),
        (HEAD + SLOT.replace("x = 0", "x = 1220"), "slot[0].width"),
        (HEAD + SLOT.replace("y = 0", "y = 700"), "slot[0].height"),
        (HEAD + SLOT + "name_bar = 3", "slot[0].name_bar"),
        (HEAD + SLOT + "border = 40", "slot[0].border"),
        (HEAD + SLOT + "fit = 'stretch'", "slot[0].fit"),
        (HEAD + SLOT + "colour = 'red'", "slot[0].colour"),
        (HEAD + SLOT.replace("36", "8"), "slot[0]"),
        (HEAD + SLOT * 21, "slot"),
        (HEAD + GRID + "steps = []", "grid.steps"),
        (HEAD + GRID.replace("gap = 8", "gap = 3") + "steps = []", "grid.gap"),
        (HEAD + GRID + "steps = [{ up_to = 0, columns = 1 }]", "grid.steps[0].up_to"),
        (HEAD + GRID + "steps = [{ up_to = 4, columns = 0 }]", "grid.steps[0].columns"),
        (HEAD + GRID + "steps = [{ up_to = 20, columns = 1 }]", "grid.steps[0]"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(text: str, field: str) -> None:
    with pytest.raises(LayoutError) as raised:
        parse_layout("mine", text.encode())
    assert raised.value.file == "mine.toml"
    assert raised.value.field == field
    assert raised.value.text


def test_a_folder_without_layouts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="holds no layout"):
        load_layouts(tmp_path)


def placement(fit: Fit, width: int = 320, height: int = 180) -> Placement:
    return Placement(Rect(64, 32, width, height), None, 0, fit)


@given(
    st.integers(1, 4096),
    st.integers(1, 4096),
    st.sampled_from(Fit),
    st.integers(8, 640),
    st.integers(8, 360),
)
def test_a_crop_stays_within_source_and_slot(
    width: int, height: int, fit: Fit, slot_width: int, slot_height: int
) -> None:
    place = placement(fit, 2 * slot_width, 2 * slot_height)
    crop = crop_of(width, height, place)
    target, slot = crop.target, place.picture
    assert even(target)
    assert min(target.width, target.height) >= 2
    assert slot.x <= target.x
    assert target.x + target.width <= slot.x + slot.width
    assert slot.y <= target.y
    assert target.y + target.height <= slot.y + slot.height
    assert crop.left % 2 == crop.top % 2 == 0
    assert crop.left + target.width <= crop.width
    assert crop.top + target.height <= crop.height


def test_a_little_other_shape_is_cropped_and_a_phone_held_upright_shown_whole() -> None:
    four_to_three = crop_of(640, 480, placement(Fit.FILL))
    assert four_to_three.target == placement(Fit.FILL).picture
    assert (four_to_three.width, four_to_three.height) == (320, 240)
    upright = crop_of(360, 640, placement(Fit.FILL))
    assert upright.target.width < 120
    assert upright.target.height == 180
    assert crop_of(640, 480, placement(Fit.WHOLE)).target.width == 240


def test_the_same_shape_is_shown_whole() -> None:
    for name in ("full", "two_halls", "hall_remote"):
        layout: Layout = LAYOUTS[name]
        for place in layout.place(layout.capacity):
            crop = crop_of(1280, 720, place)
            assert crop.width - crop.target.width <= 2
            assert crop.height - crop.target.height <= 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + SLOT + SLOT.replace("x = 0", "x = 3"), 9),
        (HEAD + SLOT + SLOT, 8),
        (HEAD + "\n# a remark\n" + SLOT + "colour = 'red'", 10),
        (HEAD + "fewest = 7\n" + SLOT, 3),
        (HEAD + SLOT + "[[", 8),
        (HEAD + GRID + "steps = [{ up_to = 4, columns = 0 }]", 9),
    ],
)
def test_a_wrong_file_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(LayoutError) as raised:
        parse_layout("mine", text.encode())
    assert raised.value.line == line
    assert str(raised.value).startswith(f"mine.toml:{line}: ")


def test_what_is_always_cropped_fills_its_slot() -> None:
    place = placement(Fit.CROP)
    assert crop_of(360, 640, place).target == place.picture


@pytest.mark.parametrize("count", range(2, 8))
def test_one_and_a_row_keeps_the_row_centred(count: int) -> None:
    large, *row = LAYOUTS["one_row"].place(count)
    assert large.picture.width > 3 * row[0].picture.width
    assert row[0].picture.x + row[-1].picture.x + row[-1].picture.width == pytest.approx(
        CANVAS_WIDTH, abs=4
    )
