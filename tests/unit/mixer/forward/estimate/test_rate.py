import pytest

from mixer.forward.estimate.overuse import Usage
from mixer.forward.estimate.rate import BACK_OFF, PAUSE_NS, RateControl

MS = 1_000_000
RTT = 50 * MS


def control(bps: float = 1e6) -> RateControl:
    rate = RateControl(bps, 5e4, 5e7)
    rate.update(Usage.NORMAL, 0, RTT, 0)
    return rate


def calm(rate: RateControl, seconds: float, acknowledged_bps: float, start_ms: int = 0) -> None:
    for index in range(int(seconds * 10)):
        rate.update(Usage.NORMAL, acknowledged_bps, RTT, (start_ms + index * 100 + 100) * MS)


def test_it_grows_by_eight_percent_a_second_where_nothing_is_known() -> None:
    rate = control()
    calm(rate, 1, 1e6)
    assert rate.bps == pytest.approx(1.08e6, rel=0.001)


def test_what_is_not_used_does_not_grow() -> None:
    rate = control()
    calm(rate, 20, 400_000)
    assert rate.bps == 1e6


def test_growth_ends_at_half_more_than_what_arrives() -> None:
    rate = control(400_000)
    calm(rate, 60, 400_000)
    assert rate.bps == 610_000


def test_an_overuse_falls_below_what_arrives_once_in_a_while() -> None:
    rate = control()
    rate.update(Usage.OVER, 800_000, RTT, 1000 * MS)
    assert rate.bps == BACK_OFF * 800_000
    rate.update(Usage.OVER, 500_000, RTT, 1100 * MS)
    assert rate.bps == BACK_OFF * 800_000
    rate.update(Usage.OVER, 500_000, RTT, 1000 * MS + RTT + PAUSE_NS)
    assert rate.bps == BACK_OFF * 500_000


def test_an_overuse_never_raises() -> None:
    rate = control(300_000)
    rate.update(Usage.OVER, 900_000, RTT, 1000 * MS)
    assert rate.bps == 300_000


def test_near_where_the_line_was_full_growth_is_slow() -> None:
    rate = control()
    rate.update(Usage.OVER, 1e6, RTT, 100 * MS)
    calm(rate, 2, 850_000, start_ms=200)
    quick = rate.bps
    assert quick == pytest.approx(850_000 * 1.08**0.75 + 1.25 * 64_000, rel=0.02)
    calm(rate, 2, 950_000, start_ms=2200)
    # A packet of 9600 bits in 150 ms: 64 kbit/s each second.
    assert rate.bps - quick == pytest.approx(128_000, rel=0.15)


@pytest.mark.parametrize("usage", [Usage.UNDER, Usage.NORMAL])
def test_while_a_queue_drains_or_stands_it_waits(usage: Usage) -> None:
    rate = control()
    for index in range(20):
        rate.update(usage, 1e6, RTT, index * 100 * MS, may_grow=False)
    assert rate.bps == 1e6


def test_a_probe_raises_and_silence_lowers_within_bounds() -> None:
    rate = control()
    rate.raise_to(3e6)
    rate.raise_to(2e6)
    assert rate.bps == 3e6
    rate.raise_to(1e9)
    assert rate.bps == 5e7
    rate.lower_to(1)
    assert rate.bps == 5e4
