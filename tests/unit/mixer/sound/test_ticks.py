import pytest

from mixer.sound.ticks import LATE_BOUNDS_MS, Due, TickSchedule

MS = 1_000_000


def test_a_tick_is_due_at_its_time_and_once() -> None:
    schedule = TickSchedule(1_000 * MS)
    assert schedule.next_ns == 1_020 * MS
    assert schedule.due(1_019 * MS).ticks == 0
    assert schedule.due(1_021 * MS) == Due(51, 1, 0)
    assert schedule.due(1_022 * MS).ticks == 0
    assert schedule.next_ns == 1_040 * MS


def test_up_to_five_ticks_are_made_up_for() -> None:
    schedule = TickSchedule(0)
    assert schedule.due(101 * MS) == Due(1, 5, 0)
    assert schedule.skipped == 0


def test_what_is_older_is_skipped_and_counted() -> None:
    schedule = TickSchedule(0)
    assert schedule.due(1_001 * MS) == Due(46, 5, 45)
    assert schedule.skipped == 45
    assert schedule.ticks == 5
    assert schedule.due(1_021 * MS) == Due(51, 1, 0)


@pytest.mark.parametrize(("late_ms", "late", "very_late"), [(4, 0, 0), (6, 1, 0), (19, 1, 0)])
def test_lateness_is_counted_by_degree(late_ms: int, late: int, very_late: int) -> None:
    schedule = TickSchedule(0)
    schedule.due((20 + late_ms) * MS)
    assert (schedule.late, schedule.very_late) == (late, very_late)


def test_a_tick_more_than_its_length_late_is_very_late() -> None:
    schedule = TickSchedule(0)
    schedule.due(41 * MS)
    assert (schedule.late, schedule.very_late) == (1, 1)


def test_all_ticks_are_counted_by_how_late_they_began() -> None:
    schedule = TickSchedule(0)
    for late_ms in (0, 0.4, 4, 4.5, 5000):
        schedule.due(round((schedule.next_ns // MS + late_ms) * MS))
    counted = dict(zip(LATE_BOUNDS_MS, schedule.late_counts, strict=True))
    # After the stall five are made up for: 80 ms late, 60, 40, 20 and in time.
    assert (counted[0.5], counted[5], counted[80]) == (3, 2, 1)
    assert sum(counted.values()) == schedule.ticks


def test_it_struggles_above_1_percent_and_recovers_in_5_s() -> None:
    schedule = TickSchedule(0)
    for tick in range(1, 300):
        schedule.due(tick * 20 * MS)
    assert not schedule.struggling()
    schedule.due(300 * 20 * MS + 70 * MS)
    assert schedule.struggling()
    for tick in range(304, 600):
        schedule.due(tick * 20 * MS)
    assert not schedule.struggling()


def test_a_very_long_stall_is_one_step() -> None:
    schedule = TickSchedule(0)
    due = schedule.due(3_600_000 * MS)
    assert due.ticks == 5
    assert schedule.struggling()
    assert len(schedule._trouble) <= 250
