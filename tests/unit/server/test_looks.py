"""What a desk chooses from, as files come and go."""

from pathlib import Path

from mixer.picture.layout_file import load_layouts
from server.looks import LookTable
from signaling.programme.layouts import LAYOUTS

CUSTOM = """
title_zh = "三人"
title_en = "Three"
caption = "line"

[[slot]]
x = 16
y = 16
width = 640
height = 360

[[slot]]
x = 672
y = 16
width = 320
height = 180
"""


def test_every_layout_tells_the_places_of_every_number_of_slots(tmp_path: Path) -> None:
    looks = LookTable(tmp_path).looks()
    assert {one.name: (one.fewest, one.most) for one in looks.layouts} == LAYOUTS
    shipped = load_layouts()
    for one in looks.layouts:
        counts = range(one.fewest, one.most + 1)
        assert [len(places) for places in one.places] == list(counts)
        for count, places in zip(counts, one.places, strict=True):
            placed = shipped[one.name].place(count)
            assert places == [list(place.picture) for place in placed]


def test_titles_and_captions_are_told(tmp_path: Path) -> None:
    looks = LookTable(tmp_path).looks()
    grid = next(one for one in looks.layouts if one.name == "grid")
    assert (grid.title, grid.title_en, grid.caption) == ("宫格", "Grid", "line")
    assert looks.themes == ["default", "red"]
    assert looks.logos == []


def test_files_of_the_data_folder_are_offered_as_they_come(tmp_path: Path) -> None:
    table = LookTable(tmp_path)
    for folder in ("layouts", "logos", "themes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "layouts" / "three.toml").write_text(CUSTOM, encoding="utf-8")
    (tmp_path / "layouts" / "wrong.toml").write_text("title_zh = 1", encoding="utf-8")
    (tmp_path / "themes" / "autumn.toml").write_text('accent = "#aa5500"', encoding="utf-8")
    for name in ("station.PNG", "notes.txt", "city.jpg"):
        (tmp_path / "logos" / name).write_bytes(b"")
    looks = table.looks()
    three = next(one for one in looks.layouts if one.name == "three")
    assert three.places == [[[16, 16, 640, 360], [672, 16, 320, 180]]]
    assert "wrong" not in {one.name for one in looks.layouts}
    assert looks.themes == ["autumn", "default", "red"]
    assert list(looks.captions) == looks.themes
    assert (looks.captions["autumn"].accent, looks.captions["autumn"].panel) == (
        "#aa5500",
        looks.captions["default"].panel,
    )
    (tmp_path / "themes" / "autumn.toml").write_text('panel = "#101112"\n', encoding="utf-8")
    assert table.looks().captions["autumn"].panel == "#101112"
    assert looks.logos == ["city.jpg", "station.PNG"]
