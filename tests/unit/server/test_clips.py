import threading
import time
from pathlib import Path

import pytest

from mixer.picture.clip_file import FILMS, STILLS, clip_path
from server import clips
from server.clips import LOOK_AGAIN_S, LOOK_S, MAX_CLIPS, ClipShelf
from signaling.programme.clips import CLIP_KINDS
from tests.picture_studio import wait


def test_the_same_kinds_of_files_are_offered_as_picture_plays() -> None:
    assert {f".{kind}" for kind in CLIP_KINDS} == {*FILMS, *STILLS}


def test_only_what_picture_takes_is_offered_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    assert list(ClipShelf(tmp_path)) == []
    folder.mkdir()
    good = ["a b (1).mov", "logo.PNG", "片头.mp4"]
    for name in (*good, ".hidden.mp4", "notes.txt", "a;b.mp4", "x" * 130 + ".mp4"):
        (folder / name).touch()
    (folder / "folder.mp4").mkdir()
    assert list(ClipShelf(tmp_path)) == good
    for name in good:
        assert clip_path(folder, name).is_file()


def test_a_new_file_is_listed_within_a_second_and_can_be_used_at_once(tmp_path: Path) -> None:
    now_s = 100.0
    shelf = ClipShelf(tmp_path, lambda: now_s)
    assert len(shelf) == 0
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").touch()
    assert list(shelf) == []
    assert "a.mp4" in shelf
    (tmp_path / "clips" / "b.mp4").touch()
    now_s += LOOK_AGAIN_S
    assert list(shelf) == ["a.mp4", "b.mp4"]


def test_a_folder_of_thousands_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for number in range(MAX_CLIPS + 20):
        (tmp_path / "clips" / f"{number:04}.png").touch()
    assert len(ClipShelf(tmp_path)) == MAX_CLIPS


def test_a_disk_that_hangs_is_waited_for_once_and_its_files_are_told_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    looks: list[str] = []

    def hangs_there(path: Path) -> bool:
        looks.append(path.name)
        goes_on.wait()
        return True

    now_s = 100.0
    shelf = ClipShelf(tmp_path, lambda: now_s)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").touch()
    assert list(shelf) == ["a.mp4"]
    monkeypatch.setattr(clips, "_is_clip", hangs_there)
    (tmp_path / "clips" / "a.mp4").rename(tmp_path / "clips" / "b.mp4")
    began_s = time.monotonic()
    try:
        for _ in range(40):
            now_s += LOOK_AGAIN_S
            assert list(shelf) == ["a.mp4"]
            assert "b.mp4" not in shelf
        # Eighty looks, of which one was waited for.
        assert time.monotonic() - began_s < 20 * LOOK_S
        assert looks == ["b.mp4"]
    finally:
        goes_on.set()
    wait(lambda: "b.mp4" in shelf)
