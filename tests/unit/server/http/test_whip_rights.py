"""Who may use WHIP and WHEP for what, and how everything else is refused."""

import asyncio

import pytest

from server.application import Application
from tests.unit.mixer.transport.sample_sdp import OFFER
from tests.unit.server.page import Page, token_of
from tests.unit.server.whip.test_fragment import TRICKLED
from tests.unit.server.whip_client import (
    FRAGMENT,
    PLAYER,
    SDP,
    Clients,
    devices,
    encoder_token,
)

RESTART = TRICKLED.replace("EsAw", "Nwww")


# --- who may ------------------------------------------------------------------------------------


async def test_an_encoder_token_may_send_and_nothing_else(
    application: Application, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    for path in ("/api/v1/state", "/api/v1/event", "/api/v1/links", "/api/v1/sessions", "/metrics"):
        response, error = await encoder.ask("GET", path)
        assert (response.status, error["error"]) == (403, "right.missing"), path
    response, _ = await encoder.ask("POST", "/whep/beijing", PLAYER)
    assert response.status == 403
    page = await Page(application).open(encoder.token, "encoder")
    assert page.refused["data"]["error"] == "right.missing"


@pytest.mark.parametrize(
    ("seat", "role", "path"),
    [
        ("hunan", "encoder", "/whip/beijing"),
        ("beijing", "screen", "/whip/beijing"),
        ("beijing", "viewer", "/whep/beijing"),
        ("beijing", "encoder", "/whip/nowhere"),
    ],
)
async def test_a_token_is_for_one_seat_and_one_direction(
    application: Application, clients: Clients, seat: str, role: str, path: str
) -> None:
    client = clients(encoder_token(application, seat, role))
    response, error = await client.ask("POST", path, OFFER)
    assert (response.status, error["error"]) == (403, "right.missing")


async def test_without_a_token_nothing_is_said(application: Application, clients: Clients) -> None:
    good = encoder_token(application)
    for token, error in (("", "link.unknown"), (good[:-4] + "AAAA", "link.altered")):
        response, told = await clients(token).ask("POST", "/whip/beijing", OFFER)
        assert (response.status, told["error"]) == (401, error)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    query, told = await clients("").ask("POST", f"/whip/beijing?token={good}", OFFER)
    assert query.status == 401


async def test_the_address_of_a_session_is_worth_nothing_to_another_token(
    application: Application, clients: Clients
) -> None:
    address, etag = await clients(encoder_token(application)).open()
    for token in (encoder_token(application), token_of(application, "beijing")):
        thief = clients(token)
        for response, error in (
            await thief.ask("DELETE", address),
            await thief.patch(address, RESTART, If_Match=etag),
        ):
            assert (response.status, error["error"]) == (404, "whip.unknown_session")
    assert len(devices(application)) == 1


async def test_a_session_is_no_way_into_a_page(application: Application, clients: Clients) -> None:
    token = token_of(application, "beijing")
    address, _ = await clients(token).open()
    page = await Page(application).open(token, "encoder", resume=address.rpartition("/")[2])
    await page.until(lambda one: "you" in one.state)
    assert page.state["you"]["device"] == 0
    await page.close()


async def test_a_withdrawn_token_ends_its_session(
    application: Application, clients: Clients
) -> None:
    token = encoder_token(application)
    encoder = clients(token)
    address, _ = await encoder.open()
    jti = application.conference.links.check(token, 0).jti
    administrator = clients(token_of(application, "administrator"))
    assert (await administrator.ask("DELETE", f"/api/v1/links/{jti}"))[0].status == 200
    assert devices(application) == []
    response, error = await encoder.ask("DELETE", address)
    assert (response.status, error["error"]) == (401, "link.revoked")


# --- HTTP ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/whip/beijing", "/whep/beijing", "/whip/beijing/session"])
async def test_options_says_what_is_taken_to_pages_of_any_origin(
    clients: Clients, path: str
) -> None:
    response, _ = await clients("").ask("OPTIONS", path)
    assert response.status == 204
    accepted = "Accept-Patch" if path.endswith("session") else "Accept-Post"
    assert response.headers[accepted] == (FRAGMENT if path.endswith("session") else SDP)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "If-Match" in response.headers["Access-Control-Allow-Headers"]
    assert "Location" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/whip/beijing", "/whip/beijing/session"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_methods_kept_for_later_are_refused(
    application: Application, clients: Clients, method: str, path: str
) -> None:
    response, _ = await clients(encoder_token(application)).ask(method, path)
    assert response.status == 405
    assert "OPTIONS" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "error"),
    [
        (OFFER, "text/plain", 415, "http.media_type"),
        ("hello", SDP, 400, "sdp.invalid"),
        ("v=0\r\n" + "x" * 70_000, SDP, 413, "http.too_large"),
        (PLAYER, SDP, 422, "whip.nothing_usable"),
        (OFFER.replace("a=fingerprint", "a=x"), SDP, 400, "sdp.no_fingerprint"),
    ],
    ids=["type", "no sdp", "too large", "a player's", "no certificate"],
)
async def test_a_bad_offer_is_answered_by_its_name(
    application: Application, clients: Clients, body: str, kind: str, status: int, error: str
) -> None:
    response, told = await clients(encoder_token(application)).ask(
        "POST", "/whip/beijing", body, kind
    )
    assert (response.status, told["error"]) == (status, error)
    assert set(told) == {"error", "kind", "text", "cure", "values"}
    assert devices(application) == []


async def test_a_source_that_asks_too_often_is_told(
    application: Application, clients: Clients
) -> None:
    stranger = clients("nobody")
    asked = [stranger.ask("POST", "/whip/beijing", OFFER) for _ in range(60)]
    statuses = [response.status for response, _ in await asyncio.gather(*asked)]
    assert statuses.count(429) >= 15
    assert statuses.count(401) >= 30


async def test_no_secret_is_logged(
    application: Application, clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    token = encoder_token(application)
    encoder = clients(token)
    address, etag = await encoder.open()
    await encoder.patch(address, TRICKLED, If_Match=etag)
    await encoder.ask("DELETE", address)
    await encoder.ask("DELETE", address)
    told = "".join(capsys.readouterr())
    assert "whip.opened" in told
    assert token not in told
    assert address.rpartition("/")[2] not in told
