from mixer.sound.capture_clock import CaptureClock, Fit
from mixer.wire.ids import TICK_NS

MS = 1_000_000


def test_a_timestamp_maps_to_session_time_and_back() -> None:
    clock = CaptureClock()
    extended, fit = clock.observe(4_294_967_000, 5_000 * MS)
    assert fit is Fit.FIRST
    assert clock.position_at(5_000 * MS) == extended
    assert clock.position_at(5_020 * MS) == extended + 960


def test_timestamps_wrap_without_a_jump() -> None:
    clock = CaptureClock()
    before, _ = clock.observe(0xFFFFFFFF - 479, 0)
    after, fit = clock.observe(480, TICK_NS)
    assert fit is Fit.STEADY
    assert after - before == 960


def test_one_outlier_is_not_believed_and_a_second_is() -> None:
    clock = CaptureClock()
    clock.observe(0, 0)
    assert clock.observe(1_000_000, TICK_NS)[1] is Fit.OUTLIER
    assert clock.observe(1920, 2 * TICK_NS)[1] is Fit.STEADY
    assert clock.observe(1_000_960, 3 * TICK_NS)[1] is Fit.OUTLIER
    extended, fit = clock.observe(1_001_920, 4 * TICK_NS)
    assert fit is Fit.JUMP
    assert clock.position_at(4 * TICK_NS) == extended


def test_a_drifting_offset_is_followed_smoothly() -> None:
    clock = CaptureClock()
    for number in range(3000):
        session_ns = round(number * TICK_NS * (1 + 200e-6))
        extended, fit = clock.observe(number * 960, session_ns)
        assert fit is not Fit.OUTLIER
        assert abs(clock.position_at(session_ns) - extended) < 10
