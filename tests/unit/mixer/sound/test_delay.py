from mixer.sound.delay import DelayTarget

MS = 1_000_000


def packets(target: DelayTarget, start_ms: int, count: int, late_ms: int) -> None:
    for number in range(count):
        captured_ns = (start_ms + number * 20) * MS
        target.observe(captured_ns, captured_ns + late_ms * MS)


def wanted_ms(target: DelayTarget) -> float:
    return target.wanted / 48


def test_a_fresh_source_starts_with_60_ms() -> None:
    target = DelayTarget()
    packets(target, 0, 10, late_ms=5)
    assert wanted_ms(target) == 60


def test_a_late_packet_raises_it_at_once_to_lateness_tick_and_margin() -> None:
    target = DelayTarget()
    packets(target, 0, 10, late_ms=5)
    packets(target, 200, 1, late_ms=70)
    assert wanted_ms(target) == 100


def test_it_comes_down_when_20_s_were_calm_and_not_below_40_ms() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=200)
    packets(target, 20, 900, late_ms=1)
    assert wanted_ms(target) == 230
    packets(target, 18_020, 300, late_ms=1)
    assert wanted_ms(target) == 40


def test_it_never_exceeds_400_ms() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=5000)
    assert wanted_ms(target) == 400
