"""What publishing asks: where published leads stand, what changed, what is beside what.

A column "" is the whole site. Every question is answered from an index, in time that does not
grow with the site, but those that say that they go through all of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant
from syndicate.adapters.store.entries import (
    Place,
    entries,
    in_parts,
    placements,
    unpublished,
)

Key = tuple[datetime, str]  # reception and id: the order of archives


@dataclass(frozen=True, slots=True)
class Touched:
    """One row of what changed since it was published."""

    id: int
    entry: str
    column: str
    received: datetime


@dataclass(frozen=True, slots=True)
class Heading:
    """As much of an entry as a link to it shows."""

    id: str
    title: str
    summary: str
    language: str


# ---- what changed


def touched(conn: Connection) -> list[Touched]:
    """What changed since the last publishing, oldest first."""
    query = sa.select(unpublished).order_by(unpublished.c.id)
    return [Touched(row.id, row.entry, row.column, row.received) for row in conn.execute(query)]


def touched_ids(conn: Connection) -> array[int]:
    """The rows of it, eight bytes each."""
    return array("q", conn.execute(sa.select(unpublished.c.id)).scalars())


def untouch(conn: Connection, ids: Sequence[int]) -> None:
    """These rows of it are published."""
    for part in in_parts(ids):
        conn.execute(sa.delete(unpublished).where(unpublished.c.id.in_(part)))


def count_touched(conn: Connection) -> int:
    """How many entries changed since the last publishing."""
    query = sa.select(sa.func.count(sa.distinct(unpublished.c.entry)))
    return int(conn.execute(query).scalar_one())


def touched_entries(conn: Connection) -> set[str]:
    """The entries that changed since the last publishing."""
    return set(conn.execute(sa.select(unpublished.c.entry).distinct()).scalars())


# ---- where published leads stand


def newest_ids(conn: Connection, column: str, limit: int) -> list[str]:
    """The newest published leads of a column, newest first."""
    query = sa.select(placements.c.entry).where(placements.c.column == column)
    query = query.order_by(placements.c.sort_at.desc(), placements.c.entry).limit(limit)
    return list(conn.execute(query).scalars())


def ids_received(conn: Connection, column: str, start: Key, end: Key) -> list[str]:
    """What stands in a column by (reception, id) in [start, end), oldest first."""
    query = _between(sa.select(placements.c.entry), column, start, end)
    return list(conn.execute(query).scalars())


def key_at(conn: Connection, column: str, start: Key, end: Key, offset: int = 0) -> Key | None:
    """The (reception, id) of the place that is `offset` behind the first in [start, end)."""
    columns = (placements.c.received, placements.c.entry)
    query = _between(sa.select(*columns), column, start, end).limit(1).offset(offset)
    row = conn.execute(query).one_or_none()
    return None if row is None else (row.received, row.entry)


def _between(query: Any, column: str, start: Key, end: Key) -> Any:
    received, entry = placements.c.received, placements.c.entry
    for bound, inside in ((start, True), (end, False)):
        at, id = sa.literal(bound[0], Instant), sa.literal(bound[1], sa.String)
        pair, key = sa.tuple_(received, entry), sa.tuple_(at, id)
        query = query.where(pair >= key if inside else pair < key)
    return query.where(placements.c.column == column).order_by(received, entry)


def places_of(conn: Connection, ids: Sequence[str]) -> list[Place]:
    """Every place of these entries."""
    found: list[Place] = []
    for part in in_parts(ids):
        query = sa.select(placements).where(placements.c.entry.in_(part))
        rows = conn.execute(query)
        found += [Place(r.column, r.entry, r.sort_at, r.received) for r in rows]
    return found


def place_count(conn: Connection, column: str, most: int) -> int:
    """How many places a column has, counted up to a number."""
    query = sa.select(placements.c.entry).where(placements.c.column == column).limit(most)
    return int(conn.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def neighbours(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """The newer and the older one beside each of these in its main column."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for part in in_parts(ids):
        for id, newer, older in conn.execute(_BESIDE, {"ids": list(part)}):
            found[id] = (newer, older)
    return found


def _beside() -> Any:
    """min and max of equal columns are one step into the index, whatever shares an instant."""
    at, q, r = placements.alias(), placements.alias(), placements.alias()

    def entry(pick: Any, *where: Any) -> Any:
        return sa.select(pick(q.c.entry)).where(q.c.column == at.c.column, *where).scalar_subquery()

    def instant(pick: Any, condition: Any) -> Any:
        query = sa.select(pick(r.c.sort_at)).where(r.c.column == at.c.column, condition)
        return query.correlate(at).scalar_subquery()

    low, high = sa.func.min, sa.func.max
    newer = sa.func.coalesce(
        entry(high, q.c.sort_at == at.c.sort_at, q.c.entry < at.c.entry),
        entry(high, q.c.sort_at == instant(low, r.c.sort_at > at.c.sort_at)),
    )
    older = sa.func.coalesce(
        entry(low, q.c.sort_at == at.c.sort_at, q.c.entry > at.c.entry),
        entry(low, q.c.sort_at == instant(high, r.c.sort_at < at.c.sort_at)),
    )
    main = sa.and_(entries.c.id == at.c.entry, entries.c.column == at.c.column)
    query = sa.select(at.c.entry, newer, older).select_from(at.join(entries, main))
    return query.where(at.c.entry.in_(sa.bindparam("ids", expanding=True)))


_BESIDE = _beside()


# ---- what is known of some entries


def headings(conn: Connection, ids: Iterable[str]) -> dict[str, Heading]:
    """What a link to each of these entries shows."""
    found: dict[str, Heading] = {}
    columns = (entries.c.id, entries.c.title, entries.c.summary, entries.c.language)
    for part in in_parts(sorted(set(ids))):
        for row in conn.execute(sa.select(*columns).where(entries.c.id.in_(part))):
            found[row.id] = Heading(*row)
    return found


def sources_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Which source brought each of these entries."""
    found: dict[str, str] = {}
    for part in in_parts(ids):
        query = sa.select(entries.c.id, entries.c.source).where(entries.c.id.in_(part))
        found.update({id: source for id, source in conn.execute(query)})
    return found


def members(conn: Connection, stories: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the members of stories, oldest reception first."""
    found: dict[str, list[str]] = {}
    for part in in_parts(sorted(set(stories))):
        query = sa.select(entries.c.story, entries.c.id).where(entries.c.story.in_(part))
        for story, id in conn.execute(query.order_by(entries.c.received, entries.c.id)):
            found.setdefault(story, []).append(id)
    return found


# ---- through all of it, for a rebuild or for verify


def unplaced(conn: Connection, status: str) -> list[str]:
    """All entries of a status that stand in no column: what is no lead, what was taken down."""
    placed = sa.select(placements.c.entry).where(
        placements.c.column == "", placements.c.entry == entries.c.id
    )
    query = sa.select(entries.c.id).where(entries.c.status == status, ~placed.exists())
    return list(conn.execute(query.order_by(entries.c.id)).scalars())


def ids_with(conn: Connection, status: str) -> Iterator[str]:
    """The ids of all entries that have a status."""
    query = sa.select(entries.c.id).where(entries.c.status == status)
    yield from conn.execute(query.execution_options(yield_per=5000)).scalars()
