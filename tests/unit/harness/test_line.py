"""One direction of a bad network: fates by seed, times by figures, memory bounded."""

from __future__ import annotations

import itertools

import pytest

from tests.harness.line import MS_NS, SECOND_NS, Impairment, Line

COUNT = 5000


def carried(impairment: Impairment, seed: int = 1, every_ms: float = 1.0) -> list[tuple[int, int]]:
    """Datagrams sent at even distances: number and time (ns) of each arrival."""
    line: Line[int] = Line(impairment, seed)
    arrived = []
    for number in range(COUNT + 2000):
        now_ns = int(number * every_ms * MS_NS)
        if number < COUNT:
            line.push(number, 1000, now_ns)
        arrived += [(item, now_ns) for item in line.pop(now_ns)]
    assert line.held == 0
    assert line.next_due_ns() is None
    return arrived


def test_a_perfect_line_changes_nothing() -> None:
    assert carried(Impairment()) == [(number, number * MS_NS) for number in range(COUNT)]


def test_delay_and_jitter_keep_the_order() -> None:
    arrived = carried(Impairment(delay_ms=50, jitter_ms=20))
    assert [number for number, _ in arrived] == list(range(COUNT))
    waits = [(now_ns - number * MS_NS) / MS_NS for number, now_ns in arrived]
    assert min(waits) >= 50
    assert 69 < max(waits) <= 71


def test_the_same_seed_gives_the_same_fate_and_another_does_not() -> None:
    bad = Impairment(loss=0.1, jitter_ms=5, reorder=0.05, duplicate=0.02, burst=0.01)
    assert carried(bad, 7) == carried(bad, 7)
    assert carried(bad, 7) != carried(bad, 8)


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.2])
def test_as_much_is_lost_as_asked(loss: float) -> None:
    share = 1 - len(carried(Impairment(loss=loss))) / COUNT
    assert share == pytest.approx(loss, abs=0.015)


def test_the_fate_does_not_depend_on_when_it_came() -> None:
    bad = Impairment(loss=0.1, burst=0.01)
    quick, slow = (carried(bad, every_ms=every) for every in (1.0, 3.0))
    assert [number for number, _ in quick] == [number for number, _ in slow]


def test_bursts_take_their_length() -> None:
    kept = [number for number, _ in carried(Impairment(burst=0.01, burst_length=4))]
    holes = [b - a - 1 for a, b in itertools.pairwise(kept) if b > a + 1]
    assert len(holes) > 20
    # Two bursts may follow on each other.
    assert {hole % 4 for hole in holes} == {0}


def test_what_is_held_back_is_overtaken() -> None:
    line_order = [number for number, _ in carried(Impairment(reorder=0.1, reorder_ms=5))]
    assert sorted(line_order) == list(range(COUNT))
    late = sum(b < a for a, b in itertools.pairwise(line_order))
    assert 300 < late < 600


def test_doubles_come_twice() -> None:
    arrived = [number for number, _ in carried(Impairment(duplicate=0.1))]
    assert 400 < len(arrived) - COUNT < 600


def test_a_rate_is_kept_and_what_does_not_fit_is_dropped() -> None:
    line: Line[int] = Line(Impairment(rate_bps=1_000_000, queue_bytes=20_000), 1)
    passed = 0
    for now_ms in range(10_000):  # 1028 bytes a millisecond are 8.2 Mbit/s
        line.push(now_ms, 1000, now_ms * MS_NS)
        passed += len(line.pop(now_ms * MS_NS))
    counters = line.counters
    assert passed * 1028 * 8 / 10 == pytest.approx(1_000_000, rel=0.01)
    assert counters.queue_full == 10_000 - passed - line.held
    # The queue is full all the time, so a datagram waits as long as its bytes take.
    assert counters.waited_ns / passed / MS_NS == pytest.approx(160, rel=0.05)


def test_below_its_rate_a_line_adds_only_the_time_of_sending() -> None:
    line: Line[int] = Line(Impairment(rate_bps=8_224_000), 1)
    line.push(1, 1000, 0)
    assert line.next_due_ns() == MS_NS
    assert line.pop(MS_NS - 1) == []
    assert line.pop(MS_NS) == [1]


def test_a_rate_that_opens_empties_the_queue_at_the_new_rate() -> None:
    line: Line[int] = Line(Impairment(rate_bps=100_000, queue_bytes=50_000), 1)
    for number in range(40):
        line.push(number, 1000, 0)
    assert line.pop(SECOND_NS // 10) == [0]
    line.change(Impairment(rate_bps=8_224_000), SECOND_NS // 10)
    assert len(line.pop(SECOND_NS // 10 + 39 * MS_NS)) == 39


def test_what_is_under_way_is_bounded() -> None:
    line: Line[int] = Line(Impairment(delay_ms=10_000), 1)
    for number in range(Line.MAX_HELD + 100):
        line.push(number, 1000, 0)
    assert line.held == Line.MAX_HELD
    assert line.counters.overrun == 100
