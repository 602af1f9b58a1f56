"""The parts together, on reports made by hand; tests/sim has them on a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.batch import TransportFeedback
from mixer.forward.estimate.measured import (
    HIGHEST_BPS,
    LEAST_BPS,
    REFUSED,
    START_BPS,
    MeasuredEstimate,
)

MS = 1_000_000
PEER = 2


class Line:
    """Twenty packets of 500 octets a report of 100 ms, 800 kbit/s, and what is done to them."""

    def __init__(self) -> None:
        self.estimate = MeasuredEstimate()
        self.now_ns = 0
        self.late_ns = 30 * MS

    def report(
        self, *, slower_ms: float = 0.0, lost: int = 0, cluster: int = 0, octets: int = 500
    ) -> None:
        sent = [self.now_ns + index * 5 * MS for index in range(20)]
        arrived = []
        for index, one in enumerate(sent):
            self.late_ns += int(slower_ms * MS / 20)
            arrived.append(-1 if index < lost else one + self.late_ns)
        self.now_ns += 100 * MS
        numbers = [cluster if 4 <= index < 12 else 0 for index in range(20)]
        told = TransportFeedback(PEER, sent, arrived, [octets] * 20, numbers)
        self.estimate.feedback(told, self.now_ns)
        self.estimate.tick(self.now_ns, sends=True)

    def reports(self, count: int, *, slower_ms: float = 0.0, lost: int = 0) -> float:
        for _ in range(count):
            self.report(slower_ms=slower_ms, lost=lost)
        return self.estimate.bps


def test_it_begins_with_a_guess_and_grows_on_what_arrives() -> None:
    line = Line()
    assert line.estimate.bps == START_BPS
    assert START_BPS < line.reports(50) <= 1.5 * START_BPS + 20_000


def test_a_queue_that_fills_lowers_it() -> None:
    line = Line()
    line.reports(20)
    assert line.reports(10, slower_ms=15) < 0.9 * START_BPS
    assert line.estimate.queue_ms > 60


def test_loss_lowers_it() -> None:
    line = Line()
    line.reports(20)
    assert line.reports(20, lost=10) < 0.8 * START_BPS


def test_a_probe_lifts_it() -> None:
    line = Line()
    line.estimate.wanted_bps = 3e6
    line.reports(5)
    order = line.estimate.probe(line.now_ns)
    assert order is not None
    assert order.bps == pytest.approx(2 * line.estimate.bps, rel=0.01)
    line.report(cluster=order.cluster, octets=900)
    # 900 octets in 5 ms.
    assert line.estimate.bps == pytest.approx(1.44e6)
    assert line.estimate.probe(line.now_ns) is not None


@pytest.mark.parametrize("narrow", [{"slower_ms": 15}, {"lost": 10}])
def test_it_is_limited_from_the_first_queue_or_loss_on(narrow: dict[str, int]) -> None:
    line = Line()
    line.reports(30)
    before = line.estimate.is_limited
    for _ in range(20):
        line.report(**narrow)
    after = line.estimate.is_limited
    line.reports(100)
    assert (before, after, line.estimate.is_limited) == (False, True, True)


@pytest.mark.parametrize(("slower_ms", "is_limited"), [(0, False), (100, True)])
def test_a_probe_that_meets_the_limit_tells_so(slower_ms: int, is_limited: bool) -> None:
    line = Line()
    line.estimate.wanted_bps = 3e6
    line.reports(5)
    order = line.estimate.probe(line.now_ns)
    assert order is not None
    line.report(cluster=order.cluster, octets=900, slower_ms=slower_ms)
    assert line.estimate.is_limited is is_limited


def test_the_queue_of_a_probe_is_not_taken_for_ours() -> None:
    line = Line()
    line.estimate.wanted_bps = 3e6
    line.reports(20)
    before = line.estimate.bps
    order = line.estimate.probe(line.now_ns)
    assert order is not None
    line.report(cluster=order.cluster, slower_ms=60)
    line.report(slower_ms=-60)
    assert line.reports(20) >= before


def test_without_reports_it_falls_slowly_and_probes_when_they_come_back() -> None:
    line = Line()
    line.estimate.wanted_bps = 3e6
    line.reports(20)
    for _ in range(60):
        line.now_ns += 100 * MS
        line.estimate.tick(line.now_ns, sends=True)
        assert line.estimate.probe(line.now_ns) is None or line.estimate.bps > 0.9 * START_BPS
    assert 0.3 * START_BPS < line.estimate.bps < 0.5 * START_BPS
    line.report()
    assert line.estimate.probe(line.now_ns) is not None


def test_while_nothing_is_sent_no_reports_are_missed() -> None:
    line = Line()
    before = line.reports(20)
    for _ in range(600):
        line.now_ns += 100 * MS
        line.estimate.tick(line.now_ns, sends=False)
    assert line.estimate.bps == before


def test_a_clock_that_was_set_changes_nothing() -> None:
    line = Line()
    before = line.reports(20)
    line.late_ns += 3600 * 1000 * MS
    assert line.reports(20) >= before


def test_where_no_probe_can_be_sent_the_next_better_is_tried() -> None:
    line = Line()
    line.estimate.wanted_bps = 2e6
    refused = 0
    while line.estimate.bps < 2e6:
        line.report(octets=50)
        if line.estimate.probe(line.now_ns) is not None:
            refused += 1
            line.estimate.refused(line.now_ns)
    assert refused == REFUSED
    assert 9 < line.now_ns / 1e9 < 12


def test_it_stays_above_what_sound_needs() -> None:
    line = Line()
    assert line.reports(300, lost=19) == LEAST_BPS


TIMES = st.one_of(st.integers(-1, 10**9), st.integers(0, 1 << 60), st.just(-1))
PACKETS = st.lists(
    st.tuples(st.integers(0, 10**8), TIMES, st.integers(1, 1500), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


@given(
    reports=st.lists(
        st.tuples(st.sampled_from((0, 1, 20, 100, 3000, 10**8)), st.booleans(), PACKETS),
        max_size=30,
    )
)
def test_whatever_a_receiver_tells_the_estimate_stays_within_its_bounds(
    reports: list[tuple[int, bool, list[tuple[int, int, int, int]]]],
) -> None:
    estimate = MeasuredEstimate()
    estimate.wanted_bps = 1e7
    now_ns = sent_ns = 0
    for later_ms, is_refused, packets in reports:
        now_ns += later_ms * MS
        sent, arrived, octets, cluster = [], [], [], []
        for apart_ns, arrival_ns, size, number in packets:
            sent_ns += apart_ns
            sent.append(sent_ns)
            arrived.append(arrival_ns)
            octets.append(size)
            cluster.append(number)
        estimate.feedback(TransportFeedback(PEER, sent, arrived, octets, cluster), now_ns)
        estimate.tick(now_ns, sends=True)
        if estimate.probe(now_ns) is not None and is_refused:
            estimate.refused(now_ns)
        assert LEAST_BPS <= estimate.bps <= HIGHEST_BPS
        assert estimate.queue_ms >= 0 or abs(estimate.queue_ms) < 1e-3


def test_a_day_without_reports_is_no_growth() -> None:
    line = Line()
    before = line.reports(20)
    line.now_ns += 86_400 * 1000 * MS
    assert line.reports(20) < 1.5 * before
