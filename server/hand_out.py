"""Events and links of a store, without a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from server.application import DATABASE_FILE, KEY_FILE
from server.links import Links, load_key
from server.store.database import Database
from server.store.events import all_slugs, find_event
from server.store.links import LinkRow, keep_link
from signaling.event import Event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from server.settings import Settings
    from server.store.events import EventRow
    from signaling.wire.roles import Role


class HandOutError(Exception):
    """It cannot be done; the text begins with a stable id."""


async def _open(settings: Settings) -> Database:
    path = settings.data_dir / DATABASE_FILE
    if not path.is_file():
        raise HandOutError(f"store.missing: {path} is not there; start `lianxian serve` once")
    return await Database.open(path)


async def _row(session: AsyncSession, slug: str | None) -> EventRow:
    known = await all_slugs(session)
    wanted = slug or (known[-1] if known else "")
    row = await find_event(session, wanted)
    if row is None:
        raise HandOutError(f"event.unknown: “{wanted}”; in the store: {', '.join(known) or 'none'}")
    return row


async def stored_event(settings: Settings, slug: str | None) -> Event:
    """An event of the store, the newest without a name. Raises `HandOutError`."""
    database = await _open(settings)
    try:
        async with database.session() as session:
            return msgspec.json.decode((await _row(session, slug)).plan, type=Event)
    finally:
        await database.close()


async def hand_out(
    settings: Settings,
    seat_id: str,
    slug: str | None,
    hours: float | None,
    role: Role | None = None,
) -> str:
    """Mint a link for a seat, store it, return its address. Raises `HandOutError`.

    ``role``: less than the seat's own, for a device.
    """
    database = await _open(settings)
    try:
        async with database.session() as session, session.begin():
            row = await _row(session, slug)
            event = msgspec.json.decode(row.plan, type=Event)
            seat = event.seat(seat_id)
            if seat is None:
                allowed = ", ".join(one.id for one in event.seats)
                raise HandOutError(f"seat.unknown: “{seat_id}”; seats of the event: {allowed}")
            links = Links(load_key(settings.data_dir / KEY_FILE), event, settings.base_url)
            link = links.mint(seat, hours or settings.link_hours, role)
            claims = link.claims
            fresh = LinkRow(
                jti=claims.jti,
                event_id=row.id,
                seat=claims.seat,
                kind=claims.kind,
                role=claims.role,
                expires_s=claims.exp,
                revoked_ms=0,
            )
            await keep_link(session, fresh)
    finally:
        await database.close()
    return links.view(link).url
