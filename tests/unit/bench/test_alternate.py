from collections.abc import Callable

import pytest

from bench.alternate import alternate


def test_candidates_alternate_and_swap_places_each_round() -> None:
    calls: list[str] = []

    def candidate(name: str) -> Callable[[], float]:
        def run() -> float:
            calls.append(name)
            return 1.0

        return run

    alternate({"ours": candidate("a"), "peer": candidate("b")}, 4)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab" + "ba"


def test_the_warm_up_round_is_not_counted() -> None:
    values = iter([1000.0, 1.0, 2.0, 3.0, 4.0])
    found = alternate({"ours": lambda: next(values)}, 4)
    assert found.rounds["ours"] == (1.0, 2.0, 3.0, 4.0)
    assert found.median("ours") == 2.5


def test_the_ratio_pairs_values_of_one_round() -> None:
    # The machine slows down tenfold half-way: the ratio does not notice.
    ours = iter([0.0, 1.0, 1.0, 10.0, 10.0])
    peer = iter([0.0, 2.0, 2.0, 20.0, 20.0])
    found = alternate({"ours": lambda: next(ours), "peer": lambda: next(peer)}, 4)
    assert found.ratio("ours", "peer") == 0.5


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        alternate({"ours": lambda: 1.0}, 3)
