"""Who does what only one may do: an advisory lock of PostgreSQL, for as long as its holder lives.

The lock belongs to a connection of its own, so that the server gives it back the moment the
holder's process or machine is gone. A leader that was cut off learns of it at its next question
at the latest; what it did in between is guarded by unique keys besides. The lock does not work
through a pool that shares connections between transactions.

SQLite is for one daemon: whoever asks leads.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from syndicate.adapters.store.engine import Database

_CLASS = 0x73796E64  # "synd": keeps our locks apart from others' in the same database
LOCKS = {"schedule": 1, "publish": 2, "learn": 3}
# Seconds after which a dead connection is known to be one (libpq, 34.1.2)
PATIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
}


class Leader:
    """Whether this process leads in one thing (`LOCKS`): "schedule" is to compose editions."""

    def __init__(self, database: Database, what: str) -> None:
        self._lock = LOCKS[what]
        self._engine = None
        if not database.is_sqlite:
            self._engine = sa.create_engine(
                database.engine.url,
                poolclass=NullPool,
                isolation_level="AUTOCOMMIT",
                connect_args={**PATIENT, "options": "-c statement_timeout=3000"},
            )
        self._conn: Connection | None = None
        self._held = False

    def leads(self) -> bool:
        """Ask the database; to be called before everything that a leader does, and each second.

        False where the database cannot be asked.
        """
        if self._engine is None:
            return True
        try:
            if self._conn is None:
                self._conn = self._engine.connect()
            self._held = self._ask(self._conn)
        except sa.exc.DBAPIError:
            self.resign()
        return self._held

    def _ask(self, conn: Connection) -> bool:
        if self._held:
            conn.execute(sa.select(1))
            return True
        query = sa.select(sa.func.pg_try_advisory_lock(_CLASS, self._lock))
        return bool(conn.execute(query).scalar())

    def resign(self) -> None:
        """Let another lead."""
        conn, self._conn, self._held = self._conn, None, False
        if conn is not None:
            conn.invalidate()  # not closed politely: the server may be gone
            conn.close()
