from mixer.forward.turns import CALM_NS, GATHER_NS
from mixer.media.wakeups import Wakeups


class Time:
    def __init__(self) -> None:
        self.now_ns = 5_000_000_000
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


def wakeups() -> tuple[Wakeups, Time]:
    time = Time()
    return Wakeups(lambda: time.now_ns, time.sleep), time


def test_a_packet_after_calm_is_read_at_once() -> None:
    wakes, time = wakeups()
    assert wakes.gather() == time.now_ns
    time.now_ns += CALM_NS
    assert wakes.gather() == time.now_ns
    assert time.slept == []


def test_what_follows_soon_is_read_together() -> None:
    wakes, time = wakeups()
    wakes.gather()
    time.now_ns += CALM_NS - 1
    woken_ns = time.now_ns
    assert wakes.gather() == woken_ns + GATHER_NS
    assert wakes.gather() == woken_ns + 2 * GATHER_NS
    assert time.slept == [GATHER_NS / 1e9] * 2


def test_nothing_waits_while_more_has_come_than_one_reading_takes() -> None:
    wakes, time = wakeups()
    wakes.gather()
    wakes.hurry()
    wakes.gather()
    assert time.slept == []
