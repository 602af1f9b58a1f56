from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.in_stream import ClosedGaps, DuplicateWindow


def test_a_number_is_new_once() -> None:
    window = DuplicateWindow()
    assert [window.is_new(number) for number in (70000, 70002, 70001, 70002, 70000)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_very_old_numbers_cannot_be_judged() -> None:
    window = DuplicateWindow()
    window.is_new(70000)
    assert window.is_new(70000 - 1024) is None
    assert window.is_new(70000 - 1023)


@given(st.lists(st.integers(0, 500), max_size=200))
def test_agrees_with_a_set(numbers: list[int]) -> None:
    window = DuplicateWindow()
    seen: set[int] = set()
    for number in numbers:
        assert window.is_new(number) is (number not in seen)
        seen.add(number)


def test_removed_numbers_leave_no_hole() -> None:
    gaps = ClosedGaps()
    gaps.remove(12)
    gaps.remove(13)
    gaps.remove(15)
    assert [gaps.renumber(number) for number in (10, 11, 14, 16, 17)] == [10, 11, 12, 13, 14]


def test_far_more_removals_than_it_remembers_keep_new_numbers_right() -> None:
    gaps = ClosedGaps()
    for number in range(1000, 1200, 2):
        gaps.remove(number)
    assert gaps.renumber(1200) == 1100
    assert gaps.renumber(1199) == 1099


@given(st.lists(st.integers(0, 3000), max_size=50), st.integers(-5, 3005))
def test_tells_what_it_has_seen_as_far_as_it_reaches(numbers: list[int], asked: int) -> None:
    window = DuplicateWindow()
    for number in numbers:
        window.is_new(number)
    within = bool(numbers) and max(numbers) - asked < 1024
    assert window.has(asked) is (within and asked in numbers)
