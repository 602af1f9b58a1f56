"""Recordings and their marks. The archive's own truth is on disk, in the manifests."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class RecordingRow(Base):
    """The intent of one recording; ``phase`` is a `signaling.recording.RecordingPhase`."""

    __tablename__ = "recordings"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    directory: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    started_ms: Mapped[int] = mapped_column(BigInteger)
    phase: Mapped[str] = mapped_column(String(20))


class MarkRow(Base):
    """A point of a recording on the session clock; ``seats`` is a JSON list."""

    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(String(200))
    seats: Mapped[str] = mapped_column(Text)
    layout: Mapped[str] = mapped_column(String(40))


async def unfinished(session: AsyncSession, event_id: int) -> RecordingRow | None:
    """The recording that still runs or is still to be finalised."""
    found = (
        select(RecordingRow)
        .where(RecordingRow.event_id == event_id, RecordingRow.phase != "done")
        .order_by(RecordingRow.id.desc())
        .limit(1)
    )
    return await session.scalar(found)


async def mark_rows(session: AsyncSession, recording_id: int) -> list[MarkRow]:
    """Marks of a recording in order."""
    found = select(MarkRow).where(MarkRow.recording_id == recording_id).order_by(MarkRow.id)
    return list(await session.scalars(found))


async def keep_recording(session: AsyncSession, row: RecordingRow) -> None:
    """Store or replace a recording."""
    await session.merge(row)


async def keep_mark(session: AsyncSession, row: MarkRow) -> None:
    """Store or replace a mark."""
    await session.merge(row)


async def drop_mark(session: AsyncSession, mark: int) -> None:
    """What it marked was never seen."""
    await session.execute(delete(MarkRow).where(MarkRow.id == mark))
