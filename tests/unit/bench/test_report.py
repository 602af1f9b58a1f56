import json

import pytest

from bench.limits import Limit, LimitError
from bench.report import Measurement, as_json, as_table, judge

MEASUREMENTS = [Measurement("cost", 2.0, "us"), Measurement("ratio", 0.25)]


def test_a_figure_without_a_limit_is_right() -> None:
    report = judge("link", MEASUREMENTS, {})
    assert report.ok
    assert [figure.limit for figure in report.figures] == [None, None]


def test_one_missed_figure_fails_the_report() -> None:
    report = judge("link", MEASUREMENTS, {"cost": Limit(maximum=1.0)})
    assert not report.ok
    assert [figure.ok for figure in report.figures] == [False, True]


def test_a_limit_that_nothing_is_held_against_is_an_error() -> None:
    with pytest.raises(LimitError, match="coast"):
        judge("link", MEASUREMENTS, {"coast": Limit(maximum=1.0)})


def test_json_is_one_object_of_the_documented_shape() -> None:
    found = json.loads(as_json(judge("link", MEASUREMENTS, {"ratio": Limit(maximum=0.5)})))
    assert found.keys() == {"bench", "machine", "figures"}
    assert found["figures"] == [
        {"name": "cost", "value": 2.0, "unit": "us", "limit": None, "ok": True},
        {"name": "ratio", "value": 0.25, "unit": "", "limit": "<= 0.5", "ok": True},
    ]


def test_the_table_aligns_and_says_what_was_missed() -> None:
    table = as_table(judge("link", MEASUREMENTS, {"cost": Limit(maximum=1.0)})).splitlines()
    assert table[0].startswith("link on ")
    assert table[2].split() == ["cost", "2", "us", "<=", "1", "MISSED"]
    assert table[-1] == "1 of 2 missed"
    unit_columns = [line.find("us") for line in table if " us" in line]
    assert unit_columns == [table[1].find("unit")] * len(unit_columns)
