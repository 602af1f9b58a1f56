"""A page hears which of its layers somebody takes."""

from typing import Any

from mixer.wire.control import LayersTaken
from mixer.wire.ids import PublicationId, WorkerKind
from server.application import Application
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of

TRACKS = [
    {"mid": "0", "kind": "audio", "source": "microphone"},
    {"mid": "1", "kind": "video", "source": "camera"},
]


def taken(page: Page) -> list[Any]:
    return [notice for notice in page.notices if notice["type"] == "publish_layers"]


async def test_the_publishing_page_hears_of_changes_and_again_when_it_comes_back(
    application: Application, workers: FakeWorkers
) -> None:
    other = await Page(application).open(token_of(application, "beijing"))
    await other.ask("join", has_audio=True, has_video=True)
    page = await Page(application).open(token_of(application, "bj-tax"))
    joined = await page.ask("join", has_audio=True, has_video=True)
    published = await page.ask("publish", sdp=offer(), tracks=TRACKS)
    camera = published["publications"][1]["publication"]
    event = LayersTaken(publication=PublicationId(camera), layers=(0, 2))
    assert workers.listener is not None
    workers.listener.worker_event(WorkerKind.MEDIA, event)
    expected = {"type": "publish_layers", "publication": camera, "mid": "1", "layers": [0, 2]}
    await page.until(taken)
    assert taken(page) == [expected]
    await page.close()
    token = token_of(application, "bj-tax")
    back = await Page(application).open(token, resume=joined["resume"])
    await back.until(taken)
    assert taken(back) == [expected]
    assert taken(other) == []
    await back.close()
    await other.close()


async def test_what_media_tells_of_an_unknown_publication_reaches_nobody(
    application: Application, workers: FakeWorkers
) -> None:
    page = await Page(application).open(token_of(application, "bj-tax"))
    await page.ask("join", has_audio=True, has_video=True)
    event = LayersTaken(publication=PublicationId(99999), layers=())
    assert workers.listener is not None
    workers.listener.worker_event(WorkerKind.MEDIA, event)
    await page.ask("get_state")
    assert taken(page) == []
    await page.close()
