"""The demo as a person runs it, with fewer sites and less time."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.simulate.loops import loop_path

EVENT = Path(__file__).with_name("demo-event.toml")
pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def run_demo(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server.cli", "demo", "--data", str(data)]
    command += ["--event", str(EVENT), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=170)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    if not loop_path(2).exists():
        pytest.skip("the loops are not made; run make loops")
    data = tmp_path_factory.mktemp("demo")
    outcome = run_demo(data, "--seconds", "12", "--json", str(data / "verdict.json"))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout, json.loads((data / "verdict.json").read_bytes())


def test_the_conference_is_right(held: tuple[str, dict[str, Any]]) -> None:
    printed, verdict = held
    assert verdict["verdict"] in {"RIGHT", "DEGRADED"}
    assert [check["name"] for check in verdict["checks"] if not check["ok"]] == []
    assert verdict["joined"] == 3
    assert [step["cue"] for step in verdict["steps"]] == ["call-in", "closing"]
    assert verdict["verdict"] in printed


def test_links_are_printed_before_the_conference_begins(
    held: tuple[str, dict[str, Any]],
) -> None:
    printed, _ = held
    assert printed.index("/join#t=") < printed.index("on air: 场外连线")
    for page in ("/#t=", "/control#t=", "/archive#t="):
        assert page in printed


def test_every_process_is_accounted_for(held: tuple[str, dict[str, Any]]) -> None:
    _, verdict = held
    assert set(verdict["processes"]) == {
        "supervisor",
        "server",
        "media",
        "sound",
        "picture",
        "recorder",
        "simulate",
    }
    assert verdict["counted"]["packets_in"] > 1000


def test_a_taken_port_ends_the_demo_with_the_cause(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = run_demo(tmp_path, "--seconds", "5", "--http-port", str(port))
    assert outcome.returncode == 1
    assert "http.port_taken" in outcome.stderr
