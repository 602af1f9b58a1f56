from mixer.wire.resources import Mark
from recorder.chapters import build_chapters

MS = 1_000_000


def mark(identity: int, at_ms: float, kind: str = "cue", title: str = "") -> Mark:
    return Mark(
        session=1,
        id=identity,
        kind=kind,
        at_ns=round(at_ms * MS),
        title=title or f"m{identity}",
        seats=("beijing",),
    )


def spans(
    marks: list[Mark], started_ms: int = 0, end_ms: float = 10_000
) -> list[tuple[float, float, str]]:
    made = build_chapters(marks, started_ms * MS, end_ms)
    return [(one.start_ms, one.end_ms, one.title) for one in made]


def test_chapters_follow_one_another_to_the_end() -> None:
    marks = [mark(2, 4000), mark(1, 1000)]
    assert spans(marks) == [(1000, 4000, "m1"), (4000, 10_000, "m2")]


def test_cues_make_chapters_where_there_are_any() -> None:
    marks = [mark(1, 1000, "layout"), mark(2, 2000, "cue"), mark(3, 3000, "manual")]
    assert spans(marks) == [(2000, 10_000, "m2")]


def test_layouts_make_chapters_where_no_rundown_ran() -> None:
    marks = [mark(1, 1000, "layout"), mark(3, 3000, "manual")]
    assert spans(marks) == [(1000, 10_000, "m1")]


def test_marks_from_before_the_start_count_from_it() -> None:
    assert spans([mark(1, 500)], started_ms=2000) == [(0, 10_000, "m1")]


def test_of_marks_at_one_moment_the_last_names_the_chapter() -> None:
    assert spans([mark(1, 500), mark(2, 500)]) == [(500, 10_000, "m2")]


def test_marks_behind_the_end_make_none() -> None:
    assert spans([mark(1, 10_000), mark(2, 99_000)]) == []


def test_no_marks_no_chapters() -> None:
    assert spans([]) == []
