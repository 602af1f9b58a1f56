import numpy as np

from mixer.sound.ring import CAPACITY, KEPT, SampleRing


def counting(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_what_is_not_there_reads_as_silence() -> None:
    ring = SampleRing()
    ring.restart(1000)
    ring.append(counting(1000, 100))
    assert ring.read(1000, 100).tolist() == counting(1000, 100).tolist()
    assert ring.read(995, 10).tolist() == [0] * 5 + counting(1000, 5).tolist()
    assert ring.read(1095, 10).tolist() == counting(1095, 5).tolist() + [0] * 5
    assert ring.read(0, 10).tolist() == [0] * 10
    assert ring.read(5000, 10).tolist() == [0] * 10


def test_the_oldest_samples_go_and_half_a_second_stays() -> None:
    ring = SampleRing()
    ring.restart(0)
    for start in range(0, 200_000, 960):
        ring.append(counting(start, 960))
        assert ring.end - ring.start <= CAPACITY
        low = max(ring.end - KEPT, 0)
        assert ring.read(low, 10).tolist() == counting(low, 10).tolist()


def test_truncated_samples_are_written_anew() -> None:
    ring = SampleRing()
    ring.restart(0)
    ring.append(np.ones(100, np.float32))
    ring.truncate(60)
    ring.append(counting(60, 10))
    assert ring.end == 70
    assert ring.read(58, 4).tolist() == [1, 1, 60, 61]


def test_truncating_before_the_start_leaves_nothing() -> None:
    ring = SampleRing()
    ring.restart(500)
    ring.append(np.ones(100, np.float32))
    ring.truncate(100)
    assert (ring.start, ring.end) == (500, 500)


def test_a_read_is_a_copy() -> None:
    ring = SampleRing()
    ring.append(np.ones(10, np.float32))
    ring.read(0, 10)[:] = 5
    assert ring.read(0, 10).tolist() == [1] * 10
