from hypothesis import given
from hypothesis import strategies as st

from server.session_clock import NS_PER_MS, ClockOrigin, SessionClock, boot_id, mapped

DAY_NS = 24 * 3600 * 1_000_000_000


def session_ms(origin: ClockOrigin, monotonic_ns: int) -> int:
    return (monotonic_ns - origin.origin_monotonic_ns) // NS_PER_MS


def test_the_first_start_begins_at_zero() -> None:
    origin = mapped(None, "boot-1", 500, 10_000)
    assert session_ms(origin, 500) == 0
    assert origin.origin_wall_ns == 10_000


def test_a_restart_in_the_same_boot_keeps_the_origin() -> None:
    origin = mapped(None, "boot-1", 500, 10_000)
    assert mapped(origin, "boot-1", 999_999_999, 77) == origin


@given(
    st.integers(0, DAY_NS),
    st.integers(0, DAY_NS),
    st.integers(-DAY_NS, 10 * DAY_NS),
)
def test_after_a_reboot_session_time_goes_on_growing(
    lived_ns: int, new_monotonic_ns: int, wall_step_ns: int
) -> None:
    wall_ns = 1_800_000_000_000_000_000
    origin = mapped(None, "boot-1", 5 * DAY_NS, wall_ns)
    last_ms = session_ms(origin, 5 * DAY_NS + lived_ns)
    stored = ClockOrigin(
        boot_id="boot-1",
        origin_monotonic_ns=origin.origin_monotonic_ns,
        origin_wall_ns=origin.origin_wall_ns,
        last_ms=last_ms,
    )
    after = mapped(stored, "boot-2", new_monotonic_ns, wall_ns + lived_ns + wall_step_ns)
    assert after.boot_id == "boot-2"
    assert session_ms(after, new_monotonic_ns) > last_ms


def test_a_reboot_with_a_true_wall_clock_keeps_wall_and_session_together() -> None:
    origin = mapped(None, "boot-1", 0, 1000 * DAY_NS)
    after = mapped(origin, "boot-2", 7, 1001 * DAY_NS)
    assert session_ms(after, 7) == DAY_NS // NS_PER_MS
    assert after.origin_wall_ns == origin.origin_wall_ns


def test_this_machine_has_a_boot_id_and_a_clock_that_runs() -> None:
    assert len(boot_id()) == 36
    clock = SessionClock(ClockOrigin(boot_id="b", origin_monotonic_ns=0, origin_wall_ns=0))
    assert clock.now_ms() > 0
