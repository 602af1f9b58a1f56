import pytest

from server.demo.director import STEP_S, choose, pairs_to_check
from server.event_file import read_event
from server.settings import SAMPLE_EVENT

EVENT = read_event(SAMPLE_EVENT)
STAGE = {seat.id: number for number, seat in enumerate(EVENT.stage)}


def test_a_minute_has_room_for_the_whole_rundown() -> None:
    assert choose(EVENT.cues, 60) == list(EVENT.cues)


@pytest.mark.parametrize("seconds", [5, 10, 20, 34])
def test_a_short_demo_keeps_the_last_step_and_gives_each_its_time(seconds: float) -> None:
    chosen = choose(EVENT.cues, seconds)
    assert chosen[-1].id == "closing"
    assert len(chosen) * STEP_S <= seconds


def test_twenty_seconds_keep_halls_call_ins_and_grid() -> None:
    assert [cue.id for cue in choose(EVENT.cues, 20)] == [
        "opening",
        "call-in-1",
        "call-in-2",
        "closing",
    ]


def test_every_site_talks_to_one_other_alone_once_at_least() -> None:
    pairs = pairs_to_check(STAGE, EVENT.cues)
    talk = {seat for cue in EVENT.cues if len(cue.scene.slots) == 2 for seat in cue.scene.slots}
    assert talk | {seat for pair in pairs for seat in pair} == set(STAGE)
    assert all(abs(STAGE[one] - STAGE[other]) > 3 for one, other in pairs)


def test_an_odd_site_is_paired_with_a_hall() -> None:
    stage = {"a": 0, "b": 1, "c": 2}
    assert pairs_to_check(stage, []) == [("a", "c"), ("b", "a")]


def test_nobody_is_paired_with_himself() -> None:
    assert pairs_to_check({"a": 0}, []) == []
