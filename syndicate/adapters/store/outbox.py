"""Digests, their editions, what each carries, and a row for every message that is to leave.

`digests`         when a digest was first in the database: nothing is due before
`editions`        one dated issue; `number` counts what was let go, in that order (None: held)
`edition_entries` what an edition carries; an entry is in one edition of a digest only
`variants`        what several subscribers get alike: from which editions, columns, language
`messages`        one row a recipient: a variant of an edition, or a letter with its own text
`served`          how far a subscriber has been served with a digest
`workers`         who holds messages in `sending`, and until when (PostgreSQL)

States of messages change only here, by `claim`, `record` and `drop`, along STEPS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, Json, insert, metadata
from syndicate.adapters.store.entries import entries, placements
from syndicate.adapters.store.subscribers import person_of, served, subscribers
from syndicate.model import EditionState, MessageState, Status, Subscriber, SubscriberState

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
    sa.Column("local", sa.String, nullable=False),  # 2026-11-24T08:00, the digest's wall clock
    sa.Column("number", sa.Integer, unique=True),
    sa.Column("date", Instant, nullable=False),  # of its mails
    sa.Column("composed", Instant, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("audience", sa.Integer, nullable=False),
    sa.Column("page", sa.String),  # name of its page without .html; None: it has none
    sa.Column("published", sa.Boolean, nullable=False),  # its page is in place as it should be
    sa.Index("editions_digest", "digest", "local", unique=True),
    sa.Index("editions_state", "state"),
)

edition_entries = sa.Table(
    "edition_entries",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("edition", sa.String, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("story", sa.String, nullable=False),
    sa.Column("columns", Json, nullable=False),  # with their parents, when it was composed
    sa.Column("shown", sa.String, nullable=False),  # status as the edition's page shows it
    sa.Index("edition_entries_edition", "edition", "position"),
    sa.Index("edition_entries_entry", "entry"),
    sa.Index("edition_entries_story", "digest", "story"),
)

variants = sa.Table(
    "variants",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("edition", sa.String, nullable=False),
    sa.Column("since", sa.Integer, nullable=False),  # carries the editions after this number
    sa.Column("columns", Json, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("text_only", sa.Boolean, nullable=False),
    sa.Index("variants_edition", "edition"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("edition", sa.String),  # None: a letter
    sa.Column("variant", sa.Integer, nullable=False),
    sa.Column("subscriber", sa.String, nullable=False),  # of a letter to a stranger: ""
    sa.Column("letter", Json),  # {"kind", "email", "subject", "text", "html", "headers"}
    sa.Column("key", sa.String, nullable=False),  # the left side of its Message-ID
    sa.Column("state", sa.String, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("tried", Instant),  # when first
    sa.Column("settled", Instant),  # sent, failed or dropped
    sa.Column("answer", sa.Text, nullable=False),  # the server's last words
    sa.Column("worker", sa.String),
    sa.Index("messages_due", "state", "due", "variant", "id"),
    sa.Index("messages_edition", "edition", "subscriber", unique=True),
    sa.Index("messages_subscriber", "subscriber"),
    sa.Index("messages_key", "key", unique=True),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("until", Instant, nullable=False),
)

Q, S = MessageState.QUEUED, MessageState.SENDING
STEPS: dict[MessageState, frozenset[MessageState]] = {
    Q: frozenset({S, MessageState.DROPPED}),
    S: frozenset(
        {
            MessageState.SENT,
            MessageState.DEFERRED,
            MessageState.FAILED,
            MessageState.DROPPED,
            Q,  # taken back from a process that died, or a route that cannot be used
        }
    ),
    MessageState.DEFERRED: frozenset({S, MessageState.FAILED, MessageState.DROPPED}),
    MessageState.SENT: frozenset(),
    MessageState.FAILED: frozenset(),
    MessageState.DROPPED: frozenset(),
}
OPEN = (Q.value, S.value, MessageState.DEFERRED.value)
_COUNTED = (EditionState.SENDING.value, EditionState.SENT.value)
_AT_ONCE = datetime.fromisoformat("1970-01-01T00:00:00+00:00")  # letters go before editions


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated issue of a digest. `local` is naive; `number` None until it is let go."""

    id: str
    digest: str
    local: datetime
    date: datetime
    composed: datetime
    state: EditionState
    reason: str = ""
    number: int | None = None
    entries: int = 0
    audience: int = 0
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """An entry in an edition; `columns` with their parents."""

    entry: str
    story: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """What several subscribers get alike of an edition."""

    edition: str
    since: int
    columns: tuple[str, ...]
    language: str
    text_only: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of its own: a confirmation, a correction, an answer. `key` makes its Message-ID;
    one that is posted twice with the same key leaves once."""

    key: str
    kind: str  # confirmation | correction | claim
    email: str
    subject: str
    text: str
    html: str = ""
    subscriber: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was claimed, with its recipient as known now."""

    id: int
    key: str
    tries: int
    tried: datetime | None
    edition: str | None
    variant: int
    person: Subscriber | None
    letter: Letter | None

    @property
    def email(self) -> str:
        if self.letter is not None:
            return self.letter.email
        return self.person.email if self.person else ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message. `due` is when a deferred one is tried again."""

    id: int
    state: MessageState
    answer: str = ""
    due: datetime | None = None


# --- digests and editions -------------------------------------------------------------------


def register(conn: Connection, ids: Iterable[str], now: datetime) -> None:
    """Remember when each digest was first here."""
    rows = [{"id": id, "first_seen": now} for id in ids]
    if rows:
        conn.execute(insert(conn, digests).on_conflict_do_nothing(), rows)


def first_seen(conn: Connection) -> dict[str, datetime]:
    return {row.id: row.first_seen for row in conn.execute(sa.select(digests))}


def lock(conn: Connection, digest: str) -> None:
    """Let nobody else compose this digest within the transaction; SQLite has one writer anyway."""
    conn.execute(sa.select(digests.c.id).where(digests.c.id == digest).with_for_update())


def edition(conn: Connection, id: str) -> Edition | None:
    row = conn.execute(sa.select(editions).where(editions.c.id == id)).one_or_none()
    return None if row is None else _edition(row)


def editions_of(conn: Connection, digest: str, limit: int | None = None) -> list[Edition]:
    """Editions of a digest, newest first."""
    query = sa.select(editions).where(editions.c.digest == digest)
    query = query.order_by(editions.c.local.desc()).limit(limit)
    return [_edition(row) for row in conn.execute(query)]


def held(conn: Connection) -> list[Edition]:
    query = sa.select(editions).where(editions.c.state == EditionState.HELD.value)
    return [_edition(row) for row in conn.execute(query.order_by(editions.c.id))]


def past(conn: Connection, digest: str, limit: int = 30) -> list[Edition]:
    """The newest editions that were let go, newest first."""
    query = sa.select(editions).where(
        editions.c.digest == digest, editions.c.state.in_(_COUNTED), editions.c.entries > 0
    )
    query = query.order_by(editions.c.number.desc()).limit(limit)
    return [_edition(row) for row in conn.execute(query)]


def released(conn: Connection, digest: str) -> list[tuple[int, datetime]]:
    """Number and time of composing of each edition that was let go, in order."""
    query = sa.select(editions.c.number, editions.c.composed)
    query = query.where(editions.c.digest == digest, editions.c.number.is_not(None))
    return [(n, at) for n, at in conn.execute(query.order_by(editions.c.number))]


def page_names(conn: Connection, digest: str, day: str) -> set[str]:
    query = sa.select(editions.c.page)
    query = query.where(editions.c.digest == digest, editions.c.local.startswith(day))
    return {name for name in conn.execute(query).scalars() if name}


def next_number(conn: Connection) -> int:
    return int(conn.execute(sa.select(sa.func.max(editions.c.number))).scalar() or 0) + 1


def save_edition(conn: Connection, made: Edition) -> None:
    """Write an edition, new or changed; its page is then to be written."""
    values = {
        "id": made.id,
        "digest": made.digest,
        "local": made.local.isoformat(timespec="minutes"),
        "number": made.number,
        "date": made.date,
        "composed": made.composed,
        "state": made.state.value,
        "reason": made.reason,
        "entries": made.entries,
        "audience": made.audience,
        "page": made.page,
        "published": False,
    }
    statement = insert(conn, editions)
    update = {name: statement.excluded[name] for name in values if name != "id"}
    conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=update), [values])


def _edition(row: Any) -> Edition:
    return Edition(
        id=row.id,
        digest=row.digest,
        local=datetime.fromisoformat(row.local),
        date=row.date,
        composed=row.composed,
        state=EditionState(row.state),
        reason=row.reason,
        number=row.number,
        entries=row.entries,
        audience=row.audience,
        page=row.page,
    )


def carry(conn: Connection, edition: Edition, carried: Sequence[Carried]) -> None:
    """Write what an edition carries, in its order."""
    rows = [
        {
            "digest": edition.digest,
            "entry": each.entry,
            "edition": edition.id,
            "position": position,
            "story": each.story,
            "columns": list(each.columns),
            "shown": Status.PUBLISHED.value,
        }
        for position, each in enumerate(carried)
    ]
    if rows:
        conn.execute(sa.insert(edition_entries), rows)


def uncarry(conn: Connection, edition: str) -> None:
    """Let go of what an edition carried: a later one may take it."""
    conn.execute(sa.delete(edition_entries).where(edition_entries.c.edition == edition))


def carried_by(conn: Connection, edition: str) -> list[Carried]:
    """What an edition carries, in its order."""
    query = sa.select(edition_entries).where(edition_entries.c.edition == edition)
    query = query.order_by(edition_entries.c.position)
    return [Carried(r.entry, r.story, tuple(r.columns)) for r in conn.execute(query)]


def carried_after(conn: Connection, digest: str, since: int, until: int) -> list[Carried]:
    """What the editions numbered in (since, until] carry, the newest edition first."""
    query = (
        sa.select(edition_entries)
        .join(editions, editions.c.id == edition_entries.c.edition)
        .where(editions.c.digest == digest, editions.c.number > since, editions.c.number <= until)
        .order_by(editions.c.number.desc(), edition_entries.c.position)
    )
    return [Carried(r.entry, r.story, tuple(r.columns)) for r in conn.execute(query)]


def editions_with(conn: Connection, entry: str) -> list[str]:
    """Ids of the editions that carry an entry."""
    query = sa.select(edition_entries.c.edition).where(edition_entries.c.entry == entry)
    return list(conn.execute(query.order_by(edition_entries.c.edition)).scalars())


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a digest might take, as far as the choice depends on it."""

    entry: str
    story: str
    url: str
    status: str
    lead: bool
    received: datetime
    stale_after: datetime | None
    columns: tuple[str, ...]


def fresh(conn: Connection, digest: str, columns: Sequence[str]) -> Iterator[Fresh]:
    """Published leads in these columns ((): anywhere) that the digest never carried, nor another
    member of their story; newest first, streamed."""
    e, m, c = entries, entries.alias("m"), edition_entries
    carried = (
        sa.exists().where(c.c.digest == digest, c.c.story == e.c.story).correlate(e),
        sa.exists()
        .where(m.c.story == e.c.story, c.c.entry == m.c.id, c.c.digest == digest)
        .correlate(e),
    )
    placed = sa.select(placements.c.entry).where(placements.c.column.in_(columns or ("",)))
    query = sa.select(
        e.c.id, e.c.story, e.c.url, e.c.status, e.c.lead, e.c.received, e.c.stale_after, e.c.columns
    ).where(e.c.id.in_(placed), *(~each for each in carried))
    query = query.order_by(e.c.sort_at.desc(), e.c.id)
    for r in conn.execute(query.execution_options(yield_per=200)):
        yield Fresh(
            r.id, r.story, r.url, r.status, r.lead, r.received, r.stale_after, tuple(r.columns)
        )


# --- who is served --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """A confirmed subscriber, and how far they were served; None: never."""

    person: Subscriber
    since: int | None
    on: str | None  # local date


def readers(conn: Connection, digest: str) -> Iterator[Reader]:
    """All confirmed subscribers in a fixed order, with what they had of a digest; streamed."""
    on = sa.and_(served.c.subscriber == subscribers.c.id, served.c.digest == digest)
    query = (
        sa.select(subscribers, served.c.since, served.c.on)
        .select_from(subscribers.outerjoin(served, on))
        .where(subscribers.c.state == SubscriberState.CONFIRMED.value)
        .order_by(subscribers.c.id)
    )
    for row in conn.execute(query.execution_options(yield_per=1000)):
        yield Reader(person_of(row), row.since, row.on)


def serve(conn: Connection, rows: Sequence[tuple[str, str, int, str | None]]) -> None:
    """Record (digest, subscriber, number, local date of the message or None): served up to it."""
    if not rows:
        return
    statement = insert(conn, served)
    on = sa.func.coalesce(statement.excluded["on"], served.c.on)
    update = {"since": statement.excluded["since"], "on": on}
    statement = statement.on_conflict_do_update(
        index_elements=["digest", "subscriber"], set_=update
    )
    conn.execute(
        statement, [{"digest": d, "subscriber": s, "since": n, "on": on} for d, s, n, on in rows]
    )


def save_variant(conn: Connection, made: Variant) -> int:
    """Write a variant; its id."""
    values = {
        "edition": made.edition,
        "since": made.since,
        "columns": list(made.columns),
        "language": made.language,
        "text_only": made.text_only,
    }
    found = conn.execute(sa.insert(variants).values(values).returning(variants.c.id))
    return int(found.scalar_one())


def variant(conn: Connection, id: int) -> Variant | None:
    row = conn.execute(sa.select(variants).where(variants.c.id == id)).one_or_none()
    if row is None:
        return None
    return Variant(row.edition, row.since, tuple(row.columns), row.language, row.text_only)


# --- messages -------------------------------------------------------------------------------


def queue(
    conn: Connection, edition: str, rows: Sequence[tuple[str, int, datetime]]
) -> None:
    """Write messages of an edition: (subscriber, variant, when it may leave)."""
    if not rows:
        return
    conn.execute(
        sa.insert(messages),
        [
            {
                "edition": edition,
                "variant": variant,
                "subscriber": subscriber,
                "key": f"{edition}.{subscriber}",
                "state": Q.value,
                "due": due,
                "tries": 0,
                "answer": "",
            }
            for subscriber, variant, due in rows
        ],
    )


def post(conn: Connection, letters: Sequence[Letter]) -> int:
    """Queue letters, before all editions; those posted already are left alone. How many are new."""
    new = 0
    for letter in letters:
        content = {
            "kind": letter.kind,
            "email": letter.email,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
        }
        statement = insert(conn, messages).on_conflict_do_nothing()
        done = conn.execute(
            statement.values(
                variant=0,
                subscriber=letter.subscriber,
                letter=content,
                key=letter.key,
                state=Q.value,
                due=_AT_ONCE,
                tries=0,
                answer="",
            )
        )
        new += done.rowcount
    return new


def claim(conn: Connection, worker: str, now: datetime, most: int) -> list[Posted]:
    """Take messages that are due: they are `sending`, and this worker's. Letters first."""
    ids: list[int] = []
    for state in (Q.value, MessageState.DEFERRED.value):
        query = sa.select(messages.c.id).where(messages.c.state == state, messages.c.due <= now)
        query = query.order_by(messages.c.due, messages.c.variant, messages.c.id)
        query = query.limit(most - len(ids)).with_for_update(skip_locked=True)
        ids += conn.execute(query).scalars() if len(ids) < most else []
    if not ids:
        return []
    change = sa.update(messages).where(messages.c.id.in_(ids))
    conn.execute(
        change.values(
            state=S.value, worker=worker, tries=messages.c.tries + 1,
            tried=sa.func.coalesce(messages.c.tried, sa.literal(now, Instant)),
        )
    )  # fmt: skip
    return _posted(conn, ids)


def _posted(conn: Connection, ids: Sequence[int]) -> list[Posted]:
    m = messages.c
    own = [c.label(f"m_{c.name}") for c in (m.id, m.key, m.tries, m.tried, m.edition, m.variant)]
    query = (
        sa.select(*own, m.letter, m.subscriber.label("m_subscriber"), subscribers)
        .select_from(messages.outerjoin(subscribers, subscribers.c.id == m.subscriber))
        .where(m.id.in_(ids))
        .order_by(m.due, m.variant, m.id)
    )
    return [
        Posted(
            row.m_id,
            row.m_key,
            row.m_tries,
            row.m_tried,
            row.m_edition,
            row.m_variant,
            person_of(row) if row.id is not None else None,
            Letter(key=row.m_key, subscriber=row.m_subscriber, **row.letter)
            if row.letter
            else None,
        )
        for row in conn.execute(query)
    ]


def record(conn: Connection, worker: str, results: Sequence[Result], now: datetime) -> int:
    """Write what became of messages that this worker holds; how many of them it still held."""
    held_still = 0
    plain: dict[tuple[MessageState, str, datetime | None], list[int]] = {}
    for each in results:
        if each.state not in STEPS[S]:
            raise ValueError(f"sending -> {each.state} is no step")
        plain.setdefault((each.state, each.answer, each.due), []).append(each.id)
    for (state, answer, due), ids in plain.items():
        values: dict[str, Any] = {"state": state.value, "answer": answer[:500], "worker": None}
        if due is not None:
            values["due"] = due
        if state.value not in OPEN:
            values["settled"] = now
        change = sa.update(messages).where(messages.c.id.in_(ids), messages.c.worker == worker)
        held_still += conn.execute(change.where(messages.c.state == S.value).values(values)).rowcount
    return held_still


def release(conn: Connection, worker: str) -> int:
    """Give back what a worker holds and has not begun: as if it had never been taken."""
    change = sa.update(messages).where(messages.c.state == S.value, messages.c.worker == worker)
    return conn.execute(
        change.values(state=Q.value, worker=None, tries=messages.c.tries - 1)
    ).rowcount


def release_all(conn: Connection) -> int:
    """Give back all that is `sending`: for one who knows that nobody else is (SQLite's lock)."""
    change = sa.update(messages).where(messages.c.state == S.value)
    return conn.execute(change.values(state=Q.value, worker=None)).rowcount


def renew(conn: Connection, worker: str, seconds: float) -> None:
    """Hold a lease for so many seconds from now, by the database's own clock."""
    conn.execute(
        sa.text(
            "INSERT INTO workers (id, until) VALUES (:id, (extract(epoch FROM clock_timestamp())"
            " * 1000000)::bigint + :span) ON CONFLICT (id) DO UPDATE SET until = excluded.until"
        ),
        {"id": worker, "span": int(seconds * 1_000_000)},
    )


def take_over(conn: Connection) -> int:
    """Give back what is held by workers whose lease ran out (PostgreSQL)."""
    alive = sa.text(
        "SELECT id FROM workers WHERE until > (extract(epoch FROM clock_timestamp())"
        " * 1000000)::bigint"
    ).columns(sa.column("id", sa.String))
    living = list(conn.execute(alive).scalars())
    change = sa.update(messages).where(messages.c.state == S.value)
    change = change.where(sa.or_(messages.c.worker.is_(None), messages.c.worker.not_in(living)))
    conn.execute(sa.delete(workers).where(workers.c.id.not_in(living)))
    return conn.execute(change.values(state=Q.value, worker=None)).rowcount


def retire(conn: Connection, worker: str) -> None:
    conn.execute(sa.delete(workers).where(workers.c.id == worker))


def others_sending(conn: Connection, worker: str) -> int:
    """How many messages other workers hold."""
    query = sa.select(sa.func.count()).select_from(messages)
    query = query.where(messages.c.state == S.value, messages.c.worker != worker)
    return int(conn.execute(query).scalar_one())


def drop(conn: Connection, where: Any, reason: str, now: datetime) -> int:
    """Drop messages that have not left."""
    change = sa.update(messages).where(
        where, messages.c.state.in_((Q.value, MessageState.DEFERRED.value))
    )
    values = {"state": MessageState.DROPPED.value, "answer": reason, "settled": now}
    return conn.execute(change.values(values)).rowcount


def drop_for(conn: Connection, subscriber: str, reason: str, now: datetime) -> int:
    """Drop what waits for a subscriber who left."""
    return drop(conn, messages.c.subscriber == subscriber, reason, now)


def settle_editions(conn: Connection) -> int:
    """Editions of which nothing is left to try are sent."""
    left = sa.exists().where(messages.c.edition == editions.c.id, messages.c.state.in_(OPEN))
    change = sa.update(editions).where(editions.c.state == EditionState.SENDING.value, ~left)
    return conn.execute(change.values(state=EditionState.SENT.value)).rowcount


def counts(conn: Connection, edition: str | None = None) -> dict[str, int]:
    """How many messages are in each state, of one edition or of all."""
    query = sa.select(messages.c.state, sa.func.count()).group_by(messages.c.state)
    if edition is not None:
        query = query.where(messages.c.edition == edition)
    return {state: count for state, count in conn.execute(query)}


def count_due(conn: Connection, now: datetime) -> int:
    """How many messages wait to be tried by `now`, those that somebody is sending included."""
    waiting = sa.and_(
        messages.c.state.in_((Q.value, MessageState.DEFERRED.value)), messages.c.due <= now
    )
    query = sa.select(sa.func.count()).where(sa.or_(waiting, messages.c.state == S.value))
    return int(conn.execute(query.select_from(messages)).scalar_one())


def addresses(conn: Connection, edition: str) -> Iterator[str]:
    """Whom the messages of an edition go to; streamed."""
    query = sa.select(subscribers.c.email).join(
        messages, messages.c.subscriber == subscribers.c.id
    )
    query = query.where(messages.c.edition == edition).order_by(messages.c.id)
    yield from conn.execute(query.execution_options(yield_per=1000)).scalars()


def first_message(conn: Connection, edition: str) -> Posted | None:
    """One message of an edition, for a preview."""
    query = sa.select(messages.c.id).where(messages.c.edition == edition)
    id = conn.execute(query.order_by(messages.c.id).limit(1)).scalar_one_or_none()
    return _posted(conn, [id])[0] if id is not None else None


def mailed(conn: Connection, entries_: Sequence[str]) -> Iterator[tuple[Subscriber, str]]:
    """Who was sent any of these entries, each with the edition's digest; streamed.

    By the editions that carried them and the columns of each one's variant.
    """
    of = edition_entries.alias("of")
    carrier = editions.alias("carrier")
    e, v = editions, variants
    query = (
        sa.select(subscribers, e.c.digest, of.c.columns.label("of_columns"),
                  v.c.columns.label("chosen"))
        .select_from(messages)
        .join(e, e.c.id == messages.c.edition)
        .join(v, v.c.id == messages.c.variant)
        .join(carrier, sa.and_(carrier.c.digest == e.c.digest, carrier.c.number > v.c.since,
                               carrier.c.number <= e.c.number))
        .join(of, of.c.edition == carrier.c.id)
        .join(subscribers, subscribers.c.id == messages.c.subscriber)
        .where(of.c.entry.in_(entries_), messages.c.state == MessageState.SENT.value)
        .order_by(subscribers.c.id)
    )  # fmt: skip
    for row in conn.execute(query.execution_options(yield_per=500)):
        if not row.chosen or set(row.chosen) & set(row.of_columns):
            yield person_of(row), row.digest


# --- pages of editions ----------------------------------------------------------------------


def unpublished_editions(conn: Connection, digest: str) -> list[Edition]:
    """Editions with a page that is missing, or shows an entry otherwise than it stands now."""
    now = sa.func.coalesce(entries.c.status, Status.RETRACTED.value)
    moved = (
        sa.select(edition_entries.c.edition)
        .outerjoin(entries, entries.c.id == edition_entries.c.entry)
        .where(edition_entries.c.digest == digest, now != edition_entries.c.shown)
    )
    query = sa.select(editions).where(
        editions.c.digest == digest,
        editions.c.number.is_not(None),
        editions.c.page.is_not(None),
        sa.or_(editions.c.published.is_(False), editions.c.id.in_(moved)),
    )
    return [_edition(row) for row in conn.execute(query.order_by(editions.c.number))]


def with_pages(conn: Connection, digest: str, limit: int | None = None) -> list[Edition]:
    """Editions that have a page, newest first."""
    query = sa.select(editions).where(
        editions.c.digest == digest, editions.c.number.is_not(None), editions.c.page.is_not(None)
    )
    query = query.order_by(editions.c.number.desc()).limit(limit)
    return [_edition(row) for row in conn.execute(query)]


def page_published(conn: Connection, edition: str) -> None:
    """An edition's page is in place, showing its entries as they stand."""
    conn.execute(sa.update(editions).where(editions.c.id == edition).values(published=True))
    now = sa.select(entries.c.status).where(entries.c.id == edition_entries.c.entry)
    status = sa.func.coalesce(now.scalar_subquery(), Status.RETRACTED.value)
    change = sa.update(edition_entries).where(edition_entries.c.edition == edition)
    conn.execute(change.values(shown=status))


def erase(conn: Connection, subscriber: str, now: datetime) -> None:
    """Nothing that has not left goes to a person any more, and no address of theirs is kept.

    What is being sent this moment keeps its address until it is done.
    """
    mine = messages.c.subscriber == subscriber
    open_ = messages.c.state.in_((MessageState.QUEUED.value, MessageState.DEFERRED.value))
    conn.execute(
        sa.update(messages)
        .where(mine, open_)
        .values(state=MessageState.DROPPED.value, error="erased", changed=now)
    )
    conn.execute(
        sa.update(messages)
        .where(mine, messages.c.state != MessageState.SENDING.value)
        .values(email="", name="", salt="")
    )
    conn.execute(sa.delete(waiting).where(waiting.c.subscriber == subscriber))
