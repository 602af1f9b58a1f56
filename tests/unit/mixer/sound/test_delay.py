from mixer.sound.delay import DelayTarget

MS = 1_000_000


def packets(target: DelayTarget, start_ms: int, count: int, late_ms: int) -> None:
    for number in range(count):
        captured_ns = (start_ms + number * 20) * MS
        target.observe(captured_ns, captured_ns + late_ms * MS)


def wanted_ms(target: DelayTarget) -> float:
    return target.wanted / 48


def test_60_ms_are_waited_before_anything_is_known() -> None:
    assert wanted_ms(DelayTarget()) == 60


def test_a_fresh_source_on_a_clean_line_starts_at_the_floor() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=5)
    assert wanted_ms(target) == 40
    packets(target, 20, 10, late_ms=8)
    assert wanted_ms(target) == 40


def test_what_an_uneven_line_has_not_shown_yet_is_waited_for_until_20_s_are_known() -> None:
    target = DelayTarget()
    for second in range(25):
        packets(target, second * 1000, 25, late_ms=5)
        packets(target, second * 1000 + 500, 25, late_ms=45)
        assert wanted_ms(target) == (85 if second < 18 else 75)


def test_it_is_young_for_a_second() -> None:
    target = DelayTarget()
    packets(target, 0, 49, late_ms=5)
    assert target.young
    packets(target, 1000, 1, late_ms=5)
    assert not target.young


def test_a_late_packet_raises_it_at_once_to_lateness_tick_and_margin() -> None:
    target = DelayTarget()
    packets(target, 0, 10, late_ms=5)
    packets(target, 200, 1, late_ms=70)
    # And a quarter of the 65 ms between the best and the worst, up to the next 5.
    assert wanted_ms(target) == 120


def test_one_stall_is_forgotten_after_5_s() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=200)
    packets(target, 20, 200, late_ms=1)
    assert wanted_ms(target) == 280
    packets(target, 4500, 100, late_ms=1)
    assert wanted_ms(target) == 40


def test_what_stalls_again_and_again_is_waited_for_until_20_s_were_calm() -> None:
    target = DelayTarget()
    for second in (0, 3, 6, 9):
        packets(target, second * 1000, 1, late_ms=200)
        packets(target, second * 1000 + 20, 140, late_ms=1)
    packets(target, 12_000, 500, late_ms=1)
    assert wanted_ms(target) >= 230
    packets(target, 22_000, 450, late_ms=1)
    assert wanted_ms(target) == 40


def test_it_never_exceeds_400_ms() -> None:
    target = DelayTarget()
    packets(target, 0, 1, late_ms=5000)
    assert wanted_ms(target) == 400


def test_a_line_whose_losses_can_be_repaired_is_given_a_packet_more_for_20_s() -> None:
    target = DelayTarget()
    target.lose(0)
    packets(target, 0, 10, late_ms=25)
    assert wanted_ms(target) == 75
    target.lose(10_000 * MS)
    packets(target, 10_000, 450, late_ms=25)
    packets(target, 19_000, 500, late_ms=25)
    assert wanted_ms(target) == 75
    packets(target, 29_000, 150, late_ms=25)
    assert wanted_ms(target) == 55
