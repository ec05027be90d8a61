"""LISTEN and NOTIFY: workers and daemons hear at once what their next look would find anyway.

A notification is part of its transaction: it is heard when what it speaks of can be seen, and
never where that was rolled back. Nothing depends on it; one that is lost costs a few seconds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.leader import PATIENT

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "syndicate"
MAIL, CHANGES = "mail", "changes"  # messages to send; entries to publish


def wake(conn: Connection, what: str) -> None:
    """Tell all processes, when this transaction is committed, that there is work: MAIL, CHANGES."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_notify(CHANNEL, what)))


class Listener:
    """Waits for what `wake` says. On SQLite, which has no such thing, just waits."""

    def __init__(self, database: Database) -> None:
        url = database.engine.url.set(drivername="postgresql")
        self._url = "" if database.is_sqlite else url.render_as_string(hide_password=False)
        self._conn: AsyncConnection | None = None

    @property
    def hears(self) -> bool:
        """Whether what is said now will be heard."""
        return self._conn is not None

    async def wait(self, seconds: float) -> str | None:
        """What was said first within so many seconds; None for nothing. Never raises."""
        if not self._url:
            await asyncio.sleep(seconds)
            return None
        import psycopg

        deadline = asyncio.get_running_loop().time() + seconds
        try:
            if self._conn is None:
                self._conn = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, **PATIENT
                )
                await self._conn.execute(f"LISTEN {CHANNEL}")
                return None  # what was said before we listened is not heard: look once more
            async for note in self._conn.notifies(timeout=seconds, stop_after=1):
                return note.payload
        except psycopg.Error:
            await self.close()
            await asyncio.sleep(max(min(deadline - asyncio.get_running_loop().time(), 1.0), 0.0))
        return None

    async def close(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()
