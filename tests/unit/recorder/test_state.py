from pathlib import Path

import pytest

from mixer.wire.ids import Layer, MediaKind, PublicationId
from mixer.wire.resources import Mark, RecordedTrack
from recorder.state import (
    STATE_FILE,
    StoredSession,
    StoredTrack,
    file_for,
    read_state,
    safe_relative,
    session_directories,
    slug,
    state_bytes,
    tags_for,
    track_of_tags,
    write_atomically,
)
from tests.recorder_files import SESSION


def track(seat: str, source: str = "camera", role: str = "iso") -> RecordedTrack:
    return RecordedTrack(
        session=9,
        publication=PublicationId(3),
        layer=Layer(1),
        kind=MediaKind.VIDEO,
        role=role,
        seat=seat,
        source=source,
        title="北京",
    )


def test_a_state_comes_back_from_disk(tmp_path: Path) -> None:
    state = StoredSession(
        session=SESSION,
        tracks=[StoredTrack(resource=track("beijing"), files=["iso/beijing-camera.mkv"])],
        marks=[Mark(session=9, id=1, kind="cue", at_ns=5, title="开场")],
    )
    write_atomically(tmp_path / STATE_FILE, state_bytes(state))
    assert read_state(tmp_path) == state


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": "x"}'])
def test_a_state_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / STATE_FILE).write_bytes(content)
    assert read_state(tmp_path) is None


def test_a_file_says_of_itself_whose_it_is() -> None:
    assert track_of_tags(tags_for(SESSION, track("hunan"))) == track("hunan")


def test_names_are_numbered_when_a_seat_publishes_again() -> None:
    taken: set[str] = set()
    for _ in range(3):
        taken.add(file_for(track("hunan"), taken))
    assert taken == {
        "iso/hunan-camera.mkv",
        "iso/hunan-camera-2.mkv",
        "iso/hunan-camera-3.mkv",
    }


def test_the_programme_has_files_of_its_own() -> None:
    assert file_for(track("", role="programme"), set()) == "working/programme-video.mkv"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("Beijing Hall", "beijing-hall"), ("../x", "x"), ("北京", "x"), ("", "x"), ("a--b", "a-b")],
)
def test_a_slug_is_safe(text: str, wanted: str) -> None:
    assert slug(text) == wanted


@pytest.mark.parametrize("name", ["a", "a/b.mkv", "2026-05-01/x", "京湘"])
def test_names_inside_are_safe(name: str) -> None:
    assert safe_relative(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/a", "a/../b", "a/..", "./a", ".hidden", "a/.b", "a\x00", "a\\b"]
)
def test_names_that_lead_outside_are_not(name: str) -> None:
    assert not safe_relative(name)


def test_sessions_are_found_at_any_depth(tmp_path: Path) -> None:
    root = tmp_path / "sessions"
    for name in ("a/iso", "b/c/working"):
        (root / name).mkdir(parents=True)
        (root / name / "x.mkv").write_bytes(b"")
    (root / "d").mkdir()
    (root / "d" / STATE_FILE).write_bytes(b"")
    assert session_directories(tmp_path) == [root / "a", root / "b/c", root / "d"]
    assert session_directories(tmp_path / "none") == []
