from server.supervisor.backoff import STEADY_S, STEPS_S, Backoff


def test_the_first_death_costs_no_wait_and_later_ones_more() -> None:
    backoff = Backoff()
    assert [backoff.died(1.0) for _ in range(len(STEPS_S) + 1)] == [*STEPS_S, STEPS_S[-1]]


def test_a_steady_life_forgives() -> None:
    backoff = Backoff()
    for _ in range(3):
        backoff.died(1.0)
    assert backoff.died(STEADY_S) == 0.0
