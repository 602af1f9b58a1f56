import json
import os
from pathlib import Path

import pytest

from server.demo.usage import Usage, loads, read_all, read_processes, read_usage


def test_the_own_process_is_read() -> None:
    usage = read_usage(os.getpid())
    assert usage is not None
    assert usage.cpu_s > 0
    assert usage.resident_bytes > 1_000_000


def test_a_command_with_brackets_does_not_confuse(tmp_path: Path) -> None:
    folder = tmp_path / "7"
    folder.mkdir()
    numbers = " ".join(str(number) for number in range(4, 53))
    (folder / "stat").write_text(f"7 (a) b (c)) S {numbers}")
    usage = read_usage(7, tmp_path)
    assert usage is not None
    assert usage.cpu_s == (14 + 15) / os.sysconf("SC_CLK_TCK")
    assert usage.resident_bytes == 24 * os.sysconf("SC_PAGE_SIZE")


def test_a_process_that_is_gone_is_left_out(tmp_path: Path) -> None:
    assert read_usage(1, tmp_path) is None
    assert set(read_all({"me": os.getpid(), "gone": 4_194_305})) == {"me"}


def test_load_is_in_percent_of_a_core() -> None:
    found = loads({"media": Usage(10.0, 1.0, 0)}, {"media": Usage(20.0, 3.0, 50_000_000)})
    assert found["media"] == pytest.approx((20.0, 50.0))


def test_a_process_started_anew_counts_from_its_start() -> None:
    found = loads({"sound": Usage(10.0, 9.0, 0)}, {"sound": Usage(20.0, 1.0, 0)})
    assert found["sound"].cpu_percent == pytest.approx(10.0)


def test_the_supervisors_table_is_read(tmp_path: Path) -> None:
    entry = {"pid": 5, "epoch": 1, "restarts": 2, "running": True}
    (tmp_path / "processes.json").write_text(json.dumps({"media": entry}))
    assert read_processes(tmp_path)["media"].restarts == 2
