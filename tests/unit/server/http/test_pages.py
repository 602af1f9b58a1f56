from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from server.application import Application
from server.http import pages
from server.http.security import content_policy

PATHS = ["/", "/join", "/room", "/control", "/archive"]


@pytest.fixture
async def session(application: Application) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{application.port}") as opened:
        yield opened


@pytest.fixture
def built(application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built web folder in place of the real one."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    for name in pages.PAGES.values():
        (static / name).write_text(f"<p>{name}</p>", encoding="utf-8")
    (static / "assets" / "app-1a2b.js").write_text("1", encoding="utf-8")
    (static / "favicon.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    application.context.static = static
    return static


@pytest.mark.parametrize("path", PATHS)
async def test_each_page_is_served(session: aiohttp.ClientSession, built: Path, path: str) -> None:
    async with session.get(path) as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert await response.text() == f"<p>{pages.PAGES[path]}</p>"
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
async def test_missing_pages_say_how_to_build_them(
    application: Application, session: aiohttp.ClientSession, tmp_path: Path, path: str
) -> None:
    application.context.static = tmp_path / "nowhere"
    async with session.get(path) as response:
        assert response.status == 503
        assert "make setup" in await response.text()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/assets/app-1a2b.js", 200),
        ("/favicon.svg", 200),
        ("/assets/none.js", 404),
        ("/join.html", 404),
        ("/%2e%2e/secret.txt", 404),
        ("/..%2fsecret.txt", 404),
        ("/assets/..%2f..%2fsecret.txt", 404),
        ("/assets", 404),
    ],
)
async def test_only_built_files_are_served(
    session: aiohttp.ClientSession, built: Path, path: str, status: int
) -> None:
    async with session.get(path) as response:
        assert response.status == status
        assert "secret" not in await response.text()
        if path.startswith("/assets/app"):
            assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/event", "/nothing", "/api/openapi.json"]
)
async def test_every_answer_forbids_foreign_hosts(
    session: aiohttp.ClientSession, path: str
) -> None:
    async with session.get(path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


def test_the_policy_takes_no_odd_host_names() -> None:
    assert "ws://localhost:8080 wss://localhost:8080" in content_policy("localhost:8080")
    assert "evil" not in content_policy("evil; script-src *")
