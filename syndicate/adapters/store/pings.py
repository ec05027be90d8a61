"""Hubs that have not yet heard of a feed that changed.

`pings`  one row a hub and topic
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata

pings = sa.Table(
    "pings",
    metadata,
    sa.Column("hub", sa.String, primary_key=True),
    sa.Column("topic", sa.String, primary_key=True),
    sa.Column("due", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Index("pings_due", "due"),
)


@dataclass(frozen=True, slots=True)
class Ping:
    """A hub that has yet to hear that a topic changed."""

    hub: str
    topic: str
    due: datetime
    tries: int


def add(conn: Connection, hubs: Sequence[str], topics: Sequence[str], at: datetime) -> None:
    """Each hub is to hear of each topic; one that waits already is not doubled."""
    rows = [{"hub": hub, "topic": topic, "due": at, "tries": 0} for hub in hubs for topic in topics]
    if rows:
        conn.execute(insert(conn, pings).on_conflict_do_nothing(), rows)


def due(conn: Connection, at: datetime) -> list[Ping]:
    """Those whose time has come."""
    query = sa.select(pings).where(pings.c.due <= at).order_by(pings.c.due, pings.c.topic)
    return [Ping(r.hub, r.topic, r.due, r.tries) for r in conn.execute(query)]


def done(conn: Connection, ping: Ping) -> None:
    """The hub has heard, or is given up."""
    conn.execute(sa.delete(pings).where(_same(ping)))


def later(conn: Connection, ping: Ping, at: datetime) -> None:
    """Try once more then."""
    conn.execute(sa.update(pings).where(_same(ping)).values(due=at, tries=ping.tries + 1))


def _same(ping: Ping) -> sa.ColumnElement[bool]:
    return sa.and_(pings.c.hub == ping.hub, pings.c.topic == ping.topic)
