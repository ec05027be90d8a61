"""Labels, embargo, end, and what of an entry may be shown for its origin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("labels", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("not_before", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("expires", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("due", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("link_only", sa.Boolean(), nullable=True))
        batch_op.create_index(
            "entries_due",
            ["due"],
            unique=False,
            sqlite_where=sa.text("due IS NOT NULL"),
            postgresql_where=sa.text("due IS NOT NULL"),
        )
