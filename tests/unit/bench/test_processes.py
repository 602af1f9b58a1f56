import os
from pathlib import Path

import pytest

from bench.processes import Usage, read_usage


def test_usage_of_this_process_grows_with_its_work() -> None:
    before = read_usage(os.getpid())
    while read_usage(os.getpid()).cpu_s <= before.cpu_s:
        sum(range(100_000))
    after = read_usage(os.getpid())
    assert 0 < after.cores_since(before) < 64
    assert after.resident_bytes > 1_000_000


def test_a_command_with_spaces_and_brackets_is_read_right(tmp_path: Path) -> None:
    folder = tmp_path / "42"
    folder.mkdir()
    numbers = " ".join(str(number) for number in range(4, 53))
    (folder / "stat").write_text(f"42 (a ) b (c) S {numbers}", encoding="utf-8")
    usage = read_usage(42, tmp_path)
    assert usage.cpu_s == (14 + 15) / os.sysconf("SC_CLK_TCK")
    assert usage.resident_bytes == 24 * os.sysconf("SC_PAGE_SIZE")


def test_a_missing_process_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcessLookupError, match="42"):
        read_usage(42, tmp_path)


def test_two_readings_at_one_moment_tell_no_rate() -> None:
    usage = Usage(1.0, 1.0, 1)
    with pytest.raises(ValueError, match="one moment"):
        usage.cores_since(usage)
