"""Number the programme's renditions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. Numbers are minted when the event is opened."""
    op.create_table(
        "programme_numbers",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_programme_numbers_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", "name", name=op.f("pk_programme_numbers")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("programme_numbers")
