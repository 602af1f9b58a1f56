import asyncio
import time

import pytest

import server.demo.director as director_module
from server.demo.director import STEP_S, Director, check_sound, choose, pairs_to_check, walk
from server.demo.plan import Step
from server.event_file import read_event
from server.settings import SAMPLE_EVENT
from signaling.wire.state import CueView, SceneView

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


class FakeDirector(Director):
    """Takes at once and tells no server."""

    def __init__(self) -> None:
        self.origin_monotonic_s = time.monotonic()
        self.told: list[str] = []

    @property
    def cues(self) -> list[CueView]:
        return list(EVENT.cues[:2])

    async def go(self, cue: CueView) -> Step:
        self.told.append(cue.id)
        return Step(cue.id, cue.title, cue.scene, self.now_s(), float("inf"))

    async def show(self, name: str, scene: SceneView) -> Step:
        self.told.append(name)
        return Step(name, name, scene, self.now_s(), float("inf"))

    async def caption(self, cue: CueView) -> None:
        self.told.append(f"caption of {cue.id}")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEP_S", "LOOP_STEP_S", "CHECK_S"):
        monkeypatch.setattr(director_module, name, 0.05)


@pytest.mark.usefixtures("quick")
async def test_the_rundown_is_walked_step_by_step_with_captions() -> None:
    director = FakeDirector()
    steps = await walk(director, 0.1, asyncio.Event(), lambda _: None)
    assert director.told == [
        "opening",
        "caption of opening",
        "call-in-1",
        "caption of call-in-1",
    ]
    assert [step.cue for step in steps] == ["opening", "call-in-1"]
    assert steps[0].until_s == steps[1].at_s
    assert steps[1].until_s >= steps[1].at_s + 0.04


@pytest.mark.usefixtures("quick")
async def test_without_an_end_the_rundown_goes_round_until_stopped() -> None:
    stop = asyncio.Event()
    began: list[str] = []

    def tell(step: Step) -> None:
        began.append(step.cue)
        if len(began) == 5:
            stop.set()

    steps = await walk(FakeDirector(), 0, stop, tell)
    assert began == ["opening", "call-in-1", "opening", "call-in-1", "opening"]
    assert len(steps) == 5
    assert steps[-1].until_s < float("inf")


@pytest.mark.usefixtures("quick")
async def test_a_sound_check_puts_each_pair_on_air() -> None:
    director = FakeDirector()
    steps = await check_sound(director, [("a", "c"), ("b", "d")], asyncio.Event())
    assert director.told == ["check a + c", "check b + d"]
    assert [step.scene.slots for step in steps] == [["a", "c"], ["b", "d"]]
    assert steps[0].until_s == steps[1].at_s
