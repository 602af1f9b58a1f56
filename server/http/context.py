"""What every handler needs, and who is asking."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from server.conference.caller import Caller
from server.gateway.rate import Rate
from server.gateway.texts import chosen_locale, rest_error
from signaling.seats import admitted_seat
from signaling.wire.errors import SignalingError

if TYPE_CHECKING:
    from pathlib import Path

    from server.conference.conference import Conference
    from server.gateway.gateway import Gateway
    from server.looks import LookTable
    from server.store.database import Database
    from server.store.journal import Journal
    from signaling.links import LinkClaims

MAX_BODY_BYTES = 64 * 1024
REQUESTS_PER_S = 20.0
REQUEST_BURST = 100.0
MAX_RATES = 1000

STATUS: dict[str, int] = {
    "right.missing": 403,
    "seat.unknown": 404,
    "archive.unknown": 404,
    "rundown.unknown_cue": 404,
    "message.invalid": 400,
    "message.version": 400,
    "message.too_fast": 429,
    "sdp.invalid": 400,
    "sdp.no_fingerprint": 400,
    "http.method": 405,
    "http.media_type": 415,
    "http.too_large": 413,
    "http.precondition_failed": 412,
    "http.precondition_required": 428,
    "whip.unknown_session": 404,
    "whip.nothing_usable": 422,
    "media.unavailable": 503,
    "server.full": 503,
    "recording.no_space": 507,
    "internal": 500,
}
"""Error id to HTTP status; links are 401, everything else is 409."""


class Context:
    """Lives as long as the server."""

    def __init__(
        self,
        conference: Conference,
        gateway: Gateway,
        journal: Journal,
        database: Database,
        static: Path,
        looks: LookTable,
    ) -> None:
        self.conference = conference
        self.gateway = gateway
        self.journal = journal
        self.database = database
        self.static = static
        self.looks = looks
        self._rates: dict[str, Rate] = {}

    async def admit(self, request: web.Request) -> Caller:
        """Who asks, by the bearer token. Raises `SignalingError`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise SignalingError("link.unknown")
        return self.caller(await self.conference.claims_of(token.strip()))

    def caller(self, claims: LinkClaims) -> Caller:
        """Raises `SignalingError` for an unknown seat, or ``message.too_fast``."""
        rate = self._rates.get(claims.jti)
        if rate is None:
            if len(self._rates) >= MAX_RATES:
                self._rates.clear()
            rate = self._rates[claims.jti] = Rate(REQUESTS_PER_S, REQUEST_BURST)
        if not rate.take(time.monotonic()):
            raise SignalingError("message.too_fast")
        return Caller(claims, admitted_seat(self.conference.event, claims.seat, claims.kind))


def json_response(body: object, status: int = 200) -> web.Response:
    """A msgspec struct as JSON."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def error_response(request: web.Request, error: SignalingError) -> web.Response:
    """A `RestError` with its status, in the language the page asked for."""
    status = 401 if error.error.startswith("link.") else STATUS.get(error.error, 409)
    locale = chosen_locale(request.headers.get("Accept-Language", ""))
    return json_response(rest_error(error, locale), status)


async def read_body(request: web.Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """The body as ``kind``; an empty one counts as ``{}``.

    Raises `SignalingError` ``message.invalid``.
    """
    content = await request.read() or b"{}"
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SignalingError("message.invalid", detail=str(error)[:200]) from None
