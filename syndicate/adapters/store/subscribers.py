"""Who gets mail: subscribers, the consent they gave, addresses that are never mailed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, Json, insert, metadata
from syndicate.model import Subscriber, SubscriberState

_AT_ONCE = 500  # parameters of one IN

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("email", sa.String, nullable=False),
    sa.Column("email_key", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("digests", Json, nullable=False),
    sa.Column("columns", Json, nullable=False),
    sa.Column("frequency", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("timezone", sa.String, nullable=False),
    sa.Column("text_only", sa.Boolean, nullable=False),
    sa.Column("added", Instant, nullable=False),
    sa.Column("joined", Instant),
    sa.Column("paused_until", Instant),
    sa.Column("salt", sa.String, nullable=False),
    sa.Column("consent", sa.Text, nullable=False),
    sa.Column("bounces", sa.Float, nullable=False, server_default="0"),
    sa.Column("bounced", Instant),
    sa.Column("hour", sa.Integer),
    sa.Index("subscribers_state", "state", "id"),
)

# What was consented to, when, on whose word or from which network (hashed); append only
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subscriber", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("network", sa.String, nullable=False),
    sa.Index("consents_subscriber", "subscriber"),
)

# Keyed hashes of addresses that were erased: a re-import does not bring them back
forgotten = sa.Table(
    "forgotten",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)


def _row(person: Subscriber, email_key: str, added: datetime) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "email_key": email_key,
        "name": person.name,
        "state": person.state.value,
        "digests": list(person.digests),
        "columns": list(person.columns),
        "frequency": person.frequency,
        "language": person.language,
        "timezone": person.timezone,
        "hour": person.hour,
        "text_only": person.text_only,
        "added": added,
        "joined": person.joined,
        "paused_until": person.paused_until,
        "salt": person.token_salt,
        "consent": person.consent,
    }


def person_of(row: Any) -> Subscriber:
    """The subscriber of a row of this table, whatever else was selected with it."""
    return Subscriber(
        id=row.id,
        email=row.email,
        state=SubscriberState(row.state),
        digests=tuple(row.digests),
        columns=tuple(row.columns),
        frequency=row.frequency,
        language=row.language,
        timezone=row.timezone,
        hour=row.hour,
        name=row.name,
        text_only=row.text_only,
        joined=row.joined,
        paused_until=row.paused_until,
        token_salt=row.salt,
        consent=row.consent,
    )


def save(conn: Connection, people: Sequence[tuple[Subscriber, str]], now: datetime) -> None:
    """Write subscribers, new or changed, each with the key of its address."""
    if not people:
        return
    rows = [_row(person, key, now) for person, key in people]
    statement = insert(conn, subscribers)
    kept = ("id", "added", "bounces", "bounced")
    update = {c.name: statement.excluded[c.name] for c in subscribers.c if c.name not in kept}
    conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=update), rows)


def get(conn: Connection, id: str) -> Subscriber | None:
    row = conn.execute(sa.select(subscribers).where(subscribers.c.id == id)).one_or_none()
    return None if row is None else person_of(row)


def by_email(conn: Connection, email_key: str) -> Subscriber | None:
    """The subscriber with this address, by its key."""
    query = sa.select(subscribers).where(subscribers.c.email_key == email_key)
    row = conn.execute(query).one_or_none()
    return None if row is None else person_of(row)


def everybody(conn: Connection) -> Iterator[Subscriber]:
    """All subscribers by address; streamed."""
    query = sa.select(subscribers).order_by(subscribers.c.email_key)
    for row in conn.execute(query.execution_options(yield_per=500)):
        yield person_of(row)


def confirmed(conn: Connection) -> Iterator[Subscriber]:
    """Those whom mail may go to; streamed, in a fixed order."""
    query = sa.select(subscribers).where(subscribers.c.state == SubscriberState.CONFIRMED.value)
    query = query.order_by(subscribers.c.id)
    for row in conn.execute(query.execution_options(yield_per=1000)):
        yield person_of(row)


def count(conn: Connection, state: SubscriberState | None = None) -> int:
    query = sa.select(sa.func.count()).select_from(subscribers)
    if state is not None:
        query = query.where(subscribers.c.state == state.value)
    return int(conn.execute(query).scalar_one())


def counts(conn: Connection) -> dict[str, int]:
    """How many subscribers are in each state."""
    query = sa.select(subscribers.c.state, sa.func.count()).group_by(subscribers.c.state)
    return {state: number for state, number in conn.execute(query)}


def log(
    conn: Connection, subscriber: str, at: datetime, what: str, text: str = "", network: str = ""
) -> None:
    """Append to the record of consent."""
    conn.execute(
        sa.insert(consents).values(
            subscriber=subscriber, at=at, what=what, text=text, network=network
        )
    )


def record(conn: Connection, subscriber: str) -> list[dict[str, Any]]:
    """What is on record of a subscriber's consent, oldest first."""
    query = sa.select(consents).where(consents.c.subscriber == subscriber).order_by(consents.c.id)
    return [
        {"at": row.at, "what": row.what, "text": row.text, "network": row.network}
        for row in conn.execute(query)
    ]


def forget(conn: Connection, id: str, mark: bytes, now: datetime) -> None:
    """Erase a person; only the keyed hash of the address is kept."""
    conn.execute(sa.delete(consents).where(consents.c.subscriber == id))
    conn.execute(sa.delete(subscribers).where(subscribers.c.id == id))
    conn.execute(insert(conn, forgotten).on_conflict_do_nothing().values(mark=mark, at=now))


def is_forgotten(conn: Connection, mark: bytes) -> bool:
    query = sa.select(forgotten.c.mark).where(forgotten.c.mark == mark)
    return conn.execute(query).one_or_none() is not None


def bounce_score(conn: Connection, id: str) -> tuple[float, datetime | None]:
    """The decayed count of soft bounces, and when the last one came."""
    query = sa.select(subscribers.c.bounces, subscribers.c.bounced).where(subscribers.c.id == id)
    row = conn.execute(query).one_or_none()
    return (0.0, None) if row is None else (row.bounces, row.bounced)


def set_bounces(conn: Connection, id: str, score: float, at: datetime | None) -> None:
    conn.execute(
        sa.update(subscribers).where(subscribers.c.id == id).values(bounces=score, bounced=at)
    )


def remember(conn: Connection, mark: bytes) -> None:
    """Who was erased has signed up again, and confirmed it."""
    conn.execute(sa.delete(forgotten).where(forgotten.c.mark == mark))


def by_emails(conn: Connection, email_keys: Sequence[str]) -> dict[str, Subscriber]:
    """The subscribers with these addresses, by their keys."""
    found = {}
    for start in range(0, len(email_keys), _AT_ONCE):
        some = email_keys[start : start + _AT_ONCE]
        query = sa.select(subscribers).where(subscribers.c.email_key.in_(some))
        found.update({row.email_key: person_of(row) for row in conn.execute(query)})
    return found


def are_forgotten(conn: Connection, marks: Sequence[bytes]) -> set[bytes]:
    """Which of these were erased."""
    found: set[bytes] = set()
    for start in range(0, len(marks), _AT_ONCE):
        some = marks[start : start + _AT_ONCE]
        query = sa.select(forgotten.c.mark).where(forgotten.c.mark.in_(some))
        found.update(bytes(mark) for mark in conn.execute(query).scalars())
    return found
