import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from mixer.picture.feed import (
    DEFAULT_DELAY_NS,
    FRAME_NS,
    HOLD_FRAMES,
    MAX_PICTURES,
    SPARE_NS,
    WARM_UP_FRAMES,
    DelaySlew,
    Feed,
)
from mixer.picture.slate import SlateReason

MS = 1_000_000
FRAME = VideoFrame(2, 2, "yuv420p")
START = 1000


def shown_ns(feed: Feed, frame: int) -> int:
    picture = feed.at(frame).picture
    assert picture is not None
    return picture.session_ns


def test_each_frame_shows_the_picture_captured_nearest_to_its_delayed_time() -> None:
    feed = Feed()
    for number in range(12):
        feed.put(START * FRAME_NS - DEFAULT_DELAY_NS + number * 33 * MS, FRAME)
    found = [
        shown_ns(feed, START + step) - START * FRAME_NS + DEFAULT_DELAY_NS for step in range(6)
    ]
    assert found == [0, 33 * MS, 66 * MS, 132 * MS, 165 * MS, 198 * MS]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(0, 300))
def test_no_waiting_picture_is_nearer_than_the_one_shown(gaps: list[int], delay_ms: int) -> None:
    feed = Feed()
    feed.aim_delay(delay_ms * MS)
    times = [START * FRAME_NS]
    for gap in gaps:
        times.append(times[-1] + gap * MS)
    times = [one for one in times if one <= times[0] + delay_ms * MS + SPARE_NS]
    for time_ns in times:
        feed.put(time_ns, FRAME)
    for frame in range(START, START + 20):
        target_ns = frame * FRAME_NS - delay_ms * MS
        found = shown_ns(feed, frame)
        assert abs(found - target_ns) == min(abs(one - target_ns) for one in times)


def test_a_repeated_question_changes_nothing() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS, FRAME)
    assert feed.at(START) == feed.at(START)


def test_a_delay_that_grew_much_is_followed_to_within_15_ms_at_once() -> None:
    slew = DelaySlew()
    slew.aim(60 * MS)
    slew.aim(140 * MS)
    assert 125 * MS <= slew.advance() <= 126 * MS


def test_the_first_delay_is_taken_at_once_and_later_ones_slowly() -> None:
    slew = DelaySlew()
    assert slew.advance() == DEFAULT_DELAY_NS
    slew.aim(200 * MS)
    assert slew.advance() == 200 * MS
    slew.aim(188 * MS)
    seen = [slew.advance() for _ in range(250)]
    steps = [before - after for before, after in zip([200 * MS, *seen], seen, strict=False)]
    assert max(steps[:25]) * 25 == 10 * MS
    assert seen[24] == 190 * MS
    assert seen[-1] == 188 * MS
    slew.forget()
    slew.aim(50 * MS)
    assert slew.advance() == 50 * MS


@pytest.mark.parametrize("wild_ns", [-5, 10**12])
def test_a_delay_out_of_reason_is_bounded(wild_ns: int) -> None:
    slew = DelaySlew()
    slew.aim(wild_ns)
    assert 0 <= slew.advance() <= 2_000 * MS


def test_a_stalled_picture_stands_three_seconds_then_a_slate_until_it_moves_again() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS - DEFAULT_DELAY_NS, FRAME)
    for frame in range(START, START + HOLD_FRAMES):
        assert feed.at(frame).picture is not None
    assert feed.at(START + HOLD_FRAMES).slate is SlateReason.RECONNECTING
    feed.put((START + HOLD_FRAMES) * FRAME_NS - DEFAULT_DELAY_NS, FRAME)
    assert feed.at(START + HOLD_FRAMES + 1).picture is not None


def test_a_seat_whose_source_was_taken_away_waits_for_another() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS, FRAME)
    feed.at(START)
    feed.expect(coming=False)
    assert feed.at(START + HOLD_FRAMES).slate is SlateReason.WAITING
    feed.expect(coming=True)
    assert feed.at(START + HOLD_FRAMES + 1).slate is SlateReason.RECONNECTING


def test_a_seat_without_a_picture_is_plain_first_then_waits() -> None:
    feed = Feed()
    assert feed.at(START).slate is None
    assert feed.at(START + WARM_UP_FRAMES).slate is SlateReason.WAITING


def test_a_seat_back_on_air_does_not_show_the_past() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS - DEFAULT_DELAY_NS, FRAME)
    feed.at(START)
    feed.put((START + 1) * FRAME_NS, FRAME)
    again = feed.at(START + 500)
    assert (again.picture, again.slate) == (None, None)


def test_pictures_from_a_clock_far_ahead_still_play() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS - DEFAULT_DELAY_NS, FRAME)
    feed.at(START)
    moved: set[int] = set()
    for step in range(1, 3 * MAX_PICTURES):
        feed.put((START + step) * FRAME_NS + 3600 * 1000 * MS, FRAME)
        picture = feed.at(START + step).picture
        if picture is not None:
            moved.add(picture.number)
    assert len(moved) > MAX_PICTURES
    assert feed.dropped_full > 0


@pytest.mark.parametrize(
    ("size", "kept"), [((320, 180), 40), ((1920, 1080), 16), ((4096, 2304), 6)]
)
def test_waiting_pictures_are_bounded_by_number_and_memory(
    size: tuple[int, int], kept: int
) -> None:
    feed = Feed()
    frame = VideoFrame(*size, "yuv420p")
    for number in range(60):
        feed.put(START * FRAME_NS + number * 5 * MS, frame)
    assert feed.dropped_full == 60 - kept


@pytest.mark.parametrize("delay_ms", [60, 100, 900])
def test_of_a_seat_nobody_looks_at_only_what_may_be_shown_next_is_kept(delay_ms: int) -> None:
    feed = Feed()
    feed.aim_delay(delay_ms * MS)
    for number in range(100):
        feed.put(START * FRAME_NS + number * FRAME_NS, FRAME)
    waiting = 100 - feed.dropped_full
    assert waiting * 40 == pytest.approx(delay_ms + SPARE_NS / MS, abs=60)
    # Who looks now sees at once what was taken the delay ago.
    feed.at(START + 99)
    assert shown_ns(feed, START + 100) == pytest.approx(
        (START + 100) * FRAME_NS - delay_ms * MS, abs=30 * MS
    )


def test_pictures_from_a_clock_set_back_still_play() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS, FRAME)
    feed.at(START + 3)
    feed.put(7 * FRAME_NS, FRAME)
    assert shown_ns(feed, START + 4) == 7 * FRAME_NS


def test_too_large_pictures_are_told_until_a_decodable_one_comes() -> None:
    feed = Feed()
    feed.refuse()
    assert feed.at(START).slate is SlateReason.TOO_LARGE
    feed.put(START * FRAME_NS, FRAME)
    assert feed.at(START + 1).picture is not None


def test_another_clock_forgets_all_pictures() -> None:
    feed = Feed()
    feed.put(START * FRAME_NS, FRAME)
    feed.at(START)
    feed.forget()
    assert feed.at(5).picture is None
