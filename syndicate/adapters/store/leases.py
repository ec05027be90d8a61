"""WebSub subscriptions of ours: at which hub for which topic, under which secret, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata

websub_leases = sa.Table(
    "websub_leases",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("hub", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("secret", sa.String, nullable=False),
    sa.Column("asked", Instant, nullable=False),
    sa.Column("until", Instant),  # None: not verified (yet)
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("pushed", Instant),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """One subscription of ours at a hub."""

    source: str
    hub: str
    topic: str
    secret: str
    asked: datetime
    until: datetime | None = None
    error: str = ""
    pushed: datetime | None = None


def get(conn: Connection, source: str) -> Lease | None:
    query = sa.select(websub_leases).where(websub_leases.c.source == source)
    row = conn.execute(query).one_or_none()
    return None if row is None else Lease(**row._mapping)


def everything(conn: Connection) -> dict[str, Lease]:
    return {row.source: Lease(**row._mapping) for row in conn.execute(sa.select(websub_leases))}


def save(conn: Connection, lease: Lease) -> None:
    values = {name: getattr(lease, name) for name in Lease.__slots__}
    statement = insert(conn, websub_leases).values(values)
    update = {name: statement.excluded[name] for name in values if name != "source"}
    conn.execute(statement.on_conflict_do_update(index_elements=["source"], set_=update))


def forget(conn: Connection, source: str) -> None:
    conn.execute(sa.delete(websub_leases).where(websub_leases.c.source == source))


def set_error(conn: Connection, source: str, error: str) -> None:
    """Why a hub did not do what it was asked; a lease that runs goes on."""
    conn.execute(
        sa.update(websub_leases).where(websub_leases.c.source == source).values(error=error[:500])
    )
