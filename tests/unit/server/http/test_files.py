"""Recordings over HTTP: lists, details, byte ranges, addresses for players."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from recorder.manifest import MANIFEST_VERSION, Chapter, Manifest, ManifestFile, write_manifest
from server.application import Application
from server.settings import Settings
from tests.unit.server.page import token_of

FILM = bytes(range(256)) * 40
NAME = "20261122-100000-jing-xiang-7"


def manifest_file(path: str, role: str, seat: str = "") -> ManifestFile:
    return ManifestFile(
        path=path,
        bytes=len(FILM),
        sha256=hashlib.sha256(FILM).hexdigest(),
        role=role,
        kind="both",
        codec="h264",
        seat=seat,
        source="camera" if seat else "programme",
        title="北京",
        start_ms=40.0,
        first_ms=40.0,
        duration_ms=1000.0,
        frames=25,
    )


@pytest.fixture
def recorded(settings: Settings) -> Path:
    directory = settings.data_dir / "sessions" / NAME
    (directory / "iso").mkdir(parents=True)
    for path in ("programme.mp4", "iso/beijing-camera.mkv", "unlisted.txt"):
        (directory / path).write_bytes(FILM)
    manifest = Manifest(
        version=MANIFEST_VERSION,
        tool="test",
        session=7,
        directory=NAME,
        about={"title": "正式"},
        started_wall="2026-11-22T10:00:00.000+00:00",
        origin_wall_ns=0,
        started_ns=0,
        duration_ms=1000.4,
        files=(
            manifest_file("programme.mp4", "programme"),
            manifest_file("iso/beijing-camera.mkv", "iso", "beijing"),
        ),
        participants=(),
        chapters=(
            Chapter(start_ms=0.0, end_ms=500.0, title="两个会场"),
            Chapter(start_ms=540.0, end_ms=1000.0, title="场外连线一"),
        ),
        marks=(),
    )
    write_manifest(directory, manifest)
    return directory


@pytest.fixture
async def http(application: Application, recorded: Path) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{application.port}") as session:
        yield session


def bearer(application: Application, seat: str = "archivist") -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(application, seat)}"}


async def address(
    application: Application, http: aiohttp.ClientSession, path: str
) -> tuple[int, Any]:
    url = f"/api/v1/sessions/{NAME}/file-token"
    async with http.post(url, json={"path": path}, headers=bearer(application)) as response:
        return response.status, await response.json()


async def test_recordings_are_listed_with_what_is_in_them(
    application: Application, http: aiohttp.ClientSession
) -> None:
    headers = bearer(application)
    async with http.get("/api/v1/sessions", headers=headers) as response:
        (one,) = (await response.json())["sessions"]
    assert (one["name"], one["title"], one["duration_ms"], one["files"]) == (NAME, "正式", 1000, 2)
    async with http.get(f"/api/v1/sessions/{NAME}", headers=headers) as response:
        detail = await response.json()
    assert [file["path"] for file in detail["files"]] == ["programme.mp4", "iso/beijing-camera.mkv"]
    assert detail["files"][0]["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert detail["chapters"] == [
        {"title": "两个会场", "at_ms": 0},
        {"title": "场外连线一", "at_ms": 500},
    ]


@pytest.mark.parametrize("name", ["unknown", "..", "%2e%2e", "%2e%2e%2f%2e%2e"])
async def test_an_unknown_recording_is_told(
    application: Application, http: aiohttp.ClientSession, name: str
) -> None:
    headers = bearer(application)
    async with http.get(f"/api/v1/sessions/{name}/", headers=headers) as response:
        assert response.status in {400, 404}
    async with http.get(f"/api/v1/sessions/{name}x", headers=headers) as response:
        assert response.status in {400, 404}


async def test_a_player_gets_parts_of_a_file_by_its_address(
    application: Application, http: aiohttp.ClientSession
) -> None:
    status, made = await address(application, http, "programme.mp4")
    assert status == 200
    async with http.get(made["url"], headers={"Range": "bytes=100-199"}) as response:
        assert response.status == 206
        assert response.content_type == "video/mp4"
        assert await response.read() == FILM[100:200]
    async with http.get(made["url"] + "&download=1") as response:
        assert response.status == 200
        assert "programme.mp4" in response.headers["Content-Disposition"]
        assert await response.read() == FILM


async def test_a_file_is_also_given_by_the_token_of_a_link(
    application: Application, http: aiohttp.ClientSession
) -> None:
    url = f"/api/v1/sessions/{NAME}/files/iso/beijing-camera.mkv"
    async with http.get(url, headers=bearer(application)) as response:
        assert (response.status, response.content_type) == (200, "video/x-matroska")
    async with http.get(url, headers=bearer(application, "bj-tax")) as response:
        assert response.status == 403
    async with http.get(url) as response:
        assert response.status == 401


async def test_an_address_opens_its_file_only(
    application: Application, http: aiohttp.ClientSession
) -> None:
    _, made = await address(application, http, "programme.mp4")
    other = made["url"].replace("programme.mp4", "iso/beijing-camera.mkv")
    async with http.get(other) as response:
        assert (response.status, (await response.json())["error"]) == (401, "link.unknown")
    async with http.get(made["url"][:-4] + "AAAA") as response:
        assert (response.status, (await response.json())["error"]) == (401, "link.altered")


@pytest.mark.parametrize(
    "path", ["unlisted.txt", "../../link.key", "/etc/passwd", "session.json", ""]
)
async def test_only_files_of_the_recording_are_given(
    application: Application, http: aiohttp.ClientSession, path: str
) -> None:
    status, error = await address(application, http, path)
    assert (status, error["error"]) == (404, "archive.unknown")
