from hypothesis import given
from hypothesis import strategies as st

from server.gateway.rate import Rate


def test_a_burst_then_the_rate() -> None:
    rate = Rate(per_s=2.0, burst=3.0)
    assert [rate.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.take(0.5)
    assert not rate.take(0.5)


@given(st.lists(st.floats(0, 0.3), max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    rate = Rate(per_s=5.0, burst=10.0)
    now = taken = 0.0
    for pause in pauses:
        now += pause
        taken += rate.take(now)
    assert taken <= 10 + 5 * now + 1e-6
