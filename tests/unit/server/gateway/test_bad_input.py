"""Each fault is answered by a stable id, logged once, and noticed by nobody else."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from mixer.wire.control import ControlError
from server.application import Application
from server.gateway import connection as connection_module
from signaling.event import SeatKind
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of
from tests.unit.signaling.plans import seat

TRACKS = [{"mid": "0", "kind": "audio", "source": "microphone"}]


async def refusal(application: Application, token: str, **auth: str) -> Any:
    page = await Page(application).open(token, **auth)
    assert page.refused is not None, "it was let in"
    return page.refused["data"]


async def test_unknown_altered_and_revoked_links_are_refused_with_text_and_cure(
    application: Application,
) -> None:
    token = token_of(application, "beijing")
    unknown = await refusal(application, "nonsense", locale="en")
    assert unknown["error"] == "link.unknown"
    assert unknown["text"] == "This link is not known here."
    altered = await refusal(application, token[:-6] + "AAAAAA")
    assert (altered["error"], altered["text"]) == ("link.altered", "此链接已损坏。")
    conference = application.conference
    jti = next(link.id for link in application.links() if link.seat == "beijing")
    conference.links.revoke(jti)
    assert (await refusal(application, token))["error"] == "link.revoked"


async def test_an_expired_link_is_refused(application: Application) -> None:
    links = application.conference.links
    beijing = application.conference.event.seats[0]
    token = links.token(links.mint(beijing, hours=-1).claims)
    assert (await refusal(application, token))["error"] == "link.expired"


async def test_a_third_hall_and_an_eighteenth_site_are_refused_at_join(
    application: Application,
) -> None:
    links = application.conference.links
    for kind, error in ((SeatKind.HALL, "event.halls_full"), (SeatKind.REMOTE, "event.sites_full")):
        token = links.token(links.mint(seat("one-more", kind), hours=1).claims)
        assert (await refusal(application, token))["error"] == error


async def test_a_link_for_a_seat_that_is_no_more_is_refused(application: Application) -> None:
    links = application.conference.links
    token = links.token(links.mint(seat("gone", SeatKind.DESK), hours=1).claims)
    assert (await refusal(application, token))["error"] == "seat.unknown"


async def test_an_unknown_device_kind_is_refused(application: Application) -> None:
    token = token_of(application, "beijing")
    assert (await refusal(application, token, device="fridge"))["error"] == "device.unknown_kind"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("take", {}),
        ("go_cue", {"cue": "opening"}),
        ("set_preview", {"scene": {"layout": "full", "slots": ["beijing"]}}),
        ("set_caption", {"caption": None}),
        ("start_recording", {}),
        ("stop_recording", {}),
        ("move_phase", {"phase": "live"}),
        ("list_links", {}),
        ("revoke_link", {"link": "x"}),
    ],
)
async def test_a_member_may_not_direct(
    application: Application, kind: str, fields: dict[str, Any]
) -> None:
    page = await Page(application).open(token_of(application, "bj-tax"))
    before = application.conference.cores.programme.state
    refused = await page.ask(kind, **fields)
    assert (refused["error"], refused["kind"]) == ("right.missing", "forbidden")
    assert application.conference.cores.programme.state == before
    await page.close()


async def test_a_director_cannot_become_administrator_by_a_link(application: Application) -> None:
    desk = await Page(application).open(token_of(application, "director"))
    roles = {link["role"] for link in (await desk.ask("list_links"))["links"]}
    assert {"director", "operator", "member"} <= roles
    assert "administrator" not in roles
    await desk.close()
    top = await Page(application).open(token_of(application, "administrator"))
    assert "administrator" in {link["role"] for link in (await top.ask("list_links"))["links"]}
    await top.close()


async def test_a_director_does_not_publish_and_a_site_not_hear_the_programme(
    application: Application,
) -> None:
    desk = await Page(application).open(token_of(application, "director"))
    refused = await desk.ask("join", has_audio=True, has_video=False)
    assert refused["error"] == "right.missing"
    assert (await desk.ask("join", has_audio=False, has_video=False))["type"] == "joined"
    assert (await desk.ask("subscribe", sound="programme"))["type"] == "offered"
    site = await Page(application).open(token_of(application, "bj-tax"))
    await site.ask("join", has_audio=True, has_video=True)
    refused = await site.ask("subscribe", sound="programme")
    assert refused["error"] == "right.missing"
    await desk.close()
    await site.close()


async def test_media_needs_joining_first(application: Application) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    for kind, fields in (("publish", {"sdp": offer(), "tracks": TRACKS}), ("subscribe", {})):
        assert (await page.ask(kind, **fields))["error"] == "join.needed"
    await page.close()


@pytest.mark.parametrize(
    ("sdp", "error"),
    [
        ("v=0\r\ns=-\r\n", "sdp.no_fingerprint"),
        ("hello", "sdp.invalid"),
        ("", "sdp.invalid"),
        ("v=0" + "x" * 70_000, "sdp.invalid"),
    ],
)
async def test_a_bad_description_is_refused_and_changes_nothing(
    application: Application, workers: FakeWorkers, sdp: str, error: str
) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    await page.ask("join", has_audio=True, has_video=True)
    before = dict(workers.wanted)
    refused = await page.ask("publish", sdp=sdp, tracks=TRACKS)
    assert refused["error"] == error
    assert workers.wanted == before
    await asyncio.wait_for(page.gone.wait(), 5)


async def test_what_media_refuses_is_taken_back(
    application: Application, workers: FakeWorkers
) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    await page.ask("join", has_audio=True, has_video=True)
    before = dict(workers.wanted)
    workers.refusal = ControlError("worker.unavailable", "media is away")
    refused = await page.ask("publish", sdp=offer(), tracks=TRACKS)
    assert refused["error"] == "media.unavailable"
    assert workers.wanted == before
    workers.refusal = ControlError("sdp.odd", "no ice-ufrag")
    refused = await page.ask("publish", sdp=offer(), tracks=TRACKS)
    assert (refused["error"], refused["values"]) == ("sdp.invalid", {"detail": "no ice-ufrag"})


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"v": 2, "id": 1, "body": {"type": "leave"}}, "message.version"),
        ({"v": 1, "id": 1, "body": {"type": "dance"}}, "message.invalid"),
        ({"v": 1, "id": "one", "body": {"type": "leave"}}, "message.invalid"),
        ({"v": 1, "id": 1}, "message.invalid"),
        ("hello", "message.invalid"),
        (None, "message.invalid"),
        ([1, 2], "message.invalid"),
    ],
)
async def test_a_message_that_is_none_closes_this_connection_only(
    application: Application, message: Any, error: str
) -> None:
    other = await Page(application).open(token_of(application, "hunan"))
    page = await Page(application).open(token_of(application, "beijing"))
    with capture_logs() as logs:
        await page.client.emit("request", message)
        await asyncio.wait_for(page.gone.wait(), 5)
    assert [one["error"] for one in page.errors] == [error]
    assert [one["event"] for one in logs if one.get("error") == error] == ["connection.closed"]
    assert (await other.ask("get_state"))["type"] == "done"
    await other.close()


async def test_a_refused_request_is_logged_once_and_the_connection_goes_on(
    application: Application,
) -> None:
    page = await Page(application).open(token_of(application, "director"))
    with capture_logs() as logs:
        assert (await page.ask("go_cue", cue="encore"))["error"] == "rundown.unknown_cue"
    assert len([one for one in logs if one.get("error") == "rundown.unknown_cue"]) == 1
    assert (await page.ask("go_cue", cue="opening"))["type"] == "taken"
    await page.close()


async def test_who_asks_too_often_is_disconnected(application: Application) -> None:
    page = await Page(application).open(token_of(application, "beijing"))
    for _ in range(200):
        await page.client.emit("request", {"v": 1, "id": 1, "body": {"type": "get_state"}})
    await asyncio.wait_for(page.gone.wait(), 5)
    assert page.errors[-1]["error"] == "message.too_fast"


async def test_a_bug_in_a_request_is_told_as_internal_and_the_event_goes_on(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    page = await Page(application).open(token_of(application, "director"), locale="en")
    with monkeypatch.context() as patch:
        patch.setattr(connection_module, "carry_out", broken)
        refused = await page.ask("take")
    assert refused["error"] == "internal"
    assert "division" not in json.dumps(refused)
    assert (await page.ask("take"))["type"] == "taken"
    await page.close()


async def test_connections_by_one_link_are_limited(application: Application) -> None:
    token = token_of(application, "beijing")
    pages = [await Page(application).open(token) for _ in range(8)]
    assert all(page.refused is None for page in pages)
    assert (await refusal(application, token))["error"] == "server.full"
    await pages.pop().close()
    pages.append(await Page(application).open(token))
    assert pages[-1].refused is None
    for page in pages:
        await page.close()


@pytest.mark.parametrize("packet", ["42", "42{", '42["request",', "9", "451-[", "\x00", "42[1]"])
async def test_packets_that_are_no_socket_io_harm_nobody_else(
    application: Application, packet: str
) -> None:
    other = await Page(application).open(token_of(application, "hunan"))
    token = token_of(application, "beijing")
    address = f"http://127.0.0.1:{application.port}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        await socket.receive_str()
        await socket.send_str("40" + json.dumps({"token": token}))
        await socket.receive_str()
        await socket.send_str(packet)
    assert (await other.ask("get_state"))["type"] == "done"
    await other.close()


async def test_a_message_above_the_limit_ends_its_connection_only(
    application: Application,
) -> None:
    other = await Page(application).open(token_of(application, "hunan"))
    page = await Page(application).open(token_of(application, "beijing"))
    await page.client.emit("request", {"v": 1, "id": 1, "body": {"type": "x" * 300_000}})
    await asyncio.wait_for(page.gone.wait(), 5)
    assert (await other.ask("get_state"))["type"] == "done"
    await other.close()
