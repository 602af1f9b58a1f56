"""How the figures of the long room are made. Whether memory is flat, the bench says."""

import os

import pytest

from bench.room_soak import Minute, Soak, figures, measure, resident_mb


def minute(resident_mb: float, missing: int = 0) -> Minute:
    return Minute(resident_mb, 60_000, missing)


def test_growth_is_from_the_first_minute_to_the_largest_later_one() -> None:
    soak = Soak([minute(90.0), minute(93.0), minute(91.0)], peers=40)
    assert soak.growth_mb == pytest.approx(3.0)
    assert soak.of_allowed == pytest.approx(93.0 / 150.0)


def test_losses_of_all_minutes_count() -> None:
    soak = Soak([minute(90.0, 1), minute(90.0, 2)], peers=40)
    values = {one.name: one.value for one in figures("mesh", soak)}
    assert values["mesh_lost"] == 3
    assert values["mesh_packets"] == pytest.approx(1000.0)


def test_one_minute_of_a_shape_compares_nothing() -> None:
    with pytest.raises(ValueError, match="at least 4 minutes"):
        measure(3)


def test_memory_of_a_process_is_read() -> None:
    assert 5.0 < resident_mb([os.getpid()]) < 5000.0
