import json
from pathlib import Path

import av
import pytest

from mixer.wire.ids import Codec
from mixer.wire.resources import Clock, Mark
from recorder.finalise import Steps, finalise
from recorder.manifest import ManifestError, read_manifest
from recorder.recover import main_recover, recover_directory
from recorder.remux import RemuxStopped
from recorder.state import (
    STATE_FILE,
    Phase,
    StoredSession,
    read_state,
    state_bytes,
    write_atomically,
)
from recorder.verify import main_verify, verify_session
from tests.recorder_files import write_session
from tests.recorder_streams import Stream, aac, beeps, opus, video

HOUR_NS = 3_600_000_000_000


def streams() -> list[tuple[Stream, str]]:
    return [
        (video(1, Codec.H264, layer=1), "programme"),
        (aac(2, beeps(2), start_ns=22_000_000), "programme"),
        (video(3), "iso"),
        (opus(4), "iso"),
    ]


@pytest.fixture
def state(tmp_path: Path) -> StoredSession:
    made = write_session(tmp_path, streams())
    made.clock = Clock(event=1, origin_monotonic_ns=5, origin_wall_ns=1_777_593_600_000_000_000)
    made.marks = [
        Mark(session=9, id=1, kind="cue", at_ns=0, title="开场", seats=("beijing", "hunan")),
        Mark(session=9, id=2, kind="cue", at_ns=1_000_000_000, title="场外连线一"),
        Mark(session=9, id=3, kind="manual", at_ns=1_500_000_000, title="掌声"),
    ]
    return made


def test_a_finished_session_is_what_its_manifest_says(tmp_path: Path, state: StoredSession) -> None:
    steps: list[str] = []
    result = finalise(tmp_path, state, Steps(progress=steps.append))
    assert result.ok, result.text
    assert verify_session(tmp_path).ok
    manifest = read_manifest(tmp_path)
    assert [file.path for file in manifest.files] == [
        "programme.mp4",
        "iso/hunan-camera.mkv",
        "iso/hunan-microphone.mkv",
    ]
    assert not (tmp_path / "working").exists()
    programme, camera, microphone = manifest.files
    assert (programme.kind, programme.frames, programme.width) == ("both", 50, 160)
    assert (camera.codec, camera.frames, camera.duration_ms) == ("vp8", 50, 2000.0)
    assert (microphone.codec, microphone.frames, microphone.duration_ms) == ("opus", 100, 2000.0)
    assert [(one.start_ms, one.title) for one in manifest.chapters] == [
        (0.0, "开场"),
        (1000.0, "场外连线一"),
    ]
    assert len(manifest.marks) == 3
    assert [one.seat for one in manifest.participants] == ["hunan"]
    assert manifest.started_wall == "2026-05-01T00:00:00.000+00:00"
    assert steps[0] == "index"
    assert steps[-1] == "verify"


def test_working_files_stay_when_asked(tmp_path: Path, state: StoredSession) -> None:
    assert finalise(tmp_path, state, Steps(keep_working=True)).ok
    roles = [file.role for file in read_manifest(tmp_path).files]
    assert roles.count("working") == 2
    assert (tmp_path / "working/programme-video.mkv").exists()


@pytest.mark.parametrize(
    "name", ["programme.mp4", "iso/hunan-camera.mkv", "iso/hunan-microphone.mkv"]
)
def test_one_flipped_byte_is_found(tmp_path: Path, state: StoredSession, name: str) -> None:
    finalise(tmp_path, state, Steps())
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    report = verify_session(tmp_path)
    assert not report.ok
    assert ("verify.hash", name) in [(one.id, one.file) for one in report.problems]


def damage(tmp_path: Path, **changes: object) -> list[str]:
    """Alter the first file's entry in the manifest; ids of what verify finds."""
    path = tmp_path / "manifest.json"
    told = json.loads(path.read_text())
    told["files"][0].update(changes)
    path.write_text(json.dumps(told))
    return [one.id for one in verify_session(tmp_path).problems]


def test_verify_names_what_is_wrong(tmp_path: Path, state: StoredSession) -> None:
    finalise(tmp_path, state, Steps())
    whole = (tmp_path / "manifest.json").read_bytes()
    streams_told = json.loads(whole)["files"][0]["streams"]
    cases: list[tuple[dict[str, object], str]] = [
        ({"bytes": 5}, "verify.size"),
        ({"path": "../x.mp4"}, "verify.path_outside"),
        ({"path": "gone.mp4"}, "verify.missing"),
        ({"streams": streams_told[:1]}, "verify.streams"),
        ({"streams": [{**streams_told[0], "codec": "vp8"}, streams_told[1]]}, "verify.codec"),
        ({"streams": [{**streams_told[0], "frames": 40}, streams_told[1]]}, "verify.frames"),
        (
            {"streams": [{**streams_told[0], "duration_ms": 9000.0}, streams_told[1]]},
            "verify.duration",
        ),
    ]
    for changes, wanted in cases:
        (tmp_path / "manifest.json").write_bytes(whole)
        assert wanted in damage(tmp_path, **changes), wanted
    (tmp_path / "manifest.json").write_bytes(whole)
    assert verify_session(tmp_path).ok


def test_a_chapter_outside_is_found(tmp_path: Path, state: StoredSession) -> None:
    finalise(tmp_path, state, Steps())
    path = tmp_path / "manifest.json"
    told = json.loads(path.read_text())
    told["chapters"][1]["end_ms"] = 99_000
    path.write_text(json.dumps(told))
    assert [one.id for one in verify_session(tmp_path).problems] == ["verify.chapter_outside"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [(None, "manifest.missing"), (b"{", "manifest.unreadable"), (b"{}", "manifest.unreadable")],
)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, content: bytes | None, wanted: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path)
    assert caught.value.id == wanted
    assert [one.id for one in verify_session(tmp_path).problems] == [wanted]


def test_the_command_prints_a_table(
    tmp_path: Path, state: StoredSession, capsys: pytest.CaptureFixture[str]
) -> None:
    finalise(tmp_path, state, Steps())
    assert main_verify(tmp_path) == 0
    out = capsys.readouterr().out
    assert "ok  programme.mp4" in out
    assert "VERIFIED" in out
    (tmp_path / "programme.mp4").unlink()
    assert main_verify(tmp_path) == 1
    out = capsys.readouterr().out
    assert "error verify.missing programme.mp4" in out


def test_quick_looks_at_both_ends_of_long_files(tmp_path: Path) -> None:
    long = [(video(3, count=250), "iso"), (opus(4, count=500), "iso")]
    result = finalise(tmp_path, write_session(tmp_path, long), Steps())
    assert result.ok, result.text
    quick, thorough = verify_session(tmp_path, thorough=False), verify_session(tmp_path)
    assert quick.ok
    assert thorough.ok
    assert quick.files[0].frames_decoded < thorough.files[0].frames_decoded == 250


def test_a_programme_without_sound_is_made(tmp_path: Path) -> None:
    state = write_session(tmp_path, [(video(1, Codec.H264), "programme")])
    assert finalise(tmp_path, state, Steps()).ok
    assert read_manifest(tmp_path).files[0].kind == "video"


def test_a_programme_that_cannot_be_remuxed_keeps_its_working_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: StoredSession
) -> None:
    def broken(*_args: object) -> None:
        raise av.InvalidDataError(1, "broken")

    monkeypatch.setattr("recorder.finalise.remux_programme", broken)
    assert finalise(tmp_path, state, Steps()).ok
    manifest = read_manifest(tmp_path)
    assert "could not be made" in manifest.notes[0]
    assert (tmp_path / "working/programme-video.mkv").exists()


def test_a_session_without_a_single_unit_fails_and_says_so(tmp_path: Path) -> None:
    result = finalise(tmp_path, write_session(tmp_path, []), Steps())
    assert not result.ok
    assert "verify.empty" in result.text


def test_stopped_in_the_middle_it_can_be_done_again(tmp_path: Path, state: StoredSession) -> None:
    calls = [0]

    def stopped() -> bool:
        calls[0] += 1
        return calls[0] > 40

    with pytest.raises(RemuxStopped):
        finalise(tmp_path, state, Steps(stopped=stopped))
    assert not (tmp_path / "manifest.json").exists()
    assert finalise(tmp_path, state, Steps()).ok


def test_recover_finishes_what_was_left(tmp_path: Path, state: StoredSession) -> None:
    write_atomically(tmp_path / STATE_FILE, state_bytes(state))
    path = tmp_path / "iso/hunan-camera.mkv"
    path.write_bytes(path.read_bytes()[:-100])
    result = recover_directory(tmp_path)
    assert result.ok, result.text
    assert read_manifest(tmp_path).notes == ("recovered after an interruption",)
    stored = read_state(tmp_path)
    assert stored is not None
    assert (stored.phase, stored.released) == (Phase.VERIFIED, True)
    assert recover_directory(tmp_path).text == "3 files verified"


def test_recover_needs_nothing_but_the_files(tmp_path: Path, state: StoredSession) -> None:
    (tmp_path / "iso/notes.mkv").write_bytes(b"not ours")
    result = recover_directory(tmp_path)
    assert result.ok, result.text
    manifest = read_manifest(tmp_path)
    assert [file.seat for file in manifest.files] == ["programme", "hunan", "hunan"]
    assert manifest.session == 9


def test_the_recover_command_says_what_it_does(
    tmp_path: Path, state: StoredSession, capsys: pytest.CaptureFixture[str]
) -> None:
    write_atomically(tmp_path / STATE_FILE, state_bytes(state))
    assert main_recover(tmp_path) == 0
    assert "VERIFIED" in capsys.readouterr().out


def test_recover_of_an_empty_directory_says_so(tmp_path: Path) -> None:
    assert recover_directory(tmp_path).text == "no recording in this directory"
