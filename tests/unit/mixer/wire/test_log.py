"""Lines of the log: one form, the process in each, addresses by half, no text of libraries lost."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from mixer.wire.boot import Boot
from mixer.wire.ids import WorkerKind
from mixer.wire.log import configure_command_logging, configure_logging, redacted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("192.0.2.17", "192.0.x.x"),
        ("from 192.0.2.17:50000 twice", "from 192.0.x.x:50000 twice"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:..."),
        ("2001:db8::1", "2001:0db8:..."),
        ("[fe80::1]:443", "[fe80:0000:...]:443"),
        ("::1", "0000:0000:..."),
        ("at 12:34:56 o'clock", "at 12:34:56 o'clock"),
        ("libopus 1.6.1", "libopus 1.6.1"),
        ("seat::beijing", "seat::beijing"),
        ("FF:00:AA", "FF:00:AA"),
    ],
)
def test_only_the_network_half_of_an_address_is_kept(text: str, kept: str) -> None:
    assert redacted(text) == kept


def test_addresses_are_found_inside_lists_and_tables() -> None:
    nested = {"peer": ("192.0.2.17", 50000), "seen": [{"at": "2001:db8::1"}], "count": 3}
    assert redacted(nested) == {
        "peer": ["192.0.x.x", 50000],
        "seen": [{"at": "2001:0db8:..."}],
        "count": 3,
    }


@pytest.fixture
def restored() -> Iterator[None]:
    """What is configured here ends with the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def boot(tmp_path: Path, **changes: Any) -> Boot:
    return Boot(
        kind=WorkerKind.MEDIA,
        epoch=7,
        run_dir=tmp_path,
        data_dir=tmp_path,
        log_format="json",
        **changes,
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(("redact", "shown"), [(True, "192.0.x.x"), (False, "192.0.2.17")])
def test_a_line_has_process_epoch_and_addresses_as_the_setting_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], redact: bool, shown: str
) -> None:
    configure_logging(boot(tmp_path, redact_addresses=redact), "media")
    structlog.get_logger().warning("stun.bad_integrity", source="192.0.2.17")
    (line,) = lines(capsys)
    assert (line["process"], line["epoch"], line["event"]) == ("media", 7, "stun.bad_integrity")
    assert line["source"] == shown


@pytest.mark.usefixtures("restored")
def test_what_a_library_logs_has_the_same_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(boot(tmp_path), "server")
    logging.getLogger("asyncio").error("lost a task of %s", "192.0.2.17")
    logging.getLogger("asyncio").info("of no interest")
    (line,) = lines(capsys)
    assert line["event"] == "library.log"
    assert line["library"] == "asyncio"
    assert line["text"] == "lost a task of 192.0.x.x"


@pytest.mark.usefixtures("restored")
def test_a_traceback_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_command_logging("simulate")
    link = "eyJ" + "secret"
    try:
        raise ValueError(len(link))
    except ValueError:
        structlog.get_logger().exception("seat.bug")
    told = capsys.readouterr().err
    assert "ValueError: 9" in told
    assert "process=simulate" in told
    assert link not in told
