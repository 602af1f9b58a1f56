import math
from pathlib import Path

import pytest

from bench.limits import Limit, LimitError, load_limits


def write(folder: Path, text: str) -> Path:
    path = folder / "limits.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("limit", "value", "holds"),
    [
        (Limit(maximum=1.0), 1.0, True),
        (Limit(maximum=1.0), 1.01, False),
        (Limit(minimum=2.0), 2.0, True),
        (Limit(minimum=2.0), 1.9, False),
        (Limit(1.0, 2.0), 1.5, True),
        (Limit(1.0, 2.0), 2.5, False),
        (Limit(maximum=1.0), math.nan, False),
        (Limit(), math.nan, False),
    ],
)
def test_a_limit_includes_its_bounds_and_refuses_nan(
    limit: Limit, value: float, holds: bool
) -> None:
    assert limit.holds(value) is holds


def test_limits_are_read_by_bench_and_figure(tmp_path: Path) -> None:
    path = write(tmp_path, "[link]\ncost = { max = 0.5 }\nrate = { min = 1, max = 2 }\n")
    assert load_limits(path) == {"link": {"cost": Limit(None, 0.5), "rate": Limit(1, 2)}}


@pytest.mark.parametrize("entry", ["3", "{}", "{ most = 3 }", "{ max = '3' }", "{ max = true }"])
def test_an_entry_that_is_no_limit_is_named(tmp_path: Path, entry: str) -> None:
    with pytest.raises(LimitError, match=r"link\.cost"):
        load_limits(write(tmp_path, f"[link]\ncost = {entry}\n"))


def test_a_limit_reads_as_text() -> None:
    assert str(Limit(1, 2.5)) == ">= 1, <= 2.5"
