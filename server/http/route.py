"""One operation of the HTTP interface, and how it asks what a page would ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from server.conference.caller import Caller
from server.conference.requests import carry_out
from signaling.wire import messages
from signaling.wire.roles import Right

from .context import Context

Handler = Callable[[Context, Caller, web.Request, Any], Awaitable[object]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. ``right`` None: any valid link. ``takes`` and ``gives`` are structs."""

    method: str
    path: str
    summary: str
    handler: Handler
    gives: type
    takes: type[msgspec.Struct] | None = None
    right: Right | None = Right.SEE_EVENT


def ask(make: Callable[[Any, web.Request], Any]) -> Handler:
    """A handler that carries out the same request a page would send."""

    async def handler(
        context: Context, caller: Caller, request: web.Request, body: object
    ) -> object:
        conference = context.conference
        answer = await carry_out(conference, caller, make(body, request))
        if isinstance(answer, messages.Taken):
            return await conference.acknowledging.seen(conference, answer)
        return answer

    return handler
