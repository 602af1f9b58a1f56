"""Recordings: lists, details, and files with byte ranges."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog
from aiohttp import web

from recorder.archive import ArchiveError, list_sessions, read_session, safe_path
from server.links import rfc3339
from signaling.wire import rest
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Right

from .context import error_response

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.archive import SessionSummary
    from recorder.manifest import Manifest
    from server.conference.caller import Caller

    from .context import Context

_log = structlog.get_logger(__name__)
_TYPES = {
    ".mp4": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mka": "audio/x-matroska",
    ".json": "application/json",
}


def _data_dir(context: Context) -> Path:
    return context.conference.sessions_dir.parent


def _summary(found: SessionSummary) -> rest.SessionSummary:
    return rest.SessionSummary(
        name=found.name,
        title=found.title,
        started=found.started_wall,
        duration_ms=round(found.duration_ms),
        size_bytes=found.size_bytes,
        files=found.files,
        state=found.phase,
        playable=found.playable,
        text=found.text,
    )


def _files(manifest: Manifest | None) -> list[rest.SessionFile]:
    if manifest is None:
        return []
    return [
        rest.SessionFile(
            path=file.path,
            role=file.role,
            kind=file.kind,
            seat=file.seat,
            source=file.source,
            title=file.title,
            offset_ms=round(file.first_ms),
            duration_ms=round(file.duration_ms),
            size_bytes=file.bytes,
            sha256=file.sha256,
        )
        for file in manifest.files
        if file.role != "working"
    ]


def _chapters(manifest: Manifest | None) -> list[rest.SessionChapter]:
    """In the programme file's own time, which begins where its first frame stands."""
    if manifest is None:
        return []
    begins_ms = next((file.start_ms for file in manifest.files if file.role == "programme"), 0.0)
    return [
        rest.SessionChapter(title=chapter.title, at_ms=max(0, round(chapter.start_ms - begins_ms)))
        for chapter in manifest.chapters
    ]


async def sessions(
    context: Context, _caller: Caller, _request: web.Request, _body: object
) -> rest.SessionList:
    """Newest first."""
    found = await asyncio.to_thread(list_sessions, _data_dir(context))
    return rest.SessionList(sessions=[_summary(one) for one in found])


async def session(
    context: Context, _caller: Caller, request: web.Request, _body: object
) -> rest.SessionDetail:
    """Raises `SignalingError` ``archive.unknown``."""
    name = request.match_info["name"]
    try:
        found = await asyncio.to_thread(read_session, _data_dir(context), name)
    except ArchiveError:
        raise SignalingError("archive.unknown") from None
    return rest.SessionDetail(
        summary=_summary(found.summary),
        files=_files(found.manifest),
        chapters=_chapters(found.manifest),
    )


async def _located(context: Context, name: str, path: str) -> Path:
    try:
        return await asyncio.to_thread(safe_path, _data_dir(context), name, path)
    except ArchiveError:
        raise SignalingError("archive.unknown") from None


async def file_address(
    context: Context, caller: Caller, request: web.Request, body: rest.FileRequest
) -> rest.FileAddress:
    """Raises `SignalingError` ``archive.unknown``."""
    name = request.match_info["name"]
    await _located(context, name, body.path)
    token, expires = context.conference.links.file_token(caller.link, name, body.path)
    address = f"/api/v1/sessions/{quote(name, safe='')}/files/{quote(body.path)}?token={token}"
    return rest.FileAddress(url=address, expires=rfc3339(expires))


async def send_file(context: Context, request: web.Request) -> web.StreamResponse:
    """GET /api/v1/sessions/<name>/files/<path>, by bearer token or by ``?token=``.

    Byte ranges (RFC 9110, section 14) are aiohttp's.
    """
    name, path = request.match_info["name"], request.match_info["path"]
    try:
        token = request.query.get("token")
        if token:
            context.conference.links.check_file(token, name, path)
        else:
            (await context.admit(request)).need(Right.DOWNLOAD_ARCHIVE)
        located = await _located(context, name, path)
    except SignalingError as error:
        context.conference.counters["error", error.error] += 1
        _log.info("http.refused", path="/sessions/{name}/files/{path}", error=error.error)
        return error_response(request, error)
    headers = {
        "Content-Type": _TYPES.get(located.suffix, "application/octet-stream"),
        "Cache-Control": "private, no-store",
    }
    if request.query.get("download"):
        name_of_file = quote(f"{name}-{located.name}")
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name_of_file}"
    return web.FileResponse(located, headers=headers)
