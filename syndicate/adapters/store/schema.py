"""The schema's version: made new at once, or migrated by Alembic where it is behind.

Alembic costs 0.4 s to import, so that it is imported only when there is something to migrate. A
new database is made from the tables as they stand and marked with the newest version; a test
holds that this and all migrations in a row come to the same schema.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters import store
from syndicate.adapters.store.engine import Database, metadata
from syndicate.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = "0008"
# Held while a schema is made or migrated, so that several workers can start at once
_ADVISORY_LOCK = 0x73796E64


def load_tables() -> sa.MetaData:
    """The metadata with the tables of every module of this package."""
    for module in pkgutil.iter_modules(store.__path__):
        if module.name not in ("schema", "migrations"):
            importlib.import_module(f"{store.__name__}.{module.name}")
    for table in metadata.tables.values():
        for index in table.indexes:
            _also_in_postgresql(index)
    return metadata


def _also_in_postgresql(index: sa.Index) -> None:
    """A partial index is one in both. To name it where the tables are would load PostgreSQL's
    dialect, 2 MB and 25 ms, in every process."""
    where = index.dialect_options["sqlite"]["where"]
    if where is not None:
        index.dialect_options["postgresql"]["where"] = where


def bring_up_to_date(database: Database) -> None:
    """Create or migrate the schema; does nothing, cheaply, where it is as it should be."""
    with database.read() as conn:
        if _version(conn) == VERSION:
            return
    with database.begin() as conn:
        if not database.is_sqlite:
            conn.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        found = _version(conn)
        if found is None:
            _create(conn)
        elif found != VERSION:
            _migrate(conn, found)


def _version(conn: Connection) -> str | None:
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _create(conn: Connection) -> None:
    load_tables().create_all(conn)
    conn.execute(
        sa.text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    conn.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": VERSION})


def _migrate(conn: Connection, found: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(conn)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found not in known:
        raise StoreError(
            f"the database has schema version {found}, this program knows up to {VERSION}",
            where=conn.engine.url.render_as_string(hide_password=True),
            remedy="use the newer program that made it, or recover a backup",
        )
    command.upgrade(config, VERSION)


def alembic_config(conn: Connection) -> Config:
    """Alembic's settings, in memory: the migrations of this package, over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
