"""Extension of wrapping counters."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.sequence import SequenceExtender, TimestampExtender


@given(st.integers(0, 0xFFFF), st.integers(0, 2**32))
def test_a_shuffled_stream_keeps_its_order_over_wraps(start: int, seed: int) -> None:
    extender = SequenceExtender()
    offset = extender.extend(start & 0xFFFF) - start
    rng = random.Random(seed)
    true = start
    for _ in range(300):
        true += rng.randrange(700)
        for late in (true, true - rng.randrange(30_000)):
            extended = extender.extend(late & 0xFFFF)
            assert extended == late + offset
            assert extended & 0xFFFF == late & 0xFFFF


def test_what_came_before_the_first_packet_stays_positive() -> None:
    extender = SequenceExtender()
    first = extender.extend(3)
    assert extender.extend(0xFFFF) == first - 4
    assert extender.extend(0xFFFF) > 0
    assert extender.highest == first


def test_half_a_cycle_counts_as_older() -> None:
    extender = SequenceExtender()
    first = extender.extend(0)
    assert extender.extend(0x7FFF) == first + 0x7FFF
    assert extender.extend(0xFFFF) == first + 0xFFFF - 0x10000


@pytest.mark.parametrize("step", [960, 3600, 1 << 30])
def test_timestamps_grow_over_wraps(step: int) -> None:
    extender = TimestampExtender()
    true = 0xFFFF0000
    offset = extender.extend(true) - true
    for _ in range(20):
        true += step
        assert extender.extend(true & 0xFFFFFFFF) == true + offset
