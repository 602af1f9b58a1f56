import numpy as np
import pytest

from mixer.picture.caption import (
    LOWER_THIRD_MAX_WIDTH,
    lower_line,
    lower_third,
    name_bar,
    strap,
)
from mixer.picture.layout import CANVAS_WIDTH, SAFE_X
from mixer.picture.slate import SlateReason, slate
from mixer.picture.style import Drawing
from mixer.picture.theme import LINE_HEIGHT

LONG = "湖南省湘西土家族苗族自治州" * 12


def fits(drawing: Drawing) -> bool:
    y, u, v = drawing.what.colour
    size = (drawing.height, drawing.width)
    half = (drawing.height // 2, drawing.width // 2)
    return (
        drawing.width % 2 == drawing.height % 2 == 0
        and y.shape == drawing.what.keep_y.shape == size
        and u.shape == v.shape == drawing.what.keep_uv.shape == half
    )


@pytest.mark.parametrize("title", ["顾长青", "Anne-Marie O’Neill", LONG, "x", "😀顾"])
@pytest.mark.parametrize("subtitle", ["", "主任医师 · Chief Physician", LONG])
def test_captions_fit_the_canvas_whatever_they_say(title: str, subtitle: str) -> None:
    third = lower_third(title, subtitle)
    line = lower_line(title, subtitle)
    assert third is not None
    assert line is not None
    assert fits(third)
    assert fits(line)
    assert third.width <= LOWER_THIRD_MAX_WIDTH <= CANVAS_WIDTH - 2 * SAFE_X
    assert line.width <= CANVAS_WIDTH - 400
    assert line.height == LINE_HEIGHT


@pytest.mark.parametrize("text", ["", "  ", "\x00", "😀"])
def test_without_anything_to_show_there_is_no_caption(text: str) -> None:
    assert lower_third(text, text) is None
    assert lower_line(text, "") is None
    assert strap(text, 46) is None


def test_a_subtitle_alone_becomes_the_title() -> None:
    alone, named = lower_third("", "主任"), lower_third("主任", "")
    assert alone is not None
    assert named is not None
    assert alone.height == named.height == 68


def test_different_names_look_different() -> None:
    one, other = strap("场外连线一", 46), strap("场外连线二", 46)
    assert one is not None
    assert other is not None
    assert one.what.colour.y.tobytes() != other.what.colour.y.tobytes()


@pytest.mark.parametrize(("width", "height"), [(584, 40), (220, 26), (16, 16), (60, 26)])
@pytest.mark.parametrize(("title", "subtitle"), [("北京主会场", "北京"), (LONG, LONG), ("", "")])
def test_name_bars_have_the_size_asked_for(
    width: int, height: int, title: str, subtitle: str
) -> None:
    planes = name_bar(width, height, title, subtitle)
    assert planes.y.shape == (height, width)
    assert planes.u.shape == planes.v.shape == (height // 2, width // 2)


@pytest.mark.parametrize("size", [(1280, 720), (584, 328), (220, 124), (16, 16), (16, 720)])
@pytest.mark.parametrize("reason", SlateReason)
def test_slates_have_the_size_asked_for(size: tuple[int, int], reason: SlateReason) -> None:
    planes = slate(*size, LONG, "湖南", reason)
    assert planes.y.shape == size[::-1]
    assert planes.u.shape == (size[1] // 2, size[0] // 2)


def test_a_slate_tells_its_cause() -> None:
    pictures = {slate(640, 360, "香港办公室", "", reason).y.tobytes() for reason in SlateReason}
    assert len(pictures) == len(SlateReason)
    assert int(np.max(slate(640, 360, "香港办公室", "", SlateReason.WAITING).y)) > 220
