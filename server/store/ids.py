"""Ids: one counter, never used twice, whatever dies."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class CounterRow(Base):
    """The first number not yet handed to any process."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


async def reserve(session: AsyncSession, count: int, name: str = "ids") -> int:
    """Take ``count`` numbers out of the counter; the first of them (at least 1)."""
    row = await session.get(CounterRow, name)
    first = row.next if row is not None else 1
    statement = insert(CounterRow).values(name=name, next=first + count)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[CounterRow.name], set_={"next": first + count}
        )
    )
    return first
