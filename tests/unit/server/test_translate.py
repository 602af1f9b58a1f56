import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mixer.wire.ids import (
    LAYER_LOW,
    LAYER_MAIN,
    GroupId,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.picture import PictureSource, Scene, SourceDelay
from mixer.wire.resources import (
    Clock,
    OnAir,
    Peer,
    Priority,
    Publication,
    RecordedTrack,
    RecordingSession,
    SoundReturn,
    SoundSource,
    Subscription,
)
from mixer.wire.resources import Mark as MarkResource
from server.intent import (
    Intent,
    ProgrammeNumbers,
    Received,
    SeatNumbers,
    Sitting,
    Track,
    Wiring,
)
from server.translate import wanted
from signaling.programme.core import Programme
from signaling.programme.state import ProgrammeState
from signaling.recording import Mark, Recording, RecordingPhase
from signaling.seats import Device, DeviceKind
from signaling.wire.roles import Role
from signaling.wire.state import CaptionView, SceneView
from tests.unit.signaling.plans import event

PLAN = event()
STAGE = [seat.id for seat in PLAN.stage]
NUMBERS = {
    seat.id: SeatNumbers(group=GroupId(100 + n), return_publication=PublicationId(200 + n))
    for n, seat in enumerate(PLAN.seats)
}
PROGRAMME = ProgrammeNumbers(picture=PublicationId(1), opus=PublicationId(2), aac=PublicationId(3))
CLOCK = Clock(event=9, origin_monotonic_ns=5, origin_wall_ns=6)


def sitting(
    number: int, seat: str, kind: DeviceKind = DeviceKind.MAIN, *, muted: bool = False
) -> Sitting:
    """A device that publishes sound and picture, and receives programme and return."""
    base = 1000 + number * 10
    device = Device(
        id=number,
        seat=seat,
        kind=kind,
        role=Role.MEMBER,
        link="l",
        resume_hash="h",
        has_audio=True,
        has_video=True,
        audio_muted=muted,
        video_muted=muted,
    )
    tracks = (
        Track(mid="0", publication=PublicationId(base), kind=MediaKind.AUDIO, source="microphone"),
        Track(mid="1", publication=PublicationId(base + 1), kind=MediaKind.VIDEO, source="camera"),
    )
    received = (
        Received(
            subscription=SubscriptionId(base + 2),
            publication=PROGRAMME.picture,
            kind=MediaKind.VIDEO,
            layer=LAYER_LOW,
        ),
        Received(
            subscription=SubscriptionId(base + 3),
            publication=NUMBERS[seat].return_publication,
            kind=MediaKind.AUDIO,
            layer=LAYER_LOW,
        ),
    )
    wiring = Wiring(
        receive_peer=PeerId(base + 4),
        fingerprint="f",
        tracks=tracks,
        send_peer=PeerId(base + 5),
        received=received,
    )
    return Sitting(device=device, wiring=wiring)


def state(slots: list[str], revision: int = 4) -> ProgrammeState:
    scene = SceneView(
        layout="grid", slots=slots, caption=CaptionView(title="甲", subtitle="乙"), strap="连线"
    )
    return ProgrammeState(
        revision=revision, on_air=scene, preview=scene, at_ms=1500, heard_at_ms=1500
    )


def recording(phase: RecordingPhase = RecordingPhase.WANTED) -> Recording:
    mark = Mark(id=77, kind="cue", at_ms=1200, title="两个会场", seats=("north",), layout="full")
    return Recording(id=70, directory="d", title="题", started_ms=1000, phase=phase, marks=(mark,))


def intent(*people: Sitting, record: Recording | None = None, **more: object) -> Intent:
    made = Intent(
        clock=CLOCK,
        event=PLAN,
        numbers=NUMBERS,
        programme=PROGRAMME,
        state=state(["north", "site-1"]),
        sitting=people,
        recording=record,
    )
    return msgspec.structs.replace(made, **more)


def of(kind: WorkerKind, what: type, model: Intent) -> list[object]:
    return [one for one in wanted(kind, model) if isinstance(one, what)]


def test_media_holds_peers_then_what_they_carry() -> None:
    resources = wanted(WorkerKind.MEDIA, intent(sitting(1, "north"), sitting(2, "site-1")))
    kinds = [type(one) for one in resources]
    assert kinds == [Clock, *[Peer] * 4, *[Publication] * 4, *[Subscription] * 4]


def test_what_is_on_air_or_next_comes_before_who_spoke_and_the_rest() -> None:
    desk = sitting(1, "director")
    pictures = ["north", "site-1", "site-2", "site-3", "site-2/camera2/slides"]
    tiles = tuple(
        Received(
            subscription=SubscriptionId(500 + number),
            publication=PublicationId(600 + number),
            kind=MediaKind.VIDEO,
            layer=LAYER_LOW,
            tile=picture,
        )
        for number, picture in enumerate(pictures)
    )
    received = (*desk.wiring.received, *tiles)
    wired = msgspec.structs.replace(desk.wiring, received=received)
    airing = msgspec.structs.replace(
        state(["north"]),
        preview=SceneView(
            layout="full", slots=["site-1"], caption=CaptionView(title="", subtitle=""), strap=""
        ),
        speakers=("site-2", "site-3"),
    )
    model = intent(msgspec.structs.replace(desk, wiring=wired), state=airing)
    held = of(WorkerKind.MEDIA, Subscription, model)
    assert [one.priority for one in held if isinstance(one, Subscription)] == [
        Priority.ON_AIR,  # the programme
        Priority.SOUND,
        Priority.ON_AIR,
        Priority.ON_AIR,
        Priority.SPEAKER,
        Priority.REST,
        Priority.REST,
    ]


def test_a_device_without_media_wants_nothing_of_media() -> None:
    silent = msgspec.structs.replace(sitting(1, "north"), wiring=Wiring())
    assert wanted(WorkerKind.MEDIA, intent(silent)) == [CLOCK]


def test_all_devices_of_a_seat_are_one_group_for_the_sound() -> None:
    model = intent(sitting(1, "north"), sitting(2, "north", DeviceKind.CAMERA2))
    sources = of(WorkerKind.SOUND, SoundSource, model)
    assert {one.group for one in sources if isinstance(one, SoundSource)} == {
        NUMBERS["north"].group
    }


def test_only_seats_that_listen_have_a_return() -> None:
    deaf = sitting(2, "south")
    deaf = msgspec.structs.replace(deaf, wiring=msgspec.structs.replace(deaf.wiring, received=()))
    assert of(WorkerKind.SOUND, SoundReturn, intent(sitting(1, "north"), deaf)) == [
        SoundReturn(publication=NUMBERS["north"].return_publication, group=NUMBERS["north"].group)
    ]


def test_on_air_and_scene_carry_the_same_time_and_seats() -> None:
    (on_air,) = of(WorkerKind.SOUND, OnAir, intent())
    (scene,) = of(WorkerKind.PICTURE, Scene, intent())
    assert isinstance(on_air, OnAir)
    assert isinstance(scene, Scene)
    assert on_air.groups == (NUMBERS["north"].group, NUMBERS["site-1"].group)
    assert on_air.at_ns == scene.at_ns == 1_500_000_000
    assert on_air.revision == scene.revision == 4
    assert [slot.seat for slot in scene.slots] == ["north", "site-1"]
    assert scene.slots[0].title == "名north"
    assert scene.caption is not None
    assert (scene.caption.title, scene.strap) == ("甲", "连线")


def test_who_is_muted_is_silent_in_the_mix_and_shows_a_slate() -> None:
    model = intent(sitting(1, "north", muted=True))
    (source,) = of(WorkerKind.SOUND, SoundSource, model)
    assert isinstance(source, SoundSource)
    assert source.muted
    assert of(WorkerKind.PICTURE, PictureSource, model) == []


def test_scenes_name_the_main_camera_by_its_seat() -> None:
    model = intent(sitting(1, "north"), sitting(2, "north", DeviceKind.CAMERA2))
    labels = [
        one.seat
        for one in of(WorkerKind.PICTURE, PictureSource, model)
        if isinstance(one, PictureSource)
    ]
    assert labels == ["north", "north/camera2/camera"]


def test_picture_waits_for_the_sound_of_the_main_device() -> None:
    delays = {1010: 80_000_000, 1020: 5_000_000, 9999: 1}
    model = intent(sitting(1, "north"), sitting(2, "north", DeviceKind.CAMERA2), delays_ns=delays)
    assert of(WorkerKind.PICTURE, SourceDelay, model) == [
        SourceDelay(seat="north", delay_ns=80_000_000)
    ]


def test_the_recorder_writes_the_programme_and_every_track() -> None:
    model = intent(sitting(1, "north"), sitting(2, "site-1"), record=recording())
    tracks = [
        one
        for one in of(WorkerKind.RECORDER, RecordedTrack, model)
        if isinstance(one, RecordedTrack)
    ]
    assert [(one.publication, one.layer, one.role) for one in tracks[:2]] == [
        (PROGRAMME.picture, LAYER_MAIN, "programme"),
        (PROGRAMME.aac, LAYER_LOW, "programme"),
    ]
    assert {(one.seat, one.source) for one in tracks[2:]} == {
        (seat, source) for seat in ("north", "site-1") for source in ("camera", "microphone")
    }
    assert all(one.role == "iso" for one in tracks[2:])
    (mark,) = of(WorkerKind.RECORDER, MarkResource, model)
    assert isinstance(mark, MarkResource)
    assert (mark.session, mark.at_ns, mark.title) == (70, 1_200_000_000, "两个会场")


def test_a_recording_to_be_stopped_keeps_its_session_and_closes_its_tracks() -> None:
    model = intent(sitting(1, "north"), record=recording(RecordingPhase.STOPPING))
    assert of(WorkerKind.RECORDER, RecordedTrack, model) == []
    assert len(of(WorkerKind.RECORDER, RecordingSession, model)) == 1
    assert len(of(WorkerKind.RECORDER, MarkResource, model)) == 1


def test_a_finished_recording_is_no_longer_wanted() -> None:
    for record in (None, recording(RecordingPhase.DONE)):
        assert wanted(WorkerKind.RECORDER, intent(sitting(1, "north"), record=record)) == [CLOCK]


people = st.lists(
    st.tuples(st.sampled_from(STAGE), st.sampled_from(list(DeviceKind)), st.booleans()),
    max_size=12,
    unique_by=lambda one: one[:2],
)


@given(
    people,
    st.lists(st.sampled_from(STAGE), min_size=1, unique=True),
    st.one_of(st.none(), st.sampled_from(list(RecordingPhase))),
    st.dictionaries(st.integers(1000, 1130), st.integers(0, 10**9)),
)
def test_the_same_intent_always_gives_the_same_resources_with_unique_keys(
    who: list[tuple[str, DeviceKind, bool]],
    slots: list[str],
    phase: RecordingPhase | None,
    delays: dict[int, int],
) -> None:
    def model() -> Intent:
        seated = [
            sitting(number, seat, kind, muted=muted)
            for number, (seat, kind, muted) in enumerate(who)
        ]
        return intent(
            *seated,
            record=recording(phase) if phase else None,
            state=state(slots),
            delays_ns=dict(delays),
        )

    for kind in WorkerKind:
        resources = wanted(kind, model())
        assert resources == wanted(kind, model())
        keys = [one.key for one in resources]
        assert len(set(keys)) == len(keys)
        assert keys[0] == "clock"


def test_the_first_scene_needs_no_director() -> None:
    state_now = Programme.beginning(PLAN.first_scene())
    (scene,) = of(WorkerKind.PICTURE, Scene, intent(state=state_now))
    assert isinstance(scene, Scene)
    assert (scene.layout, [slot.seat for slot in scene.slots]) == ("two_halls", ["north", "south"])
