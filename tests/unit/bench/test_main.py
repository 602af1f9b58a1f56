import importlib
import json
from pathlib import Path

import pytest

import bench.__main__ as command
from bench.limits import load_limits
from bench.registry import BENCHES
from bench.report import Measurement


class FakeBench:
    def measure(self, rounds: int) -> list[Measurement]:
        return [Measurement("cost", float(rounds), "us")]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text("[link]\ncost = { max = 5 }\n", encoding="utf-8")
    monkeypatch.setattr(command, "LIMITS_PATH", path)
    monkeypatch.setattr(importlib, "import_module", lambda _: FakeBench())
    return path


@pytest.mark.parametrize(("rounds", "status"), [("5", 0), ("6", 1)])
def test_the_exit_status_says_whether_a_figure_missed(
    limits: Path, capsys: pytest.CaptureFixture[str], rounds: str, status: int
) -> None:
    assert command.main(["link", "--json", "--rounds", rounds]) == status
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures[0]["ok"] is (status == 0)


def test_a_broken_limit_is_bad_use_not_a_missed_figure(
    limits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits.write_text("[link]\ncoast = { max = 5 }\n", encoding="utf-8")
    assert command.main(["link"]) == 2
    assert "coast" in capsys.readouterr().err


def test_the_list_names_every_bench(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(BENCHES)


def test_an_unknown_bench_is_refused() -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["nothing"])
    assert stopped.value.code == 2


def test_every_limit_table_belongs_to_a_bench() -> None:
    assert load_limits(command.LIMITS_PATH).keys() <= BENCHES.keys()


def test_the_link_bench_measures_every_figure_it_is_limited_in() -> None:
    # Four short rounds prove that it runs; whether it is fast is for the bench itself.
    report = command.measure("link", 4)
    assert all(figure.value > 0 for figure in report.figures)
