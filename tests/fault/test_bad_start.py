"""What `lianxian serve` cannot start with: it says why, once, and ends."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import SAMPLE_EVENT
from tests.harness.serving import COMMAND, ROOT, Serving

pytestmark = pytest.mark.system
END_TIMEOUT_S = 40
EXIT_UNUSABLE = 3


@pytest.fixture
def unstarted(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path / "data")
    yield made
    made.end()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(socket.SOCK_STREAM, "http.port_taken", id="http"),
        pytest.param(socket.SOCK_DGRAM, "media.port_taken", id="udp"),
    ],
)
def test_a_port_that_is_taken_ends_it_with_status_3(
    unstarted: Serving, kind: socket.SocketKind, error: str
) -> None:
    port = unstarted.http_port if kind is socket.SOCK_STREAM else unstarted.udp_port
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        assert unstarted.launch().wait(timeout=END_TIMEOUT_S) == EXIT_UNUSABLE
    lines = [text for text in unstarted.log_tail().splitlines() if error in text]
    assert len(lines) == 1, unstarted.log_tail()
    assert str(port) in lines[0]


THIRD_HALL = """
[[hall]]
id = "third"
name = "第三会场"
name_en = "Third Hall"
"""
SITE_18 = """
[[site]]
id = "one-more"
hall = "beijing"
name = "第十八点"
name_en = "One More"
"""


@pytest.mark.parametrize(
    ("added", "error", "told"),
    [
        pytest.param(THIRD_HALL, "event.halls_full", "hall: 3 are given", id="hall"),
        pytest.param(SITE_18, "event.sites_full", "site: 18 are given", id="site"),
    ],
)
def test_an_event_with_one_hall_or_site_too_many_is_refused(
    unstarted: Serving, added: str, error: str, told: str
) -> None:
    event = unstarted.data / "event.toml"
    event.write_text(SAMPLE_EVENT.read_text(encoding="utf-8") + added, encoding="utf-8")
    unstarted.more_arguments = ("--event", str(event))
    assert unstarted.launch().wait(timeout=END_TIMEOUT_S) == EXIT_UNUSABLE
    lines = [text for text in unstarted.log_tail().splitlines() if error in text]
    assert len(lines) == 1, unstarted.log_tail()
    assert str(event) in lines[0]
    assert told in lines[0]


def test_a_data_folder_is_served_once(unstarted: Serving) -> None:
    unstarted.start()
    second = subprocess.run(
        [str(COMMAND), "serve", "--data", str(unstarted.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=END_TIMEOUT_S,
        check=False,
    )
    assert second.returncode == 2
    assert second.stderr.startswith("data.locked:")
    assert unstarted.ready()
