import pytest

from mixer.forward.estimate.acknowledged import PAUSE_NS, AcknowledgedRate

MS = 1_000_000


def steady(rate: AcknowledgedRate, reports: int, octets: int, start_ms: int = 0) -> None:
    for index in range(reports):
        rate.add((start_ms + index * 100) * MS, octets)


def test_nothing_is_known_at_first() -> None:
    rate = AcknowledgedRate()
    assert rate.bps == rate.filled_bps == 0
    rate.add(0, 5000)
    assert rate.bps == 0


@pytest.mark.parametrize("reports", [2, 3, 5, 50])
def test_a_steady_rate_is_told(reports: int) -> None:
    rate = AcknowledgedRate()
    steady(rate, reports, 5000)
    assert rate.bps == pytest.approx(400_000)


def test_only_the_last_400_ms_count() -> None:
    rate = AcknowledgedRate()
    steady(rate, 20, 5000)
    steady(rate, 5, 1000, start_ms=2000)
    assert rate.bps == pytest.approx(80_000)


def test_a_line_that_has_just_become_full_is_told_by_its_last_reports() -> None:
    rate = AcknowledgedRate()
    steady(rate, 20, 1000)
    steady(rate, 2, 10_000, start_ms=2000)
    assert rate.bps < 500_000
    assert rate.filled_bps == pytest.approx(800_000)


def test_reordered_reports_are_summed_up() -> None:
    rate = AcknowledgedRate()
    steady(rate, 5, 5000)
    rate.add(350 * MS, 5000)
    assert rate.bps == pytest.approx(500_000)


@pytest.mark.parametrize("jump_ns", [PAUSE_NS, -PAUSE_NS, 10**17])
def test_after_a_pause_or_a_set_clock_it_begins_anew(jump_ns: int) -> None:
    rate = AcknowledgedRate()
    steady(rate, 5, 5000)
    rate.add(400 * MS + jump_ns, 5000)
    assert rate.bps == 0
    rate.add(600 * MS + jump_ns, 5000)
    assert rate.bps == pytest.approx(200_000)
