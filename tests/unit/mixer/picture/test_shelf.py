import os
from pathlib import Path

import pytest

from mixer.picture.layout_file import layout_shelf, load_layouts
from server.layouts import LayoutTable
from signaling.programme.layouts import LAYOUTS, MAX_SLOTS

GOOD = "title_zh = '一'\ntitle_en = 'one'\n[[slot]]\nx = 0\ny = 0\nwidth = 64\nheight = 36\n"


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    stamp = path.stat().st_mtime_ns + 1_000_000 * (len(text) + 1)
    os.utime(path, ns=(stamp, stamp))
    return path


def test_what_signalling_knows_are_the_shipped_layouts() -> None:
    shipped = {
        name: (layout.fewest, min(layout.capacity, MAX_SLOTS))
        for name, layout in load_layouts().items()
    }
    assert shipped == LAYOUTS


def test_a_layout_of_ones_own_is_there_without_a_restart(tmp_path: Path) -> None:
    shelf = layout_shelf(tmp_path)
    assert shelf.keys() == LAYOUTS.keys()
    assert not shelf.refresh()
    path = write(tmp_path / "layouts", "mine.toml", GOOD)
    assert shelf.refresh()
    assert shelf["mine"].capacity == 1
    path.unlink()
    assert shelf.refresh()
    assert "mine" not in shelf


def test_a_wrong_file_is_told_and_the_last_good_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "layouts"
    path = write(folder, "mine.toml", GOOD)
    shelf = layout_shelf(tmp_path)
    write(folder, "mine.toml", GOOD.replace("x = 0", "x = 5"))
    assert shelf.refresh()
    assert shelf.faults == {str(path): f"{path}:4: slot[0].x: an even number from 0, not 5"}
    assert shelf["mine"].capacity == 1
    write(folder, "mine.toml", GOOD + "border = 2\n")
    shelf.refresh()
    assert shelf.faults == {}


@pytest.mark.parametrize("name", ["Mine.toml", "my layout.toml", "一.toml"])
def test_a_name_that_no_scene_could_say_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path / "layouts", name, GOOD)
    assert len(layout_shelf(tmp_path).faults) == 1


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "layouts", "mine.toml", GOOD + "#" * 70_000)
    assert "larger than" in layout_shelf(tmp_path).faults[str(path)]


def test_the_server_looks_again_after_a_second(tmp_path: Path) -> None:
    now_s = 0.0
    table = LayoutTable(tmp_path, lambda: now_s)
    write(tmp_path / "layouts", "mine.toml", GOOD)
    assert "mine" not in table
    now_s = 1.5
    assert table["mine"] == (1, 1)
