"""What a director asks reaches picture and sound, and comes back with its frame."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mixer.wire.control import ActiveSpeaker, ClipState, DelayReport, PreviewReady, SceneApplied
from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, PublicationId, WorkerKind
from mixer.wire.picture import Clip, Multiview, PictureProgramme, PreviewScene, Scene, SourceDelay
from mixer.wire.resources import OnAir, Resource, SoundSource, Subscription
from server.application import Application, start_application
from server.conference.requests import REQUESTS
from server.settings import Settings
from signaling.wire.roles import Right
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of

TRACKS = [
    {"mid": "0", "kind": "audio", "source": "microphone"},
    {"mid": "1", "kind": "video", "source": "camera"},
]
SITE = {"layout": "full", "slots": ["bj-tax"]}
TALK = {"layout": "hall_remote", "slots": ["hall:a", "speaker"]}
DIRECTING = [kind for kind, (needed, _) in REQUESTS.items() if needed is Right.DIRECT]
SAMPLES: dict[str, Any] = {
    "scene": SITE,
    "cue": "opening",
    "transition": "dissolve",
    "duration_ms": 600,
    "layout": "full",
    "slot": 0,
    "source": "hunan",
    "seat": "hunan",
    "strap": "",
    "question": "",
    "graphics": {},
    "frozen": False,
    "file": "a.mp4",
    "loop": False,
    "caption": None,
}


@pytest.fixture
async def desk(application: Application) -> AsyncIterator[Page]:
    page = await Page(application).open(token_of(application, "director"))
    await page.until(lambda one: one.state)
    yield page
    await page.close()


@pytest.fixture
async def site(application: Application) -> AsyncIterator[Page]:
    page = await Page(application).open(token_of(application, "bj-tax"))
    await page.ask("join", has_audio=True, has_video=True)
    await page.ask("publish", sdp=offer(), tracks=TRACKS)
    yield page
    await page.close()


def one(workers: FakeWorkers, kind: WorkerKind, what: type[Resource]) -> Any:
    (found,) = workers.of(kind, what)
    return found


def tell(workers: FakeWorkers, kind: WorkerKind, event: Any) -> None:
    assert workers.listener is not None
    workers.listener.worker_event(kind, event)


def groups(workers: FakeWorkers) -> tuple[int, ...]:
    return tuple(one(workers, WorkerKind.SOUND, OnAir).groups)


@pytest.mark.parametrize("kind", DIRECTING, ids=lambda kind: kind.__name__)
async def test_an_operator_may_not_direct(application: Application, kind: Any) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    fields = {name: SAMPLES[name] for name in kind.__struct_fields__ if name in SAMPLES}
    refused = await page.ask(str(kind.__struct_config__.tag), **fields)
    assert refused["error"] == "right.missing"
    await page.close()


async def test_each_change_on_air_is_answered_with_its_frame(desk: Page) -> None:
    revision = desk.state["programme"]["revision"]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("set_caption", {"caption": {"title": "顾长青"}}),
        ("set_strap", {"strap": "场外连线一"}),
        ("set_question", {"question": "为何"}),
        ("set_graphics", {"graphics": {"clock": True}}),
        ("freeze", {"frozen": True}),
        ("back_to_last_good", {}),
        ("take_scene", {"scene": SITE}),
        ("set_layout", {"layout": "hall_remote", "bus": "programme"}),
        ("set_source", {"slot": 1, "source": "hunan", "bus": "programme"}),
        ("panic", {}),
        ("take", {}),
        ("auto", {}),
        ("go_cue", {"cue": "opening"}),
    ]
    for kind, fields in asked:
        revision += 1
        taken = await desk.ask(kind, **fields)
        assert taken["type"] == "taken", (kind, taken)
        assert (taken["revision"], taken["frame"]) == (revision, revision * 100), kind


async def test_what_is_in_preview_is_prepared_by_picture(
    desk: Page, site: Page, workers: FakeWorkers
) -> None:
    await desk.ask("set_preview", scene=SITE)
    scene = one(workers, WorkerKind.PICTURE, PreviewScene).scene
    assert [slot.seat for slot in scene.slots] == ["bj-tax"]
    await desk.until(lambda page: page.state["seat/bj-tax"]["in_preview"])
    await site.until(lambda page: page.state["seat/bj-tax"]["in_preview"])
    assert site.state["programme"]["preview"] == site.state["programme"]["on_air"]
    revision = desk.state["programme"]["preview_revision"]
    tell(workers, WorkerKind.PICTURE, PreviewReady(revision=revision, ready=True))
    await desk.until(lambda page: page.state["programme"]["preview_ready"])
    await desk.ask("take")
    assert one(workers, WorkerKind.PICTURE, Scene).wait_ns == 0
    await desk.ask("set_preview", scene={"layout": "full", "slots": ["hunan"]})
    await desk.until(lambda page: not page.state["programme"]["preview_ready"])
    assert not site.state["seat/hunan"]["in_preview"]
    await desk.ask("take")
    assert one(workers, WorkerKind.PICTURE, Scene).wait_ns > 0


async def test_sound_follows_the_picture_of_a_direct_take(
    desk: Page, site: Page, workers: FakeWorkers
) -> None:
    workers.shows = False
    before = groups(workers)
    asked = asyncio.create_task(desk.ask("take_scene", scene=SITE))
    await desk.until(lambda page: page.state["programme"]["waiting"])
    assert groups(workers) == before
    scene = one(workers, WorkerKind.PICTURE, Scene)
    seen = SceneApplied(revision=scene.revision, frame=77, at_ns=3_080_000_000)
    tell(workers, WorkerKind.PICTURE, seen)
    assert (await asked)["frame"] == 77
    assert len(groups(workers)) == 1
    assert one(workers, WorkerKind.SOUND, OnAir).at_ns == 3_080_000_000
    await site.until(lambda page: page.state["seat/bj-tax"]["on_air"])


async def test_the_speaker_is_cut_to_when_somebody_else_speaks(
    application: Application, desk: Page, site: Page, workers: FakeWorkers
) -> None:
    await desk.ask("take_scene", scene=TALK)
    (source,) = workers.of(WorkerKind.SOUND, SoundSource)
    assert isinstance(source, SoundSource)
    tell(workers, WorkerKind.MEDIA, ActiveSpeaker(publication=source.publication))
    slots = one(workers, WorkerKind.PICTURE, Scene).slots
    assert [slot.seat for slot in slots] == ["beijing", "bj-tax"]
    await desk.until(lambda page: page.state["programme"]["speaker"] == "bj-tax")
    revision = application.conference.cores.programme.state.revision
    tell(workers, WorkerKind.MEDIA, ActiveSpeaker(publication=PublicationId(0)))
    tell(workers, WorkerKind.MEDIA, ActiveSpeaker(publication=source.publication))
    assert application.conference.cores.programme.state.revision == revision


async def test_a_clip_is_chosen_played_and_told(
    desk: Page, settings: Settings, workers: FakeWorkers
) -> None:
    folder = settings.data_dir / "clips"
    folder.mkdir()
    for name in ("片头.mp4", "notes.txt", ".hidden.mp4"):
        (folder / name).touch()
    assert (await desk.ask("cue_clip", file="none.mp4"))["error"] == "clip.unknown"
    assert (await desk.ask("cue_clip", file="notes.txt"))["error"] == "clip.unknown"
    assert (await desk.ask("play_clip"))["error"] == "clip.not_cued"
    assert (await desk.ask("cue_clip", file="片头.mp4"))["type"] == "done"
    await desk.until(lambda page: page.state["clip"]["files"] == ["片头.mp4"])
    clip = one(workers, WorkerKind.PICTURE, Clip)
    assert (clip.file, clip.playing_since_ns) == ("片头.mp4", None)
    told = ClipState(seat="clip", file="片头.mp4", state="cued", duration_ms=9000)
    tell(workers, WorkerKind.PICTURE, told)
    await desk.until(lambda page: page.state["clip"]["duration_ms"] == 9000)
    taken = await desk.ask("take_scene", scene={"layout": "full", "slots": ["clip"]})
    clip = one(workers, WorkerKind.PICTURE, Clip)
    assert clip.playing_since_ns == taken["at_ms"] * 1_000_000
    (sound,) = workers.of(WorkerKind.SOUND, SoundSource)
    assert isinstance(sound, SoundSource)
    assert (sound.publication, groups(workers)) == (clip.sound, (sound.group,))


async def test_a_page_without_h264_gets_vp8_and_whoever_asks_no_captions(
    desk: Page, workers: FakeWorkers
) -> None:
    await desk.ask("join", has_audio=False, has_video=False)
    programme = one(workers, WorkerKind.PICTURE, PictureProgramme)

    async def received(**fields: Any) -> tuple[int, int]:
        offered = await desk.ask("subscribe", sound="none", **fields)
        assert offered["type"] == "offered"
        got = one(workers, WorkerKind.MEDIA, Subscription)
        return got.publication, got.layer

    main = (programme.publication, LAYER_MAIN)
    assert await received() == main
    assert await received(decodes=["h264", "vp8"]) == main
    assert await received(decodes=["VP8", "vp9"]) == (programme.renditions.vp8, LAYER_LOW)
    assert await received(clean=True) == (programme.renditions.clean, LAYER_LOW)
    refused = await desk.ask("subscribe", decodes=["av1"])
    assert refused["error"] == "sdp.invalid"


async def test_preview_is_seen_by_directors_only(
    application: Application, desk: Page, workers: FakeWorkers
) -> None:
    moderator = await Page(application).open(token_of(application, "moderator"))
    programme = one(workers, WorkerKind.PICTURE, PictureProgramme)
    seen: dict[str, set[int]] = {}
    for name, page in (("director", desk), ("moderator", moderator)):
        await page.ask("join", has_audio=False, has_video=False)
        await page.ask("subscribe", sound="none" if page is desk else "return")
        before = set(workers.of(WorkerKind.MEDIA, Subscription))
        wanted = ["programme/preview", "programme/clean", "programme/multiview"]
        await page.ask("watch_sites", pictures=wanted)
        after = set(workers.of(WorkerKind.MEDIA, Subscription)) - before
        seen[name] = {each.publication for each in after if isinstance(each, Subscription)}
    renditions = programme.renditions
    assert seen["director"] == {renditions.preview, renditions.clean}
    assert seen["moderator"] == {renditions.clean}
    assert workers.of(WorkerKind.PICTURE, Multiview) == []
    await moderator.close()


async def test_everything_is_as_it_was_after_a_restart(
    settings: Settings, workers: FakeWorkers
) -> None:
    first = await start_application(settings, workers)
    (settings.data_dir / "clips").mkdir()
    (settings.data_dir / "clips" / "a.mp4").touch()
    desk = await Page(first).open(token_of(first, "director"))
    await desk.until(lambda page: page.state)
    await desk.ask("set_call_in", seat="bj-school")
    await desk.ask("set_graphics", graphics={"clock": True, "bug": True})
    await desk.ask("cue_clip", file="a.mp4", loop=True)
    await desk.ask("preview_cue", cue="call-in-1")
    await desk.ask("auto")
    await desk.ask("take_scene", scene={"layout": "hall_remote", "slots": ["clip", "call_in"]})
    await desk.ask("set_caption", caption={"title": "覃湘云"})
    await desk.ask("freeze", frozen=True)
    await desk.ask("set_preview", scene=TALK)
    await desk.close()
    before = [one(workers, WorkerKind.PICTURE, kind) for kind in KEPT]
    state = first.conference.cores.programme.state
    heard = one(workers, WorkerKind.SOUND, OnAir)
    await first.stop()
    second = await start_application(settings, workers)
    assert second.conference.cores.programme.state == state
    assert [one(workers, WorkerKind.PICTURE, kind) for kind in KEPT] == before
    assert one(workers, WorkerKind.SOUND, OnAir) == heard
    assert state.cue == "call-in-1"
    await second.stop()


KEPT = (PictureProgramme, Scene, PreviewScene, Clip)


async def test_an_event_without_numbers_for_renditions_gets_them_once(
    settings: Settings, workers: FakeWorkers
) -> None:
    numbers = set()
    for _ in range(2):
        running = await start_application(settings, workers)
        programme = running.conference.numbers.programme
        numbers.add(programme)
        held = [programme.multiview, programme.clip_sound, programme.clip_group]
        kinds = programme.renditions
        held += [kinds.clean, kinds.vp8, kinds.master, kinds.preview]
        assert len({programme.picture, programme.opus, programme.aac, *held}) == len(held) + 3
        await running.stop()
    assert len(numbers) == 1


async def test_a_delay_of_the_clips_sound_moves_its_picture(
    desk: Page, settings: Settings, workers: FakeWorkers, application: Application
) -> None:
    folder = settings.data_dir / "clips"
    folder.mkdir()
    (folder / "a.mp4").touch()
    await desk.ask("cue_clip", file="a.mp4")
    sound = application.conference.numbers.programme.clip_sound
    tell(workers, WorkerKind.SOUND, DelayReport(delays_ns={sound: 60_000_000}))
    delay = SourceDelay(seat="clip", delay_ns=60_000_000)
    assert workers.of(WorkerKind.PICTURE, SourceDelay) == [delay]
