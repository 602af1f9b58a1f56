"""The built pages and their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from .context import Context

STATIC = Path(__file__).resolve().parent.parent / "static"
PAGES = {
    "/": "index.html",
    "/join": "join.html",
    "/room": "room.html",
    "/control": "control.html",
    "/archive": "archive.html",
}
NOT_BUILT = """\
The pages are not built yet. / 页面尚未构建。

Run `make setup` in the folder of the sources, then reload.
"""


async def send_page(context: Context, request: web.Request) -> web.StreamResponse:
    """One of `PAGES`; 503 and how to build them when they are missing."""
    file = context.static / PAGES[request.path]
    if not file.is_file():
        return web.Response(status=503, text=NOT_BUILT)
    return web.FileResponse(file, headers={"Cache-Control": "no-cache"})


async def send_static(context: Context, request: web.Request) -> web.StreamResponse:
    """A script, style or picture. Names below ``assets`` carry a hash: kept for ever."""
    root = context.static.resolve()
    file = (root / request.match_info["path"]).resolve()
    if not file.is_relative_to(root) or not file.is_file() or file.suffix == ".html":
        raise web.HTTPNotFound(text="There is nothing here.\n")
    keep = file.is_relative_to(root / "assets")
    cache = "public, max-age=31536000, immutable" if keep else "no-cache"
    return web.FileResponse(file, headers={"Cache-Control": cache})
