"""How entries stand: which of them time changes, and what a change of the list asks of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.entries import decisions, entries, in_parts, placements
from syndicate.adapters.store.stories import flags
from syndicate.adapters.store.values import load_attribution
from syndicate.model import Entry, Status

_NEEDED = (
    *("id", "source", "title", "url", "attribution", "received", "column", "columns"),
    *("status", "held_for", "link_only", "not_before", "expires", "story", "lead"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """In which columns an entry is, and where it stands for that."""

    id: str
    columns: tuple[str, ...]
    lead: bool
    status: str
    places: frozenset[str]


def after(conn: Connection, id: str, limit: int) -> list[Standing]:
    """The entries whose ids follow `id`, in that order."""
    asked = (entries.c.id, entries.c.column, entries.c.columns, entries.c.lead, entries.c.status)
    query = sa.select(*asked).where(entries.c.id > id).order_by(entries.c.id).limit(limit)
    rows = conn.execute(query).all()
    stand: dict[str, set[str]] = {}
    for part in in_parts([row.id for row in rows]):
        where = sa.select(placements.c.entry, placements.c.column)
        for entry, column in conn.execute(where.where(placements.c.entry.in_(part))):
            stand.setdefault(entry, set()).add(column)
    return [
        Standing(
            row.id,
            tuple(dict.fromkeys((row.column, *row.columns))),
            row.lead,
            row.status,
            frozenset(stand.get(row.id, ())),
        )
        for row in rows
    ]


def due(conn: Connection, now: datetime, limit: int) -> list[str]:
    """Entries that time has made something else of: their embargo or their term is over.

    On PostgreSQL each is given to one of several that ask at once.
    """
    query = sa.select(entries.c.id).where(entries.c.due <= now)
    query = query.order_by(entries.c.due, entries.c.id).limit(limit)
    return list(conn.execute(query.with_for_update(skip_locked=True)).scalars())


def is_due(conn: Connection, now: datetime) -> bool:
    """Whether there is any."""
    query = sa.select(entries.c.id).where(entries.c.due <= now).limit(1)
    return conn.execute(query).first() is not None


def in_time(now: datetime) -> Any:
    """The condition that an entry is within its time: as Entry.is_out."""
    begun = sa.or_(entries.c.not_before.is_(None), entries.c.not_before <= now)
    return sa.and_(begun, sa.or_(entries.c.expires.is_(None), entries.c.expires > now))


def standing(conn: Connection) -> Iterator[Entry]:
    """Every entry that is published or held, newest first, without its texts."""
    query = sa.select(*(entries.c[name] for name in _NEEDED))
    query = query.where(entries.c.status.in_((Status.PUBLISHED.value, Status.HELD.value)))
    query = query.order_by(entries.c.sort_at.desc(), entries.c.id)
    for row in conn.execute(query.execution_options(yield_per=500)):
        yield _bare(row)


def _bare(row: Any) -> Entry:
    return Entry(
        id=row.id,
        source=row.source,
        key="",
        guid="",
        title=row.title,
        attribution=load_attribution(row.attribution),
        received=row.received,
        url=row.url,
        status=Status(row.status),
        held_for=row.held_for,
        story=row.story,
        lead=row.lead,
        column=row.column,
        columns=tuple(row.columns),
        not_before=row.not_before,
        expires=row.expires,
        link_only=bool(row.link_only),
    )


def approved(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of these entries that an editor let out."""
    found: set[str] = set()
    for part in in_parts(ids):
        query = sa.select(decisions.c.entry).where(
            decisions.c.entry.in_(part),
            decisions.c.what == "status",
            decisions.c.by != "syndicate",
            decisions.c.reason.like("an editor approved it%"),
        )
        found.update(conn.execute(query).scalars())
    return found


def settle_kind(conn: Connection, kind: str, keep: Sequence[str], at: datetime) -> None:
    """The flags of a kind are done, but those of some entries."""
    open_ = sa.select(flags.c.entry).where(flags.c.kind == kind, flags.c.settled.is_(None))
    done = sorted(set(conn.execute(open_).scalars()) - set(keep))
    for part in in_parts(done):
        where = sa.and_(flags.c.entry.in_(part), flags.c.kind == kind)
        conn.execute(sa.update(flags).where(where).values(settled=at))
