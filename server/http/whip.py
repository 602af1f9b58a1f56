"""``/whip/{seat}`` and ``/whep/{seat}``: the HTTP half of RFC 9725 and of its sibling for playing.

Who asks is said by ``Authorization: Bearer`` alone, so pages of other origins may ask as well:
no browser adds that by itself.
"""

from __future__ import annotations

import collections
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from server.conference.caller import Caller
from server.gateway.rate import Rate
from server.ice_servers import links_of
from server.whip import sessions
from server.whip.fragment import MEDIA_TYPE as FRAGMENT
from signaling.wire.errors import SignalingError
from signaling.wire.messages import Subscribe

from .context import MAX_BODY_BYTES, error_response

if TYPE_CHECKING:
    from .context import Context

ENDPOINT: Final = "/{kind:whip|whep}/{seat}"
SESSION: Final = f"{ENDPOINT}/{{session}}"
SDP: Final = "application/sdp"
PER_SOURCE_S: Final = 10.0
SOURCE_BURST: Final = 40.0
OPENED_PER_S: Final = 0.5
OPENED_BURST: Final = 10.0
MAX_SOURCES: Final = 1000
_RETRY_S: Final = 2
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, Retry-After",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger(__name__)

Act = Callable[["Context", Caller, web.Request], Awaitable[web.Response]]


class Sources:
    """How often each source asks, known token or not; of too many the one seen first is
    forgotten.
    """

    def __init__(self, per_s: float, burst: float) -> None:
        self._rates: collections.OrderedDict[str, Rate] = collections.OrderedDict()
        self._per_s, self._burst = per_s, burst

    def take(self, source: str, now_s: float) -> None:
        """Raises `SignalingError` ``message.too_fast``."""
        rate = self._rates.setdefault(source, Rate(self._per_s, self._burst))
        if len(self._rates) > MAX_SOURCES:
            self._rates.popitem(last=False)
        if not rate.take(now_s):
            raise SignalingError("message.too_fast")


class WhipRoutes:
    """Both kinds of endpoint and their sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sources = Sources(PER_SOURCE_S, SOURCE_BURST)
        self._opened = Sources(OPENED_PER_S, OPENED_BURST)
        self._of_endpoint: dict[str, Act] = {"POST": self._open}
        self._of_session: dict[str, Act] = {"PATCH": _patch, "DELETE": _close}

    def add(self, router: web.UrlDispatcher) -> None:
        """Every method: what is not carried out is refused by name (RFC 9725 section 4.1)."""
        router.add_route("*", ENDPOINT, self._endpoint)
        router.add_route("*", SESSION, self._session)

    async def _endpoint(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._of_endpoint, {"Accept-Post": SDP})

    async def _session(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._of_session, {"Accept-Patch": FRAGMENT})

    async def _answer(
        self, request: web.Request, acts: dict[str, Act], accepts: dict[str, str]
    ) -> web.StreamResponse:
        allowed = ", ".join([*acts, "OPTIONS"])
        if request.method == "OPTIONS":
            response = web.Response(status=204, headers=accepts)
            response.headers["Access-Control-Allow-Methods"] = allowed
            response.headers["Access-Control-Allow-Headers"] = (
                "Authorization, Content-Type, If-Match"
            )
        else:
            response = await self._carried_out(request, acts.get(request.method), allowed)
        response.headers.update(_CORS)
        if request.method == "OPTIONS" or response.status == 405:
            response.headers["Allow"] = allowed
        return response

    async def _carried_out(
        self, request: web.Request, act: Act | None, allowed: str
    ) -> web.Response:
        context = self._context
        try:
            if act is None:
                raise SignalingError("http.method", allowed=allowed)
            self._sources.take(request.remote or "", time.monotonic())
            caller = await self._admit(request)
            await context.conference.mint.refill()
            context.conference.counters["request", _name(request)] += 1
            return await act(context, caller, request)
        except SignalingError as error:
            context.conference.counters["error", error.error] += 1
            _log.info("http.refused", path=_name(request), error=error.error)
            return _refused(request, error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(request, SignalingError("http.too_large", most=str(MAX_BODY_BYTES)))
        except Exception:  # noqa: BLE001  one request failed by a bug; the event goes on
            _log.exception("http.bug", path=_name(request))
            return _refused(request, SignalingError("internal"))

    async def _admit(self, request: web.Request) -> Caller:
        """Whose token it is, for this seat and this direction only."""
        kind = request.match_info["kind"]
        known = await self._context.admit(request)
        if known.seat.id != request.match_info["seat"]:
            raise SignalingError("right.missing")
        known.need(sessions.RIGHTS[kind])
        known.kind = sessions.KINDS[kind]
        return known

    async def _open(self, context: Context, caller: Caller, request: web.Request) -> web.Response:
        _need_type(request, SDP)
        self._opened.take(caller.link, time.monotonic())
        sdp = await _text(request)
        kind = request.match_info["kind"]
        wish = _wish(caller, request) if kind == "whep" else None
        opened = await sessions.open_session(context.conference, caller, sdp, wish)
        response = web.Response(status=201, text=opened.sdp, content_type=SDP)
        response.headers["Location"] = f"/{kind}/{caller.seat.id}/{opened.secret}"
        response.headers["ETag"] = opened.etag
        response.headers["Accept-Patch"] = FRAGMENT
        for link in links_of(context.conference.ice.told(caller.seat.id, time.time())):
            response.headers.add("Link", link)
        return response


def _name(request: web.Request) -> str:
    """For logs and counters: the address of a session is a secret."""
    return f"{request.match_info['kind']}.{request.method.lower()[:8]}"


def _wish(caller: Caller, request: web.Request) -> Subscribe:
    sound = "return" if caller.seat.on_stage else "programme"
    asked = request.query
    return Subscribe(sound=asked.get("sound", sound), layer=asked.get("layer", "main"))


async def _patch(context: Context, caller: Caller, request: web.Request) -> web.Response:
    _need_type(request, FRAGMENT)
    patched = await sessions.patch(
        context.conference,
        caller,
        request.match_info["session"],
        request.headers.get("If-Match", ""),
        await _text(request),
    )
    if not patched.etag:
        return web.Response(status=204)
    return web.Response(
        text=patched.fragment, content_type=FRAGMENT, headers={"ETag": patched.etag}
    )


async def _close(context: Context, caller: Caller, request: web.Request) -> web.Response:
    sessions.close(context.conference, caller, request.match_info["session"])
    return web.Response()


def _need_type(request: web.Request, wanted: str) -> None:
    if request.content_type.lower() != wanted:
        raise SignalingError("http.media_type", wanted=wanted)


async def _text(request: web.Request) -> str:
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise SignalingError("sdp.invalid", detail="the body is not UTF-8") from None


def _refused(request: web.Request, error: SignalingError) -> web.Response:
    response = error_response(request, error)
    if response.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="lianxian"'
    elif response.status in {429, 503}:
        response.headers["Retry-After"] = str(_RETRY_S)
    return response
