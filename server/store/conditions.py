"""Conditions that were raised: an alarm stays readable after it has passed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, String, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class ConditionRow(Base):
    """The newest state of one condition; ``details`` is a JSON object of texts."""

    __tablename__ = "conditions"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    active: Mapped[bool] = mapped_column(Boolean)
    changed_ms: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[str] = mapped_column(Text)


async def keep_condition(session: AsyncSession, row: ConditionRow) -> None:
    """Store or replace."""
    await session.merge(row)
