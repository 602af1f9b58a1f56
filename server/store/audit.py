"""Who did what: one table for all that is directed, recorded, withdrawn."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class AuditRow(Base):
    """One action. ``session_ms`` is the event's clock, ``at_ms`` Unix time."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    session_ms: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    seat: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))
    link: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text)


async def add(session: AsyncSession, row: AuditRow) -> None:
    """Append one action."""
    session.add(row)


async def newest(session: AsyncSession, event_id: int, count: int) -> list[AuditRow]:
    """The last actions, newest first."""
    found = (
        select(AuditRow)
        .where(AuditRow.event_id == event_id)
        .order_by(AuditRow.id.desc())
        .limit(count)
    )
    return list(await session.scalars(found))
