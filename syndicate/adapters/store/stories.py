"""What editors ruled about stories and columns, and what was taken down.

`rulings`      two entries are one story, or are not, on an editor's word; holds for ever
`filings`      the column an editor moved an entry to
`retracted`    keyed marks of what was taken down, so that it never comes back under another id,
               link or text; nothing of the entry itself
`flags`        what an editor should look at: contradictions, collisions, changed titles
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata, rows_in

rulings = sa.Table(
    "rulings",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("other", sa.String, primary_key=True),
    sa.Column("same", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Index("rulings_other", "other"),
)

filings = sa.Table(
    "filings",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("column", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.String, nullable=False),
)

retracted = sa.Table(
    "retracted",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("entry", sa.String, primary_key=True),
    sa.Index("retracted_entry", "entry"),
)

flags = sa.Table(
    "flags",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("kind", sa.String, primary_key=True),  # contradiction | collision | title | …
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("settled", Instant),
)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about an entry that an editor should look at."""

    entry: str
    kind: str
    at: datetime
    reason: str


def rule(
    conn: Connection, pairs: Iterable[tuple[str, str]], same: bool, at: datetime, by: str
) -> None:
    """Record that these pairs are, or are not, the same article."""
    rows = [
        {"entry": min(pair), "other": max(pair), "same": same, "at": at, "by": by}
        for pair in pairs
        if pair[0] != pair[1]
    ]
    if rows:
        statement = insert(conn, rulings)
        update = {name: statement.excluded[name] for name in ("same", "at", "by")}
        conn.execute(
            statement.on_conflict_do_update(index_elements=["entry", "other"], set_=update), rows
        )


def ruled(conn: Connection, ids: Sequence[str]) -> dict[tuple[str, str], bool]:
    """Every ruling about one of these entries: (smaller id, larger id) to same or not."""
    query = "SELECT entry, other, same FROM rulings WHERE entry {is_in} OR other {is_in}"
    return {(entry, other): bool(same) for entry, other, same in rows_in(conn, query, ids)}


def file(conn: Connection, entry: str, column: str, at: datetime, by: str) -> None:
    """Record an editor's move; the newest counts."""
    statement = insert(conn, filings)
    update = {name: statement.excluded[name] for name in ("column", "at", "by")}
    conn.execute(
        statement.on_conflict_do_update(index_elements=["entry"], set_=update),
        [{"entry": entry, "column": column, "at": at, "by": by}],
    )


def filed(conn: Connection, ids: Sequence[str] | None = None) -> dict[str, str]:
    """Where editors moved these entries (or all): entry to column."""
    if ids is None:
        query = sa.select(filings.c.entry, filings.c.column)
        return {entry: column for entry, column in conn.execute(query)}
    text = 'SELECT entry, "column" FROM filings WHERE entry {is_in}'
    return dict(rows_in(conn, text, ids))


def retract(conn: Connection, marks: Iterable[bytes], entry: str) -> None:
    """Remember keyed marks of an entry that was taken down."""
    rows = [{"mark": mark, "entry": entry} for mark in dict.fromkeys(marks)]
    if rows:
        conn.execute(insert(conn, retracted).on_conflict_do_nothing(), rows)


def restore(conn: Connection, entry: str) -> None:
    """Forget the marks of an entry that is put back."""
    conn.execute(sa.delete(retracted).where(retracted.c.entry == entry))


def any_retracted(conn: Connection) -> bool:
    """Whether anything was ever taken down: then arriving entries have to be compared with it."""
    return conn.exec_driver_sql("SELECT 1 FROM retracted LIMIT 1").first() is not None


def is_retracted(conn: Connection, marks: Sequence[bytes]) -> dict[bytes, str]:
    """Which of these keyed marks belong to something taken down: mark to its entry."""
    query = "SELECT mark, entry FROM retracted WHERE mark {is_in}"
    return {bytes(mark): entry for mark, entry in rows_in(conn, query, marks)}


def flag(conn: Connection, raised: Iterable[Flag]) -> None:
    """Raise flags; one that was settled before is raised again only for another reason."""
    for each in raised:
        known = conn.execute(
            sa.select(flags.c.reason).where(flags.c.entry == each.entry, flags.c.kind == each.kind)
        ).scalar()
        if known == each.reason:
            continue
        statement = insert(conn, flags).values(
            entry=each.entry, kind=each.kind, at=each.at, reason=each.reason, settled=None
        )
        update = {name: statement.excluded[name] for name in ("at", "reason", "settled")}
        conn.execute(statement.on_conflict_do_update(index_elements=["entry", "kind"], set_=update))


def replace_flags(
    conn: Connection, entry: str, prefix: str, raised: Sequence[Flag], at: datetime
) -> None:
    """The flags of one look at an entry, in place of those of the look before, whose kinds begin
    alike."""
    mine = sa.and_(flags.c.entry == entry, flags.c.settled.is_(None))
    others = flags.c.kind.not_in([each.kind for each in raised])
    old = sa.and_(mine, flags.c.kind.startswith(prefix, autoescape=True), others)
    conn.execute(sa.update(flags).where(old).values(settled=at))
    flag(conn, raised)


def flagged(conn: Connection, entry: str | None = None) -> list[Flag]:
    """Open flags, oldest first."""
    query = sa.select(flags).where(flags.c.settled.is_(None))
    if entry is not None:
        query = query.where(flags.c.entry == entry)
    query = query.order_by(flags.c.at, flags.c.entry, flags.c.kind)
    return [Flag(row.entry, row.kind, row.at, row.reason) for row in conn.execute(query)]


def settle(conn: Connection, entry: str, at: datetime) -> None:
    """An editor looked at an entry: its flags are done."""
    conn.execute(
        sa.update(flags).where(flags.c.entry == entry, flags.c.settled.is_(None)).values(settled=at)
    )
