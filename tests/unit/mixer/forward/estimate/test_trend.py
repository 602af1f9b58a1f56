import pytest

from mixer.forward.estimate.bursts import Burst
from mixer.forward.estimate.trend import BASE_NS, FORGET_NS, JUMP_NS, DelayTrend

MS = 1_000_000
STEP_MS = 20


def line(delays_ms: list[float], start_ms: int = 1000) -> list[Burst]:
    return [
        Burst(int(delay * MS), (start_ms + index * STEP_MS) * MS)
        for index, delay in enumerate(delays_ms)
    ]


def test_a_queue_that_fills_has_a_slope() -> None:
    trend = DelayTrend()
    trend.add(line([index * 2.0 for index in range(60)]))
    assert trend.slope() == pytest.approx(2 / STEP_MS, rel=0.05)
    assert trend.queue_ms == pytest.approx(100, abs=5)


def test_one_that_drains_has_a_negative_one() -> None:
    trend = DelayTrend()
    trend.add(line([200 - index * 2.0 for index in range(60)]))
    assert trend.slope() < -0.08


def test_a_standing_queue_has_none_but_is_seen() -> None:
    trend = DelayTrend()
    trend.add(line([0.0] * 20 + [80.0] * 120))
    assert trend.slope() == pytest.approx(0, abs=0.001)
    assert trend.queue_ms == pytest.approx(80, abs=1)


def test_the_fastest_is_that_of_the_last_ten_seconds() -> None:
    trend = DelayTrend()
    trend.add(line([0.0]))
    trend.add(line([80.0] * 100, start_ms=1000 + BASE_NS // MS))
    assert trend.queue_ms == pytest.approx(0, abs=1)


def test_half_a_window_is_needed() -> None:
    trend = DelayTrend()
    trend.add(line([index * 5.0 for index in range(9)]))
    assert trend.slope() == 0


def test_after_a_silence_the_line_begins_anew() -> None:
    trend = DelayTrend()
    trend.add(line([index * 5.0 for index in range(30)]))
    assert trend.slope() > 0.2
    trend.add(line([300.0] * 5, start_ms=1000 + 30 * STEP_MS + FORGET_NS // MS + 1))
    assert trend.slope() == 0
    assert trend.count == 5


@pytest.mark.parametrize("jump_ns", [JUMP_NS + MS, -JUMP_NS - MS, 10**15])
def test_a_clock_that_was_set_is_no_queue(jump_ns: int) -> None:
    trend = DelayTrend()
    trend.add(line([0.0] * 30))
    after = [Burst(transit + jump_ns, at + jump_ns) for transit, at in line([0.0] * 30, 2000)]
    trend.add(after)
    assert trend.slope() == 0
    assert trend.queue_ms == 0
