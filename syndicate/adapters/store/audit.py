"""Seals over the record of decisions: a chain of hashes, so that a change of the past shows.

`seals`   one row a sealing: the decisions up to `last`, hashed over the seal before. The record
          (`decisions`) is only ever appended to; its rows are taken in the order of their ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, metadata
from syndicate.adapters.store.entries import decisions
from syndicate.model import Decision

seals = sa.Table(
    "seals",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.String, nullable=False, unique=True),
    sa.Column("last", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Seal:
    """The decisions after the seal before, up to id `last`; `hash` in hex."""

    number: int
    day: str
    last: int
    rows: int
    hash: str
    at: datetime


def all_seals(conn: Connection) -> list[Seal]:
    """Every seal, oldest first."""
    query = sa.select(seals).order_by(seals.c.number)
    return [Seal(r.number, r.day, r.last, r.rows, r.hash, r.at) for r in conn.execute(query)]


def add_seal(conn: Connection, made: Seal) -> None:
    conn.execute(
        sa.insert(seals).values(
            number=made.number,
            day=made.day,
            last=made.last,
            rows=made.rows,
            hash=made.hash,
            at=made.at,
        )
    )


def newest(conn: Connection) -> int:
    """The id of the newest decision, 0 where there is none."""
    return int(conn.execute(sa.select(sa.func.max(decisions.c.id))).scalar() or 0)


def count(conn: Connection) -> int:
    """How many decisions are on record."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(decisions)).scalar_one())


def chained(conn: Connection, after: int, last: int, before: str) -> tuple[int, str]:
    """How many decisions have an id in (after, last], and their hash over the one before."""
    digest = hashlib.sha256(before.encode())
    rows = 0
    for row in _rows(conn, after, last):
        digest.update(row)
        rows += 1
    return rows, digest.hexdigest()


def _rows(conn: Connection, after: int, last: int) -> Iterator[bytes]:
    query = sa.select(decisions).where(decisions.c.id > after, decisions.c.id <= last)
    query = query.order_by(decisions.c.id).execution_options(yield_per=1000)
    for row in conn.execute(query):
        record: list[Any] = [
            row.id,
            row.entry,
            row.at.isoformat(),
            row.what,
            row.by,
            row.reason,
            row.before,
            row.after,
        ]
        yield json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def records(
    conn: Connection, entry: str | None, since: datetime | None
) -> Iterator[tuple[int, Decision]]:
    """Decisions with their numbers, oldest first, narrowed as asked."""
    query = sa.select(decisions)
    if entry is not None:
        query = query.where(decisions.c.entry == entry)
    if since is not None:
        query = query.where(decisions.c.at >= since)
    query = query.order_by(decisions.c.id).execution_options(yield_per=1000)
    for row in conn.execute(query):
        yield (
            row.id,
            Decision(row.entry, row.at, row.what, row.by, row.reason, row.before, row.after),
        )
