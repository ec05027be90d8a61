"""How Alembic runs here: over the connection that it is given, in its transaction.

SQLite cannot change a column in place, so that tables are copied there (batch mode).
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import types

from syndicate.adapters.store import schema


def stored(kind: str, value: Any, autogen: Any) -> str | Literal[False]:
    """Migrations name the types that databases know, not ours, which may change."""
    if kind == "type" and isinstance(value, types.TypeDecorator):
        autogen.imports.add("import sqlalchemy as sa")
        return f"sa.{value.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.load_tables(),
    render_as_batch=True,
    render_item=stored,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
