import errno
import socket
from pathlib import Path

import pytest
import structlog

from mixer.wire.ids import WorkerKind
from server.application import Application, start_application
from server.event_file import EventFileError
from server.settings import Settings, load_settings
from tests.unit.server.conftest import FakeWorkers


def test_the_greeting_names_the_start_page_and_every_link(application: Application) -> None:
    text = application.greeting()
    assert f"start page  http://localhost:{application.port}/#t=" in text
    assert text.count("/join#t=") == len(application.links()) == 23
    assert "京湘两地远程交流" in text


async def test_a_taken_port_is_told_and_everything_is_closed_again(
    settings: Settings, workers: FakeWorkers, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = load_settings(environment={}, data_dir=tmp_path / "data", http_port=port)
        with pytest.raises(OSError, match="address already in use") as refused:
            await start_application(busy, workers)
    assert refused.value.errno == errno.EADDRINUSE
    again = await start_application(settings, workers)
    await again.stop()


async def test_an_event_file_that_is_wrong_is_told_before_anything_is_opened(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    file = tmp_path / "event.toml"
    file.write_text("[event]\n", encoding="utf-8")
    wrong = load_settings(environment={}, data_dir=tmp_path / "data", event=str(file))
    with pytest.raises(EventFileError, match=r"event\.title"):
        await start_application(wrong, workers)
    assert not (tmp_path / "data").exists()


async def test_an_event_of_the_store_is_never_overwritten_by_its_file(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    file = tmp_path / "event.toml"
    sample = Settings.model_validate(load_settings(environment={}).model_dump()).event_file
    file.write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    mine = load_settings(environment={}, data_dir=tmp_path / "data", http_port=0, event=str(file))
    first = await start_application(mine, workers)
    await first.stop()
    changed = file.read_text(encoding="utf-8").replace("京湘两地远程交流", "改名")
    file.write_text(changed, encoding="utf-8")
    second = await start_application(mine, workers)
    assert second.conference.event.title == "京湘两地远程交流"
    await second.stop()


async def test_workers_are_given_a_whole_intent_before_they_connect(
    application: Application, workers: FakeWorkers
) -> None:
    assert set(workers.wanted) == set(WorkerKind)
    assert workers.listener is not None


async def test_lines_of_the_log_name_the_event(settings: Settings, workers: FakeWorkers) -> None:
    started = await start_application(settings, workers)
    try:
        assert structlog.contextvars.get_contextvars()["slug"] == "jing-xiang"
    finally:
        await started.stop()
