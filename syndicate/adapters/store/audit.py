"""Seals over the record of decisions: a chain of hashes, so that a change of the past shows.

`seals`   one row a sealing: the decisions up to `last`, hashed over the seal before. The record
          (`decisions`) is only ever appended to; its rows are taken in the order of their ids.

A seal's hash is SHA-256 over lines of JSON: the seal before, whole; its own number, day, last
and time; each decision. Seals of version 1.0.0 were over the hash of the one before and the
decisions alone; they count, and the first seal after them covers the rest of the last.
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


def last_seal(conn: Connection) -> Seal | None:
    """The newest seal."""
    query = sa.select(seals).order_by(seals.c.number.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else Seal(row.number, row.day, row.last, row.rows, row.hash, row.at)


def hold_still(conn: Connection) -> None:
    """Wait for those who write decisions, and keep others waiting, until this transaction ends.

    A decision has its id before it can be seen: without this, one with a lower id than the
    newest could come into what is sealed already.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql('LOCK TABLE "decisions" IN SHARE ROW EXCLUSIVE MODE')


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


@dataclass(frozen=True, slots=True)
class Chained:
    """The decisions that a seal is over: how many, their hash, and that of version 1.0.0."""

    rows: int
    hash: str
    old: str


def chained(conn: Connection, before: Seal | None, made: Seal) -> Chained:
    """The hash of a seal (its own `hash` and `rows` aside) over the one before."""
    start = [_whole(before), [made.number, made.day, made.last, made.at.isoformat()]]
    digest = hashlib.sha256(b"".join(map(_line, start)))
    old = hashlib.sha256((before.hash if before else "").encode())
    rows = 0
    for row in _rows(conn, before.last if before else None, made.last):
        digest.update(row)
        old.update(row)
        rows += 1
    return Chained(rows, digest.hexdigest(), old.hexdigest())


def _whole(seal: Seal | None) -> list[Any]:
    if seal is None:
        return []
    return [seal.number, seal.day, seal.last, seal.rows, seal.hash, seal.at.isoformat()]


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _rows(conn: Connection, after: int | None, last: int) -> Iterator[bytes]:
    query = sa.select(decisions).where(decisions.c.id <= last)
    if after is not None:
        query = query.where(decisions.c.id > after)
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
        yield _line(record)


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


def about(conn: Connection, words: str) -> list[str]:
    """Ids of entries, kept or not, that something was decided about and that begin so; at most
    ten."""
    mine = sa.and_(decisions.c.entry >= words, decisions.c.entry < words + "\U0010ffff")
    query = sa.select(decisions.c.entry).where(mine).distinct().order_by(decisions.c.entry)
    found = list(conn.execute(query.limit(10)).scalars())
    return [words] if words in found else found
