"""The desk sees the sites' own pictures beside the programme."""

from typing import Any

import pytest

from mixer.wire.control import Description, NegotiateSend
from mixer.wire.ids import LAYER_LOW, MediaKind, WorkerKind
from mixer.wire.resources import Priority, Subscription
from server.application import Application
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of


class TilingWorkers(FakeWorkers):
    """Offers an m-line for each subscription, as media does."""

    async def request(self, kind: WorkerKind, command: Any) -> Any:
        outcome = await super().request(kind, command)
        if isinstance(command, NegotiateSend):
            held = [one for one in self.subscriptions() if one.peer == command.peer]
            mids = {str(number): one.id for number, one in enumerate(held)}
            return Description(sdp=f"v=0\r\ns=peer {command.peer}\r\n", mids=mids)
        return outcome

    def subscriptions(self) -> list[Subscription]:
        """What media shall forward."""
        held = self.of(WorkerKind.MEDIA, Subscription)
        return [one for one in held if isinstance(one, Subscription)]


@pytest.fixture
def workers() -> TilingWorkers:
    return TilingWorkers()


async def publishing(application: Application, seat: str) -> Page:
    page = await Page(application).open(token_of(application, seat))
    await page.until(lambda one: one.state)
    await page.ask("join", has_audio=True, has_video=True)
    tracks = [{"mid": "0", "kind": "video", "source": "camera"}]
    await page.ask("publish", sdp=offer(seat), tracks=tracks)
    return page


async def desk_of(application: Application) -> Page:
    desk = await Page(application).open(token_of(application, "director"))
    await desk.until(lambda one: one.state)
    await desk.ask("join", has_audio=False, has_video=False)
    return desk


async def test_tiles_come_on_the_connection_that_is_there(
    application: Application, workers: TilingWorkers
) -> None:
    hall, site = await publishing(application, "beijing"), await publishing(application, "hunan")
    desk = await desk_of(application)
    subscribed = await desk.ask("subscribe", sound="programme")
    before = workers.subscriptions()
    offered = await desk.ask("watch_sites", pictures=["hunan", "beijing", "nobody"])
    assert offered["peer"] == subscribed["peer"]
    assert [one["picture"] for one in offered["tiles"]] == ["hunan", "beijing"]
    tiles = workers.subscriptions()[len(before) :]
    assert workers.subscriptions()[: len(before)] == before
    # Everybody is on air in the first scene.
    assert {(one.layer, one.priority, one.kind) for one in tiles} == {
        (LAYER_LOW, Priority.ON_AIR, MediaKind.VIDEO)
    }
    fewer = await desk.ask("watch_sites", pictures=["beijing"])
    assert [one["picture"] for one in fewer["tiles"]] == ["beijing"]
    assert workers.subscriptions() == [*before, tiles[1]]
    for page in (hall, site, desk):
        await page.close()


async def test_a_new_subscription_begins_without_tiles(
    application: Application, workers: TilingWorkers
) -> None:
    hall = await publishing(application, "beijing")
    desk = await desk_of(application)
    await desk.ask("subscribe", sound="programme")
    before = len(workers.subscriptions())
    await desk.ask("watch_sites", pictures=["beijing"])
    await desk.ask("subscribe", sound="programme")
    assert len(workers.subscriptions()) == before
    for page in (hall, desk):
        await page.close()


async def test_tiles_need_a_connection_and_a_bound(application: Application) -> None:
    desk = await desk_of(application)
    assert (await desk.ask("watch_sites", pictures=[]))["error"] == "media.unavailable"
    await desk.ask("subscribe", sound="programme")
    many = [str(number) for number in range(49)]
    await desk.client.emit(
        "request", {"v": 1, "id": 99, "body": {"type": "watch_sites", "pictures": many}}
    )
    await desk.until(lambda one: len(one.errors) == 2)
    assert desk.errors[-1]["error"] == "message.invalid"
    await desk.close()


async def test_a_member_sees_no_tiles(application: Application) -> None:
    member = await publishing(application, "beijing")
    await member.ask("subscribe")
    refused = await member.ask("watch_sites", pictures=["hunan"])
    assert refused["error"] == "right.missing"
    await member.close()
