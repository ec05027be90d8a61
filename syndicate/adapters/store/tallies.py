"""What the sources page says of each source, kept so that nothing has to be counted for it.

`published_sources`  one row a source: its published entries, when the newest came, its own words
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata
from syndicate.adapters.store.entries import entries, in_parts
from syndicate.model import Status

published_sources = sa.Table(
    "published_sources",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("newest", Instant),  # reception of the newest that was published
    sa.Column("title", sa.Text, nullable=False),  # as the source itself says
    sa.Column("site", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
_KEY = published_sources.c.source


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of a source are published, and what it says of itself."""

    entries: int = 0
    newest: datetime | None = None
    title: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a source more (+1) or less (-1), and when it was received."""

    source: str
    by: int
    received: datetime


def of(conn: Connection, ids: Sequence[str]) -> dict[str, Tally]:
    """What is known of these sources."""
    found: dict[str, Tally] = {}
    for part in in_parts(ids):
        query = sa.select(published_sources).where(_KEY.in_(part))
        for row in conn.execute(query):
            found[row.source] = Tally(row.entries, row.newest, row.title, row.site)
    return found


def others(conn: Connection, ids: Iterable[str]) -> list[str]:
    """The sources that have published entries and are none of these."""
    configured = set(ids)
    query = sa.select(_KEY).where(published_sources.c.entries > 0).order_by(_KEY)
    return [id for id in conn.execute(query).scalars() if id not in configured]


def add(conn: Connection, changes: Iterable[Change]) -> None:
    """Keep the tallies right."""
    by: dict[str, int] = {}
    newest: dict[str, datetime] = {}
    for change in changes:
        by[change.source] = by.get(change.source, 0) + change.by
        if change.by > 0:
            known = newest.get(change.source, change.received)
            newest[change.source] = max(known, change.received)
    old = of(conn, list(by))
    made = {}
    for id, more in by.items():
        tally = old.get(id, Tally())
        times = [at for at in (tally.newest, newest.get(id)) if at]
        latest = max(times, default=None)
        made[id] = Tally(max(tally.entries + more, 0), latest, tally.title, tally.site)
    _save(conn, made)


def tell(conn: Connection, told: Mapping[str, tuple[str, str]]) -> set[str]:
    """Keep what sources say of themselves: title and site; those of which it is new."""
    old = of(conn, list(told))
    made = {}
    for id, (title, site) in told.items():
        tally = old.get(id)
        if tally is None or (tally.title, tally.site) != (title, site):
            known = tally or Tally()
            made[id] = Tally(known.entries, known.newest, title, site)
    _save(conn, made)
    return set(made)


def recount(conn: Connection) -> None:
    """Count all entries again."""
    conn.execute(sa.update(published_sources).values(entries=0, newest=None))
    source = entries.c.source
    query = sa.select(
        source, sa.func.count(), sa.type_coerce(sa.func.max(entries.c.received), Instant)
    )
    rows = conn.execute(query.where(entries.c.status == Status.PUBLISHED.value).group_by(source))
    counted = {id: (count, newest) for id, count, newest in rows}
    old = of(conn, list(counted))
    _save(
        conn,
        {
            id: Tally(count, newest, old.get(id, Tally()).title, old.get(id, Tally()).site)
            for id, (count, newest) in counted.items()
        },
    )


def _save(conn: Connection, made: Mapping[str, Tally]) -> None:
    if not made:
        return
    statement = insert(conn, published_sources)
    names = ("entries", "newest", "title", "site")
    update = {name: statement.excluded[name] for name in names}
    conn.execute(
        statement.on_conflict_do_update(index_elements=["source"], set_=update),
        [
            {"source": id, "entries": t.entries, "newest": t.newest, "title": t.title,
             "site": t.site}
            for id, t in made.items()
        ],
    )  # fmt: skip
