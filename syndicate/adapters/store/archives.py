"""The archives of columns: into which parts a month is cut.

`archives`  one row a part: its column, month and number, and where it begins
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, metadata

archives = sa.Table(
    "archives",
    metadata,
    sa.Column("column", sa.String, primary_key=True),
    sa.Column("month", sa.String, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("start", Instant, nullable=False),
    sa.Column("entry", sa.String, nullable=False),  # the first, by reception
)


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a month's archive: its entries are those received from `start` on."""

    column: str
    month: str
    part: int
    start: datetime
    entry: str


def parts(conn: Connection, column: str, month: str | None = None) -> list[Part]:
    """The parts of a column's archive, oldest first."""
    query = sa.select(archives).where(archives.c.column == column)
    if month is not None:
        query = query.where(archives.c.month == month)
    query = query.order_by(archives.c.month, archives.c.part)
    return [Part(r.column, r.month, r.part, r.start, r.entry) for r in conn.execute(query)]


def last_part(conn: Connection, column: str) -> Part | None:
    """The newest part of a column's archive."""
    query = sa.select(archives).where(archives.c.column == column)
    return _first(conn, query.order_by(archives.c.month.desc(), archives.c.part.desc()))


def beside(conn: Connection, part: Part) -> tuple[Part | None, Part | None]:
    """The parts before and after one in its column's archive."""
    at = sa.tuple_(archives.c.month, archives.c.part)
    here = sa.tuple_(sa.literal(part.month), sa.literal(part.part))
    query = sa.select(archives).where(archives.c.column == part.column)
    before = query.where(at < here).order_by(archives.c.month.desc(), archives.c.part.desc())
    after = query.where(at > here).order_by(archives.c.month, archives.c.part)
    return _first(conn, before), _first(conn, after)


def months(conn: Connection, column: str) -> list[tuple[str, int]]:
    """The months of a column's archive, oldest first, each with its number of parts."""
    query = sa.select(archives.c.month, sa.func.max(archives.c.part))
    query = query.where(archives.c.column == column).group_by(archives.c.month)
    return [(month, count) for month, count in conn.execute(query.order_by(archives.c.month))]


def _first(conn: Connection, query: Any) -> Part | None:
    row = conn.execute(query.limit(1)).one_or_none()
    return None if row is None else Part(row.column, row.month, row.part, row.start, row.entry)


def set_all_parts(conn: Connection, column: str, made: Sequence[Part]) -> None:
    """Replace the whole archive of a column."""
    conn.execute(sa.delete(archives).where(archives.c.column == column))
    _add_parts(conn, made)


def set_parts(conn: Connection, column: str, month: str, made: Sequence[Part]) -> None:
    """Replace the parts of one month."""
    conn.execute(sa.delete(archives).where(archives.c.column == column, archives.c.month == month))
    _add_parts(conn, made)


def _add_parts(conn: Connection, made: Sequence[Part]) -> None:
    if made:
        conn.execute(
            sa.insert(archives),
            [
                {"column": p.column, "month": p.month, "part": p.part, "start": p.start,
                 "entry": p.entry}
                for p in made
            ],
        )  # fmt: skip
