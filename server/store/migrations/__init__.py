"""Alembic's scripts, run at every start of the server."""
