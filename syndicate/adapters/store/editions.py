"""Digests, their editions, what is in them, and for whom something is kept.

`digests`      when a digest was first in the database: nothing before that is due
`editions`     one dated issue of a digest, with its state and page
`carried`      which entries and stories an edition has; an entry is in one edition of a digest
`waiting`      subscribers for whom editions are kept (paused, weekly): the last that served them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, insert, metadata
from syndicate.adapters.store.subscribers import person_of, subscribers
from syndicate.model import EditionState, Subscriber, SubscriberState

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("first_seen", Instant, nullable=False),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # 1, 2, … within its digest
    sa.Column("local", sa.String, nullable=False),  # 2026-11-24T08:00, the schedule's time
    sa.Column("due", Instant, nullable=False),
    sa.Column("composed", Instant, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("date", sa.String, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("recipients", sa.Integer, nullable=False),
    sa.UniqueConstraint("digest", "local"),
    sa.UniqueConstraint("digest", "number"),
)

carried = sa.Table(
    "carried",
    metadata,
    sa.Column("edition", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("story", sa.String, nullable=False),
    sa.UniqueConstraint("digest", "entry"),
    sa.Index("carried_story", "digest", "story"),
    sa.Index("carried_entry", "entry"),
)

waiting = sa.Table(
    "waiting",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("subscriber", sa.String, primary_key=True),
    sa.Column("since", sa.Integer, nullable=False),  # number of the last edition served
    sa.Column("served", sa.String),  # the local date that its message counts for
)

APPROVED = "approved by an editor"
UNMADE = "cannot be rendered: "  # nothing is in such an edition yet; it is composed once it can be


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated issue of a digest."""

    id: str
    digest: str
    number: int
    local: datetime  # naive, in the digest's zone
    due: datetime
    composed: datetime
    state: EditionState
    reason: str
    title: str
    public: bool
    recipients: int

    @property
    def date(self) -> str:
        return self.local.date().isoformat()


# --- digests and editions -------------------------------------------------------------------


def enrol(conn: Connection, ids: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Note digests that are new; when each was first in the database."""
    rows = [{"id": id, "first_seen": now} for id in ids]
    if rows:
        conn.execute(insert(conn, digests).on_conflict_do_nothing(), rows)
    return {id: first for id, first in conn.execute(sa.select(digests.c.id, digests.c.first_seen))}


def recall(conn: Connection, since: datetime, now: datetime) -> int:
    """Digests that are known from after `since`, which is yet to come, are known from `now`."""
    wrong = sa.update(digests).where(digests.c.first_seen > since).values(first_seen=now)
    return int(conn.execute(wrong).rowcount)


def enrolled(conn: Connection) -> list[str]:
    """Every digest that ever was."""
    return list(conn.execute(sa.select(digests.c.id).order_by(digests.c.id)).scalars())


def _edition(row: Any) -> Edition:
    return Edition(
        id=row.id,
        digest=row.digest,
        number=row.number,
        local=datetime.fromisoformat(row.local),
        due=row.due,
        composed=row.composed,
        state=EditionState(row.state),
        reason=row.reason,
        title=row.title,
        public=row.public,
        recipients=row.recipients,
    )


def edition(conn: Connection, id: str) -> Edition | None:
    row = conn.execute(sa.select(editions).where(editions.c.id == id)).one_or_none()
    return None if row is None else _edition(row)


def of_digest(conn: Connection, digest: str, limit: int | None = None) -> list[Edition]:
    """The editions of a digest, newest first."""
    query = sa.select(editions).where(editions.c.digest == digest)
    query = query.order_by(editions.c.number.desc()).limit(limit)
    return [_edition(row) for row in conn.execute(query)]


def add_edition(conn: Connection, made: Edition, entries: Sequence[tuple[str, str]]) -> None:
    """Store an edition and the (entry, story) pairs that it carries."""
    conn.execute(
        sa.insert(editions).values(
            id=made.id,
            digest=made.digest,
            number=made.number,
            local=made.local.isoformat(timespec="minutes"),
            due=made.due,
            composed=made.composed,
            state=made.state.value,
            reason=made.reason,
            title=made.title,
            date=made.date,
            public=made.public,
            recipients=made.recipients,
        )
    )
    rows = [
        {
            "edition": made.id,
            "position": position,
            "digest": made.digest,
            "number": made.number,
            "entry": entry,
            "story": story,
        }
        for position, (entry, story) in enumerate(entries)
    ]
    if rows:
        conn.execute(sa.insert(carried), rows)


def set_edition(
    conn: Connection, id: str, state: EditionState, reason: str = "", recipients: int | None = None
) -> None:
    values: dict[str, Any] = {"state": state.value, "reason": reason}
    if recipients is not None:
        values["recipients"] = recipients
    conn.execute(sa.update(editions).where(editions.c.id == id).values(**values))


def entries_of(conn: Connection, edition: str) -> list[str]:
    """The entries of an edition, in its order."""
    query = sa.select(carried.c.entry).where(carried.c.edition == edition)
    return list(conn.execute(query.order_by(carried.c.position)).scalars())


def lock(conn: Connection, digest: str) -> None:
    """Nobody else composes this digest until the transaction ends; SQLite has one writer anyway."""
    conn.execute(sa.select(digests.c.id).where(digests.c.id == digest).with_for_update())


def past(conn: Connection, digest: str) -> list[tuple[int, datetime, str]]:
    """Number, time of composing and local date of each edition that was not skipped, in the
    order of numbers."""
    query = sa.select(editions.c.number, editions.c.composed, editions.c.date)
    query = query.where(editions.c.digest == digest, editions.c.state != EditionState.SKIPPED.value)
    return [(n, at, date) for n, at, date in conn.execute(query.order_by(editions.c.number))]


def forget_skipped(conn: Connection, id: str) -> None:
    """A skipped edition makes room for one that is sent by hand in its place."""
    conn.execute(
        sa.delete(editions).where(
            editions.c.id == id, editions.c.state == EditionState.SKIPPED.value
        )
    )


def forget_unmade(conn: Connection, digest: str) -> None:
    """An edition that could not be rendered makes room for another try."""
    unmade = sa.and_(
        editions.c.state == EditionState.HELD.value, editions.c.reason.startswith(UNMADE)
    )
    conn.execute(sa.delete(editions).where(editions.c.digest == digest, unmade))


def renumber(conn: Connection, edition: str, number: int) -> None:
    """An edition that was held comes, once let go, after those composed meanwhile."""
    conn.execute(sa.update(editions).where(editions.c.id == edition).values(number=number))
    conn.execute(sa.update(carried).where(carried.c.edition == edition).values(number=number))


def let_go(conn: Connection, digest: str) -> list[tuple[int, str]]:
    """Editions that were held and approved: their number and id."""
    query = sa.select(editions.c.number, editions.c.id).where(editions.c.digest == digest)
    query = query.where(editions.c.reason.startswith(APPROVED))
    return [(number, id) for number, id in conn.execute(query.order_by(editions.c.number))]


def entries_since(conn: Connection, digest: str, number: int, own: str = "") -> list[str]:
    """The entries of all editions after a number, newest edition first; of those on hold or
    rejected only `own`, the one that asks."""
    back = (EditionState.REJECTED.value, EditionState.HELD.value)
    held = sa.select(editions.c.id).where(editions.c.state.in_(back), editions.c.id != own)
    query = sa.select(carried.c.entry).where(carried.c.digest == digest, carried.c.number > number)
    query = query.where(carried.c.edition.not_in(held))
    query = query.order_by(carried.c.number.desc(), carried.c.position)
    return list(conn.execute(query).scalars())


def carried_by(conn: Connection, entry: str) -> list[str]:
    """Which editions carry an entry."""
    query = sa.select(carried.c.edition).where(carried.c.entry == entry)
    return list(conn.execute(query.order_by(carried.c.edition)).scalars())


def release_entries(conn: Connection, edition: str, keep: Iterable[str] = ()) -> None:
    """A rejected edition uses nothing up: its entries, but for these, are free for the next."""
    mine = carried.c.edition == edition
    conn.execute(sa.delete(carried).where(mine, carried.c.entry.not_in(list(keep))))


# --- those who wait -------------------------------------------------------------------------


def readers(
    conn: Connection, digest: str
) -> Iterator[tuple[Subscriber, tuple[int, str | None] | None]]:
    """All confirmed subscribers in a fixed order; streamed. For those for whom editions of the
    digest are kept, the number of the last one served and its local date."""
    on = sa.and_(waiting.c.subscriber == subscribers.c.id, waiting.c.digest == digest)
    query = (
        sa.select(subscribers, waiting.c.since.label("since"), waiting.c.served.label("served"))
        .select_from(subscribers.outerjoin(waiting, on))
        .where(subscribers.c.state == SubscriberState.CONFIRMED.value)
        .order_by(subscribers.c.id)
    )
    for row in conn.execute(query.execution_options(yield_per=1000)):
        noted = None if row.since is None else (row.since, row.served)
        yield person_of(row), noted


def forget_waits(conn: Connection, digest: str, who: Sequence[str]) -> None:
    """Nothing of a digest is kept for these any more: they left it."""
    for start in range(0, len(who), 500):
        part = list(who[start : start + 500])
        conn.execute(
            sa.delete(waiting).where(waiting.c.digest == digest, waiting.c.subscriber.in_(part))
        )


def set_waits(conn: Connection, digest: str, rows: Mapping[str, tuple[int, str | None]]) -> None:
    if rows:
        statement = insert(conn, waiting)
        update = {name: statement.excluded[name] for name in ("since", "served")}
        conn.execute(
            statement.on_conflict_do_update(index_elements=["digest", "subscriber"], set_=update),
            [
                {"digest": digest, "subscriber": who, "since": since, "served": served}
                for who, (since, served) in rows.items()
            ],
        )


def count_for(
    conn: Connection, subscriber: str, editions: Iterable[tuple[str, int]], on: str
) -> None:
    """The last messages of a subscriber, of these editions (digest, number), count for that day."""
    for digest, number in editions:
        mine = sa.and_(waiting.c.digest == digest, waiting.c.subscriber == subscriber)
        conn.execute(sa.update(waiting).where(mine, waiting.c.since == number).values(served=on))
