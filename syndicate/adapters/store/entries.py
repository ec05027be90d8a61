"""Entries, where they are placed, what was seen, and every decision about them.

`entries`     one row an entry (model.Entry)
`placements`  where a published lead stands: a row for each column it shows in (its columns and
              their parents) and one for the whole site (column ""), so that the newest fifty of
              a column are one indexed query, whatever the size of the site
`seen`        the memory that an id, link or text came by from a source; outlives the entry
`links`       canonical URLs (of the entry, of its original) to entries, for stories
`decisions`   what was decided about an entry, when, by whom, why; append only
`unpublished` entries whose published form may be out of date; publish empties it
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import (
    Instant,
    Json,
    dump_instant,
    dump_json,
    insert_rows,
    load_instant,
    load_json,
    metadata,
    rows_in,
)
from syndicate.adapters.store.values import (
    dump_attribution,
    dump_enclosures,
    dump_labels,
    dump_notices,
    dump_pictures,
    dump_terms,
    load_attribution,
    load_enclosures,
    load_labels,
    load_notices,
    load_pictures,
    load_terms,
)
from syndicate.adapters.store.wake import CHANGES, wake
from syndicate.model import Decision, Entry, Status

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("guid", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("original_url", sa.String),
    sa.Column("content_html", sa.Text, nullable=False),
    sa.Column("content_text", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("attribution", Json, nullable=False),
    sa.Column("categories", Json, nullable=False),
    sa.Column("breadcrumb", Json, nullable=False),
    sa.Column("notices", Json, nullable=False),
    sa.Column("enclosures", Json, nullable=False),
    sa.Column("thumbnail", sa.String),
    sa.Column("received", Instant, nullable=False),
    sa.Column("published_at", Instant),
    sa.Column("sort_at", Instant, nullable=False),
    sa.Column("changed", Instant),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("held_for", sa.String, nullable=False),
    sa.Column("story", sa.String, nullable=False),
    sa.Column("lead", sa.Boolean, nullable=False),
    sa.Column("column", sa.String, nullable=False),
    sa.Column("columns", Json, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("stale_after", Instant),
    sa.Column("labels", Json),
    sa.Column("not_before", Instant),
    sa.Column("expires", Instant),
    sa.Column("due", Instant),  # Entry.due
    sa.Column("link_only", sa.Boolean),
    sa.Column("pictures", Json),  # NULL for none, as most have
    sa.Column("terms", Json),
    sa.Column("stated", sa.Integer),  # Attribution.stated
    sa.Index("entries_source", "source", "sort_at"),
    sa.Index("entries_guid", "guid"),
    sa.Index("entries_url", "url"),
    sa.Index("entries_original_url", "original_url"),
    sa.Index("entries_story", "story"),
    sa.Index("entries_status", "status", "sort_at"),
    sa.Index("entries_sort", "sort_at", "id"),
    sa.Index("entries_received", "received"),
    # Of a few: what has no time of its own is not in it (in PostgreSQL too: `schema.load_tables`)
    sa.Index("entries_due", "due", sqlite_where=sa.text("due IS NOT NULL")),
    # What a report asks, so that no text of an entry is read for it
    sa.Index("entries_report", "received", "source", "column", "status", "stated"),
)

placements = sa.Table(
    "placements",
    metadata,
    sa.Column("column", sa.String, primary_key=True),
    sa.Column("sort_at", Instant, primary_key=True),
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("received", Instant, nullable=False),
    sa.Index("placements_entry", "entry"),
    sa.Index("placements_received", "column", "received", "entry"),
    sqlite_with_rowid=False,
)

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("entry", sa.String, nullable=False),
    sa.Index("seen_entry", "entry"),
    sqlite_with_rowid=False,
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("entry", sa.String, primary_key=True),
    sa.Index("links_entry", "entry"),
    sqlite_with_rowid=False,
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("before", Json),
    sa.Column("after", Json),
    sa.Index("decisions_entry", "entry", "id"),
)

unpublished = sa.Table(
    "unpublished",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("column", sa.String, nullable=False),  # "" for the site; one row a place touched
    sa.Column("received", Instant, nullable=False),  # which archive month
)


@dataclass(frozen=True, slots=True)
class Place:
    """A published lead's place in a column, for publishing."""

    column: str
    entry: str
    sort_at: datetime
    received: datetime


_COLUMNS = tuple(column.name for column in entries.columns)
_SELECT = "SELECT " + ", ".join(f'"{name}"' for name in _COLUMNS) + " FROM entries"  # noqa: S608
_Row = namedtuple("_Row", _COLUMNS)  # type: ignore[misc]
_LOADERS = tuple(
    load_json
    if isinstance(column.type, Json)
    else load_instant
    if isinstance(column.type, Instant)
    else bool
    if isinstance(column.type, sa.Boolean)
    else None
    for column in entries.columns
)
_REPLACE = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f'"{name}" = excluded."{name}"' for name in _COLUMNS if name != "id"
)
_KEEP = "ON CONFLICT DO NOTHING"


def _instant(value: datetime | None) -> int | None:
    return None if value is None else dump_instant(value)


@lru_cache(maxsize=1024)  # columns and categories of a site are few
def _words(words: tuple[str, ...]) -> str:
    return dump_json(words)


def _row(entry: Entry) -> tuple[Any, ...]:
    """An entry as the database keeps it, in the order of its table's columns."""
    return (
        entry.id,
        entry.source,
        entry.key,
        entry.guid,
        entry.title,
        entry.url,
        entry.attribution.original_url,
        entry.content_html,
        entry.content_text,
        entry.summary,
        entry.language,
        dump_json(dump_attribution(entry.attribution)),
        _words(entry.categories),
        _words(entry.breadcrumb),
        dump_json(dump_notices(entry.notices)),
        dump_json(dump_enclosures(entry.enclosures)),
        entry.thumbnail,
        dump_instant(entry.received),
        _instant(entry.published_at),
        dump_instant(entry.sort_at),
        _instant(entry.changed),
        entry.status.value,
        entry.held_for,
        entry.story,
        entry.lead,
        entry.column,
        _words(entry.columns),
        entry.content_hash,
        _instant(entry.stale_after),
        dump_json(dump_labels(entry.labels)) if entry.labels else None,
        _instant(entry.not_before),
        _instant(entry.expires),
        _instant(entry.due),
        entry.link_only,
        dump_json(dump_pictures(entry.pictures)) if entry.pictures else None,
        dump_json(dump_terms(entry.terms)) if entry.terms else None,
        entry.attribution.stated,
    )


def _typed(values: tuple[Any, ...]) -> Any:
    """A row as the driver gives it, as SQLAlchemy would give it."""
    pairs = zip(_LOADERS, values, strict=True)
    return _Row(*(value if load is None else load(value) for load, value in pairs))


def from_row(row: Any) -> Entry:
    """An entry from a row with all columns of `entries`."""
    return Entry(
        id=row.id,
        source=row.source,
        key=row.key,
        guid=row.guid,
        title=row.title,
        url=row.url,
        content_html=row.content_html,
        content_text=row.content_text,
        summary=row.summary,
        language=row.language,
        attribution=load_attribution(row.attribution),
        categories=tuple(row.categories),
        breadcrumb=tuple(row.breadcrumb),
        notices=load_notices(row.notices),
        enclosures=load_enclosures(row.enclosures),
        thumbnail=row.thumbnail,
        received=row.received,
        published_at=row.published_at,
        changed=row.changed,
        status=Status(row.status),
        held_for=row.held_for,
        story=row.story,
        lead=row.lead,
        column=row.column,
        columns=tuple(row.columns),
        content_hash=row.content_hash,
        stale_after=row.stale_after,
        labels=load_labels(row.labels),
        not_before=row.not_before,
        expires=row.expires,
        link_only=bool(row.link_only),
        pictures=load_pictures(row.pictures),
        terms=load_terms(row.terms),
    )


def save(
    conn: Connection,
    changed: Sequence[tuple[Entry, Sequence[str]]],
    new: Container[str] = (),
) -> None:
    """Write entries, new or changed, each with the columns it is to be placed in.

    `new` are the ids of those that are known to stand nowhere yet.
    Places are the entry's columns with all their parents; they hold only while the entry is
    published and the lead of its story. Everything touched is marked unpublished.
    """
    if not changed:
        return
    rows = [_row(entry) for entry, _ in changed]
    insert_rows(conn, entries, _COLUMNS, rows, _REPLACE)
    _replace_places(conn, changed, new)


def _replace_places(
    conn: Connection, changed: Sequence[tuple[Entry, Sequence[str]]], new: Container[str]
) -> None:
    ids = [entry.id for entry, _ in changed if entry.id not in new]
    old = list(_places_of(conn, ids))
    for part in in_parts(ids):
        conn.execute(sa.delete(placements).where(placements.c.entry.in_(part)))
    made = [
        Place(column, entry.id, entry.sort_at, entry.received)
        for entry, columns in changed
        if entry.lead and entry.status is Status.PUBLISHED
        for column in dict.fromkeys(("", *columns))
    ]
    insert_rows(
        conn,
        placements,
        ("column", "sort_at", "entry", "received"),
        [(p.column, dump_instant(p.sort_at), p.entry, dump_instant(p.received)) for p in made],
    )
    touched = {(place.column, place.entry): place for place in (*old, *made)}
    for entry, _ in changed:  # a page of its own, even where it stands in no column
        touched.setdefault(("", entry.id), Place("", entry.id, entry.sort_at, entry.received))
    insert_rows(
        conn,
        unpublished,
        ("entry", "column", "received"),
        [(p.entry, p.column, dump_instant(p.received)) for p in touched.values()],
    )
    wake(conn, CHANGES)


def _places_of(conn: Connection, ids: Sequence[str]) -> Iterator[Place]:
    for part in in_parts(ids):
        query = sa.select(placements).where(placements.c.entry.in_(part))
        for row in conn.execute(query):
            yield Place(row.column, row.entry, row.sort_at, row.received)


def touch(conn: Connection, ids: Sequence[str]) -> None:
    """Mark what is made of these entries as out of date: their pages, and where they stand."""
    found = [(row.entry, row.column, row.received) for row in _places_of(conn, ids)]
    for part in in_parts(ids):
        query = sa.select(entries.c.id, entries.c.received).where(entries.c.id.in_(part))
        found += [(id, "", received) for id, received in conn.execute(query)]
    rows = [(entry, column, dump_instant(at)) for entry, column, at in dict.fromkeys(found)]
    insert_rows(conn, unpublished, ("entry", "column", "received"), rows)


def in_parts(ids: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """The same in pieces that one statement can name."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def get(conn: Connection, id: str) -> Entry | None:
    """One entry by its whole id."""
    row = conn.execute(sa.select(entries).where(entries.c.id == id)).one_or_none()
    return None if row is None else from_row(row)


def get_many(conn: Connection, ids: Iterable[str]) -> dict[str, Entry]:
    """Entries by id; those that do not exist are left out."""
    rows = rows_in(conn, f"{_SELECT} WHERE id {{is_in}}", ids)
    return {entry.id: entry for entry in map(from_row, map(_typed, rows))}


def with_terms(conn: Connection, ids: Sequence[str], directive: str) -> set[str]:
    """Which of these entries have a robots directive from their source."""
    found: set[str] = set()
    for part in in_parts(ids):
        query = sa.select(entries.c.id, entries.c.terms)
        query = query.where(entries.c.id.in_(part), entries.c.terms.is_not(None))
        for id, terms in conn.execute(query):
            if load_terms(terms).forbids(directive):
                found.add(id)
    return found


def of_story(conn: Connection, stories: Iterable[str]) -> dict[str, list[Entry]]:
    """The members of stories, oldest reception first."""
    found: dict[str, list[Entry]] = {}
    query = f"{_SELECT} WHERE story {{is_in}} ORDER BY received, id"
    for entry in map(from_row, map(_typed, rows_in(conn, query, stories))):
        found.setdefault(entry.story, []).append(entry)
    return found


_PAGE = re.compile(r"https?://[^?#]*/articles/([a-z0-9]+)\.html(?:[?#].*)?")


def resolve(conn: Connection, words: str) -> list[str]:
    """Ids of the entries meant by an unambiguous prefix of an id, a URL or an original URL, or by
    the address of their page here.

    More than one: ambiguous; at most ten are returned. A whole id or URL is never ambiguous
    with a longer one.
    """
    exact = sa.select(entries.c.id).where(
        sa.or_(entries.c.id == words, entries.c.url == words, entries.c.original_url == words)
    )
    found = conn.execute(exact.order_by(entries.c.lead.desc(), entries.c.received)).scalars().all()
    if found:
        return [found[0]] if words in found else list(found)[:10]
    if page := _PAGE.fullmatch(words):
        return resolve(conn, page[1]) if existing(conn, [page[1]]) else []
    upper = words + "\U0010ffff"
    columns = (entries.c.id, entries.c.url, entries.c.original_url)
    prefixes = [sa.and_(column >= words, column < upper) for column in columns]
    return list(conn.execute(sa.select(entries.c.id).where(sa.or_(*prefixes)).limit(10)).scalars())


def at_page(conn: Connection, address: str) -> str:
    """The id of the entry whose page here has this address; "" where there is none."""
    page = _PAGE.fullmatch(address)
    return page[1] if page and existing(conn, [page[1]]) else ""


def newest(
    conn: Connection,
    *,
    column: str | None = None,
    source: str | None = None,
    since: datetime | None = None,
    status: str | None = None,
    leads: bool = False,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Entries, newest first (published where known, else received), narrowed as asked."""
    query = sa.select(entries)
    if column is not None:
        placed = sa.select(placements.c.entry).where(placements.c.column == column)
        query = query.where(sa.or_(entries.c.column == column, entries.c.id.in_(placed)))
    if source is not None:
        query = query.where(entries.c.source == source)
    if since is not None:
        query = query.where(entries.c.received >= since)
    if status is not None:
        query = query.where(entries.c.status == status)
    if leads:
        query = query.where(entries.c.lead)
    query = query.order_by(entries.c.sort_at.desc(), entries.c.id).limit(limit)
    for row in conn.execute(query.execution_options(yield_per=200)):
        yield from_row(row)


def count_by_source(conn: Connection) -> dict[str, int]:
    """How many entries each source has brought that are kept."""
    query = sa.select(entries.c.source, sa.func.count()).group_by(entries.c.source)
    return {source: count for source, count in conn.execute(query)}


def decide(conn: Connection, made: Iterable[Decision]) -> None:
    """Append decisions to the record."""
    rows = [
        (
            d.entry,
            dump_instant(d.at),
            d.what,
            d.by,
            d.reason,
            None if d.before is None else dump_json(d.before),
            None if d.after is None else dump_json(d.after),
        )
        for d in made
    ]
    names = ("entry", "at", "what", "by", "reason", "before", "after")
    insert_rows(conn, decisions, names, rows)


def history(conn: Connection, entry: str) -> list[Decision]:
    """Every decision about an entry, oldest first."""
    query = sa.select(decisions).where(decisions.c.entry == entry).order_by(decisions.c.id)
    return [
        Decision(row.entry, row.at, row.what, row.by, row.reason, row.before, row.after)
        for row in conn.execute(query)
    ]


def remember(conn: Connection, marks: Sequence[tuple[str, bytes, str]]) -> None:
    """Remember (source, mark, entry id); what is remembered already stays as it is."""
    rows = sorted((s, m, e) for s, m, e in marks)  # neighbours go to one page of the tree
    insert_rows(conn, seen, ("source", "mark", "entry"), rows, _KEEP)


def recall(conn: Connection, source: str, marks: Sequence[bytes]) -> dict[bytes, str]:
    """Which of these marks came by from this source before: mark to entry id."""
    query = "SELECT mark, entry FROM seen WHERE source = {} AND mark {is_in}"
    return {bytes(mark): entry for mark, entry in rows_in(conn, query, marks, source)}


def link(conn: Connection, pairs: Sequence[tuple[bytes, str]]) -> None:
    """Remember which canonical URLs (as marks) an entry stands for."""
    insert_rows(conn, links, ("mark", "entry"), sorted(pairs), _KEEP)


def linked(conn: Connection, marks: Sequence[bytes]) -> dict[bytes, list[str]]:
    """Entries that stand for these canonical URLs."""
    found: dict[bytes, list[str]] = {}
    query = "SELECT mark, entry FROM links WHERE mark {is_in} ORDER BY entry"
    for mark, entry in rows_in(conn, query, marks):
        found.setdefault(bytes(mark), []).append(entry)
    return found


def guids_taken(conn: Connection, guids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Which emitted ids are taken: guid to (source, entry id)."""
    query = "SELECT guid, source, id FROM entries WHERE guid {is_in}"
    return {guid: (source, id) for guid, source, id in rows_in(conn, query, guids)}


def existing(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of these ids that are of entries."""
    return {id for (id,) in rows_in(conn, "SELECT id FROM entries WHERE id {is_in}", ids)}


def is_link_shared(conn: Connection, entry: Entry) -> bool:
    """Whether its source has other entries with the same link (all lead to one page)."""
    query = (
        sa.select(entries.c.id)
        .where(entries.c.url == entry.url, entries.c.source == entry.source)
        .where(entries.c.id != entry.id)
        .limit(1)
    )
    return conn.execute(query).first() is not None


def count_by_status(conn: Connection) -> dict[str, int]:
    """How many entries have each status."""
    query = sa.select(entries.c.status, sa.func.count()).group_by(entries.c.status)
    found = {status: count for status, count in conn.execute(query)}
    return {status.value: found.get(status.value, 0) for status in Status}


def count_by_column(conn: Connection) -> Mapping[str, int]:
    """Published leads in each column, their children included."""
    query = sa.select(placements.c.column, sa.func.count()).group_by(placements.c.column)
    return {column: count for column, count in conn.execute(query)}
