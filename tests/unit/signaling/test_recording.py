import pytest

from signaling.recording import Mark, Recording, RecordingIntent, RecordingPhase
from signaling.wire.errors import SignalingError


def recording(number: int = 1) -> Recording:
    return Recording(id=number, directory=f"d{number}", title="t", started_ms=10)


def running() -> RecordingIntent:
    intent = RecordingIntent()
    intent.start(recording())
    return intent


def mark() -> Mark:
    return Mark(id=7, kind="cue", at_ms=20, title="两个会场")


def test_one_recording_at_a_time() -> None:
    intent = running()
    with pytest.raises(SignalingError, match=r"recording\.running"):
        intent.start(recording(2))


def test_stopping_waits_until_the_recorder_says_that_it_is_done() -> None:
    intent = running()
    assert intent.stop().phase is RecordingPhase.STOPPING
    with pytest.raises(SignalingError, match=r"recording\.running"):
        intent.start(recording(2))
    assert not intent.happened(1, "finalising")
    assert intent.happened(1, "verified")
    intent.start(recording(2))
    assert intent.running


def test_nothing_runs_nothing_stops() -> None:
    with pytest.raises(SignalingError, match=r"recording\.not_running"):
        RecordingIntent().stop()
    intent = running()
    intent.stop()
    with pytest.raises(SignalingError, match=r"recording\.not_running"):
        intent.stop()


def test_a_recording_that_failed_is_done() -> None:
    intent = running()
    assert intent.happened(1, "failed")
    assert not intent.running


def test_reports_of_another_session_change_nothing() -> None:
    intent = running()
    assert not intent.happened(2, "verified")
    assert intent.running


def test_marks_are_kept_while_it_records() -> None:
    intent = running()
    assert intent.mark(mark())
    assert intent.current is not None
    assert intent.current.marks == (mark(),)
    intent.stop()
    assert not intent.mark(mark())
    assert not RecordingIntent().mark(mark())


def test_a_mark_moves_to_when_it_took_effect() -> None:
    intent = running()
    first, other = mark(), Mark(id=8, kind="layout", at_ms=30, title="全部")
    assert intent.mark(first)
    assert intent.mark(other)
    moved = intent.move_mark(7, 640)
    assert moved is not None
    assert (moved.id, moved.at_ms, moved.title) == (7, 640, first.title)
    assert intent.current is not None
    assert intent.current.marks == (moved, other)
    assert intent.move_mark(7, 640) is None
    assert intent.move_mark(99, 640) is None


def test_a_mark_of_what_was_never_seen_is_dropped() -> None:
    intent = running()
    other = Mark(id=8, kind="layout", at_ms=30, title="全部")
    assert intent.mark(mark())
    assert intent.mark(other)
    assert intent.drop_mark(7)
    assert intent.current is not None
    assert intent.current.marks == (other,)
    assert not intent.drop_mark(7)
    assert not RecordingIntent().drop_mark(8)


def test_marks_of_a_recording_that_stops_stay() -> None:
    intent = running()
    assert intent.mark(mark())
    intent.stop()
    assert intent.move_mark(7, 640) is None
    assert not intent.drop_mark(7)
    assert intent.current is not None
    assert intent.current.marks == (mark(),)
