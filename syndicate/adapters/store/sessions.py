"""Who is logged in to the dashboard: hashes of random ids, until when, under which token."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("token", sa.LargeBinary, nullable=False),  # another token ends every session
    sa.Column("until", Instant, nullable=False),
)


def add(conn: Connection, mark: bytes, token: bytes, until: datetime, now: datetime) -> None:
    conn.execute(sa.delete(sessions).where(sessions.c.until <= now))
    conn.execute(sa.insert(sessions).values(mark=mark, token=token, until=until))


def holds(conn: Connection, mark: bytes, token: bytes, now: datetime) -> bool:
    query = sa.select(sessions.c.mark).where(
        sessions.c.mark == mark, sessions.c.token == token, sessions.c.until > now
    )
    return conn.execute(query).one_or_none() is not None


def end(conn: Connection, mark: bytes) -> None:
    conn.execute(sa.delete(sessions).where(sessions.c.mark == mark))
