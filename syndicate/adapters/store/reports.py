"""What reports count, added up by the database from one index; no text of an entry is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.claims import claims
from syndicate.adapters.store.entries import decisions, entries
from syndicate.model import STATED, Status


@dataclass(frozen=True, slots=True)
class Counted:
    """Entries of one key (a source, a column, or "" for all): how many, in each standing, and
    how many state each of `model.STATED`."""

    key: str
    entries: int
    published: int
    held: int
    rejected: int
    retracted: int
    stated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Claims about entries of one key (None where no entry is known)."""

    key: str | None
    received: int
    open: int
    overdue: int


def bounds(conn: Connection) -> tuple[datetime, datetime] | None:
    """When the oldest and the newest entry were received; None where there is none."""
    table = entries.c.received
    first, last = conn.execute(sa.select(sa.func.min(table), sa.func.max(table))).one()
    return None if first is None else (first, last)


def counted(conn: Connection, by: str, start: datetime, end: datetime) -> list[Counted]:
    """Entries received from `start` until before `end`, by `source` or `column` ("": all)."""
    table = entries.c
    key: Any = {"source": table.source, "column": table.column}.get(by, sa.literal(""))
    standing = [
        _sum(table.status == status.value)
        for status in (Status.PUBLISHED, Status.HELD, Status.REJECTED, Status.RETRACTED)
    ]
    stated = [_sum(table.stated.bitwise_and(1 << bit) != 0) for bit in range(len(STATED))]
    query = sa.select(key, sa.func.count(), *standing, *stated)
    query = query.where(table.received >= start, table.received < end)
    if by:
        query = query.group_by(key)
    return [
        Counted(key, count, int(out), int(held), int(no), int(down), tuple(map(int, bits)))
        for key, count, out, held, no, down, *bits in conn.execute(query)
        if count
    ]


def _sum(condition: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def claimed(
    conn: Connection, by: str, start: datetime | None, end: datetime | None, now: datetime
) -> list[Claimed]:
    """Claims received in a span of time, by the source or column of their entry."""
    is_open = claims.c.state == "open"
    query = sa.select(
        _key(by),
        sa.func.count(),
        _sum(is_open),
        _sum(sa.and_(is_open, claims.c.due < now)),
    ).select_from(claims.outerjoin(entries, entries.c.id == claims.c.entry))
    query = _within(query, start, end)
    if by:
        query = query.group_by(_key(by))
    return [Claimed(key, n, int(o), int(late)) for key, n, o, late in conn.execute(query) if n]


def takedowns(
    conn: Connection, by: str, start: datetime | None, end: datetime | None
) -> Iterator[tuple[str | None, timedelta]]:
    """How long after each claim its article was taken down, by key and then the shortest first;
    claims whose article still stands are left out."""
    done = (
        sa.select(sa.func.min(decisions.c.at))
        .where(
            decisions.c.entry == claims.c.entry,
            decisions.c.what == "status",
            decisions.c.after == sa.type_coerce(Status.RETRACTED.value, decisions.c.after.type),
            decisions.c.at >= claims.c.at,
        )
        .scalar_subquery()
    )
    span = (sa.type_coerce(done, sa.BigInteger) - sa.type_coerce(claims.c.at, sa.BigInteger)).label(
        "span"
    )
    source = claims.join(entries, entries.c.id == claims.c.entry)
    query = sa.select(_key(by).label("key"), span).select_from(source)
    query = _within(query.where(claims.c.entry != "", span.is_not(None)), start, end)
    for key, microseconds in conn.execute(query.order_by("key", "span")):
        yield key, timedelta(microseconds=microseconds)


def _key(by: str) -> Any:
    return {"source": entries.c.source, "column": entries.c.column}.get(by, sa.literal(""))


def _within(query: Any, start: datetime | None, end: datetime | None) -> Any:
    if start is not None:
        query = query.where(claims.c.at >= start)
    if end is not None:
        query = query.where(claims.c.at < end)
    return query


def names(conn: Connection, sources: Sequence[str]) -> dict[str, str]:
    """What sources call themselves, for those that are no more in the config too."""
    from syndicate.adapters.store.sources import sources as table

    query = sa.select(table.c.id, table.c.title).where(table.c.id.in_(list(sources)))
    return {id: title for id, title in conn.execute(query) if title}
