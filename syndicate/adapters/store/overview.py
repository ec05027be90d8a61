"""Questions of the dashboard that go over several families of tables: counts, days, domains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, outbox, subscribers
from syndicate.adapters.store.subscribers import get
from syndicate.model import Decision, MessageState, Subscriber

_DAY = 86_400_000_000  # microseconds
_EPOCH = date(1970, 1, 1)


def editors_decisions(conn: Connection, by: str, limit: int) -> list[Decision]:
    """What an editor decided, newest first."""
    table = entries.decisions
    query = sa.select(table).where(table.c.by == by).order_by(table.c.id.desc()).limit(limit)
    return [
        Decision(row.entry, row.at, row.what, row.by, row.reason, row.before, row.after)
        for row in conn.execute(query)
    ]


def doubtful(conn: Connection, limit: int) -> list[tuple[str, str, str]]:
    """Entries that no rule filed, newest first: (id, column, reason)."""
    table, decisions = entries.entries, entries.decisions
    unsure = sa.or_(decisions.c.reason.like("model%"), decisions.c.reason.like("rest:%"))
    latest = sa.select(sa.func.max(decisions.c.id)).where(decisions.c.what == "column")
    latest = latest.group_by(decisions.c.entry)
    query = (
        sa.select(table.c.id, table.c.column, decisions.c.reason)
        .join(decisions, decisions.c.entry == table.c.id)
        .where(decisions.c.id.in_(latest), unsure, table.c.status == "published", table.c.lead)
        .order_by(table.c.received.desc())
        .limit(limit)
    )
    return [(id, column, reason) for id, column, reason in conn.execute(query)]


def entries_by_day(
    conn: Connection, now: datetime, count: int, zone: timedelta
) -> list[tuple[date, int]]:
    """How many entries were received on each of the last local days, oldest first."""
    shift = int(zone.total_seconds() * 1_000_000)
    first = (now + zone).date() - timedelta(days=count - 1)
    number = sa.type_coerce(entries.entries.c.received, sa.BigInteger)
    day = ((number + shift) // _DAY).label("day")
    since = ((first - _EPOCH).days * _DAY) - shift
    query = sa.select(day, sa.func.count()).where(number >= since).group_by(day)
    found = {_EPOCH + timedelta(days=int(n)): amount for n, amount in conn.execute(query)}
    return [(d, found.get(d, 0)) for d in (first + timedelta(days=n) for n in range(count))]


@dataclass(frozen=True, slots=True)
class Domain:
    """What became of the mail to one domain."""

    name: str
    sent: int
    waiting: int
    failed: int
    error: str


def domains(conn: Connection, since: datetime, limit: int) -> list[Domain]:
    """Deliveries by the recipients' domain, the most troubled first."""
    table = outbox.messages
    email: Any = table.c.email
    if conn.dialect.name == "sqlite":
        domain = sa.func.substr(email, sa.func.instr(email, "@") + 1)
    else:
        domain = sa.func.split_part(email, "@", 2)
    named = domain.label("domain")

    def count(*states: MessageState) -> Any:
        chosen = table.c.state.in_([state.value for state in states])
        return sa.func.sum(sa.case((chosen, 1), else_=0))

    waiting = count(MessageState.QUEUED, MessageState.SENDING, MessageState.DEFERRED)
    failed = count(MessageState.FAILED)
    query = (
        sa.select(named, count(MessageState.SENT), waiting, failed, sa.func.max(table.c.error))
        .where(table.c.changed >= since, email != "")
        .group_by(named)
        .order_by(failed.desc(), waiting.desc(), named)
        .limit(limit)
    )
    return [Domain(n, int(s), int(w), int(f), e or "") for n, s, w, f, e in conn.execute(query)]


def find_subscribers(conn: Connection, text: str, limit: int) -> list[Subscriber]:
    """Subscribers whose address contains a text, by address."""
    table = subscribers.subscribers
    query = sa.select(table.c.id).order_by(table.c.email_key).limit(limit)
    if text:
        query = query.where(table.c.email_key.contains(text.lower(), autoescape=True))
    ids = list(conn.execute(query).scalars())
    return [person for id in ids if (person := get(conn, id)) is not None]
