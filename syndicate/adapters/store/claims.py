"""Rightsholders' claims, and all that happened to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, metadata

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.String, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("reminded", sa.Boolean, nullable=False),
    sa.Index("claims_state", "state", "due"),
    sqlite_autoincrement=True,  # a number is never given twice
)

claim_steps = sa.Table(
    "claim_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("claim", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("claim_steps_claim", "claim", "id"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A claim as stored; fields as in `core.claims.Claim`, kind and state as text."""

    number: int
    at: datetime
    due: datetime
    kind: str
    name: str
    email: str
    url: str
    text: str
    entry: str
    state: str
    language: str
    reminded: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a claim."""

    at: datetime
    by: str
    what: str
    text: str


def add(conn: Connection, **fields: Any) -> int:
    """Store a new claim; its number."""
    statement = sa.insert(claims).values(reminded=False, **fields)
    return int(conn.execute(statement.returning(claims.c.number)).scalar_one())


def get(conn: Connection, number: int) -> Row | None:
    row = conn.execute(sa.select(claims).where(claims.c.number == number)).one_or_none()
    return None if row is None else Row(**row._mapping)


def listed(conn: Connection, state: str | None = None) -> Iterator[Row]:
    """Claims, the soonest due first; streamed."""
    query = sa.select(claims).order_by(claims.c.due, claims.c.number)
    if state is not None:
        query = query.where(claims.c.state == state)
    for row in conn.execute(query):
        yield Row(**row._mapping)


def counts(conn: Connection) -> dict[str, int]:
    """How many claims are in each state."""
    query = sa.select(claims.c.state, sa.func.count()).group_by(claims.c.state)
    return {state: number for state, number in conn.execute(query)}


def change(conn: Connection, number: int, **fields: Any) -> None:
    conn.execute(sa.update(claims).where(claims.c.number == number).values(**fields))


def log(conn: Connection, number: int, at: datetime, by: str, what: str, text: str = "") -> None:
    """Append to a claim's history."""
    conn.execute(sa.insert(claim_steps).values(claim=number, at=at, by=by, what=what, text=text))


def history(conn: Connection, number: int) -> list[Step]:
    """What happened to a claim, oldest first."""
    query = sa.select(claim_steps).where(claim_steps.c.claim == number)
    rows = conn.execute(query.order_by(claim_steps.c.id))
    return [Step(row.at, row.by, row.what, row.text) for row in rows]
