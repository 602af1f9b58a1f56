"""Alembic's environment: online only, on the file that `migration_config` names."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool

from server.store.database import METADATA


def run() -> None:
    """Apply what is missing, in one transaction (SQLite alters tables by copying them)."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise ValueError("no database was named")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
