import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.supervisor.children import START_ORDER, STOP_ORDER

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]


def wait_for(what: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if result := what():
            return result
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


class Supervised:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/system/supervised.py"), str(data)],
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/system'}"},
        )

    def table(self) -> dict[str, dict[str, int]]:
        path = self.data / "run" / "processes.json"
        loaded: dict[str, dict[str, int]] = json.loads(path.read_text()) if path.exists() else {}
        return loaded

    def log(self) -> list[str]:
        path = self.data / "log"
        return path.read_text().splitlines() if path.exists() else []

    def all_started(self) -> bool:
        return {line for line in self.log() if line.startswith("start")} == {
            f"start {name}" for name in START_ORDER
        }


def gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    running = Supervised(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def test_children_stop_in_order_on_sigterm(supervised: Supervised) -> None:
    wait_for(supervised.all_started)
    supervised.process.terminate()
    assert supervised.process.wait(timeout=15) == 0
    assert [line for line in supervised.log() if line.startswith("stop")] == [
        f"stop {name}" for name in STOP_ORDER
    ]


def test_a_killed_child_is_back_and_the_others_live_on(supervised: Supervised) -> None:
    wait_for(supervised.all_started)
    before = supervised.table()
    os.kill(before["sound"]["pid"], signal.SIGKILL)
    wait_for(lambda: supervised.log().count("start sound") == 2, timeout_s=2.0)
    after = supervised.table()
    assert after["sound"]["pid"] != before["sound"]["pid"]
    assert after["sound"]["epoch"] > before["sound"]["epoch"]
    assert {n: after[n]["pid"] for n in after if n != "sound"} == {
        n: before[n]["pid"] for n in before if n != "sound"
    }


def test_children_stop_when_the_supervisor_is_killed(supervised: Supervised) -> None:
    wait_for(supervised.all_started)
    children = [entry["pid"] for name, entry in supervised.table().items() if name != "supervisor"]
    supervised.process.kill()
    supervised.process.wait()
    wait_for(lambda: all(gone(pid) for pid in children))


def test_a_child_that_cannot_work_ends_everything_with_status_3(tmp_path: Path) -> None:
    (tmp_path / "unusable-media").touch()
    supervised = Supervised(tmp_path)
    assert supervised.process.wait(timeout=15) == 3
