"""What the director set for sound."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class SoundRow(Base):
    """``settings`` is a `signaling.sound.SoundSettings` as JSON."""

    __tablename__ = "sounds"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    settings: Mapped[str] = mapped_column(Text)


async def find_sound(session: AsyncSession, event_id: int) -> SoundRow | None:
    """The stored settings of an event."""
    return await session.get(SoundRow, event_id)


async def keep_sound(session: AsyncSession, row: SoundRow) -> None:
    """Store or replace them."""
    await session.merge(row)
