import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from server.store import journal as journal_module
from server.store.audit import AuditRow, add
from server.store.database import Database
from server.store.journal import Journal
from server.store.workers import WorkerRow, epochs, keep_epoch


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "x.db")
    yield opened
    await opened.close()


@pytest.fixture
async def journal(database: Database) -> AsyncIterator[Journal]:
    made = Journal(database)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def epoch(journal: Journal, value: int) -> None:
    row = WorkerRow(kind="media", epoch=value)
    journal.write("media", lambda session: keep_epoch(session, row))


def note(journal: Journal, number: int) -> None:
    row = AuditRow(
        at_ms=number,
        session_ms=0,
        event_id=1,
        seat="s",
        role="r",
        link="l",
        action="a",
        detail="",
    )
    journal.append(lambda session: add(session, row))


async def test_only_the_newest_value_of_a_key_is_written(
    database: Database, journal: Journal
) -> None:
    for value in range(50):
        epoch(journal, value)
    assert await journal.flush()
    assert journal.written == 1
    async with database.session() as session:
        assert await epochs(session) == {"media": 49}


async def test_every_appended_row_is_written_in_order(database: Database, journal: Journal) -> None:
    for number in range(20):
        note(journal, number)
    assert await journal.flush()
    async with database.session() as session:
        rows = await session.scalars(select(AuditRow.at_ms).order_by(AuditRow.id))
        assert list(rows) == list(range(20))


async def test_a_failed_write_is_tried_again_and_nothing_is_lost(
    database: Database, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    failures = [OperationalError("insert", {}, Exception("disk is full"))]

    async def fails_once(session: AsyncSession) -> None:
        if failures:
            raise failures.pop()

    epoch(journal, 1)
    journal.write("bad", fails_once)
    note(journal, 7)
    assert await journal.flush()
    assert journal.failed == 1
    async with database.session() as session:
        assert await epochs(session) == {"media": 1}
        assert await session.scalar(select(func.count(AuditRow.id))) == 1


async def test_rows_that_cannot_be_written_do_not_pile_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MAX_APPENDED", 10)
    stuck = Journal(database)
    for number in range(15):
        note(stuck, number)
    assert stuck.dropped_full == 5
    assert not await stuck.flush(timeout_s=0.01)


async def test_what_comes_later_is_not_waited_for(database: Database, journal: Journal) -> None:
    epoch(journal, 1)
    stopping = asyncio.Event()

    async def busy() -> None:
        while not stopping.is_set():
            note(journal, 2)
            await asyncio.sleep(0)

    writing = asyncio.create_task(busy())
    assert await journal.flush(5.0)
    stopping.set()
    await writing
    async with database.session() as session:
        assert await epochs(session) == {"media": 1}
