from hypothesis import given
from hypothesis import strategies as st

from signaling.state import HISTORY, StateMap, View, visible
from signaling.wire.roles import Role
from signaling.wire.state import (
    ConditionView,
    Delta,
    DeviceView,
    EventView,
    ProgrammeView,
    RundownView,
    SceneView,
    SeatView,
    Snapshot,
    StateValue,
    You,
)


def seat(name: str = "north", level_db: float = -20.0, rtt_ms: float = 40.0) -> SeatView:
    device = DeviceView(
        id=1,
        kind="main",
        connection="connected",
        has_audio=True,
        has_video=True,
        audio_muted=False,
        video_muted=False,
        quality=4,
        rtt_ms=rtt_ms,
    )
    return SeatView(
        seat=name,
        name=name,
        name_en=name,
        kind="hall",
        hall="",
        order=0,
        devices=[device],
        level_db=level_db,
    )


def programme(preview: str = "south") -> ProgrammeView:
    return ProgrammeView(
        revision=1,
        on_air=SceneView(layout="full", slots=["north"]),
        preview=SceneView(layout="full", slots=[preview]),
        at_ms=0,
        frame=-1,
        seats_on_air=["north"],
        layouts={},
    )


def you(device: int) -> You:
    return You(seat="north", role=Role.MEMBER, device=device, device_kind="main", rights=[])


def test_the_first_message_is_a_snapshot_then_come_deltas() -> None:
    state = StateMap()
    state.put("seat/north", seat())
    view = View(state, Role.DIRECTOR)
    first = view.next_message(0)
    assert isinstance(first, Snapshot)
    assert set(first.state) == {"seat/north"}
    assert view.next_message(0) is None
    state.put("seat/south", seat("south"))
    state.remove("seat/north")
    second = view.next_message(0)
    assert isinstance(second, Delta)
    assert second.previous == first.revision
    assert set(second.put) == {"seat/south"}
    assert second.remove == ["seat/north"]


def test_putting_the_same_value_is_no_change() -> None:
    state = StateMap()
    assert state.put("seat/north", seat())
    assert not state.put("seat/north", seat())
    assert not state.remove("seat/south")
    assert state.revision == 1


def test_several_changes_of_a_key_become_one() -> None:
    state = StateMap()
    view = View(state, Role.DIRECTOR)
    view.next_message(0)
    for level_db in range(-50, -10):
        state.put("seat/north", seat(level_db=level_db))
    told = view.next_message(0)
    assert isinstance(told, Delta)
    assert told.put == {"seat/north": seat(level_db=-11)}


def test_members_hear_nothing_of_levels() -> None:
    state = StateMap()
    state.put("seat/north", seat(level_db=-20))
    view = View(state, Role.MEMBER)
    first = view.next_message(0)
    assert isinstance(first, Snapshot)
    shown = first.state["seat/north"]
    assert isinstance(shown, SeatView)
    assert (shown.level_db, shown.devices[0].rtt_ms) == (-100.0, 0.0)
    assert shown.devices[0].quality == 4
    state.put("seat/north", seat(level_db=-30, rtt_ms=90))
    assert view.next_message(0) is None


def test_whoever_sits_there_sees_the_figures_of_that_seat_but_not_its_level() -> None:
    state = StateMap()
    state.put("seat/north", seat(level_db=-20, rtt_ms=80))
    first = View(state, Role.MEMBER, "north").next_message(0)
    assert isinstance(first, Snapshot)
    shown = first.state["seat/north"]
    assert isinstance(shown, SeatView)
    assert (shown.level_db, shown.devices[0].rtt_ms) == (-100.0, 80.0)


def test_a_change_hidden_from_a_role_keeps_its_revisions_whole() -> None:
    state = StateMap()
    view = View(state, Role.MEMBER)
    first = view.next_message(0)
    state.put("rundown", RundownView(cues=[], current=""))
    assert view.next_message(0) is None
    state.put("seat/north", seat())
    told = view.next_message(0)
    assert isinstance(first, Snapshot)
    assert isinstance(told, Delta)
    assert told.previous == first.revision
    assert set(told.put) == {"seat/north"}


def test_preview_rundown_and_conditions_are_the_desk_s() -> None:
    condition = ConditionView(id="disk.low", subject="data", values={})
    rundown = RundownView(cues=[], current="")
    assert visible(rundown, Role.MEMBER) is None
    assert visible(condition, Role.MEMBER) is None
    assert visible(rundown, Role.DIRECTOR) == rundown
    assert visible(condition, Role.OPERATOR) == condition
    shown = visible(programme(), Role.MEMBER)
    assert isinstance(shown, ProgrammeView)
    assert shown.preview == shown.on_air
    assert visible(programme(), Role.DIRECTOR) == programme()
    assert visible(seat(), Role.VIEWER) is None


def test_who_you_are_is_told_when_it_changes() -> None:
    state = StateMap()
    view = View(state, Role.MEMBER)
    view.become(you(0))
    first = view.next_message(0)
    assert isinstance(first, Snapshot)
    assert first.state == {"you": you(0)}
    view.become(you(5))
    told = view.next_message(0)
    assert isinstance(told, Delta)
    assert told.put == {"you": you(5)}
    assert told.remove == []


def test_a_snapshot_follows_when_it_is_asked_for() -> None:
    state = StateMap()
    state.put("seat/north", seat())
    view = View(state, Role.MEMBER)
    view.next_message(0)
    view.forget()
    assert isinstance(view.next_message(0), Snapshot)


def test_the_event_carries_the_time_of_the_message() -> None:
    state = StateMap()
    event = EventView(slug="s", title="t", title_en="t", phase="live", session_time_ms=0)
    state.put("event", event)
    told = View(state, Role.MEMBER).next_message(4711)
    assert isinstance(told, Snapshot)
    shown = told.state["event"]
    assert isinstance(shown, EventView)
    assert shown.session_time_ms == 4711


def test_history_is_bounded_and_says_when_it_does_not_reach() -> None:
    state = StateMap()
    for level in range(HISTORY + 10):
        state.put("seat/north", seat(level_db=float(level)))
    assert state.changed_since(0) is None
    assert state.changed_since(state.revision - 1) == {"seat/north"}


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "tell"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(-90, 0),
    ),
    max_size=60,
)


@given(CHANGES, st.sampled_from([Role.DIRECTOR, Role.MEMBER]))
def test_a_client_that_applies_messages_sees_what_its_role_may_see(
    changes: list[tuple[str, str, int]], role: Role
) -> None:
    state = StateMap()
    view = View(state, role)
    client: dict[str, StateValue] = {}
    revision = -1
    for step, key, level in [*changes, ("tell", "", 0)]:
        if step == "put":
            state.put(f"seat/{key}", seat(key, float(level)))
        elif step == "remove":
            state.remove(f"seat/{key}")
        else:
            match view.next_message(0):
                case Snapshot() as told:
                    client = dict(told.state)
                    revision = told.revision
                case Delta() as told:
                    assert told.previous == revision
                    client.update(told.put)
                    for gone in told.remove:
                        del client[gone]
                    revision = told.revision
    shown = {key: visible(value, role) for key, value in state.values.items()}
    assert client == {key: value for key, value in shown.items() if value is not None}
