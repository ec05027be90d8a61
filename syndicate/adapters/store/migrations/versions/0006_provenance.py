"""What a source says of pictures and terms, what is stated of an entry, copies of pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The bits of Attribution.stated, as they were with 1.0.0, by paths in the attribution's JSON
_STATED = (
    (("source", "name"), ("source", "url")),
    (("authors",),),
    (("original_url",),),
    (("published",),),
    (("rights",),),
    (("licence",),),
    (("editor",),),
)


def upgrade() -> None:
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pictures", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("terms", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("stated", sa.Integer(), nullable=True))
    op.execute(sa.text(f"UPDATE entries SET stated = {_stated()}"))  # noqa: S608 our own text
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index(
            "entries_report", ["received", "source", "column", "status", "stated"], unique=False
        )

    op.create_table(
        "media_copies",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "url"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("media_copies", schema=None) as batch_op:
        batch_op.create_index("media_copies_due", ["state", "due"], unique=False)
        batch_op.create_index("media_copies_file", ["file"], unique=False)


def _stated() -> str:
    """The same as SQL: a bit is set where any of its paths is there."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    terms = []
    for bit, paths in enumerate(_STATED):
        known = " OR ".join(f"{_at(path, sqlite=sqlite)} IS NOT NULL" for path in paths)
        terms.append(f"CASE WHEN {known} THEN {1 << bit} ELSE 0 END")
    return " + ".join(terms)


def _at(path: tuple[str, ...], *, sqlite: bool) -> str:
    if sqlite:
        return f"json_extract(attribution, '$.{'.'.join(path)}')"
    return f"attribution::json #> '{{{','.join(path)}}}'"
