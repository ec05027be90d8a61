"""What was published: each file with its digest, each entry as it was recorded, what to ping.

`published_files`   one row a file of the tree; for a feed, the entries in it, in order
`published_entries` one row an entry with a page: the record that `verify` compares with
`publishing`        a few values: fingerprint of settings and templates, the tag authority
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, Json, insert, metadata
from syndicate.adapters.store.entries import entries, in_parts
from syndicate.model import Status

PUBLISHED, DOWN, OVER = "published", "down", "over"
GONE = (DOWN, OVER)  # retracted; its term is over
ORIGINS = "origins"  # the value that jobs/origins.py keeps: what the list was and would change
_COUNTS = "counts"
_SAID = "said:"
_AUTHORITY, _TAGS = "authority", "tags"

published_files = sa.Table(
    "published_files",
    metadata,
    sa.Column("path", sa.String, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # feed | page | edition | other
    sa.Column("entries", Json),  # of a feed: [[id, updated], …] in order
    sqlite_with_rowid=False,
)

published_entries = sa.Table(
    "published_entries",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),  # of being taken down; else of the first publishing
    sa.Column("iri", sa.String, nullable=False),
    sa.Column("story", sa.String, nullable=False),
    sa.Column("received", Instant, nullable=False),
    sa.Column("columns", Json, nullable=False),
    sa.Column("record", Json),
    sa.Index("published_entries_state", "state", "at"),
    sqlite_with_rowid=False,
)

publishing = sa.Table(
    "publishing",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class File:
    """A published file. `entries` is None where it is no feed."""

    path: str
    digest: bytes
    kind: str
    entries: tuple[tuple[str, datetime], ...] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it was published last; `record` is None for what was taken down."""

    entry: str
    state: str
    at: datetime
    iri: str
    story: str
    received: datetime
    columns: tuple[str, ...] = ()
    record: dict[str, Any] | None = None


def value(conn: Connection, name: str) -> str | None:
    return conn.execute(
        sa.select(publishing.c.value).where(publishing.c.name == name)
    ).scalar_one_or_none()


def origins(conn: Connection) -> dict[str, Any]:
    """What the list of permitted origins was when entries were last examined, how many it has,
    and how many would be treated otherwise; empty where there was none."""
    return dict(json.loads(value(conn, ORIGINS) or "{}"))


def set_value(conn: Connection, name: str, value: str) -> None:
    statement = insert(conn, publishing).values(name=name, value=value)
    update = {"value": statement.excluded["value"]}
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=update))


def authorities(conn: Connection, first: str, before: str) -> tuple[str, str]:
    """Of the `tag:` ids of feeds and of entries: as they were at first, for ever.

    `before` is that of the entries of a site that was published when only the other was kept.
    """
    feeds = value(conn, _AUTHORITY)
    tags = value(conn, _TAGS) or (before if feeds else first)
    return feeds or first, tags


def keep_authorities(conn: Connection, feeds: str, tags: str) -> None:
    """From now on they are these."""
    set_value(conn, _AUTHORITY, feeds)
    set_value(conn, _TAGS, tags)


def values(conn: Connection, prefix: str) -> dict[str, str]:
    """All values whose names begin so."""
    query = sa.select(publishing).where(publishing.c.name.startswith(prefix, autoescape=True))
    return {row.name: row.value for row in conn.execute(query.order_by(publishing.c.name))}


def forget_values(conn: Connection, prefix: str) -> None:
    conn.execute(sa.delete(publishing).where(publishing.c.name.startswith(prefix, autoescape=True)))


def set_said(conn: Connection, path: str, said: dict[str, Any]) -> None:
    """What a page of an edition says of each of its entries, by id; for `verify`."""
    set_value(conn, _SAID + path, json.dumps(said, ensure_ascii=False, sort_keys=True))


def said(conn: Connection, path: str) -> dict[str, Any] | None:
    """The same; None where nothing was recorded of that file."""
    found = value(conn, _SAID + path)
    return None if found is None else dict(json.loads(found))


def placed(path: str, data: bytes, kind: str) -> File:
    """The record of a file that another job put in place: an edition's page or feed."""
    return File(path, hashlib.blake2b(data, digest_size=16).digest(), kind)


def save_files(conn: Connection, files: Sequence[File]) -> None:
    """Record what is in place now."""
    if not files:
        return
    statement = insert(conn, published_files)
    update = {name: statement.excluded[name] for name in ("digest", "kind", "entries")}
    conn.execute(
        statement.on_conflict_do_update(index_elements=["path"], set_=update),
        [
            {
                "path": f.path,
                "digest": f.digest,
                "kind": f.kind,
                "entries": None
                if f.entries is None
                else [[id, at.isoformat()] for id, at in f.entries],
            }
            for f in files
        ],
    )


def forget_files(conn: Connection, paths: Sequence[str]) -> None:
    for part in _parts(paths):
        conn.execute(sa.delete(published_files).where(published_files.c.path.in_(part)))


def file(conn: Connection, path: str) -> File | None:
    row = conn.execute(
        sa.select(published_files).where(published_files.c.path == path)
    ).one_or_none()
    return None if row is None else _file(row)


def files(conn: Connection, kind: str | None = None) -> Iterator[File]:
    """Every published file, by path."""
    query = sa.select(published_files).order_by(published_files.c.path)
    if kind is not None:
        query = query.where(published_files.c.kind == kind)
    for row in conn.execute(query.execution_options(yield_per=500)):
        yield _file(row)


def count_files(conn: Connection) -> dict[str, int]:
    """How many files of each kind there are, as `count` has kept it."""
    kept = value(conn, _COUNTS)
    return dict(json.loads(kept)) if kept else recount(conn)


def recount(conn: Connection) -> dict[str, int]:
    """Count them all, and keep that."""
    query = sa.select(published_files.c.kind, sa.func.count()).group_by(published_files.c.kind)
    found = {kind: count for kind, count in conn.execute(query)}
    set_value(conn, _COUNTS, json.dumps(found))
    return found


def count(conn: Connection, placed: Sequence[File], removed: Sequence[str]) -> None:
    """Keep the counts right; before `save_files` and `forget_files` of the same."""
    found = count_files(conn)
    there = kinds_at(conn, [*(f.path for f in placed), *removed])
    for path in {*removed} & there.keys():
        found[there.pop(path)] -= 1
    for file in placed:
        if file.path not in there:
            found[file.kind] = found.get(file.kind, 0) + 1
    set_value(conn, _COUNTS, json.dumps(found))


def kinds_at(conn: Connection, paths: Sequence[str]) -> dict[str, str]:
    """The kinds of the published files at these paths."""
    found: dict[str, str] = {}
    for part in _parts(sorted(set(paths))):
        query = sa.select(published_files.c.path, published_files.c.kind)
        found.update({p: k for p, k in conn.execute(query.where(published_files.c.path.in_(part)))})
    return found


def paths_elsewhere(conn: Connection, folders: Sequence[str]) -> list[str]:
    """The published files in folders that are none of these; articles are not looked at."""
    path = published_files.c.path
    query = sa.select(path).where(path.contains("/"), ~path.startswith("articles/"))
    return [p for p in conn.execute(query).scalars() if p.partition("/")[0] not in {*folders}]


def feeds_with(
    conn: Connection, folders: Iterable[str], months: Collection[str], ids: Set[str]
) -> list[str]:
    """The feeds in these folders (`law/`, "" for the site) that hold one of these entries, archives
    of these months (`2026-11`) among them; no others are read."""
    path, found = published_files.c.path, []
    names = ("rss.xml", "atom.xml", "feed.json")
    for folder in folders:
        own = sa.or_(
            path.in_([f"{folder}{name}" for name in names]),
            *(path.startswith(f"{folder}archive/{m}", autoescape=True) for m in months),
        )
        query = sa.select(path, published_files.c.entries).where(own)
        held = query.where(published_files.c.kind == "feed").order_by(path)
        for name, listed in conn.execute(held.execution_options(yield_per=100)):
            if listed and any(id in ids for id, _ in listed):
                found.append(name)
    return found


def pages_of(conn: Connection, ids: Sequence[str]) -> list[str]:
    """The pages of these entries that are published."""
    out = published_entries.c.state == PUBLISHED
    query = sa.select(published_entries.c.entry).where(published_entries.c.entry.in_(ids), out)
    return [f"articles/{id}.html" for id in conn.execute(query.order_by("entry")).scalars()]


def edition_pages_with(conn: Connection, digests: Iterable[str], ids: Set[str]) -> list[str]:
    """The pages of editions of these digests that say something of one of these entries."""
    found = []
    for digest in digests:
        for name, text in values(conn, f"{_SAID}editions/{digest}/").items():
            if not ids.isdisjoint(json.loads(text)):
                found.append(name.removeprefix(_SAID))
    return found


def _file(row: Any) -> File:
    listed = row.entries
    entries = (
        None if listed is None else tuple((id, datetime.fromisoformat(at)) for id, at in listed)
    )
    return File(row.path, bytes(row.digest), row.kind, entries)


def save_entries(conn: Connection, known: Sequence[Known]) -> None:
    if not known:
        return
    statement = insert(conn, published_entries)
    names = ("state", "at", "iri", "story", "received", "columns", "record")
    update = {name: statement.excluded[name] for name in names}
    conn.execute(
        statement.on_conflict_do_update(index_elements=["entry"], set_=update),
        [
            {
                "entry": k.entry,
                "state": k.state,
                "at": k.at,
                "iri": k.iri,
                "story": k.story,
                "received": k.received,
                "columns": list(k.columns),
                "record": k.record,
            }
            for k in known
        ],
    )


def forget_entries(conn: Connection, ids: Sequence[str]) -> None:
    for part in _parts(ids):
        conn.execute(sa.delete(published_entries).where(published_entries.c.entry.in_(part)))


def known(conn: Connection, ids: Iterable[str]) -> dict[str, Known]:
    """Entries as they were published, by id."""
    found: dict[str, Known] = {}
    for part in _parts(list(dict.fromkeys(ids))):
        query = sa.select(published_entries).where(published_entries.c.entry.in_(part))
        for row in conn.execute(query):
            found[row.entry] = _known(row)
    return found


def first_published(
    conn: Connection, ids: Sequence[str], at: datetime
) -> list[tuple[datetime | None, datetime]]:
    """When those of these entries that a run at this moment published for the first time were
    published by their source, None where its date has no time of day, and received."""
    table = published_entries
    query = sa.select(entries.c.attribution, entries.c.published_at, table.c.received)
    query = query.join(entries, entries.c.id == table.c.entry)
    query = query.where(table.c.state == PUBLISHED, table.c.at == at)
    return [
        (said if "T" in (attribution.get("published") or "") else None, received)
        for part in in_parts(ids)
        for attribution, said, received in conn.execute(query.where(table.c.entry.in_(part)))
    ]


def all_known(conn: Connection, state: str | None = None) -> Iterator[Known]:
    query = sa.select(published_entries).order_by(published_entries.c.entry)
    if state is not None:
        query = query.where(published_entries.c.state == state)
    for row in conn.execute(query.execution_options(yield_per=500)):
        yield _known(row)


def taken_down(conn: Connection, limit: int | None = None) -> list[Known]:
    """What was taken down, or is over, newest first."""
    query = sa.select(published_entries).where(published_entries.c.state.in_(GONE))
    query = query.order_by(published_entries.c.at.desc(), published_entries.c.entry)
    return [_known(row) for row in conn.execute(query.limit(limit))]


def to_take_down(conn: Connection) -> list[str]:
    """Entries that were published and have been retracted, or are over, since."""
    known, state = published_entries.c.entry, published_entries.c.state
    query = sa.select(known).join(entries, entries.c.id == known)
    gone = (Status.RETRACTED.value, Status.EXPIRED.value)
    query = query.where(state == PUBLISHED, entries.c.status.in_(gone))
    return list(conn.execute(query.order_by(known)).scalars())


def vanished(conn: Connection) -> list[str]:
    """Entries that were published and are not any more, without having been taken down."""
    known, status = published_entries.c.entry, entries.c.status
    query = sa.select(known).outerjoin(entries, entries.c.id == known)
    stay = (Status.PUBLISHED.value, Status.RETRACTED.value, Status.EXPIRED.value)
    return list(conn.execute(query.where(sa.or_(status.is_(None), status.not_in(stay)))).scalars())


def _known(row: Any) -> Known:
    return Known(
        row.entry,
        row.state,
        row.at,
        row.iri,
        row.story,
        row.received,
        tuple(row.columns),
        row.record,
    )


def _parts(ids: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def files_at(conn: Connection, paths: Sequence[str]) -> dict[str, File]:
    """The published files at these paths."""
    found: dict[str, File] = {}
    for part in _parts(paths):
        query = sa.select(published_files).where(published_files.c.path.in_(part))
        found.update({row.path: _file(row) for row in conn.execute(query)})
    return found
