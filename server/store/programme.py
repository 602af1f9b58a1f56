"""What is on air and in preview."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ProgrammeRow(Base):
    """``state`` is a `signaling.programme.state.ProgrammeState` as JSON; ``cue`` the step
    of the rundown on air, empty for none.
    """

    __tablename__ = "programmes"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    cue: Mapped[str] = mapped_column(String(40))


async def find_programme(session: AsyncSession, event_id: int) -> ProgrammeRow | None:
    """The stored programme of an event."""
    return await session.get(ProgrammeRow, event_id)


async def keep_programme(session: AsyncSession, row: ProgrammeRow) -> None:
    """Store or replace it."""
    await session.merge(row)


class NumberRow(Base):
    """A number of the programme by its name: of a publication, such as ``clean``, or of a group.
    Minted when first needed, never again.
    """

    __tablename__ = "programme_numbers"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


async def numbers(session: AsyncSession, event_id: int) -> dict[str, int]:
    """All numbers of an event's programme by name."""
    rows = await session.scalars(select(NumberRow).where(NumberRow.event_id == event_id))
    return {row.name: row.number for row in rows}
