"""Taking over, coming back, leaving, being sent away."""

import asyncio
from collections.abc import Callable

import pytest

from mixer.wire.ids import WorkerKind
from mixer.wire.resources import Peer, Publication
from server.application import Application, start_application
from server.hand_out import hand_out
from server.settings import Settings
from signaling import seats as seats_module
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of

TRACKS = [
    {"mid": "0", "kind": "audio", "source": "microphone"},
    {"mid": "1", "kind": "video", "source": "camera"},
]


async def seated(application: Application, seat: str, **auth: str) -> tuple[Page, str]:
    """A page that sits and publishes, and its secret to come back."""
    page = await Page(application).open(token_of(application, seat), **auth)
    joined = await page.ask("join", has_audio=True, has_video=True)
    await page.ask("publish", sdp=offer(), tracks=TRACKS)
    return page, joined["resume"]


def publications(workers: FakeWorkers) -> list[int]:
    found = workers.of(WorkerKind.MEDIA, Publication)
    return [one.id for one in found if isinstance(one, Publication)]


def connection_of(page: Page, seat: str) -> list[str]:
    return [device["connection"] for device in page.state[f"seat/{seat}"]["devices"]]


def shows(seat: str, *connections: str) -> Callable[[Page], bool]:
    return lambda page: bool(page.state) and connection_of(page, seat) == list(connections)


async def test_a_second_device_is_told_and_may_take_over(
    application: Application, workers: FakeWorkers
) -> None:
    first, _ = await seated(application, "beijing")
    before = publications(workers)
    second = await Page(application).open(token_of(application, "beijing"))
    taken = await second.ask("join", has_audio=True, has_video=True)
    assert (taken["error"], taken["values"]) == ("seat.taken", {"seat": "北京主会场"})
    joined = await second.ask("join", has_audio=True, has_video=True, take_over=True)
    assert joined["type"] == "joined"
    await asyncio.wait_for(first.gone.wait(), 5)
    assert first.notices == [{"type": "gone", "reason": "taken_over"}]
    assert publications(workers) == []
    await second.ask("publish", sdp=offer("EE:EE"), tracks=TRACKS)
    assert not set(publications(workers)) & set(before)
    await second.close()


async def test_a_seat_admits_a_second_camera_beside_the_first(application: Application) -> None:
    first, _ = await seated(application, "beijing")
    second, _ = await seated(application, "beijing", device="camera2")
    await first.until(lambda page: len(page.state["seat/beijing"]["devices"]) == 2)
    await first.close()
    await second.close()


async def test_a_page_that_lost_its_line_comes_back_with_everything(
    application: Application, workers: FakeWorkers
) -> None:
    watcher = await Page(application).open(token_of(application, "director"))
    page, secret = await seated(application, "bj-tax")
    held = dict(workers.wanted)
    await page.close()
    await watcher.until(shows("bj-tax", "reconnecting"))
    assert workers.wanted == held
    back = await Page(application).open(token_of(application, "bj-tax"), resume=secret)
    await back.until(lambda one: one.state)
    assert back.state["you"]["device"] > 0
    await watcher.until(shows("bj-tax", "connecting"))
    await back.ask("publish", sdp=offer(), tracks=TRACKS)
    assert workers.wanted == held
    await back.close()
    await watcher.close()


async def test_an_unknown_secret_is_ignored(application: Application) -> None:
    page = await Page(application).open(token_of(application, "bj-tax"), resume="made up")
    await page.until(lambda one: one.state)
    assert page.state["you"]["device"] == 0
    await page.close()


async def test_a_new_connection_of_the_browser_keeps_its_publications_under_a_new_peer(
    application: Application, workers: FakeWorkers
) -> None:
    page, _ = await seated(application, "bj-tax")
    before = publications(workers)
    (peer,) = workers.of(WorkerKind.MEDIA, Peer)
    again = await page.ask("publish", sdp=offer(), tracks=TRACKS)
    assert workers.of(WorkerKind.MEDIA, Peer) == [peer]
    anew = await page.ask("publish", sdp=offer("FF:00"), tracks=TRACKS)
    assert again["peer"] != anew["peer"]
    assert publications(workers) == before
    only_sound = await page.ask("publish", sdp=offer("FF:00"), tracks=TRACKS[:1])
    assert [one["publication"] for one in only_sound["publications"]] == before[:1]
    await page.close()


async def test_after_the_grace_a_lost_device_is_removed(
    application: Application, workers: FakeWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats_module, "GRACE_MS", 0)
    watcher = await Page(application).open(token_of(application, "director"))
    page, _ = await seated(application, "bj-tax")
    await watcher.until(shows("bj-tax", "connecting"))
    await page.close()
    await watcher.until(shows("bj-tax"))
    assert publications(workers) == []
    await watcher.close()


async def test_leaving_frees_the_seat_at_once(
    application: Application, workers: FakeWorkers
) -> None:
    page, _ = await seated(application, "bj-tax")
    assert (await page.ask("leave"))["type"] == "done"
    assert publications(workers) == []
    await page.until(lambda one: one.state["you"]["device"] == 0)
    assert (await page.ask("join", has_audio=True, has_video=False))["type"] == "joined"
    await page.close()


async def test_a_restarted_server_knows_everybody_and_wants_the_same(
    settings: Settings, workers: FakeWorkers
) -> None:
    first = await start_application(settings, workers)
    desk = await Page(first).open(token_of(first, "director"))
    _, secret = await seated(first, "bj-tax")
    await desk.ask("go_cue", cue="call-in-2")
    await desk.ask("start_recording")
    links = [(link.id, link.seat) for link in first.links()]
    held = dict(workers.wanted)
    await first.stop()
    fresh = FakeWorkers()
    second = await start_application(settings, fresh)
    assert fresh.wanted == held
    assert [(link.id, link.seat) for link in second.links()] == links
    back = await Page(second).open(token_of(second, "bj-tax"), resume=secret)
    await back.until(lambda one: one.state)
    assert back.state["you"]["device"] > 0
    assert back.state["recording"]["state"] == "recording"
    assert back.state["seat/bj-tax"]["on_air"]
    await second.stop()


async def test_a_revoked_link_sends_away_whoever_came_by_it(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await Page(application).open(token_of(application, "administrator"))
    page, _ = await seated(application, "bj-tax")
    listed = (await desk.ask("list_links"))["links"]
    link = next(one["id"] for one in listed if one["seat"] == "bj-tax")
    assert (await desk.ask("revoke_link", link=link))["type"] == "done"
    await asyncio.wait_for(page.gone.wait(), 5)
    assert page.notices == [{"type": "gone", "reason": "revoked"}]
    assert publications(workers) == []
    listed = (await desk.ask("list_links"))["links"]
    assert link not in [one["id"] for one in listed]
    await desk.close()


async def test_the_end_of_the_event_sends_the_sites_home_and_keeps_the_desks(
    application: Application,
) -> None:
    desk = await Page(application).open(token_of(application, "director"))
    page, _ = await seated(application, "bj-tax")
    refused = await desk.ask("move_phase", phase="archived")
    assert refused["error"] == "event.illegal_move"
    for phase in ("live", "ended"):
        assert (await desk.ask("move_phase", phase=phase))["type"] == "done"
    await asyncio.wait_for(page.gone.wait(), 5)
    assert page.notices == [{"type": "gone", "reason": "ended"}]
    late = await Page(application).open(token_of(application, "bj-tax"))
    assert (await late.ask("join", has_audio=True, has_video=True))["error"] == "event.ended"
    assert desk.state["event"]["phase"] == "ended"
    await desk.close()
    await late.close()


async def test_muting_is_seen_by_everybody(application: Application) -> None:
    watcher = await Page(application).open(token_of(application, "bj-school"))
    page, _ = await seated(application, "bj-tax")
    await page.ask("mute", kind="audio", muted=True)
    await watcher.until(
        lambda one: bool(one.state) and one.state["seat/bj-tax"]["devices"][0]["audio_muted"]
    )
    await page.close()
    await watcher.close()


async def test_a_link_handed_out_meanwhile_opens_at_once(
    application: Application, settings: Settings
) -> None:
    url = await hand_out(settings, "bj-tax", None, 1.0)
    page = await Page(application).open(url.partition("#t=")[2])
    assert page.refused is None
    await page.close()
