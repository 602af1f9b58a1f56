"""The sheet of `docs/images`: every layout and caption with the names of the sample event.

``LIANXIAN_SCREENSHOTS=1`` puts it there anew, which also happens where it is missing.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixer.picture.contact_sheet import draw, scenes, seats
from mixer.picture.layout_file import load_layouts
from mixer.picture.slate import SlateReason

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ROOT / "docs" / "images" / "layouts.png"
PEOPLE = seats(ROOT / "config" / "jing-xiang.toml")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sheet")
    draw(folder / "layouts.png", folder)
    if os.environ.get("LIANXIAN_SCREENSHOTS") or not SHOWN.exists():
        shutil.copy(folder / "layouts.png", SHOWN)
    return folder


def test_every_layout_and_every_caption_is_shown() -> None:
    shown = scenes(PEOPLE)
    assert {scene.layout for scene in shown} == set(load_layouts())
    for what in ("caption", "strap", "event_title", "question", "logo", "clock_offset_min"):
        assert any(getattr(scene, what) for scene in shown), what
    assert {scene.bug for scene in shown} == {"", "live", "rehearsal"}
    assert {scene.theme for scene in shown} == {"default", "red"}
    slates = {scene.slate.kind for scene in shown if scene.slate is not None}
    assert slates == {SlateReason.BREAK, SlateReason.CLOSING}
    assert max(len(scene.slots) for scene in shown) == len(PEOPLE) == 19


def test_each_picture_of_the_sheet_is_one_of_its_own(drawn: Path) -> None:
    pictures = [np.asarray(Image.open(path)) for path in sorted(drawn.glob("scene-*.png"))]
    assert len(pictures) == len(scenes(PEOPLE))
    assert {picture.shape for picture in pictures} == {(720, 1280, 3)}
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    # Letters are there: something bright on every one.
    assert min(int(picture.max()) for picture in pictures) > 220


def test_the_documented_sheet_is_what_is_drawn(drawn: Path) -> None:
    made, shown = Image.open(drawn / "layouts.png"), Image.open(SHOWN)
    assert made.size == shown.size
    difference = np.asarray(made, np.int16) - np.asarray(shown.convert("RGB"), np.int16)
    assert float(np.abs(difference).mean()) < 0.5, "make it anew: LIANXIAN_SCREENSHOTS=1"
