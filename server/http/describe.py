"""Reading: who am I, the event, the state, links, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.conference.requests import carry_out
from server.links import rfc3339
from server.store import audit as audit_table
from signaling.state import visible
from signaling.wire import messages, rest
from signaling.wire.roles import RIGHTS, Role

if TYPE_CHECKING:
    from aiohttp import web

    from server.conference.caller import Caller

    from .context import Context

PAGES: dict[Role, str] = {
    Role.ADMINISTRATOR: "/control",
    Role.DIRECTOR: "/control",
    Role.ARCHIVIST: "/archive",
}
"""Everybody else goes to the room."""
MAX_AUDIT = 200


async def whoami(
    context: Context, caller: Caller, _request: web.Request, _body: object
) -> rest.Whoami:
    """Lets a page choose where to lead."""
    return rest.Whoami(
        event=context.conference.event.slug,
        seat=caller.seat.id,
        name=caller.seat.name,
        name_en=caller.seat.name_en,
        role=caller.role,
        rights=sorted(RIGHTS[caller.role]),
        page=PAGES.get(caller.role, "/room"),
    )


async def event(
    context: Context, _caller: Caller, _request: web.Request, _body: object
) -> rest.EventDescription:
    """The plan."""
    plan = context.conference.event
    return rest.EventDescription(
        slug=plan.slug,
        title=plan.title,
        title_en=plan.title_en,
        phase=context.conference.cores.phase,
        seats=[
            rest.SeatDescription(
                seat=seat.id,
                name=seat.name,
                name_en=seat.name_en,
                kind=seat.kind,
                hall=seat.hall,
                role=seat.role,
            )
            for seat in plan.seats
        ],
    )


async def looks(
    context: Context, _caller: Caller, _request: web.Request, _body: object
) -> rest.Looks:
    """What a desk chooses from."""
    return context.looks.looks()


async def state(
    context: Context, caller: Caller, _request: web.Request, _body: object
) -> rest.CurrentState:
    """What a page would get as its snapshot, without ``you``."""
    held = context.conference.state
    seen = {key: visible(value, caller.role, caller.seat.id) for key, value in held.values.items()}
    return rest.CurrentState(
        revision=held.revision,
        state={key: value for key, value in seen.items() if value is not None},
    )


async def links(
    context: Context, caller: Caller, _request: web.Request, _body: object
) -> rest.LinkList:
    """All links that are valid now."""
    answer = await carry_out(context.conference, caller, messages.ListLinks())
    if not isinstance(answer, messages.Links):
        raise TypeError("links are listed as links")
    return rest.LinkList(links=answer.links)


async def audit(
    context: Context, _caller: Caller, _request: web.Request, _body: object
) -> rest.AuditList:
    """The last actions."""
    await context.journal.flush()
    event_id = context.conference.numbers.event
    async with context.database.session() as session:
        rows = await audit_table.newest(session, event_id, MAX_AUDIT)
    return rest.AuditList(
        entries=[
            rest.AuditEntry(
                at=rfc3339(row.at_ms / 1000),
                session_ms=row.session_ms,
                seat=row.seat,
                role=row.role,
                action=row.action,
                detail=row.detail,
            )
            for row in rows
        ]
    )
