"""Writes intent behind the conference's back, newest value per key, in one order.

Cores change in memory at once; the journal makes it durable within milliseconds.
Bounded by construction: a later write of a key replaces the one that waits; only
appended rows (audit) queue, `MAX_APPENDED` of them, the oldest is dropped, counted
and logged when the disk does not keep up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from .database import Database

Write = Callable[["AsyncSession"], Awaitable[None]]

MAX_APPENDED = 1000
RETRY_S = 1.0

_log = structlog.get_logger(__name__)


class Journal:
    """Owned by one loop. `run` is the only task."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[str, Write] = {}
        self._appended: deque[Write] = deque()
        self._wake = asyncio.Event()
        self._committed = asyncio.Condition()
        self._asked = 0
        self._durable = 0
        self.written = 0
        self.failed = 0
        self.dropped_full = 0
        """Audit rows lost because the disk did not take them."""

    def write(self, key: str, write: Write) -> None:
        """Soon; replaces a write of the same key that still waits, in its place."""
        self._pending[key] = write
        self._rouse()

    def append(self, write: Write) -> None:
        """Soon, after all before it."""
        if len(self._appended) >= MAX_APPENDED:
            self._appended.popleft()
            self.dropped_full += 1
            _log.error("store.audit_dropped", total=self.dropped_full)
        self._appended.append(write)
        self._rouse()

    async def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything written before this call is durable; False after ``timeout_s``."""
        asked = self._asked
        try:
            async with asyncio.timeout(timeout_s), self._committed:
                await self._committed.wait_for(lambda: self._durable >= asked)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Until cancelled; call `flush` before."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            asked = self._asked
            pending, self._pending = self._pending, {}
            appended, self._appended = self._appended, deque()
            try:
                await self._commit([*pending.values(), *appended])
            except (SQLAlchemyError, OSError) as error:
                self.failed += 1
                _log.error("store.write_failed", error=str(error), keys=len(pending))
                self._pending = {**pending, **self._pending}
                self._appended.extendleft(reversed(appended))
                await asyncio.sleep(RETRY_S)
                self._wake.set()
                continue
            async with self._committed:
                self._durable = asked
                self._committed.notify_all()

    async def _commit(self, writes: list[Write]) -> None:
        async with self._database.session() as session, session.begin():
            for write in writes:
                await write(session)
        self.written += len(writes)

    def _rouse(self) -> None:
        self._asked += 1
        self._wake.set()
