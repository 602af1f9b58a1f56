from server.demo.verdict import Outcome, Row, decide, on_time_share

RIGHT = Row(name="a", value="1", limit="1", ok=True)
WRONG = Row(name="b", value="2", limit="1", ok=False)


def test_all_right_is_right() -> None:
    verdict = decide([RIGHT], 1.0)
    assert (verdict.outcome, verdict.exit_status, verdict.why) == (Outcome.RIGHT, 0, ())


def test_one_wrong_check_is_wrong_and_named() -> None:
    verdict = decide([RIGHT, WRONG], 1.0)
    assert verdict.outcome is Outcome.WRONG
    assert verdict.exit_status == 1
    assert verdict.why == ("b: 2 (asked: 1)",)


def test_a_machine_a_little_too_slow_is_degraded_and_passes() -> None:
    verdict = decide([RIGHT], 0.99)
    assert verdict.outcome is Outcome.DEGRADED
    assert verdict.exit_status == 0
    assert "99.00 %" in verdict.why[0]


def test_a_machine_far_too_slow_is_wrong() -> None:
    assert decide([RIGHT], 0.89).exit_status == 1
    assert decide([], on_time_share(0, 0, 0)).exit_status == 1


def test_being_slow_excuses_no_wrong_check() -> None:
    assert decide([WRONG], 0.99).outcome is Outcome.WRONG


def test_stale_repeats_and_holes_are_not_on_time() -> None:
    assert on_time_share(995, 5, 5) == 0.99
    assert on_time_share(0, 0, 10) == 0
