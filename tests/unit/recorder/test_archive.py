from pathlib import Path

import pytest

from recorder.archive import ArchiveError, list_sessions, read_session, safe_path
from recorder.finalise import Steps, finalise
from recorder.state import STATE_FILE, Phase, StoredSession, state_bytes, write_atomically
from tests.recorder_files import SESSION, write_session
from tests.recorder_streams import opus


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "sessions"
    state = write_session(root / "2026/first", [(opus(4), "iso")])
    finalise(root / "2026/first", state, Steps())
    running = StoredSession(session=SESSION)
    (root / "second").mkdir()
    write_atomically(root / "second" / STATE_FILE, state_bytes(running))
    write_session(root / "third", [(opus(4), "iso")])
    (root / "fourth").mkdir()
    (root / "fourth/manifest.json").write_bytes(b"{")
    (tmp_path / "secret").write_bytes(b"s")
    return tmp_path


def test_every_session_is_listed_with_its_phase(archive: Path) -> None:
    found = {one.name: one for one in list_sessions(archive)}
    assert {name: one.phase for name, one in found.items()} == {
        "2026/first": Phase.VERIFIED,
        "second": Phase.RECORDING,
        "third": "unfinished",
        "fourth": "unfinished",
    }
    assert found["2026/first"].files == 1
    assert found["2026/first"].title == "试"
    assert not found["2026/first"].playable
    assert found["fourth"].text.startswith("manifest.unreadable")
    assert list_sessions(archive / "nothing") == []


def test_a_session_is_read_with_its_manifest(archive: Path) -> None:
    detail = read_session(archive, "2026/first")
    assert detail.manifest is not None
    assert detail.manifest.files[0].codec == "opus"
    assert read_session(archive, "second").manifest is None


@pytest.mark.parametrize("name", ["", "..", "../sessions/second", "/etc", "none", "2026"])
def test_an_unknown_session_is_an_error(archive: Path, name: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        read_session(archive, name)
    assert caught.value.id == "archive.unknown_session"


def test_only_listed_files_are_given(archive: Path) -> None:
    root = archive / "sessions/2026/first"
    assert safe_path(archive, "2026/first", "iso/hunan-microphone.mkv").is_file()
    assert safe_path(archive, "2026/first", "manifest.json").is_file()
    (root / "other.mkv").write_bytes(b"")
    for file in ("other.mkv", "../first/manifest.json", "/etc/passwd", "session.json", "iso"):
        with pytest.raises(ArchiveError) as caught:
            safe_path(archive, "2026/first", file)
        assert caught.value.id == "archive.unknown_file"


def test_a_link_that_leads_outside_is_not_followed(archive: Path) -> None:
    path = archive / "sessions/2026/first/iso/hunan-microphone.mkv"
    path.unlink()
    path.symlink_to(archive / "secret")
    with pytest.raises(ArchiveError):
        safe_path(archive, "2026/first", "iso/hunan-microphone.mkv")
