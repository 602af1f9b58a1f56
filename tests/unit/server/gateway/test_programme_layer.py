"""Which layer of the programme a page prefers: `main`, unless it says that it is shown small."""

import pytest

from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, MediaKind, WorkerKind
from mixer.wire.resources import Priority, Subscription
from server.application import Application
from tests.unit.server.conftest import FakeWorkers
from tests.unit.server.page import Page, token_of

SEATS = ("beijing", "bj-tax", "director")


async def seated(application: Application, seat: str) -> Page:
    page = await Page(application).open(token_of(application, seat))
    await page.until(lambda one: one.state)
    await page.ask("join", has_audio=False, has_video=False)
    return page


def pictures(workers: FakeWorkers) -> list[Subscription]:
    held = workers.of(WorkerKind.MEDIA, Subscription)
    return [one for one in held if isinstance(one, Subscription) and one.kind is MediaKind.VIDEO]


@pytest.mark.parametrize("seat", SEATS)
@pytest.mark.parametrize(
    ("asked", "layer"), [("auto", LAYER_MAIN), ("main", LAYER_MAIN), ("low", LAYER_LOW)]
)
async def test_whoever_asks_for_no_less_prefers_main(
    application: Application, workers: FakeWorkers, seat: str, asked: str, layer: int
) -> None:
    page = await seated(application, seat)
    await page.ask("subscribe", layer=asked)
    (picture,) = pictures(workers)
    assert (picture.layer, picture.priority) == (layer, Priority.ON_AIR)
    await page.close()


async def test_a_page_that_grows_changes_its_subscription_and_nothing_else(
    application: Application, workers: FakeWorkers
) -> None:
    page = await seated(application, "bj-tax")
    await page.ask("subscribe", layer="low")
    before = workers.wanted[WorkerKind.MEDIA]
    asked = len(workers.asked)
    assert await page.ask("prefer_layer", layer="main") == {"type": "done"}
    after = workers.wanted[WorkerKind.MEDIA]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((old, new),) = changed
    assert isinstance(old, Subscription)
    assert isinstance(new, Subscription)
    assert (old.key, old.layer, new.layer) == (new.key, LAYER_LOW, LAYER_MAIN)
    assert len(workers.asked) == asked
    assert await page.ask("prefer_layer", layer="low") == {"type": "done"}
    assert workers.wanted[WorkerKind.MEDIA] == before
    await page.close()


async def test_a_rendition_of_one_layer_stays_as_it_is(
    application: Application, workers: FakeWorkers
) -> None:
    page = await seated(application, "bj-tax")
    await page.ask("subscribe", decodes=["vp8"])
    before = workers.wanted[WorkerKind.MEDIA]
    assert await page.ask("prefer_layer", layer="main") == {"type": "done"}
    assert workers.wanted[WorkerKind.MEDIA] == before
    await page.close()


async def test_an_unknown_layer_is_refused(application: Application) -> None:
    page = await seated(application, "bj-tax")
    await page.ask("subscribe")
    refused = await page.ask("prefer_layer", layer="best")
    assert refused["error"] == "message.invalid"
    await page.gone.wait()


async def test_who_has_not_joined_is_told_to(application: Application) -> None:
    page = await Page(application).open(token_of(application, "bj-tax"))
    await page.until(lambda one: one.state)
    assert (await page.ask("prefer_layer", layer="low"))["error"] == "join.needed"
    await page.close()
