"""How often something was done: fixed windows, and mails to addresses that did not answer.

In the database, so that several processes share them and a restart does not forget. Who did it
is kept as a keyed hash alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata

limits = sa.Table(
    "limits",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("who", sa.LargeBinary, primary_key=True),
    sa.Column("until", Instant, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Index("limits_until", "until"),
)

# Mails to addresses whose owners have not shown that they want any
unanswered = sa.Table(
    "unanswered",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("who", sa.LargeBinary, primary_key=True),
    sa.Column("last", Instant, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)


def hit(
    conn: Connection, kind: str, who: bytes, now: datetime, window: timedelta, most: int
) -> bool:
    """Count one more; whether it is within `most` a window. One statement, so that it is exact."""
    ends = now + window - timedelta(seconds=now.timestamp() % window.total_seconds())
    statement = insert(conn, limits).values(kind=kind, who=who, until=ends, count=1)
    same = limits.c.until == statement.excluded["until"]
    update = {
        "count": sa.case((same, limits.c.count + 1), else_=1),
        "until": statement.excluded["until"],
    }
    statement = statement.on_conflict_do_update(index_elements=["kind", "who"], set_=update)
    return int(conn.execute(statement.returning(limits.c.count)).scalar_one()) <= most


def count(conn: Connection, kind: str, who: bytes, now: datetime) -> int:
    """How often it was done in the present window."""
    query = sa.select(limits.c.count).where(
        limits.c.kind == kind, limits.c.who == who, limits.c.until > now
    )
    return conn.execute(query).scalar() or 0


def may_write(
    conn: Connection, kind: str, who: bytes, now: datetime, wait: timedelta, most: int
) -> bool:
    """Whether one more mail may go to an address that has not answered; it is counted if so.

    At most one in `wait`, and `most` ever until `answered`. Of any number that ask at once, one
    is told yes.
    """
    statement = insert(conn, unanswered).values(kind=kind, who=who, last=now, count=1)
    statement = statement.on_conflict_do_update(
        index_elements=["kind", "who"],
        set_={"last": statement.excluded["last"], "count": unanswered.c.count + 1},
        where=sa.and_(unanswered.c.last <= now - wait, unanswered.c.count < most),
    )
    return conn.execute(statement.returning(unanswered.c.count)).scalar() is not None


def answered(conn: Connection, kind: str, who: bytes) -> None:
    """The address showed that its mail is wanted: the count begins anew, the wait stays."""
    conn.execute(
        sa.update(unanswered)
        .where(unanswered.c.kind == kind, unanswered.c.who == who)
        .values(count=0)
    )


def recall(conn: Connection, since: datetime, now: datetime) -> int:
    """Mails that count as of after `since`, which is yet to come, are as of `now`."""
    wrong = sa.update(unanswered).where(unanswered.c.last > since).values(last=now)
    return int(conn.execute(wrong).rowcount)


def prune(conn: Connection, now: datetime) -> None:
    """Forget windows that are over."""
    conn.execute(sa.delete(limits).where(limits.c.until <= now))
