"""SQLite and PostgreSQL with one code: engine, migrations, one module per family of tables."""

from __future__ import annotations

from syndicate.adapters.store import schema
from syndicate.adapters.store.engine import Database, open_engine


def open_database(url: str) -> Database:
    """The database at `url`, its schema created or brought up to date first.

    Raises StoreError where it cannot be reached, or was made by a newer version.
    """
    database = Database(open_engine(url))
    try:
        schema.bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database
