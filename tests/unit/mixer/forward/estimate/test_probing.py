import pytest

from mixer.forward.estimate.cluster import Measured
from mixer.forward.estimate.probing import (
    CALM_NS,
    LEAST_OCTETS,
    LONGEST_NS,
    PATIENCE_NS,
    SHORTEST_NS,
    Probing,
)

MS = 1_000_000
LONG_AGO = -1


@pytest.mark.parametrize(
    ("estimate", "wanted", "decreased_ns", "expected"),
    [
        (1e6, 0.0, LONG_AGO, None),  # nobody wants more
        (1e6, 1e6, LONG_AGO, None),
        (1e6, 5e6, LONG_AGO, (5000, 2_000_000)),  # twice what is known
        (1e6, 1.5e6, LONG_AGO, (4500, 1_800_000)),  # what is wanted, and a fifth
        (1e5, 4e5, LONG_AGO, (LEAST_OCTETS, 200_000)),
        (1e6, 5e6, 0, None),  # the queue drains first
    ],
)
def test_what_is_probed(
    estimate: float, wanted: float, decreased_ns: int, expected: tuple[int, int] | None
) -> None:
    order = Probing().order(estimate, wanted, decreased_ns, CALM_NS - 1)
    assert (order and order[1:]) == expected


def test_one_follows_the_other_as_long_as_each_passes() -> None:
    probing = Probing()
    estimate, now_ns, tried = 5e5, 0, []
    while (order := probing.order(estimate, 5e6, LONG_AGO, now_ns)) is not None:
        tried.append(order.bps)
        assert probing.order(estimate, 5e6, LONG_AGO, now_ns + 1) is None
        now_ns += 150 * MS
        estimate = probing.outcome(Measured(order.bps, order.bps * 0.9), now_ns)
    assert tried == [1_000_000, 1_800_000, 3_240_000, 5_832_000]
    assert estimate > 5e6
    assert now_ns < 1000 * MS


def test_each_that_meets_the_limit_makes_the_next_wait_longer() -> None:
    probing = Probing()
    now_ns, waits = 0, []
    for _ in range(6):
        order = probing.order(5e5, 5e6, LONG_AGO, now_ns)
        assert order is not None
        assert probing.outcome(Measured(1e6, 5e5), now_ns) == 0.95 * 5e5
        ended_ns = now_ns
        while probing.order(5e5, 5e6, LONG_AGO, now_ns + 50 * MS) is None:
            now_ns += 50 * MS
        waits.append(now_ns + 50 * MS - ended_ns)
        probing.outcome(Measured(0, 0), now_ns)
        probing.soon(now_ns) if len(waits) > 5 else None
        now_ns += LONGEST_NS
    assert waits[0] == SHORTEST_NS
    assert max(waits) == LONGEST_NS
    assert waits == sorted(waits)


def test_one_that_is_never_told_of_counts_as_failed() -> None:
    probing = Probing()
    assert probing.order(5e5, 5e6, LONG_AGO, 0) is not None
    assert probing.order(5e5, 5e6, LONG_AGO, PATIENCE_NS + 1) is None
    assert not probing.is_running
    assert probing.order(5e5, 5e6, LONG_AGO, PATIENCE_NS + 2 + SHORTEST_NS) is not None


def test_one_that_could_not_be_sent_is_tried_again_soon() -> None:
    probing = Probing()
    for index in range(5):
        assert probing.order(5e5, 5e6, LONG_AGO, index * 200 * MS) is not None
        assert probing.refused(index * 200 * MS) == index + 1
    assert probing.asked == 0
