"""What picture and recorder shall hold for what a director wants."""

from typing import TypeVar

import msgspec
from hypothesis import given

from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, GroupId, PublicationId, WorkerKind
from mixer.wire.picture import (
    Clip,
    Multiview,
    PictureProgramme,
    PreviewScene,
    Renditions,
    Scene,
    Slate,
    SourceDelay,
)
from mixer.wire.resources import OnAir, RecordedTrack, SoundSource
from server.intent import Intent, ProgrammeForm, ProgrammeNumbers
from server.translate import wanted
from signaling.phase import Phase
from signaling.programme.commands import ProgrammeCommand
from signaling.programme.core import WAIT_MS
from signaling.programme.state import ClipIntent, ProgrammeState, audible_sources, sources_of
from signaling.wire.state import CaptionView, GraphicsView, SceneView, SlateView
from tests.unit.server.test_translate import NUMBERS, PLAN, intent, recording, sitting
from tests.unit.signaling.programme.test_any_order import made, step, steps

One = TypeVar("One")
NAMED = ProgrammeNumbers(
    picture=PublicationId(1),
    opus=PublicationId(2),
    aac=PublicationId(3),
    renditions=Renditions(
        clean=PublicationId(4),
        vp8=PublicationId(5),
        master=PublicationId(6),
        preview=PublicationId(7),
    ),
    multiview=PublicationId(8),
    clip_sound=PublicationId(9),
    clip_group=GroupId(10),
)
FILM = SceneView(layout="full", slots=["clip"])
BOTH = SceneView(layout="two_halls", slots=["hall:b", "hall:a"])


def state(on_air: SceneView, **more: object) -> ProgrammeState:
    usual = ProgrammeState(revision=4, on_air=on_air, preview=BOTH, at_ms=1500, heard_at_ms=1500)
    return msgspec.structs.replace(usual, **more)


def model(on_air: SceneView = BOTH, form: ProgrammeForm | None = None, **more: object) -> Intent:
    people = [sitting(1, "north"), sitting(2, "south")]
    return intent(
        *people, programme=NAMED, state=state(on_air, **more), form=form or ProgrammeForm()
    )


def only(kind: WorkerKind, what: type[One], given: Intent) -> One:
    (found,) = [one for one in wanted(kind, given) if isinstance(one, what)]
    return found


def test_the_programme_has_its_format_and_renditions() -> None:
    form = ProgrammeForm(height=1080, frame_rate=30, master_kbps=12_000)
    programme = only(WorkerKind.PICTURE, PictureProgramme, model(form=form))
    assert (programme.width, programme.height, programme.frame_rate) == (1920, 1080, 30)
    assert programme.renditions == msgspec.structs.replace(NAMED.renditions, master_kbps=12_000)


def test_halls_by_place_are_their_seats_with_their_names() -> None:
    scene = only(WorkerKind.PICTURE, Scene, model())
    assert [(slot.seat, slot.title) for slot in scene.slots] == [
        ("south", "名south"),
        ("north", "名north"),
    ]


def test_preview_looks_as_it_would_on_air() -> None:
    caption = CaptionView(title="甲", subtitle="乙", organisation="丙")
    next_up = msgspec.structs.replace(BOTH, caption=caption, question="为何", strap="连线")
    graphics = GraphicsView(event_title=True, clock=True, bug=True, logo="a.png", theme="red")
    given = model(FILM, preview=next_up, graphics=graphics, preview_revision=9)
    given = msgspec.structs.replace(given, phase=Phase.LIVE)
    shown = only(WorkerKind.PICTURE, PreviewScene, given)
    aired = only(
        WorkerKind.PICTURE,
        Scene,
        msgspec.structs.replace(given, state=state(next_up, graphics=graphics)),
    )
    same = {"revision": 9, "at_ns": 0}
    assert shown.scene == msgspec.structs.replace(aired, **same)
    assert (shown.scene.bug, shown.scene.event_title, shown.scene.logo) == (
        "live",
        "测试",
        "a.png",
    )


def test_a_slate_needs_no_sites_and_no_layout() -> None:
    slate = SlateView(kind="break", title="休息", until_ms=90_000)
    scene = only(
        WorkerKind.PICTURE, Scene, model(SceneView(layout="", slots=["north"], slate=slate))
    )
    assert (scene.slots, scene.layout) == ((), "full")
    assert scene.slate == Slate(kind="break", title="休息", until_ns=90_000_000_000)


def test_a_scene_waits_for_its_pictures_and_sound_for_it() -> None:
    alone = SceneView(layout="full", slots=["south"])
    given = model(alone, wait_ms=WAIT_MS, before=BOTH, heard_at_ms=700)
    scene = only(WorkerKind.PICTURE, Scene, given)
    heard = only(WorkerKind.SOUND, OnAir, given)
    assert scene.wait_ns == WAIT_MS * 1_000_000
    assert heard.groups == (NUMBERS["south"].group, NUMBERS["north"].group)
    assert heard.at_ns == 700_000_000


def test_a_clip_is_a_source_with_picture_sound_and_delay() -> None:
    clip = ClipIntent(file="a.mp4", loop=True, playing_since_ms=1500)
    given = model(FILM, clip=clip)
    given = msgspec.structs.replace(given, delays_ns={NAMED.clip_sound: 50})
    assert only(WorkerKind.PICTURE, Clip, given) == Clip(
        seat="clip",
        file="a.mp4",
        title="a.mp4",
        playing_since_ns=1_500_000_000,
        loop=True,
        sound=NAMED.clip_sound,
    )
    delay = only(WorkerKind.PICTURE, SourceDelay, given)
    assert delay == SourceDelay(seat="clip", delay_ns=50)
    sound = SoundSource(publication=NAMED.clip_sound, group=NAMED.clip_group)
    assert sound in wanted(WorkerKind.SOUND, given)
    heard = only(WorkerKind.SOUND, OnAir, given)
    assert heard.groups == (NAMED.clip_group,)


def test_a_multiview_is_made_where_settings_offer_it_with_its_tally() -> None:
    assert not [one for one in wanted(WorkerKind.PICTURE, model()) if isinstance(one, Multiview)]
    alone = SceneView(layout="full", slots=["site-1"])
    given = model(alone, form=ProgrammeForm(multiview=True))
    shown = only(WorkerKind.PICTURE, Multiview, given)
    assert [slot.seat for slot in shown.slots] == [seat.id for seat in PLAN.stage]
    assert (shown.on_air, shown.in_preview) == (("site-1",), ("south", "north"))


def test_the_archive_gets_the_coding_that_settings_choose() -> None:
    for master, wanted_layer in ((False, (1, LAYER_MAIN)), (True, (6, LAYER_LOW))):
        given = model(form=ProgrammeForm(record_master=master))
        given = msgspec.structs.replace(given, recording=recording())
        programme = [
            (one.publication, one.layer)
            for one in wanted(WorkerKind.RECORDER, given)
            if isinstance(one, RecordedTrack) and one.role == "programme" and one.kind == "video"
        ]
        assert programme == [wanted_layer]


@given(steps)
def test_picture_and_sound_show_and_play_the_same_whatever_was_asked(
    sequence: list[tuple[ProgrammeCommand | str, int]],
) -> None:
    desk, now_ms = made(), 0
    for what, passed_ms in sequence:
        now_ms += passed_ms
        step(desk, what, now_ms)
        now = desk.state
        given = msgspec.structs.replace(model(), state=now)
        scene = only(WorkerKind.PICTURE, Scene, given)
        heard = only(WorkerKind.SOUND, OnAir, given)
        cast = PLAN.cast
        assert tuple(slot.seat for slot in scene.slots) == sources_of(now.on_air, now, cast)
        groups = {seat: numbers.group for seat, numbers in NUMBERS.items()}
        groups["clip"] = NAMED.clip_group
        audible = [source.partition("/")[0] for source in audible_sources(now, cast)]
        assert set(heard.groups) == {groups[seat] for seat in audible}
        for one in wanted(WorkerKind.PICTURE, given):
            assert msgspec.msgpack.encode(one)
