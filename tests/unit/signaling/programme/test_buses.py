"""Preview and programme: auto, direct takes, layouts, sources, who is meant, the clip."""

import pytest

from signaling.programme.commands import (
    Auto,
    BackToLastGood,
    CueClip,
    Freeze,
    LoopClip,
    Panic,
    PlayClip,
    SetCallIn,
    SetCaption,
    SetLayout,
    SetPreview,
    SetSource,
    SetTransition,
    Spoke,
    StopClip,
    Take,
    TakeScene,
)
from signaling.programme.core import SETTLE_MS, TAKE_LEAD_MS, WAIT_MS, Programme
from signaling.programme.state import audible_sources, seats_in_preview, seats_on_air, sources_of
from signaling.wire.directing import Bus
from signaling.wire.errors import SignalingError
from signaling.wire.state import CaptionView, SceneView, SlateView, TransitionView
from tests.unit.signaling.plans import event

CAST = event().cast
BOTH = SceneView(layout="two_halls", slots=["north", "south"])
CALL = SceneView(layout="hall_remote", slots=["hall:a", "call_in"])
TALK = SceneView(layout="hall_remote", slots=["hall:b", "speaker"])
FILM = SceneView(layout="full", slots=["clip"])
SITE = SceneView(layout="full", slots=["site-1"])


@pytest.fixture
def desk() -> Programme:
    state = Programme.beginning(event().first_scene())
    return Programme(CAST, state, films=("a.mp4", "b.png"))


def on_air(desk: Programme) -> tuple[str, ...]:
    return sources_of(desk.state.on_air, desk.state, CAST)


def test_auto_does_what_was_set(desk: Programme) -> None:
    desk.carry_out(SetTransition(TransitionView(transition="dissolve", duration_ms=1200)), 0)
    desk.carry_out(SetPreview(SITE), 0)
    taken = desk.carry_out(Auto(), 0)
    assert (taken.on_air, taken.transition, taken.duration_ms) == (SITE, "dissolve", 1200)
    assert taken.preview == SITE
    desk.carry_out(SetTransition(TransitionView(transition="cut", duration_ms=1200)), 0)
    cut = desk.carry_out(Auto(), 0)
    assert (cut.transition, cut.duration_ms) == ("cut", 0)


def test_with_swap_what_leaves_the_air_goes_to_preview(desk: Programme) -> None:
    desk.carry_out(SetTransition(TransitionView(swap=True)), 0)
    desk.carry_out(SetPreview(SITE), 0)
    first = desk.carry_out(Take(), 0)
    assert (first.on_air, first.preview) == (SITE, BOTH)
    again = desk.carry_out(Auto(), 0)
    assert (again.on_air, again.preview) == (BOTH, SITE)
    assert again.preview_revision > first.preview_revision


def test_a_transition_that_cannot_be_is_refused(desk: Programme) -> None:
    for auto in (TransitionView(transition="wipe"), TransitionView(duration_ms=9000)):
        with pytest.raises(SignalingError, match=r"programme\.(unknown_tr|wrong_duration)"):
            desk.carry_out(SetTransition(auto), 0)
    assert desk.state.auto == TransitionView()


def test_a_direct_take_leaves_preview_and_keeps_what_is_heard_until_it_is_seen(
    desk: Programme,
) -> None:
    state = desk.carry_out(TakeScene(SITE), 1000)
    assert (state.on_air, state.preview, state.wait_ms) == (SITE, BOTH, WAIT_MS)
    assert seats_on_air(state, CAST) == ("north", "south")
    assert desk.shown(state.revision, 1240)
    assert seats_on_air(desk.state, CAST) == ("site-1",)
    assert desk.state.heard_at_ms == 1240


def test_a_direct_take_of_what_is_seen_already_waits_for_nothing(desk: Programme) -> None:
    state = desk.carry_out(TakeScene(SceneView(layout="full", slots=["south"])), 1000)
    assert (state.wait_ms, state.heard_at_ms) == (0, 1000 + TAKE_LEAD_MS)
    assert seats_on_air(state, CAST) == ("south",)


def test_preview_that_is_not_ready_waits_too(desk: Programme) -> None:
    desk.carry_out(SetPreview(SITE), 0)
    state = desk.carry_out(Take(ready=False), 0)
    assert state.wait_ms == WAIT_MS
    assert seats_on_air(state, CAST) == ("north", "south")


def test_a_change_while_it_waits_lets_it_wait_on(desk: Programme) -> None:
    desk.carry_out(TakeScene(SITE), 0)
    state = desk.carry_out(SetCaption(CaptionView(title="甲")), 10)
    assert state.wait_ms == WAIT_MS
    assert seats_on_air(state, CAST) == ("north", "south")
    desk.shown(state.revision, 200)
    assert seats_on_air(desk.state, CAST) == ("site-1",)


def test_a_scene_that_came_although_it_was_replaced_is_what_stays_until_the_next(
    desk: Programme,
) -> None:
    first = desk.carry_out(TakeScene(SITE), 0)
    second = desk.carry_out(TakeScene(SceneView(layout="full", slots=["site-2"])), 10)
    assert desk.shown(first.revision, 120)
    assert seats_on_air(desk.state, CAST) == ("site-1",)
    assert desk.shown(second.revision, 240)
    assert seats_on_air(desk.state, CAST) == ("site-2",)
    assert not desk.shown(second.revision, 240)


def test_sound_does_not_wait_for_a_picture_that_is_away(desk: Programme) -> None:
    state = desk.carry_out(TakeScene(SITE), 0)
    late_ms = state.at_ms + WAIT_MS + SETTLE_MS
    assert not desk.settle(late_ms - 1)
    assert desk.settle(late_ms)
    assert seats_on_air(desk.state, CAST) == ("site-1",)
    assert desk.state.heard_at_ms == late_ms
    assert not desk.settle(late_ms)


def test_another_layout_keeps_the_sources_and_fills_what_is_free(desk: Programme) -> None:
    wider = desk.carry_out(SetLayout("one_row", Bus.PREVIEW), 0).preview
    assert (wider.layout, wider.slots) == ("one_row", ["north", "south"])
    alone = desk.carry_out(SetLayout("full", Bus.PREVIEW), 0).preview
    assert alone.slots == ["north"]
    again = desk.carry_out(SetLayout("hall_remote", Bus.PREVIEW), 0).preview
    assert again.slots == ["north", "south"]
    assert desk.state.on_air == BOTH
    aired = desk.carry_out(SetLayout("full", Bus.PROGRAMME), 0)
    assert (aired.on_air.slots, aired.last_good) == (["north"], BOTH)


def test_a_source_that_stands_elsewhere_changes_places(desk: Programme) -> None:
    assert desk.carry_out(SetSource(0, "south", Bus.PREVIEW), 0).preview.slots == ["south", "north"]
    desk.carry_out(SetSource(1, "site-2", Bus.PREVIEW), 0)
    assert desk.state.preview.slots == ["south", "site-2"]
    assert desk.state.on_air == BOTH
    assert seats_in_preview(desk.state, CAST) == ("south", "site-2")
    assert desk.carry_out(SetSource(1, "site-0", Bus.PROGRAMME), 0).on_air.slots == [
        "north",
        "site-0",
    ]
    for slot in (-1, 2):
        with pytest.raises(SignalingError, match=r"programme\.no_slot"):
            desk.carry_out(SetSource(slot, "south", Bus.PREVIEW), 0)


def test_a_slate_has_no_places(desk: Programme) -> None:
    desk.carry_out(Panic(), 0)
    for command in (SetLayout("full", Bus.PROGRAMME), SetSource(0, "north", Bus.PROGRAMME)):
        with pytest.raises(SignalingError, match=r"programme\.slate_in_place"):
            desk.carry_out(command, 0)


def test_the_call_in_is_whoever_is_chosen(desk: Programme) -> None:
    with pytest.raises(SignalingError, match=r"programme\.no_call_in"):
        desk.carry_out(SetPreview(CALL), 0)
    desk.carry_out(SetCallIn("site-0"), 0)
    desk.carry_out(SetPreview(CALL), 0)
    desk.carry_out(Take(), 0)
    assert on_air(desk) == ("north", "site-0")
    before = desk.state
    after = desk.carry_out(SetCallIn("site-1"), 100)
    assert on_air(desk) == ("north", "site-1")
    assert after.revision == before.revision + 1
    assert audible_sources(after, CAST) == ("north", "site-0")
    desk.shown(after.revision, 300)
    assert audible_sources(desk.state, CAST) == ("north", "site-1")


def test_nobody_is_called_in_twice(desk: Programme) -> None:
    desk.carry_out(SetCallIn("site-0"), 0)
    desk.carry_out(TakeScene(CALL), 0)
    with pytest.raises(SignalingError, match=r"programme\.double_seat"):
        desk.carry_out(SetCallIn("north"), 0)
    assert desk.state.call_in == "site-0"
    desk.carry_out(TakeScene(SITE), 0)
    desk.carry_out(SetCallIn("north"), 0)
    assert desk.carry_out(BackToLastGood(), 0).on_air.slots == ["hall:a", "site-0"]


def test_the_speaker_is_the_last_one_who_stands_in_no_other_place(desk: Programme) -> None:
    desk.carry_out(TakeScene(TALK), 0)
    assert on_air(desk) == ("south", "north")
    desk.carry_out(Spoke("site-1"), 0)
    assert on_air(desk) == ("south", "site-1")
    before = desk.state
    after = desk.carry_out(Spoke("south"), 0)
    assert on_air(desk) == ("south", "site-1")
    assert after.revision == before.revision
    desk.carry_out(Spoke("director"), 0)
    assert desk.state.speakers == ("south", "site-1")


def test_speaking_changes_nothing_where_nobody_looks_for_the_speaker(desk: Programme) -> None:
    before = desk.state
    after = desk.carry_out(Spoke("site-1"), 0)
    assert (after.revision, after.on_air) == (before.revision, before.on_air)


def test_a_clip_begins_when_it_comes_on_air_and_anew_when_it_comes_again(desk: Programme) -> None:
    with pytest.raises(SignalingError, match=r"clip\.not_cued"):
        desk.carry_out(SetPreview(FILM), 0)
    with pytest.raises(SignalingError, match=r"clip\.unknown"):
        desk.carry_out(CueClip("c.mp4"), 0)
    cued = desk.carry_out(CueClip("a.mp4"), 0).clip
    assert cued is not None
    assert cued.playing_since_ms is None
    desk.carry_out(SetPreview(FILM), 0)
    taken = desk.carry_out(Take(), 5000)
    assert taken.clip is not None
    assert taken.clip.playing_since_ms == taken.at_ms
    assert seats_on_air(taken, CAST) == ()
    assert audible_sources(taken, CAST) == ("clip",)
    captioned = desk.carry_out(SetCaption(CaptionView(title="片头")), 6000)
    assert captioned.clip == taken.clip
    back = desk.carry_out(BackToLastGood(), 9000)
    assert back.on_air == BOTH
    desk.shown(back.revision, back.at_ms)
    again = desk.carry_out(Take(), 20_000)
    assert again.clip is not None
    assert again.clip.playing_since_ms == again.at_ms


def test_a_clip_that_was_started_beforehand_goes_on_when_it_is_taken(desk: Programme) -> None:
    desk.carry_out(CueClip("a.mp4"), 0)
    desk.carry_out(PlayClip(), 1000)
    taken = desk.carry_out(TakeScene(FILM), 3000)
    assert taken.clip is not None
    assert taken.clip.playing_since_ms == 1000 + TAKE_LEAD_MS
    looped = desk.carry_out(LoopClip(loop=True), 4000).clip
    assert looped is not None
    assert (looped.loop, looped.playing_since_ms) == (True, 1000 + TAKE_LEAD_MS)
    stopped = desk.carry_out(StopClip(), 5000).clip
    assert stopped is not None
    assert (stopped.playing_since_ms, stopped.aired) == (None, False)


def test_another_clip_is_not_chosen_while_one_is_on_air(desk: Programme) -> None:
    desk.carry_out(CueClip("a.mp4"), 0)
    desk.carry_out(TakeScene(FILM), 0)
    desk.shown(desk.state.revision, 100)
    with pytest.raises(SignalingError, match=r"clip\.on_air"):
        desk.carry_out(CueClip("b.png"), 200)
    desk.carry_out(Panic(), 300)
    assert desk.carry_out(CueClip("b.png"), 400).clip is not None


def test_taking_the_same_scene_again_does_not_forget_the_one_before(desk: Programme) -> None:
    desk.carry_out(SetPreview(SITE), 0)
    desk.carry_out(Take(), 0)
    desk.carry_out(SetCaption(CaptionView(title="甲")), 0)
    desk.carry_out(Take(), 0)
    assert desk.carry_out(BackToLastGood(), 0).on_air == BOTH


def test_without_a_clip_there_is_nothing_to_play(desk: Programme) -> None:
    for command in (PlayClip(), StopClip(), LoopClip(loop=True)):
        with pytest.raises(SignalingError, match=r"clip\.not_cued"):
            desk.carry_out(command, 0)


def test_back_from_a_freeze_is_the_frozen_scene_itself(desk: Programme) -> None:
    desk.carry_out(TakeScene(SITE), 0)
    desk.carry_out(Freeze(frozen=True), 0)
    back = desk.carry_out(BackToLastGood(), 0)
    assert (back.on_air, back.frozen, back.last_good) == (SITE, False, BOTH)
    assert desk.carry_out(BackToLastGood(), 0).on_air == BOTH


def test_back_from_a_frozen_slate_is_the_scene_before_it(desk: Programme) -> None:
    desk.carry_out(Panic(), 0)
    desk.carry_out(Freeze(frozen=True), 0)
    back = desk.carry_out(BackToLastGood(), 0)
    assert (back.on_air, back.frozen) == (BOTH, False)


@pytest.mark.parametrize("until_ms", [-1, 25 * 3_600_000, 2**62])
def test_a_countdown_to_nowhere_is_refused(desk: Programme, until_ms: int) -> None:
    slate = SlateView(kind="break", until_ms=until_ms)
    with pytest.raises(SignalingError, match=r"programme\.wrong_countdown"):
        desk.carry_out(TakeScene(SceneView(layout="", slots=[], slate=slate)), 3_599_000)


def test_the_step_of_the_rundown_stays_when_something_else_is_taken(desk: Programme) -> None:
    desk.carry_out(SetPreview(SITE, "call-1"), 0)
    assert desk.state.cue == ""
    desk.carry_out(Take(), 0)
    assert desk.state.cue == "call-1"
    desk.carry_out(SetPreview(BOTH), 0)
    desk.carry_out(Take(), 0)
    assert desk.state.cue == "call-1"
    desk.carry_out(TakeScene(BOTH, cue="closing"), 0)
    assert desk.state.cue == "closing"
