import pytest

from mixer.forward.estimate.overuse import LEAST_MS, MOST_MS, START_MS, OveruseDetector, Usage

MS = 1_000_000


@pytest.mark.parametrize(
    ("slope", "count", "bursts", "usage"),
    [
        (0.0, 20, 5, Usage.NORMAL),
        (0.04, 20, 5, Usage.NORMAL),  # 0.04 * 20 * 4 = 3.2 ms
        (0.2, 20, 5, Usage.OVER),
        (0.2, 20, 1, Usage.NORMAL),  # a single burst is no proof
        (0.04, 600, 5, Usage.NORMAL),  # at most 60 bursts count: 9.6 ms
        (0.06, 600, 5, Usage.OVER),
        (-0.2, 20, 5, Usage.UNDER),
    ],
)
def test_the_first_verdict(slope: float, count: int, bursts: int, usage: Usage) -> None:
    assert OveruseDetector().judge(slope, count, bursts, 0) is usage


def test_a_second_report_of_one_burst_is_proof() -> None:
    detector = OveruseDetector()
    detector.judge(0.2, 20, 1, 0)
    assert detector.judge(0.2, 20, 1, 100 * MS) is Usage.OVER


def test_a_queue_that_grows_no_faster_is_let_be() -> None:
    detector = OveruseDetector()
    assert detector.judge(0.3, 20, 3, 0) is Usage.OVER
    assert detector.judge(0.25, 20, 3, 100 * MS) is Usage.NORMAL


def test_what_is_usual_raises_the_threshold_and_calm_lowers_it() -> None:
    detector = OveruseDetector()
    for index in range(100):
        detector.judge(0.3 if index % 2 else -0.3, 20, 3, index * 100 * MS)
    assert detector.threshold_ms > 1.5 * START_MS
    assert detector.judge(0.3, 20, 3, 10_000 * MS) is Usage.NORMAL
    for index in range(100):
        detector.judge(0.0, 20, 3, (10_000 + index * 100) * MS)
    assert detector.threshold_ms == LEAST_MS


def test_an_outlier_does_not_raise_it() -> None:
    detector = OveruseDetector()
    for index in range(100):
        detector.judge(5.0, 60, 3, index * 100 * MS)
    assert detector.threshold_ms == START_MS < MOST_MS
