"""A site joins, publishes and subscribes; a director takes."""

from mixer.wire.ids import WorkerKind
from mixer.wire.picture import Scene
from mixer.wire.resources import (
    OnAir,
    Peer,
    Publication,
    SoundSource,
    Subscription,
)
from server.application import Application
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of


async def test_a_hall_joins_publishes_and_subscribes(
    application: Application, workers: FakeWorkers
) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    await page.until(lambda one: one.state)
    assert page.state["you"]["seat"] == "beijing"
    assert page.state["you"]["device"] == 0
    joined = await page.ask("join", has_audio=True, has_video=True)
    assert joined["type"] == "joined"
    tracks = [
        {"mid": "0", "kind": "audio", "source": "microphone"},
        {"mid": "1", "kind": "video", "source": "camera"},
    ]
    published = await page.ask("publish", sdp=offer(), tracks=tracks)
    assert published["type"] == "published"
    assert published["sdp"].startswith("v=0")
    assert [one["mid"] for one in published["publications"]] == ["0", "1"]
    assert len(workers.of(WorkerKind.MEDIA, Publication)) == 2
    assert len(workers.of(WorkerKind.SOUND, SoundSource)) == 1
    offered = await page.ask("subscribe")
    assert offered["type"] == "offered"
    done = await page.ask("subscribe_answer", peer=offered["peer"], sdp=offer("CC:DD"))
    assert done["type"] == "done"
    assert len(workers.of(WorkerKind.MEDIA, Peer)) == 2
    assert len(workers.of(WorkerKind.MEDIA, Subscription)) == 2
    await page.until(lambda one: one.state["you"]["device"] == joined["device"])
    await page.until(lambda one: len(one.state["seat/beijing"]["devices"]) == 1)
    await page.close()


async def test_a_director_puts_a_cue_on_air(application: Application, workers: FakeWorkers) -> None:
    desk = await Page(application).open(token_of(application, "director"))
    hall = await Page(application).open(token_of(application, "hunan"))
    await hall.until(lambda one: one.state)
    taken = await desk.ask("go_cue", cue="call-in-1")
    assert taken["type"] == "taken"
    (scene,) = workers.of(WorkerKind.PICTURE, Scene)
    (on_air,) = workers.of(WorkerKind.SOUND, OnAir)
    assert isinstance(scene, Scene)
    assert isinstance(on_air, OnAir)
    assert [slot.seat for slot in scene.slots] == ["beijing", "hn-school"]
    assert scene.at_ns == on_air.at_ns == taken["at_ms"] * 1_000_000
    assert len(on_air.groups) == 2
    await hall.until(lambda one: one.state["seat/hn-school"]["on_air"])
    assert not hall.state["seat/hunan"]["on_air"]
    await desk.close()
    await hall.close()
