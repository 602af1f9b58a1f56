from server.demo.table import aligned, check_lines, columns_of, load_lines, shortened, verdict_lines
from server.demo.usage import Load
from server.demo.verdict import Outcome, Row, Verdict


def test_chinese_letters_take_two_columns() -> None:
    assert columns_of("北京 ok") == 7
    assert aligned([("北京", "1"), ("abc", "2")]) == ["北京  1", "abc   2"]


def test_nothing_is_printed_of_nothing() -> None:
    assert aligned([]) == []


def test_long_values_are_shortened_only_when_right() -> None:
    long = "x" * 200
    right, wrong = (Row(name="a", value=long, limit="less", ok=ok) for ok in (True, False))
    assert len(check_lines([right])[0]) < 100
    assert long in check_lines([wrong])[0]
    assert "asked: less" in check_lines([wrong])[0]
    assert shortened("短" * 50, 11) == "短" * 5 + "…"


def test_loads_are_summed() -> None:
    lines = load_lines({"media": Load(10.0, 100.0), "sound": Load(5.5, 50.0)})
    assert "15.5 %" in lines[-1]
    assert "150.0 MB" in lines[-1]


def test_the_verdict_stands_last_with_its_reasons() -> None:
    verdict = Verdict(outcome=Outcome.DEGRADED, why=("slow",))
    assert verdict_lines(verdict) == ["DEGRADED", "  slow"]
