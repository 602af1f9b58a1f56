from mixer.media.wakeups import REST_NS, Wakeups


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
    rests, time = wakeups()
    assert rests.rest() == time.now_ns
    time.now_ns += REST_NS
    assert rests.rest() == time.now_ns
    assert time.slept == []


def test_what_follows_soon_is_read_together() -> None:
    rests, time = wakeups()
    begun_ns = rests.rest()
    time.now_ns += REST_NS // 4
    assert rests.rest() == begun_ns + REST_NS
    time.now_ns += REST_NS // 2
    assert rests.rest() == begun_ns + 2 * REST_NS
    assert time.slept == [REST_NS * 3 / 4 / 1e9, REST_NS / 2 / 1e9]


def test_nothing_rests_while_more_has_come_than_one_reading_takes() -> None:
    rests, time = wakeups()
    rests.rest()
    rests.hurry()
    rests.rest()
    assert time.slept == []
