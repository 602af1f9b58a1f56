"""What is on air and in preview."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ProgrammeRow(Base):
    """``state`` is a `signaling.programme.core.ProgrammeState` as JSON; ``cue`` the step
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
