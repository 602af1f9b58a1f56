"""The compiled estimate is the reference's, to the last bit, whatever is told."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.batch import TransportFeedback
from mixer.forward.estimate.acknowledged import AcknowledgedRate
from mixer.forward.estimate.bursts import Burst, Bursts
from mixer.forward.estimate.measured import MeasuredEstimate
from mixer.forward.estimate.overuse import Usage
from mixer.forward.estimate.rate import RateControl
from mixer.forward.estimate.trend import DelayTrend

compiled = pytest.importorskip("mixer.forward._fanout")
MS = 1_000_000
PEER = 3
SEEDS = st.integers(0, 1 << 32)


@pytest.fixture(scope="module", autouse=True)
def implementation() -> str:
    """Both at once here, so the fixture of the folder shall put nothing in."""
    return "both"


def state(estimate: Any) -> dict[str, object]:
    rate, loss, trend = estimate._rate, estimate._loss, estimate._trend
    return {
        "bps": estimate.bps,
        "limited": estimate.is_limited,
        "moved": estimate.has_moved,
        "queue": estimate.queue_ms,
        "slope": trend.slope(),
        "count": trend.count,
        "arrived": (estimate.acknowledged_bps, estimate._acknowledged.filled_bps),
        "threshold": estimate._detector.threshold_ms,
        "rate": (rate.bps, rate.decreased_ns, rate._moved_ns, rate._full_bps),
        "loss": (loss.bps, loss.fraction, loss.usual, loss._packets, loss._lost),
        "times": (estimate._blind_until_ns, estimate._heard_ns, estimate._deaf_ns),
        "probes": (estimate._probing.asked, estimate._probing.has_met_limit),
    }


class World:
    """A line that now and then changes its width, and a sender that probes it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._sent_ns = 10**9
        self._free_ns = 0
        self._late_ns = self._random.choice((30, 3000)) * MS
        self._bps = 1e6
        self._loss = 0.0
        self._jitter_ns = 0

    def change(self) -> None:
        source = self._random
        self._bps = source.choice((1e5, 6e5, 1e6, 3e6, 2e7))
        self._loss = source.choice((0.0, 0.0, 0.02, 0.15, 0.6))
        self._jitter_ns = source.choice((0, 2, 30)) * MS
        if source.random() < 0.1:
            self._late_ns += source.choice((-4000, 4000, 100_000)) * MS

    def report(self, cluster: int) -> TransportFeedback:
        source = self._random
        sent, arrived, octets, clusters = [], [], [], []
        probed = range(*sorted(source.sample(range(40), 2))) if cluster else range(0)
        for index in range(source.choice((1, 4, 20, 60))):
            self._sent_ns += source.choice((0, 0, 100_000, 5 * MS, 9 * MS))
            size = source.choice((60, 500, 1200))
            self._free_ns = max(self._free_ns, self._sent_ns) + int(size * 8e9 / self._bps)
            arrival_ns = self._free_ns + self._late_ns + source.randint(0, self._jitter_ns)
            sent.append(self._sent_ns)
            arrived.append(-1 if source.random() < self._loss else max(0, arrival_ns))
            octets.append(size)
            clusters.append(cluster if index in probed else 0)
        return TransportFeedback(PEER, sent, arrived, octets, clusters)

    def now_ns(self) -> int:
        return self._sent_ns + 50 * MS


@given(seed=SEEDS)
def test_any_history_gives_the_same_estimate(seed: int) -> None:
    source, world = Random(seed), World(seed)
    both: tuple[Any, Any] = (MeasuredEstimate(), compiled.CompiledEstimate())
    cluster = 0
    for _ in range(60):
        if source.random() < 0.1:
            world.change()
        report = world.report(cluster)
        now_ns = world.now_ns() + source.choice((0, 0, 0, 2000)) * MS
        told = [one.feedback(report, now_ns) for one in both]
        assert told[0] == told[1] == both[0].bps
        wanted_bps, rtt_ns, is_short = source.choice((0.0, 3e6)), 40 * MS, source.random() < 0.5
        for one in both:
            one.wanted_bps, one.rtt_ns, one.is_short = wanted_bps, rtt_ns, is_short
            one.tick(now_ns, sends=True)
        if source.random() < 0.3:
            least, most = source.choice((0.0, 0.9)), source.choice((1.1, float("inf")))
            for one in both:
                one.keep(least * one.bps, most * one.bps)
        orders = [one.probe(now_ns) for one in both]
        assert orders[0] == orders[1]
        if orders[0] is not None:
            cluster = orders[0].cluster
            if source.random() < 0.3:
                for one in both:
                    one.refused(now_ns)
        assert state(both[0]) == state(both[1])


@given(seed=SEEDS)
def test_a_compiled_report_tells_the_same(seed: int) -> None:
    world = World(seed)
    for _ in range(10):
        world.change()
        report = world.report(7)
        told = compiled.compiled_feedback(report)
        assert [list(getattr(told, name)) for name in report._fields[1:]] == list(report[1:])
        for name in ("peer", "packets", "lost", "received_octets", "last_arrival_ns"):
            assert getattr(told, name) == getattr(report, name)
        assert [told.first_of(one) for one in (0, 7, 8)] == [
            report.first_of(one) for one in (0, 7, 8)
        ]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        compiled.compiled_feedback(TransportFeedback(PEER, [1 << 63], [0], [1], [0]))
    with pytest.raises(ValueError, match="shorter"):
        compiled.compiled_feedback(TransportFeedback(PEER, [1, 2], [0], [1, 2], [0, 0]))


@given(
    calls=st.lists(
        st.lists(st.tuples(st.integers(0, 20), st.integers(-3, 60)), max_size=30), max_size=10
    )
)
def test_bursts_end_alike(calls: list[list[tuple[int, int]]]) -> None:
    both = Bursts(), compiled.CompiledBursts()
    sent_ns = 0
    for call in calls:
        sent, arrived = [], []
        for apart_ms, late_ms in call:
            sent_ns += apart_ms * MS
            sent.append(sent_ns)
            arrived.append(-1 if late_ms < 0 else sent_ns + late_ms * MS)
        # Late ones: each report begins a little before the end of the one before.
        sent_ns = max(0, sent_ns - 8 * MS)
        assert both[0].add(sent, arrived) == both[1].add(sent, arrived)


@given(
    bursts=st.lists(
        st.tuples(st.integers(-4000, 4000), st.sampled_from((-900, 0, 5, 20, 700, 1100, 12_000))),
        max_size=80,
    )
)
def test_a_trend_is_the_same_whatever_the_clock_does(bursts: list[tuple[int, int]]) -> None:
    both = DelayTrend(), compiled.CompiledTrend()
    at_ns = 10**14
    for transit_ms, later_ms in bursts:
        at_ns += later_ms * MS + 1
        for one in both:
            one.add([Burst(transit_ms * MS, at_ns)])
        assert both[0].slope() == both[1].slope()
        assert (both[0].queue_ms, both[0].count) == (both[1].queue_ms, both[1].count)


@given(
    reports=st.lists(
        st.tuples(
            st.sampled_from((-(10**10), -MS, 0, 250_000, MS, 90 * MS, 500 * MS, 3 * 10**9)),
            st.integers(0, 1 << 24),
        ),
        max_size=200,
    )
)
def test_what_arrived_is_summed_up_alike(reports: list[tuple[int, int]]) -> None:
    both = AcknowledgedRate(), compiled.CompiledAcknowledged()
    at_ns = 10**13
    for later_ns, octets in reports:
        at_ns += later_ns
        for one in both:
            one.add(at_ns, octets)
        assert (both[0].bps, both[0].filled_bps) == (both[1].bps, both[1].filled_bps)


@given(
    bps=st.floats(5e4, 5e7),
    arrived_bps=st.floats(0, 5e7),
    full=st.sampled_from((0.0, 0.85, 1.0, 1.2)),
    elapsed_ns=st.integers(0, 2 * 10**9),
)
def test_growth_is_rounded_alike(
    bps: float, arrived_bps: float, full: float, elapsed_ns: int
) -> None:
    both = [kind(bps, 5e4, 5e7) for kind in (RateControl, compiled.CompiledRate)]
    for one in both:
        one._full_bps, one._moved_ns = full * bps, 0
        one.update(Usage.NORMAL, arrived_bps, 40 * MS, elapsed_ns)
    assert both[0].bps == both[1].bps


def test_more_reports_than_there_was_room_for_are_held() -> None:
    both = AcknowledgedRate(), compiled.CompiledAcknowledged()
    for index in range(5000):
        for one in both:
            one.add(index * 250_000, index)
        assert both[0].bps == both[1].bps
