"""Epochs of workers, so that a server that came back knows which of them never left."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class WorkerRow(Base):
    """The life of a worker that was seen last."""

    __tablename__ = "workers"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)


async def epochs(session: AsyncSession) -> dict[str, int]:
    """Worker kind to epoch."""
    return {row.kind: row.epoch for row in await session.scalars(select(WorkerRow))}


async def keep_epoch(session: AsyncSession, row: WorkerRow) -> None:
    """Store or replace."""
    await session.merge(row)
