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


def test_one_stall_is_forgotten_after_5_s() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=200)
    packets(target, 20, 200, late_ms=1)
    assert wanted_ms(target) == 230
    packets(target, 4500, 100, late_ms=1)
    assert wanted_ms(target) == 60


def test_what_stalls_again_and_again_is_waited_for_until_20_s_were_calm() -> None:
    target = DelayTarget()
    for second in (0, 3, 6, 9):
        packets(target, second * 1000, 1, late_ms=200)
        packets(target, second * 1000 + 20, 140, late_ms=1)
    packets(target, 12_000, 500, late_ms=1)
    assert wanted_ms(target) == 230
    packets(target, 22_000, 450, late_ms=1)
    assert wanted_ms(target) == 40


def test_it_never_exceeds_400_ms() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=5000)
    assert wanted_ms(target) == 400
