"""Claims by mail: each mail once, and which mail a letter of ours answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim_mails",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("mark"),
    )
    with op.batch_alter_table("claim_mails", schema=None) as batch_op:
        batch_op.create_index("claim_mails_message_id", ["message_id"], unique=False)
        batch_op.create_index("claim_mails_claim", ["claim", "at"], unique=False)
        batch_op.create_index("claim_mails_at", ["at"], unique=False)
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers", sa.Text(), nullable=True))
