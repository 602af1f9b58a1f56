import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.programme.commands import (
    BackToLastGood,
    Freeze,
    Panic,
    ProgrammeCommand,
    SetCaption,
    SetGraphics,
    SetPreview,
    SetQuestion,
    Take,
)
from signaling.programme.core import TAKE_LEAD_MS, Programme
from signaling.programme.layouts import LAYOUTS, MAX_CAPTION_CHARACTERS
from signaling.programme.sources import Cast
from signaling.programme.state import ProgrammeState
from signaling.programme.state import seats_on_air as tally
from signaling.programme.transitions import DISSOLVE_MS
from signaling.wire.errors import SignalingError
from signaling.wire.state import CaptionView, GraphicsView, SceneView, SlateView
from tests.unit.signaling.plans import event

BOTH = SceneView(layout="two_halls", slots=["north", "south"])
CALL_IN = SceneView(layout="hall_remote", slots=["north", "site-1"], strap="场外连线一")


def cast() -> Cast:
    return event().cast


def programme() -> Programme:
    return Programme(cast(), Programme.beginning(event().first_scene()))


def seats_on_air(state: ProgrammeState) -> tuple[str, ...]:
    return tally(state, cast())


def test_it_begins_with_the_halls_on_air() -> None:
    assert seats_on_air(programme().state) == ("north", "south")


def test_preview_changes_nothing_on_air() -> None:
    desk = programme()
    before = desk.state
    after = desk.carry_out(SetPreview(CALL_IN), 1000)
    assert after.preview == CALL_IN
    assert (after.on_air, after.revision, after.at_ms) == (BOTH, before.revision, before.at_ms)


def test_take_puts_preview_on_air_a_little_ahead() -> None:
    desk = programme()
    desk.carry_out(SetPreview(CALL_IN), 1000)
    after = desk.carry_out(Take(), 2000)
    assert after.on_air == CALL_IN
    assert after.revision == 2
    assert after.at_ms == 2000 + TAKE_LEAD_MS
    assert seats_on_air(after) == ("north", "site-1")


def test_a_caption_changes_only_the_lower_third() -> None:
    desk = programme()
    caption = CaptionView(title="顾长青", subtitle="主持人")
    shown = desk.carry_out(SetCaption(caption), 0)
    assert shown.on_air.caption == caption
    assert shown.on_air.slots == BOTH.slots
    assert desk.carry_out(SetCaption(None), 0).on_air == BOTH


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SetPreview(CALL_IN), SetPreview(BOTH), Take(), SetCaption(None)]),
            st.integers(min_value=0, max_value=10_000),
        )
    )
)
def test_session_times_and_revisions_of_takes_never_go_back(
    commands: list[tuple[ProgrammeCommand, int]],
) -> None:
    desk = programme()
    for command, now_ms in commands:
        before = desk.state
        after = desk.carry_out(command, now_ms)
        assert after.at_ms >= before.at_ms
        aired = not isinstance(command, SetPreview)
        assert after.revision == before.revision + aired


@pytest.mark.parametrize(
    ("scene", "error"),
    [
        (SceneView(layout="mosaic", slots=["north"]), "programme.unknown_layout"),
        (SceneView(layout="two_halls", slots=["north"]), "programme.wrong_slots"),
        (SceneView(layout="full", slots=["north", "south"]), "programme.wrong_slots"),
        (SceneView(layout="grid", slots=[]), "programme.wrong_slots"),
        (SceneView(layout="full", slots=["nowhere"]), "programme.unknown_seat"),
        (SceneView(layout="full", slots=["director"]), "programme.unknown_seat"),
        (SceneView(layout="two_halls", slots=["north", "north"]), "programme.double_seat"),
        (SceneView(layout="full", slots=["north"], strap="长" * 81), "programme.long_caption"),
    ],
)
def test_an_impossible_scene_is_refused_and_changes_nothing(scene: SceneView, error: str) -> None:
    desk = programme()
    before = desk.state
    with pytest.raises(SignalingError, match=error):
        desk.carry_out(SetPreview(scene), 0)
    assert desk.state == before


def test_a_caption_that_is_too_long_is_refused() -> None:
    caption = CaptionView(title="x" * (MAX_CAPTION_CHARACTERS + 1))
    with pytest.raises(SignalingError, match=r"programme\.long_caption"):
        programme().carry_out(SetCaption(caption), 0)


def test_an_unknown_transition_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"programme\.unknown_transition"):
        programme().carry_out(Take("spiral"), 0)


def test_a_layout_that_came_later_can_be_used() -> None:
    layouts = dict(LAYOUTS)
    desk = Programme(cast(), Programme.beginning(BOTH), layouts)
    mine = SceneView(layout="mine", slots=["north"])
    with pytest.raises(SignalingError, match=r"programme\.unknown_layout"):
        desk.carry_out(SetPreview(mine), 0)
    layouts["mine"] = (1, 3)
    assert desk.carry_out(SetPreview(mine), 0).preview == mine


def test_a_dissolve_is_told_with_its_length_and_the_next_change_is_a_cut() -> None:
    desk = programme()
    desk.carry_out(SetPreview(CALL_IN), 0)
    taken = desk.carry_out(Take("dissolve"), 0)
    assert (taken.transition, taken.duration_ms) == ("dissolve", DISSOLVE_MS)
    captioned = desk.carry_out(SetCaption(None), 0)
    assert (captioned.transition, captioned.duration_ms) == ("cut", 0)


@pytest.mark.parametrize("duration_ms", [-40, 1, 5001])
def test_a_dissolve_of_no_sensible_length_is_refused(duration_ms: int) -> None:
    with pytest.raises(SignalingError, match=r"programme\.wrong_duration"):
        programme().carry_out(Take("dissolve", duration_ms), 0)


def test_panic_silences_everybody_and_the_last_good_scene_comes_back() -> None:
    desk = programme()
    desk.carry_out(SetPreview(CALL_IN), 0)
    desk.carry_out(Take(), 0)
    panic = desk.carry_out(Panic(), 0)
    assert panic.on_air.slate is not None
    assert seats_on_air(panic) == ()
    desk.carry_out(Panic(), 0)
    assert desk.carry_out(BackToLastGood(), 0).on_air == CALL_IN


def test_before_any_take_there_is_nothing_to_go_back_to() -> None:
    with pytest.raises(SignalingError, match=r"programme\.no_last_good"):
        programme().carry_out(BackToLastGood(), 0)


def test_a_take_lets_a_frozen_picture_go_on() -> None:
    desk = programme()
    assert desk.carry_out(Freeze(frozen=True), 0).frozen
    assert desk.carry_out(SetCaption(None), 0).frozen
    assert not desk.carry_out(Take(), 0).frozen


def test_a_slate_goes_through_preview_like_any_scene() -> None:
    desk = programme()
    waiting = SceneView(layout="full", slots=[], slate=SlateView(kind="break", until_ms=60_000))
    desk.carry_out(SetPreview(waiting), 0)
    assert desk.carry_out(Take(), 0).on_air == waiting
    unknown = SceneView(layout="full", slots=[], slate=SlateView(kind="lunch"))
    with pytest.raises(SignalingError, match=r"programme\.unknown_slate"):
        desk.carry_out(SetPreview(unknown), 0)


def test_slides_of_a_seat_are_a_source_of_their_own_and_light_its_tally_once() -> None:
    desk = programme()
    talk = SceneView(layout="slides_speaker", slots=["north/slides/slides", "north"])
    desk.carry_out(SetPreview(talk), 0)
    assert seats_on_air(desk.carry_out(Take(), 0)) == ("north",)


@pytest.mark.parametrize("source", ["nobody/slides/slides", "north/", "north/../..", "north/a"])
def test_a_source_that_cannot_be_is_refused(source: str) -> None:
    with pytest.raises(SignalingError, match=r"programme\.unknown_seat"):
        programme().carry_out(SetPreview(SceneView(layout="full", slots=[source])), 0)


def test_a_logo_is_a_name_and_no_path() -> None:
    desk = programme()
    kept = desk.carry_out(SetGraphics(GraphicsView(clock=True, logo="lian-xian.png")), 0)
    assert kept.graphics.clock
    for name in ("../secret.png", "/etc/passwd", "a\x00b", "x" * 90):
        with pytest.raises(SignalingError, match=r"programme\.wrong_name"):
            desk.carry_out(SetGraphics(GraphicsView(logo=name)), 0)


def test_a_question_has_its_bound() -> None:
    desk = programme()
    assert desk.carry_out(SetQuestion("贵校有几个班？"), 0).on_air.question
    with pytest.raises(SignalingError, match=r"programme\.long_caption"):
        desk.carry_out(SetQuestion("问" * 121), 0)
