"""Events, their clocks, and the numbers that belong to their seats."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class EventRow(Base):
    """``plan`` is a `signaling.event.Event` as JSON; it is imported once and never
    overwritten by a file. The three publications are the programme's.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    plan: Mapped[str] = mapped_column(Text)
    phase: Mapped[str] = mapped_column(String(20))
    imported_ms: Mapped[int] = mapped_column(BigInteger)
    picture_publication: Mapped[int] = mapped_column(BigInteger)
    opus_publication: Mapped[int] = mapped_column(BigInteger)
    aac_publication: Mapped[int] = mapped_column(BigInteger)


class ClockRow(Base):
    """Which moment of this machine's clocks was session time 0. ``last_ms``: a session
    time that was reached for sure.
    """

    __tablename__ = "clocks"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    boot_id: Mapped[str] = mapped_column(String(64))
    origin_monotonic_ns: Mapped[int] = mapped_column(BigInteger)
    origin_wall_ns: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(BigInteger)


class SeatRow(Base):
    """Numbers of a seat: its sound group and the publication of its return."""

    __tablename__ = "seats"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(40), primary_key=True)
    group_id: Mapped[int] = mapped_column(BigInteger)
    return_publication: Mapped[int] = mapped_column(BigInteger)


async def find_event(session: AsyncSession, slug: str) -> EventRow | None:
    """The event of this name."""
    return await session.scalar(select(EventRow).where(EventRow.slug == slug))


async def all_slugs(session: AsyncSession) -> list[str]:
    """Names of all events, oldest import first."""
    return list(await session.scalars(select(EventRow.slug).order_by(EventRow.imported_ms)))


async def seat_rows(session: AsyncSession, event_id: int) -> list[SeatRow]:
    """Numbers of all seats of an event."""
    found = await session.scalars(select(SeatRow).where(SeatRow.event_id == event_id))
    return list(found)


async def set_phase(session: AsyncSession, event_id: int, phase: str) -> None:
    """Store the phase of the life cycle."""
    row = await session.get_one(EventRow, event_id)
    row.phase = phase


async def set_clock(session: AsyncSession, row: ClockRow) -> None:
    """Store or replace the clock of an event."""
    await session.merge(row)
