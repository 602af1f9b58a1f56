"""The small subcommands, run in this process as `lianxian` runs them."""

from pathlib import Path

import pytest

from server.cli import main
from server.cli.options import EXIT_USAGE
from server.event_file import read_event
from server.settings import SAMPLE_EVENT
from server.supervisor.lock import lock_data

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path, capsys: Capture) -> Path:
    """A data folder that holds the sample event."""
    assert main(["event", "import", str(SAMPLE_EVENT), "--data", str(tmp_path)]) == 0
    assert "jing-xiang: 19 sites, 7 cues" in capsys.readouterr().out
    return tmp_path


def test_an_exported_event_is_the_imported_one(store: Path, capsys: Capture) -> None:
    assert main(["event", "export", "--data", str(store)]) == 0
    file = store / "out.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert read_event(file) == read_event(SAMPLE_EVENT)


def test_an_event_is_never_overwritten(store: Path, capsys: Capture) -> None:
    assert main(["event", "import", str(SAMPLE_EVENT), "--data", str(store)]) == 1
    assert "event.known" in capsys.readouterr().err


def test_a_wrong_event_file_is_named(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("[event]\n", encoding="utf-8")
    assert main(["event", "import", str(file), "--data", str(tmp_path)]) == 1
    assert "event.invalid" in capsys.readouterr().err


def test_a_token_is_printed_alone(store: Path, capsys: Capture) -> None:
    assert main(["token", "beijing", "--data", str(store), "--http-port", "8123"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("http://localhost:8123/join#t=ey")


@pytest.mark.parametrize("kind", ["whip", "whep"])
def test_a_device_gets_its_address_and_its_token(store: Path, capsys: Capture, kind: str) -> None:
    arguments = ["token", "beijing", "--for", kind, "--data", str(store), "--http-port", "8123"]
    assert main(arguments) == 0
    address, token = capsys.readouterr().out.splitlines()
    assert address == f"http://localhost:8123/{kind}/beijing"
    assert token.count(".") == 2


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(["nowhere"], "seat.unknown"), (["beijing", "--slug", "other"], "event.unknown")],
)
def test_no_token_for_what_is_not_there(
    store: Path, arguments: list[str], error: str, capsys: Capture
) -> None:
    assert main(["token", *arguments, "--data", str(store)]) == 1
    assert error in capsys.readouterr().err


def test_no_token_without_a_store(tmp_path: Path, capsys: Capture) -> None:
    assert main(["token", "beijing", "--data", str(tmp_path)]) == 1
    assert "store.missing" in capsys.readouterr().err


def test_a_folder_without_a_recording_does_not_verify(tmp_path: Path, capsys: Capture) -> None:
    assert main(["session", "verify", str(tmp_path)]) == 1
    assert "manifest.missing" in capsys.readouterr().out


def test_there_may_be_nothing_to_recover(tmp_path: Path) -> None:
    assert main(["recover", "--data", str(tmp_path)]) == 0


def test_a_folder_without_a_recording_cannot_be_recovered(tmp_path: Path, capsys: Capture) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["recover", "--data", str(tmp_path / "data"), str(empty)]) == 1
    assert "BAD" in capsys.readouterr().out


def test_a_served_folder_is_not_recovered_from_outside(tmp_path: Path, capsys: Capture) -> None:
    lock = lock_data(tmp_path, tmp_path / "run")
    assert lock >= 0
    assert main(["recover", "--data", str(tmp_path)]) == 2
    assert "data.locked" in capsys.readouterr().err


def test_the_settings_in_force_are_told(tmp_path: Path, capsys: Capture) -> None:
    assert main(["config", "--data", str(tmp_path)]) == 0
    assert f'data_dir = "{tmp_path}"' in capsys.readouterr().out


def test_a_wrong_setting_is_a_usage_error(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        main(["config", "--http-port", "99999"])
    assert left.value.code == EXIT_USAGE
    assert "http_port" in capsys.readouterr().err


def test_a_demo_without_its_film_is_a_usage_error(tmp_path: Path, capsys: Capture) -> None:
    assert main(["demo", "--input", str(tmp_path / "none.mp4")]) == EXIT_USAGE
    assert "demo.no_input" in capsys.readouterr().err


def test_simulated_sites_need_a_link(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIANXIAN_ADMIN_LINK", raising=False)
    assert main(["simulate"]) == EXIT_USAGE
    assert "simulate.no_link" in capsys.readouterr().err
