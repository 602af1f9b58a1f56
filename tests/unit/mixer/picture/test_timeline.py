from mixer.picture.timeline import LATE_BOUNDS_MS, Due, Timeline
from mixer.wire.ids import FRAME_NS

SECOND_NS = 1_000_000_000


def run(timeline: Timeline, until_ns: int, begin_ns: int, make_ns: int) -> list[Due]:
    """A programme that takes ``make_ns`` for each frame."""
    made: list[Due] = []
    now_ns = begin_ns
    while now_ns < until_ns:
        due = timeline.due(now_ns)
        if due is None:
            now_ns += timeline.wait_ns(now_ns)
        else:
            made.append(due)
            now_ns += make_ns
    return made


def test_the_first_frame_is_the_next_one_of_the_clock() -> None:
    timeline = Timeline()
    assert timeline.due(10 * FRAME_NS + 1) is None
    assert timeline.wait_ns(10 * FRAME_NS + 1) == FRAME_NS - 1
    assert timeline.due(11 * FRAME_NS) == Due(11, stale=False, late_ns=0, skipped=0)


def test_in_time_nothing_is_repeated() -> None:
    timeline = Timeline()
    made = run(timeline, 4 * SECOND_NS, 0, 9_000_000)
    assert [due.frame for due in made] == list(range(100))
    assert timeline.stale_repeats == timeline.holes == 0
    assert not timeline.late()


def test_a_delay_below_a_second_is_made_up_by_repeats_without_a_hole() -> None:
    timeline = Timeline()
    timeline.due(0)
    made = run(timeline, 2 * SECOND_NS, 900_000_000, 9_000_000)
    assert [due.frame for due in made] == list(range(1, 50))
    assert sum(due.stale for due in made) == timeline.stale_repeats > 15
    assert timeline.holes == 0
    assert not made[-1].stale


def test_frames_are_left_out_only_beyond_a_second_and_counted() -> None:
    timeline = Timeline()
    timeline.due(0)
    due = timeline.due(3 * SECOND_NS)
    assert due == Due(75, stale=False, late_ns=0, skipped=74)
    assert timeline.holes == 74
    after = timeline.due(3 * SECOND_NS + FRAME_NS)
    assert after is not None
    assert after.frame == 76


def test_lateness_is_told_while_it_lasts() -> None:
    timeline = Timeline()
    run(timeline, 4 * SECOND_NS, 0, 60_000_000)
    assert timeline.late()
    assert timeline.lateness_ms(0.5) > 80
    run(timeline, 12 * SECOND_NS, 4 * SECOND_NS, 5_000_000)
    assert not timeline.late()
    assert timeline.lateness_ms(1) < 5


def test_lateness_is_nothing_before_any_frame() -> None:
    assert Timeline().lateness_ms(0.99) == 0


def test_all_frames_are_counted_by_how_late_they_began() -> None:
    timeline = Timeline()
    for late_ns in (0, 900_000, 4_000_000, 70_000_000):
        frame = timeline.due(0 if not timeline.frames else timeline.frames * 40_000_000 + late_ns)
        assert frame is not None
    assert sum(timeline.late_counts) == 4
    counted = dict(zip(LATE_BOUNDS_MS, timeline.late_counts, strict=True))
    assert (counted[1], counted[5], counted[80]) == (2, 1, 1)
