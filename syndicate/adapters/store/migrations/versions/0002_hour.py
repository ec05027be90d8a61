"""the hour at which a subscriber wants what comes daily or weekly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("hour", sa.Integer(), nullable=True))
