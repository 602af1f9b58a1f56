"""Opens the database, brings its schema up to date, hands out sessions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from . import audit, conditions, events, ids, links, people, programme, recordings, sound, workers
from .base import Base

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

MIGRATIONS = Path(__file__).with_name("migrations")
AREAS = (audit, conditions, events, ids, links, people, programme, recordings, sound, workers)
"""Every module with tables, so that the metadata is whole once this one is imported."""

METADATA = Base.metadata
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000")


def migration_config(path: Path) -> Config:
    """Alembic's configuration for the SQLite file ``path``."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}".replace("%", "%%"))
    return config


def migrate(path: Path) -> None:
    """Create the file or bring it to the newest revision. Blocks."""
    command.upgrade(migration_config(path), "head")


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Readers and the writer do not wait for each other; a commit survives a crash of the
    process (a power cut may cost the last commits, never the file).
    """
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=5000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Database:
    """One SQLite file. `open` migrates; sessions are short transactions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    async def open(cls, path: Path) -> Database:
        """Raises `sqlalchemy.exc.SQLAlchemyError` or OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(migrate, path)
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        event.listen(engine.sync_engine, "connect", _prepare)
        return cls(engine)

    def session(self) -> AsyncSession:
        """Use as ``async with database.session() as session, session.begin():``."""
        return self._sessions()

    async def close(self) -> None:
        """After the last session."""
        await self._engine.dispose()
