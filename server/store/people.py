"""Devices that sit at seats, with what they publish and receive."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class DeviceRow(Base):
    """``device`` is a `signaling.seats.Device`, ``wiring`` a `server.intent.Wiring`, as JSON."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    seat: Mapped[str] = mapped_column(String(40))
    device: Mapped[str] = mapped_column(Text)
    wiring: Mapped[str] = mapped_column(Text)


async def device_rows(session: AsyncSession, event_id: int) -> list[DeviceRow]:
    """All devices that sit in an event."""
    found = select(DeviceRow).where(DeviceRow.event_id == event_id).order_by(DeviceRow.id)
    return list(await session.scalars(found))


async def keep_device(session: AsyncSession, row: DeviceRow) -> None:
    """Store or replace a device."""
    await session.merge(row)


async def drop_device(session: AsyncSession, device: int) -> None:
    """It no longer sits here."""
    await session.execute(delete(DeviceRow).where(DeviceRow.id == device))
