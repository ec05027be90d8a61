"""Rightsholders' claims, all that happened to each, and the mails that came about them.

`claims`       one row a claim
`claim_steps`  what happened to it; append only
`claim_mails`  each mail taken in, once, whole where there is room; which claim it is of
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata

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

claim_mails = sa.Table(
    "claim_mails",
    metadata,
    sa.Column("mark", sa.String, primary_key=True),  # core.claim_mail.ClaimMail.mark
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("claim", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  # bytes of what is kept, as it lies here
    sa.Column("data", sa.LargeBinary),  # zlib; none where there was no room
    sa.Index("claim_mails_message_id", "message_id"),
    sa.Index("claim_mails_claim", "claim", "at"),
    sa.Index("claim_mails_at", "at"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail about a claim, as it came; `data` is None where it was not kept."""

    mark: str
    message_id: str
    at: datetime
    data: bytes | None


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


def listed(
    conn: Connection, state: str | None = None, limit: int | None = None, *, newest: bool = False
) -> Iterator[Row]:
    """Claims, the soonest due first, or the newest; streamed."""
    order = (claims.c.number.desc(),) if newest else (claims.c.due, claims.c.number)
    query = sa.select(claims).order_by(*order).limit(limit)
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


# --- mails ----------------------------------------------------------------------------------


def take_mail(
    conn: Connection, mark: str, message_id: str, at: datetime, data: bytes | None
) -> bool:
    """Note a mail before anything is made of it; False where that very one was taken in before."""
    packed = None if data is None else zlib.compress(data)
    statement = insert(conn, claim_mails).values(
        mark=mark,
        message_id=message_id,
        claim=0,
        at=at,
        size=len(packed or b""),
        data=packed,
    )
    statement = statement.on_conflict_do_nothing().returning(claim_mails.c.mark)
    return conn.execute(statement).scalar() is not None


def file_mail(conn: Connection, mark: str, number: int) -> None:
    """Say which claim a mail is of."""
    conn.execute(sa.update(claim_mails).where(claim_mails.c.mark == mark).values(claim=number))


def bytes_kept(conn: Connection, since: datetime) -> int:
    """How much of the mails since then is kept."""
    query = sa.select(sa.func.coalesce(sa.func.sum(claim_mails.c.size), 0))
    return int(conn.execute(query.where(claim_mails.c.at >= since)).scalar_one())


def count_mails(conn: Connection, since: datetime | None = None) -> int:
    """How many mails were taken in, of all or since then."""
    query = sa.select(sa.func.count()).select_from(claim_mails)
    if since is not None:
        query = query.where(claim_mails.c.at >= since)
    return int(conn.execute(query).scalar_one())


def of_thread(conn: Connection, message_ids: Sequence[str]) -> int | None:
    """The claim that one of these mails is of, the newest of several."""
    query = sa.select(claim_mails.c.claim).where(
        claim_mails.c.message_id.in_(message_ids), claim_mails.c.claim > 0
    )
    return conn.execute(query.order_by(claim_mails.c.at.desc()).limit(1)).scalar()


def mails(conn: Connection, number: int) -> list[Kept]:
    """The mails of a claim, oldest first."""
    query = sa.select(claim_mails).where(claim_mails.c.claim == number)
    return [
        Kept(r.mark, r.message_id, r.at, None if r.data is None else zlib.decompress(r.data))
        for r in conn.execute(query.order_by(claim_mails.c.at, claim_mails.c.mark))
    ]


def last_message_id(conn: Connection, number: int) -> str:
    """What the claimant wrote last; "" where no mail came."""
    query = sa.select(claim_mails.c.message_id).where(
        claim_mails.c.claim == number, claim_mails.c.message_id != ""
    )
    found = conn.execute(query.order_by(claim_mails.c.at.desc()).limit(1)).scalar()
    return found or ""
