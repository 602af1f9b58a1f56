"""WHIP and WHEP as an encoder or player meets them, over loopback; media is a fake."""

import aiohttp
import pytest

from mixer.wire.control import AnswerSend, ControlError, NegotiateReceive, RestartIce
from mixer.wire.ids import WorkerKind
from mixer.wire.resources import Publication, RecordedTrack, SoundSource, Subscription
from server.application import Application, start_application
from server.settings import Settings
from tests.unit.mixer.transport.sample_sdp import OFFER
from tests.unit.server.conftest import FakeWorkers
from tests.unit.server.page import Page, token_of
from tests.unit.server.whip.test_fragment import TRICKLED
from tests.unit.server.whip_client import (
    FRAGMENT,
    PLAYER,
    SDP,
    Clients,
    devices,
    encoder_token,
    peers,
    tell,
)

RESTART = TRICKLED.replace("EsAw", "Nwww")


# --- sending ---------------------------------------------------------------------------------


async def test_an_encoder_is_a_device_of_its_seat(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    await encoder.open()
    assert [(one.kind, one.has_audio, one.has_video) for one in devices(application)] == [
        ("encoder", True, True)
    ]
    assert [one.direction for one in peers(workers)] == ["receive"]
    kinds = [
        one.kind
        for one in workers.of(WorkerKind.MEDIA, Publication)
        if isinstance(one, Publication)
    ]
    assert kinds == ["audio", "video"]
    assert len(workers.of(WorkerKind.SOUND, SoundSource)) == 1
    asked = [command for _, command in workers.asked if isinstance(command, NegotiateReceive)]
    assert [command.sdp for command in asked] == [OFFER]


async def test_an_encoder_is_recorded_by_its_name(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    await encoder.open()
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{encoder.base}/api/v1/recording",
            json={},
            headers={"Authorization": f"Bearer {token_of(application, 'director')}"},
        ) as response,
    ):
        assert response.status == 200
    tracks = workers.of(WorkerKind.RECORDER, RecordedTrack)
    sources = {(one.seat, one.source) for one in tracks if isinstance(one, RecordedTrack)}
    assert {("beijing", "encoder-camera"), ("beijing", "encoder-microphone")} <= sources


async def test_it_leaves_by_delete(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    address, _ = await encoder.open()
    assert (await encoder.ask("DELETE", address))[0].status == 200
    assert devices(application) == []
    assert peers(workers) == []
    response, error = await encoder.ask("DELETE", address)
    assert (response.status, error["error"]) == (404, "whip.unknown_session")


async def test_it_leaves_with_its_connection(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    await clients(encoder_token(application)).open()
    peer = peers(workers)[0].id
    tell(workers, peer, "connected")
    tell(workers, peer, "disconnected")
    assert [one.connection for one in devices(application)] == ["reconnecting"]
    tell(workers, peer, "closed")
    assert devices(application) == []
    assert peers(workers) == []


async def test_it_leaves_when_media_is_born_again(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    address, etag = await encoder.open()
    assert workers.listener is not None
    workers.listener.worker_connected(WorkerKind.MEDIA, 2, new_life=True)
    assert devices(application) == []
    assert (await encoder.patch(address, TRICKLED, If_Match=etag))[0].status == 404


async def test_a_server_that_was_started_anew_knows_it_again(
    application: Application, workers: FakeWorkers, clients: Clients, settings: Settings
) -> None:
    encoder = clients(encoder_token(application))
    link = application.conference.links.check(encoder.token, 0)
    application.conference.keep.link(application.conference.links.links[link.jti])
    address, etag = await encoder.open()
    peer = peers(workers)[0].id
    await application.stop()
    again = await start_application(settings, workers)
    try:
        encoder.base = f"http://127.0.0.1:{again.port}"
        tell(workers, peer, "connected")
        assert [one.connection for one in devices(again)] == ["connected"]
        response, _ = await encoder.patch(address, TRICKLED.replace("EsAw", "abcd"), If_Match=etag)
        assert response.status == 204
        assert (await encoder.ask("DELETE", address))[0].status == 200
    finally:
        await again.stop()


async def test_the_same_token_takes_its_own_session_over_and_another_does_not(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    first = clients(encoder_token(application))
    old, _ = await first.open()
    new, _ = await first.open()
    assert old != new
    assert len(devices(application)) == len(peers(workers)) == 1
    assert (await first.ask("DELETE", old))[0].status == 404
    response, error = await clients(encoder_token(application)).ask("POST", "/whip/beijing", OFFER)
    assert (response.status, error["error"]) == (409, "seat.taken")
    assert len(devices(application)) == 1


async def test_a_page_sits_beside_the_encoder(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    await clients(encoder_token(application)).open()
    page = await Page(application).open(token_of(application, "beijing"))
    joined = await page.ask("join", has_audio=True, has_video=True)
    assert joined["type"] == "joined"
    assert sorted(one.kind for one in devices(application)) == ["encoder", "main"]
    await page.close()


async def test_what_media_refuses_leaves_nothing_behind(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    workers.refusal = ControlError("sdp.invalid", "no")
    assert (await encoder.ask("POST", "/whip/beijing", OFFER))[0].status == 400
    workers.refusal = ControlError("worker.unavailable", "away")
    response, error = await encoder.ask("POST", "/whip/beijing", OFFER)
    assert (response.status, error["error"]) == (503, "media.unavailable")
    assert response.headers["Retry-After"] == "2"
    assert devices(application) == []
    assert peers(workers) == []


async def test_nobody_sends_to_an_event_that_is_over(
    application: Application, clients: Clients
) -> None:
    director = clients(token_of(application, "director"))
    for phase in ("live", "ended"):
        await director.ask("POST", "/api/v1/event/phase", f'{{"phase": "{phase}"}}')
    response, error = await clients(encoder_token(application)).ask("POST", "/whip/beijing", OFFER)
    assert (response.status, error["error"]) == (409, "event.ended")


# --- ICE ---------------------------------------------------------------------------------------


async def test_candidates_are_taken_note_of(application: Application, clients: Clients) -> None:
    encoder = clients(encoder_token(application))
    address, etag = await encoder.open()
    same = TRICKLED.replace("EsAw", "abcd")
    response, body = await encoder.patch(address, same, If_Match=etag)
    assert (response.status, body) == (204, "")
    assert "ETag" not in response.headers


async def test_other_credentials_restart_ice_with_another_tag(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    encoder = clients(encoder_token(application))
    address, etag = await encoder.open()
    before = workers.of(WorkerKind.MEDIA, Publication)
    response, fragment = await encoder.patch(address, RESTART, If_Match="*")
    assert (response.status, response.content_type) == (200, FRAGMENT)
    assert fragment
    assert response.headers["ETag"] not in {"", etag}
    command = workers.asked[-1][1]
    assert isinstance(command, RestartIce)
    assert (command.peer, command.ufrag) == (peers(workers)[0].id, "Nwww")
    assert workers.of(WorkerKind.MEDIA, Publication) == before
    old, error = await encoder.patch(address, RESTART, If_Match=etag)
    assert (old.status, error["error"]) == (412, "http.precondition_failed")


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({}, 428, "http.precondition_required"),
        ({"If_Match": '"another"'}, 412, "http.precondition_failed"),
        ({"If_Match": 'W/"weak"'}, 412, "http.precondition_failed"),
    ],
)
async def test_a_patch_says_which_ice_session_it_means(
    application: Application,
    clients: Clients,
    headers: dict[str, str],
    status: int,
    error: str,
) -> None:
    encoder = clients(encoder_token(application))
    address, _ = await encoder.open()
    response, told = await encoder.patch(address, RESTART, **headers)
    assert (response.status, told["error"]) == (status, error)
    assert len(devices(application)) == 1


async def test_a_broken_patch_ends_nothing(application: Application, clients: Clients) -> None:
    encoder = clients(encoder_token(application))
    address, etag = await encoder.open()
    response, error = await encoder.ask("PATCH", address, RESTART, SDP, If_Match=etag)
    assert (response.status, error["error"]) == (415, "http.media_type")
    lacking = "\n".join(line for line in RESTART.splitlines() if "ice-pwd" not in line)
    for body in (lacking, "a=candidate:nonsense"):
        response, error = await encoder.patch(address, body, If_Match=etag)
        assert (response.status, error["error"]) == (400, "sdp.invalid")
    assert (await encoder.ask("DELETE", address))[0].status == 200


# --- playing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("seat", "hears"), [("beijing", "return"), ("director", "programme")])
async def test_a_player_gets_the_programme_and_what_its_seat_hears(
    application: Application, workers: FakeWorkers, clients: Clients, seat: str, hears: str
) -> None:
    player = clients(token_of(application, seat))
    address, _ = await player.open(f"/whep/{seat}", PLAYER)
    numbers = application.conference.numbers
    sound = {
        "return": numbers.seats[seat].return_publication,
        "programme": numbers.programme.opus,
    }[hears]
    received = [
        one for one in workers.of(WorkerKind.MEDIA, Subscription) if isinstance(one, Subscription)
    ]
    assert [one.publication for one in received] == [numbers.programme.picture, sound]
    assert isinstance(workers.asked[-1][1], AnswerSend)
    assert [one.kind for one in devices(application, seat)] == ["player"]
    assert (await player.patch(address, RESTART, If_Match="*"))[0].status == 200
    assert (await player.ask("DELETE", address))[0].status == 200
    assert workers.of(WorkerKind.MEDIA, Subscription) == []


async def test_a_player_of_sound_alone_gets_sound_alone(
    application: Application, workers: FakeWorkers, clients: Clients
) -> None:
    deaf = PLAYER.replace("VP8", "VP7").replace("H264", "H261")
    await clients(token_of(application, "beijing")).open("/whep/beijing", deaf)
    assert len(workers.of(WorkerKind.MEDIA, Subscription)) == 1


async def test_a_seat_on_stage_does_not_hear_itself(
    application: Application, clients: Clients
) -> None:
    player = clients(token_of(application, "beijing"))
    response, error = await player.ask("POST", "/whep/beijing?sound=programme", PLAYER)
    assert (response.status, error["error"]) == (403, "right.missing")
    assert devices(application) == []
