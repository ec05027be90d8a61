"""How entries stand as to where they are from: what a change of the list asks of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.entries import decisions, entries, in_parts
from syndicate.adapters.store.stories import flags
from syndicate.adapters.store.values import load_attribution
from syndicate.model import Entry, Status

_NEEDED = (
    *("id", "source", "title", "url", "attribution", "received", "column", "columns"),
    *("status", "held_for", "link_only", "not_before", "expires", "story", "lead"),
)


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
