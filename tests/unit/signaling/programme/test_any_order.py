"""Whatever is asked in whatever order: the programme keeps its promises and can be stored."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from signaling.programme.commands import (
    Auto,
    BackToLastGood,
    CueClip,
    Freeze,
    LoopClip,
    Panic,
    PlayClip,
    ProgrammeCommand,
    SetCallIn,
    SetCaption,
    SetGraphics,
    SetLayout,
    SetPreview,
    SetQuestion,
    SetSource,
    SetStrap,
    SetTransition,
    Spoke,
    StopClip,
    Take,
    TakeScene,
)
from signaling.programme.core import MAX_PENDING, TAKE_LEAD_MS, Programme
from signaling.programme.layouts import LAYOUTS, SLATES, check_scene
from signaling.programme.sources import seat_of
from signaling.programme.state import (
    ProgrammeState,
    audible_sources,
    clip_on_air,
    seats_in_preview,
    seats_on_air,
    sources_of,
)
from signaling.wire.directing import Bus
from signaling.wire.errors import SignalingError
from signaling.wire.state import (
    CaptionView,
    GraphicsView,
    SceneView,
    SlateView,
    TransitionView,
)
from tests.unit.signaling.plans import event

CAST = event().cast
FILMS = ("a.mp4", "b.mp4")
SOURCES = [
    *CAST.stage,
    "north/slides/slides",
    "hall:a",
    "hall:b",
    "hall:north",
    "speaker",
    "call_in",
    "clip",
    "nowhere",
]
slates = st.none() | st.builds(
    SlateView, kind=st.sampled_from([*SLATES, "lunch"]), until_ms=st.integers(-1, 10**9)
)
scenes = st.builds(
    SceneView,
    layout=st.sampled_from([*LAYOUTS, "mosaic"]),
    slots=st.lists(st.sampled_from(SOURCES), max_size=6),
    slate=slates,
)
transitions = st.sampled_from(["cut", "dissolve", "wipe"])
lengths = st.sampled_from([0, 39, 40, 600, 5000, 5001])
buses = st.sampled_from(list(Bus))
seats = st.sampled_from([*CAST.stage, "director"])
commands: st.SearchStrategy[ProgrammeCommand] = st.one_of(
    st.builds(SetPreview, scenes, st.sampled_from(["", "one"])),
    st.builds(Take, transitions, lengths, st.booleans()),
    st.builds(Auto, st.booleans()),
    st.builds(
        SetTransition,
        st.builds(TransitionView, transition=transitions, duration_ms=lengths, swap=st.booleans()),
    ),
    st.builds(TakeScene, scenes, transitions, lengths, st.sampled_from(["", "two"])),
    st.builds(SetLayout, st.sampled_from([*LAYOUTS, "mosaic"]), buses),
    st.builds(SetSource, st.integers(-1, 6), st.sampled_from(SOURCES), buses),
    st.builds(SetCallIn, seats),
    st.builds(Spoke, seats),
    st.builds(SetCaption, st.none() | st.just(CaptionView(title="甲"))),
    st.builds(SetQuestion, st.sampled_from(["", "为何", "问" * 121])),
    st.builds(SetStrap, st.sampled_from(["", "场外连线一", "长" * 81])),
    st.builds(SetGraphics, st.just(GraphicsView(clock=True))),
    st.builds(Freeze, st.booleans()),
    st.just(Panic()),
    st.just(BackToLastGood()),
    st.builds(CueClip, st.sampled_from([*FILMS, "c.mp4"]), st.booleans()),
    st.just(PlayClip()),
    st.just(StopClip()),
    st.builds(LoopClip, st.booleans()),
)
SHOWN, SETTLE = "shown", "settle"
steps = st.lists(
    st.tuples(commands | st.sampled_from([SHOWN, SETTLE]), st.integers(0, 3000)), max_size=40
)


def stored(state: ProgrammeState) -> ProgrammeState:
    return msgspec.json.decode(msgspec.json.encode(state), type=ProgrammeState)


def made(state: ProgrammeState | None = None) -> Programme:
    return Programme(CAST, state or Programme.beginning(event().first_scene()), films=FILMS)


def step(desk: Programme, what: ProgrammeCommand | str, now_ms: int) -> bool:
    """Whether it was possible."""
    if isinstance(what, str):
        if what == SHOWN:
            desk.shown(desk.state.revision, now_ms)
        else:
            desk.settle(now_ms)
        return True
    before = desk.state
    try:
        desk.carry_out(what, now_ms)
    except SignalingError:
        assert desk.state is before
        return False
    return True


def check(state: ProgrammeState, now_ms: int) -> None:
    for scene in (state.on_air, state.preview):
        check_scene(scene, CAST, call_in=state.call_in, now_ms=now_ms)
    sources = sources_of(state.on_air, state, CAST)
    assert len(set(sources)) == len(sources)
    assert {seat_of(source) for source in sources} <= {*CAST.stage, "clip"}
    assert set(seats_on_air(state, CAST)) <= set(CAST.stage)
    assert set(seats_in_preview(state, CAST)) <= set(CAST.stage)
    assert clip_on_air(state, CAST) == ("clip" in audible_sources(state, CAST))
    assert (state.before is None) or state.wait_ms > 0
    if state.before is None:
        assert audible_sources(state, CAST) == sources
    if state.last_good is not None:
        assert state.last_good.slate is None
        assert "clip" not in state.last_good.slots
    if "clip" in sources:
        assert state.clip is not None


@given(steps)
def test_every_sequence_of_commands_leaves_a_programme_that_can_be_shown(
    sequence: list[tuple[ProgrammeCommand | str, int]],
) -> None:
    desk, now_ms = made(), 0
    for what, passed_ms in sequence:
        now_ms += passed_ms
        before = desk.state
        step(desk, what, now_ms)
        after = desk.state
        assert after.revision - before.revision in {0, 1}
        assert after.preview_revision >= before.preview_revision
        assert after.at_ms >= before.at_ms
        if after.revision > before.revision:
            assert after.at_ms >= now_ms + TAKE_LEAD_MS
        check(after, now_ms)
        assert len(desk._pending) <= MAX_PENDING


@given(steps, steps)
def test_a_restored_programme_goes_on_as_if_nothing_had_been(
    sequence: list[tuple[ProgrammeCommand | str, int]],
    rest: list[tuple[ProgrammeCommand | str, int]],
) -> None:
    desk, now_ms = made(), 0
    for what, passed_ms in sequence:
        now_ms += passed_ms
        step(desk, what, now_ms)
    assert stored(desk.state) == desk.state
    restored = made(stored(desk.state))
    for what, passed_ms in rest:
        now_ms += passed_ms
        assert step(desk, what, now_ms) == step(restored, what, now_ms)
        assert restored.state == desk.state
