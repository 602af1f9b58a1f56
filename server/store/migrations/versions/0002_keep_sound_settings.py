"""Keep sound settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "sounds",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_sounds_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_sounds")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("sounds")
