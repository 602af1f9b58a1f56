from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from server.store.database import AREAS, METADATA, Database, migrate, migration_config


def test_alembic_has_exactly_one_head(tmp_path: Path) -> None:
    script = ScriptDirectory.from_config(migration_config(tmp_path / "x.db"))
    assert len(script.get_heads()) == 1


def test_the_migrated_schema_is_that_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    migrate(path)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_every_area_has_tables() -> None:
    for area in AREAS:
        rows = [one for one in vars(area).values() if hasattr(one, "__tablename__")]
        assert rows, area.__name__


async def test_opening_twice_changes_nothing_and_readers_do_not_block(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.db"
    for _ in range(2):
        database = await Database.open(path)
        async with database.session() as session:
            assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await session.scalar(text("PRAGMA foreign_keys")) == 1
        await database.close()
