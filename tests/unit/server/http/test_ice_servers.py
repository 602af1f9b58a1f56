"""Who is told of STUN and TURN servers: those with media, each its own credentials."""

from pathlib import Path
from typing import Any

import pytest

from server.application import Application
from server.settings import Settings, load_settings
from tests.unit.mixer.transport.sample_sdp import OFFER
from tests.unit.server.page import Page, token_of
from tests.unit.server.whip_client import SDP, Clients, encoder_token

SECRET = "a secret of coturn and ours"
URI = "turn:turn.example.org:3478?transport=udp"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "secret"
    file.write_text(SECRET, encoding="utf-8")
    return load_settings(
        environment={},
        data_dir=tmp_path / "data",
        http_port=0,
        ice_servers=(URI,),
        turn_secret_file=str(file),
    )


async def told(application: Application, seat: str) -> list[Any]:
    page = await Page(application).open(token_of(application, seat))
    await page.until(lambda one: "you" in one.state)
    others = [key for key, value in page.state.items() if "credential" in str(value)]
    await page.close()
    assert set(others) <= {"you"}
    return list(page.state["you"]["ice_servers"])


async def test_a_page_is_told_as_itself(application: Application) -> None:
    (beijing,), (hunan,) = await told(application, "beijing"), await told(application, "hunan")
    assert beijing["urls"] == hunan["urls"] == [URI]
    assert beijing["username"].endswith(":beijing")
    assert beijing["credential"] != hunan["credential"]


async def test_who_has_no_media_is_told_nothing(application: Application) -> None:
    assert await told(application, "archivist") == []


async def test_an_encoder_is_told_by_link_fields(
    application: Application, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    response, _ = await encoder.ask("POST", "/whip/beijing", OFFER, SDP)
    (link,) = response.headers.getall("Link")
    assert link.startswith(f'<{URI}>; rel="ice-server"; username="')
    refused, _ = await encoder.ask("POST", "/whip/hunan", OFFER, SDP)
    assert "Link" not in refused.headers
    options, _ = await clients("").ask("OPTIONS", "/whip/beijing")
    assert "Link" not in options.headers


async def test_the_secret_is_in_no_answer(application: Application, clients: Clients) -> None:
    administrator = clients(token_of(application, "administrator"))
    for path in ("/api/v1/state", "/api/v1/event", "/metrics", "/api/v1/audit"):
        _, body = await administrator.ask("GET", path)
        assert SECRET not in str(body)
        assert "credential" not in str(body)
