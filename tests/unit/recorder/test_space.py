from pathlib import Path

from recorder.space import GIGABYTE, NO_RATE_HOURS, SpaceLevel, SpaceWatch, free_bytes


def test_hours_left_follow_the_measured_rate() -> None:
    watch = SpaceWatch()
    watch.measure(36 * GIGABYTE, 1_000_000, 1.0)
    assert watch.hours_left == 10.0
    assert watch.level is SpaceLevel.ENOUGH


def test_nothing_written_means_no_end_in_sight() -> None:
    watch = SpaceWatch()
    assert watch.measure(10 * GIGABYTE, 0, 1.0) is SpaceLevel.ENOUGH
    assert watch.hours_left == NO_RATE_HOURS


def test_less_than_an_hour_is_low_however_much_it_is() -> None:
    watch = SpaceWatch()
    assert watch.measure(30 * GIGABYTE, 10_000_000, 1.0) is SpaceLevel.LOW


def test_less_than_two_gigabytes_is_low_however_long_it_lasts() -> None:
    assert SpaceWatch().measure(1_900_000_000, 10, 1.0) is SpaceLevel.LOW


def test_full_ends_only_when_there_is_clearly_more() -> None:
    watch = SpaceWatch()
    levels = [watch.measure(n * 1_000_000, 10, 1.0) for n in (450, 390, 450, 590, 610)]
    full, low = SpaceLevel.FULL, SpaceLevel.LOW
    assert levels == [low, full, full, full, low]


def test_a_refused_write_is_full_whatever_the_disk_says() -> None:
    watch = SpaceWatch(refused=True)
    assert watch.measure(50 * GIGABYTE, 10, 1.0) is SpaceLevel.FULL
    watch.refused = False
    assert watch.measure(50 * GIGABYTE, 10, 1.0) is SpaceLevel.ENOUGH


def test_the_rate_is_smoothed() -> None:
    watch = SpaceWatch()
    watch.measure(GIGABYTE, 1000, 1.0)
    watch.measure(GIGABYTE, 2000, 1.0)
    assert 1000 < watch.rate < 1300


def test_free_space_is_asked_of_the_directory(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
