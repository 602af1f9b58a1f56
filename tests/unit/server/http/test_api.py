"""The HTTP interface over loopback."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from mixer.wire.ids import WorkerKind
from mixer.wire.picture import Scene
from mixer.wire.resources import RecordingSession
from server.application import Application
from tests.unit.server.conftest import FakeWorkers
from tests.unit.server.page import token_of


class Client:
    """Asks as the holder of a link."""

    def __init__(self, application: Application, session: aiohttp.ClientSession) -> None:
        self._application = application
        self._session = session

    async def ask(
        self, method: str, path: str, seat: str = "", **options: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, JSON body (or text), response."""
        headers = dict(options.pop("headers", {}))
        if seat:
            headers["Authorization"] = f"Bearer {token_of(self._application, seat)}"
        url = f"http://127.0.0.1:{self._application.port}{path}"
        async with self._session.request(method, url, headers=headers, **options) as response:
            if response.content_type == "application/json":
                return response.status, await response.json(), response
            return response.status, await response.text(), response


@pytest.fixture
async def client(application: Application) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(application, session)


@pytest.mark.parametrize(
    ("seat", "role", "page"),
    [
        ("director", "director", "/control"),
        ("administrator", "administrator", "/control"),
        ("archivist", "archivist", "/archive"),
        ("moderator", "moderator", "/room"),
        ("beijing", "operator", "/room"),
        ("bj-tax", "member", "/room"),
    ],
)
async def test_everybody_learns_who_they_are_and_where_to_go(
    client: Client, seat: str, role: str, page: str
) -> None:
    status, me, _ = await client.ask("GET", "/api/v1/me", seat)
    assert status == 200
    assert (me["seat"], me["role"], me["page"]) == (seat, role, page)


async def test_the_event_lists_every_seat(client: Client) -> None:
    _, event, _ = await client.ask("GET", "/api/v1/event", "bj-tax")
    assert event["title"] == "京湘两地远程交流"
    assert len(event["seats"]) == 23


async def test_state_is_that_of_the_role(client: Client) -> None:
    _, desk, _ = await client.ask("GET", "/api/v1/state", "director")
    _, site, _ = await client.ask("GET", "/api/v1/state", "bj-tax")
    assert "rundown" in desk["state"]
    assert "rundown" not in site["state"]
    assert site["state"]["programme"]["layouts"]["grid"] == [1, 19]


async def test_a_whole_show_can_be_directed_without_a_page(
    client: Client, workers: FakeWorkers
) -> None:
    scene = {"layout": "hall_remote", "slots": ["beijing", "bj-tax"]}
    caption = {"title": "申若木", "subtitle": "北京税务局"}
    for method, path, body in (
        ("POST", "/event/phase", {"phase": "live"}),
        ("POST", "/recording", {"title": "正式"}),
        ("PUT", "/programme/preview", {"scene": scene}),
        ("POST", "/programme/take", None),
        ("PUT", "/programme/caption", {"caption": caption}),
    ):
        status, answer, _ = await client.ask(method, f"/api/v1{path}", "director", json=body)
        assert status == 200, answer
    (shown,) = workers.of(WorkerKind.PICTURE, Scene)
    assert isinstance(shown, Scene)
    assert [slot.seat for slot in shown.slots] == ["beijing", "bj-tax"]
    assert shown.caption is not None
    assert shown.caption.title == "申若木"
    body = {"cue": "closing"}
    status, taken, _ = await client.ask("POST", "/api/v1/programme/cue", "director", json=body)
    assert (status, taken["type"]) == (200, "taken")
    assert len(workers.of(WorkerKind.RECORDER, RecordingSession)) == 1
    status, _, _ = await client.ask("DELETE", "/api/v1/recording", "director")
    assert status == 200
    _, audit, _ = await client.ask("GET", "/api/v1/audit", "director")
    actions = [entry["action"] for entry in reversed(audit["entries"])]
    assert actions == [
        "move_phase",
        "start_recording",
        "set_preview",
        "take",
        "set_caption",
        "go_cue",
        "stop_recording",
    ]
    assert {entry["seat"] for entry in audit["entries"]} == {"director"}


async def test_every_request_of_a_director_can_be_made_without_a_page(
    client: Client, application: Application
) -> None:
    clips = application.conference.sessions_dir.parent / "clips"
    clips.mkdir()
    (clips / "a.mp4").touch()
    asked: list[tuple[str, str, Any, str]] = [
        ("PUT", "/preview/cue", {"cue": "opening"}, "done"),
        ("PUT", "/transition", {"transition": "dissolve", "duration_ms": 400}, "done"),
        ("POST", "/auto", None, "taken"),
        ("POST", "/take", {"transition": "dissolve", "duration_ms": 200}, "taken"),
        ("PUT", "/call-in", {"seat": "bj-tax"}, "taken"),
        ("PUT", "/strap", {"strap": "场外连线一"}, "taken"),
        ("PUT", "/question", {"question": "为何"}, "taken"),
        ("PUT", "/graphics", {"graphics": {"clock": True}}, "taken"),
        ("POST", "/freeze", {"frozen": True}, "taken"),
        ("POST", "/panic", None, "taken"),
        ("POST", "/back", None, "taken"),
        ("PUT", "/clip", {"file": "a.mp4"}, "done"),
        ("POST", "/scene", {"scene": {"layout": "full", "slots": ["clip"]}}, "taken"),
        ("PUT", "/clip/loop", {"loop": True}, "done"),
        ("POST", "/clip/stop", None, "done"),
        ("POST", "/clip/play", None, "done"),
    ]
    for method, path, body, kind in asked:
        url = f"/api/v1/programme{path}"
        status, answer, _ = await client.ask(method, url, "director", json=body)
        assert (status, answer["type"]) == (200, kind), (path, answer)
        if kind == "taken":
            assert answer["frame"] == answer["revision"] * 100
        status, error, _ = await client.ask(method, url, "bj-tax", json=body)
        assert (status, error["error"]) == (403, "right.missing")
    state = application.conference.cores.programme.state
    assert (state.cue, state.call_in, state.duration_ms) == ("opening", "bj-tax", 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/links"),
        ("DELETE", "/links/abc"),
        ("POST", "/event/phase"),
        ("PUT", "/programme/preview"),
        ("POST", "/programme/take"),
        ("PUT", "/programme/caption"),
        ("POST", "/programme/cue"),
        ("POST", "/recording"),
        ("DELETE", "/recording"),
        ("GET", "/sessions"),
        ("GET", "/sessions/x"),
        ("POST", "/sessions/x/file-token"),
        ("GET", "/sessions/x/files/programme.mp4"),
        ("GET", "/audit"),
    ],
)
async def test_a_right_that_is_missing_is_forbidden(client: Client, method: str, path: str) -> None:
    status, error, _ = await client.ask(method, f"/api/v1{path}", "bj-tax")
    assert (status, error["error"]) == (403, "right.missing")


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "Basic eDp5", "Bearer a.b.c"])
async def test_without_a_good_link_nothing_is_told(client: Client, header: str) -> None:
    headers = {"Authorization": header, "Accept-Language": "en"}
    status, error, _ = await client.ask("GET", "/api/v1/event", headers=headers)
    assert status == 401
    assert error["error"] in {"link.unknown", "link.altered"}
    assert "organiser" in error["cure"]


async def test_errors_are_in_the_language_of_the_page(client: Client) -> None:
    _, error, _ = await client.ask("GET", "/api/v1/event", headers={"Accept-Language": "zh-CN"})
    assert error["text"] == "此链接无效。"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/programme/cue", {"cue": "encore"}, 404, "rundown.unknown_cue"),
        ("/programme/cue", {}, 400, "message.invalid"),
        ("/programme/cue", {"cue": "opening", "colour": 1}, 400, "message.invalid"),
        ("/event/phase", {"phase": "archived"}, 409, "event.illegal_move"),
        ("/nothing", {}, 400, "message.invalid"),
    ],
)
async def test_faults_have_a_status_and_an_id(
    client: Client, path: str, body: dict[str, Any], status: int, error: str
) -> None:
    found, answer, _ = await client.ask("POST", f"/api/v1{path}", "director", json=body)
    assert (found, answer["error"]) == (status, error)


async def test_a_link_can_be_withdrawn(client: Client) -> None:
    _, listed, _ = await client.ask("GET", "/api/v1/links", "administrator")
    assert len(listed["links"]) == 23
    link = next(one for one in listed["links"] if one["seat"] == "bj-tax")
    token = link["url"].partition("#t=")[2]
    status, _, _ = await client.ask("DELETE", f"/api/v1/links/{link['id']}", "administrator")
    assert status == 200
    headers = {"Authorization": f"Bearer {token}"}
    status, error, _ = await client.ask("GET", "/api/v1/me", headers=headers)
    assert (status, error["error"]) == (401, "link.revoked")


async def test_who_asks_too_often_waits(client: Client) -> None:
    statuses = {(await client.ask("GET", "/api/v1/me", "bj-tax"))[0] for _ in range(130)}
    assert statuses == {200, 429}
    assert (await client.ask("GET", "/api/v1/me", "bj-school"))[0] == 200


async def test_health_and_readiness(client: Client, workers: FakeWorkers) -> None:
    assert (await client.ask("GET", "/healthz"))[0] == 200
    assert (await client.ask("GET", "/readyz"))[0] == 200
    workers.away.add(WorkerKind.SOUND)
    status, body, _ = await client.ask("GET", "/readyz")
    assert (status, body["workers_away"]) == (503, ["sound"])


async def test_metrics_need_their_right_and_tell_of_workers(
    client: Client, workers: FakeWorkers
) -> None:
    assert (await client.ask("GET", "/metrics"))[0] == 401
    assert (await client.ask("GET", "/metrics", "director"))[0] == 403
    workers.away.add(WorkerKind.PICTURE)
    status, text, response = await client.ask("GET", "/metrics", "administrator")
    assert status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'lianxian_server_worker_up{worker="media"} 1.0' in text
    assert 'lianxian_server_worker_up{worker="picture"} 0.0' in text
    assert 'lianxian_server_error_total{what="' not in text or "# TYPE" in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(set(names)) == len(names)
    assert all(name.startswith("lianxian_") for name in names)
