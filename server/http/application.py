"""The aiohttp application: everything that is asked over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web

from mixer.wire.ids import WorkerKind
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Right

from . import archive, metrics, openapi, pages, security
from .context import MAX_BODY_BYTES, Context, error_response, json_response, read_body
from .route import Route
from .routes import ROUTES
from .whip import WhipRoutes

_log = structlog.get_logger(__name__)
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _endpoint(context: Context, route: Route) -> Endpoint:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            caller = await context.admit(request)
            if route.right is not None:
                caller.need(route.right)
            body = None if route.takes is None else await read_body(request, route.takes)
            return json_response(await route.handler(context, caller, request, body))
        except SignalingError as error:
            context.conference.counters["error", error.error] += 1
            _log.info("http.refused", path=route.path, error=error.error)
            return error_response(request, error)
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001  one request failed by a bug; the event goes on
            _log.exception("http.bug", path=route.path)
            return error_response(request, SignalingError("internal"))

    return endpoint


def _with(
    context: Context, handler: Callable[[Context, web.Request], Awaitable[web.StreamResponse]]
) -> Endpoint:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        return await handler(context, request)

    return endpoint


async def _metrics(context: Context, request: web.Request) -> web.StreamResponse:
    try:
        (await context.admit(request)).need(Right.SEE_METRICS)
    except SignalingError as error:
        _log.info("http.refused", path="/metrics", error=error.error)
        return error_response(request, error)
    text = metrics.prometheus_text(await metrics.collect(context))
    return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4"})


async def _healthz(_context: Context, _request: web.Request) -> web.StreamResponse:
    return web.Response(text="ok\n")


async def _readyz(context: Context, _request: web.Request) -> web.StreamResponse:
    """Ready when every worker is there and the store takes what is written."""
    away = [kind.value for kind in WorkerKind if not context.conference.workers.connected(kind)]
    stored = await context.journal.flush(timeout_s=1.0)
    ready = not away and stored
    body = {"ready": ready, "workers_away": away, "store": stored}
    return json_response(body, 200 if ready else 503)


async def _openapi(_context: Context, _request: web.Request) -> web.StreamResponse:
    content = msgspec.json.encode(openapi.openapi())
    return web.Response(body=content, content_type="application/json")


async def _no_such_operation(_context: Context, request: web.Request) -> web.StreamResponse:
    error = SignalingError("message.invalid", detail=f"no {request.method} {request.path[:80]}")
    return error_response(request, error)


def make_application(context: Context) -> web.Application:
    """All routes; the gateway is attached by the caller."""
    application = web.Application(client_max_size=MAX_BODY_BYTES)
    application.on_response_prepare.append(security.add_headers)
    router = application.router
    for route in ROUTES:
        router.add_route(route.method, f"/api/v1{route.path}", _endpoint(context, route))
    router.add_get("/api/v1/sessions/{name}/files/{path:.+}", _with(context, archive.send_file))
    router.add_get("/api/openapi.json", _with(context, _openapi))
    router.add_route("*", "/api/{path:.*}", _with(context, _no_such_operation))
    router.add_get("/metrics", _with(context, _metrics))
    router.add_get("/healthz", _with(context, _healthz))
    router.add_get("/readyz", _with(context, _readyz))
    WhipRoutes(context).add(router)
    for page in pages.PAGES:
        router.add_get(page, _with(context, pages.send_page))
    return application


def add_static(application: web.Application, context: Context) -> None:
    """Last, since it takes every path that is left."""
    application.router.add_get("/{path:.+}", _with(context, pages.send_static))
