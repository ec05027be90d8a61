"""Local copies of pictures: which entry wants which, where it stands, what is to be fetched.

`media_copies`  a row for each picture of an entry whose source's pictures are copied. `file` is
                the path of the copy in the published tree, named by its content, so that several
                rows may have one; NULL until it is there. What is `wanted` is fetched when due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, dump_instant, insert_rows, metadata
from syndicate.adapters.store.entries import entries, in_parts
from syndicate.model import Status

WANTED, COPIED, FAILED = "wanted", "copied", "failed"

media_copies = sa.Table(
    "media_copies",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("url", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("file", sa.String),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("media_copies_file", "file"),
    sa.Index("media_copies_due", "state", "due"),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture of an entry: fetched, to be fetched, or why not. `bytes` is the file's size."""

    entry: str
    url: str
    state: str = WANTED
    file: str | None = None
    bytes: int = 0
    tries: int = 0
    reason: str = ""


def of_entries(conn: Connection, ids: Iterable[str]) -> dict[str, list[Copy]]:
    """The pictures of these entries, in the order of their addresses."""
    found: dict[str, list[Copy]] = {}
    for part in in_parts(list(dict.fromkeys(ids))):
        query = sa.select(media_copies).where(media_copies.c.entry.in_(part))
        for row in conn.execute(query.order_by(media_copies.c.entry, media_copies.c.url)):
            found.setdefault(row.entry, []).append(_copy(row))
    return found


def files_of(conn: Connection, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Entry to the addresses of its pictures to the files that stand for them."""
    return {
        entry: {copy.url: copy.file for copy in copies if copy.file}
        for entry, copies in of_entries(conn, ids).items()
    }


def want(conn: Connection, wanted: Sequence[tuple[str, str]], at: datetime) -> None:
    """Ask for pictures: (entry, address). What is known of one already stays."""
    rows = [(entry, url, WANTED, 0, dump_instant(at), 0, "") for entry, url in sorted(wanted)]
    names = ("entry", "url", "state", "bytes", "due", "tries", "reason")
    insert_rows(conn, media_copies, names, rows, "ON CONFLICT DO NOTHING")


def due(conn: Connection, at: datetime, limit: int) -> list[Copy]:
    """What is to be fetched now, the longest due first."""
    table = media_copies
    query = sa.select(table).where(table.c.state == WANTED, table.c.due <= at)
    query = query.order_by(table.c.due, table.c.entry, table.c.url).limit(limit)
    return [_copy(row) for row in conn.execute(query)]


def settle(conn: Connection, copy: Copy, due: datetime) -> bool:
    """Write down what became of one; False where it is wanted no more."""
    statement = sa.update(media_copies).where(_same(copy)).values(
        state=copy.state, file=copy.file, bytes=copy.bytes, due=due, tries=copy.tries,
        reason=copy.reason,
    )  # fmt: skip
    return bool(conn.execute(statement).rowcount)


def forget(conn: Connection, gone: Mapping[str, Sequence[str] | None]) -> list[str]:
    """Forget pictures of entries (None: all of an entry's); the files that nothing uses now."""
    files: set[str] = set()
    table = media_copies
    for entry, urls in gone.items():
        mine = table.c.entry == entry
        where = mine if urls is None else sa.and_(mine, table.c.url.in_(list(urls)))
        statement = sa.delete(table).where(where).returning(table.c.file)
        files.update(file for file in conn.execute(statement).scalars() if file)
    unused = files - set(used(conn, sorted(files)))
    return sorted(unused)


def used(conn: Connection, files: Sequence[str]) -> list[str]:
    """Which of these files stand for some entry's picture."""
    found: list[str] = []
    for part in in_parts(files):
        query = sa.select(media_copies.c.file).where(media_copies.c.file.in_(part)).distinct()
        found += conn.execute(query).scalars()
    return found


def entries_of_source(conn: Connection, source: str) -> list[str]:
    """The entries of a source of which pictures are known."""
    query = sa.select(media_copies.c.entry).distinct()
    query = query.join(entries, entries.c.id == media_copies.c.entry)
    return list(conn.execute(query.where(entries.c.source == source)).scalars())


def published_of_source(conn: Connection, source: str) -> list[str]:
    """The published entries of a source that may have pictures."""
    query = sa.select(entries.c.id).where(
        entries.c.source == source,
        entries.c.status == Status.PUBLISHED.value,
        sa.or_(entries.c.thumbnail.is_not(None), entries.c.content_html.contains("<img")),
    )
    return list(conn.execute(query.order_by(entries.c.id)).scalars())


def counts(conn: Connection) -> dict[str, int]:
    """How many pictures are in each state."""
    query = sa.select(media_copies.c.state, sa.func.count()).group_by(media_copies.c.state)
    return {state: count for state, count in conn.execute(query)}


def _same(copy: Copy) -> sa.ColumnElement[bool]:
    return sa.and_(media_copies.c.entry == copy.entry, media_copies.c.url == copy.url)


def _copy(row: sa.Row[tuple[object, ...]]) -> Copy:
    return Copy(row.entry, row.url, row.state, row.file, row.bytes, row.tries, row.reason)
