"""Links that were handed out. A link that is not here is not known, however well signed."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class LinkRow(Base):
    """``revoked_ms`` is 0 while the link is good."""

    __tablename__ = "links"

    jti: Mapped[str] = mapped_column(String(40), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    seat: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    expires_s: Mapped[int] = mapped_column(BigInteger)
    revoked_ms: Mapped[int] = mapped_column(BigInteger, default=0)


async def link_rows(session: AsyncSession, event_id: int) -> list[LinkRow]:
    """All links of an event, revoked ones too."""
    found = select(LinkRow).where(LinkRow.event_id == event_id)
    return list(await session.scalars(found))


async def keep_link(session: AsyncSession, row: LinkRow) -> None:
    """Store or replace a link."""
    await session.merge(row)
