"""The outbox: every message with its state, and the renderings that messages share.

`variants`     one rendering of an edition for all subscribers with the same selection; letters
`messages`     a variant for one subscriber, with its state
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.editions import editions, waiting
from syndicate.adapters.store.engine import Instant, Json, dump_instant, insert, metadata
from syndicate.adapters.store.wake import MAIL, wake
from syndicate.model import EditionState, MessageState

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

variants = sa.Table(
    "variants",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("edition", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # digest | letter
    sa.Column("language", sa.String, nullable=False),
    sa.Column("entries", Json, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("text_only", sa.Boolean, nullable=False),
    sa.Column("answers", sa.Text),  # Message-ID of the mail that a letter answers, in brackets
    sa.Index("variants_edition", "edition"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("edition", sa.String, nullable=False),
    sa.Column("subscriber", sa.String, nullable=False),
    sa.Column("email", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("salt", sa.String, nullable=False),
    sa.Column("variant", sa.String, nullable=False),
    sa.Column("message_id", sa.String, nullable=False),
    sa.Column("date", Instant, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first", Instant),
    sa.Column("next", Instant, nullable=False),
    sa.Column("owner", sa.String),
    sa.Column("until", Instant),
    sa.Column("error", sa.Text),
    sa.Column("changed", Instant, nullable=False),
    sa.UniqueConstraint("edition", "subscriber"),
    sa.Index("messages_due", "state", "next", "id"),
    sa.Index("messages_variant", "variant"),
    sa.Index("messages_subscriber", "subscriber"),
)

# Messages in these states have not left, and nobody is sending them
_WAITING = (MessageState.QUEUED.value, MessageState.DEFERRED.value)

UNSENT = (*_WAITING, MessageState.SENDING.value)  # nobody knows yet that they left

# The allowed steps of a message; nothing else changes a state
STEPS: dict[MessageState, frozenset[MessageState]] = {
    MessageState.QUEUED: frozenset({MessageState.SENDING, MessageState.DROPPED}),
    MessageState.SENDING: frozenset(
        {
            MessageState.SENT,
            MessageState.DEFERRED,
            MessageState.FAILED,
            MessageState.DROPPED,  # its entries were taken down after it was claimed
            MessageState.QUEUED,
        }
    ),
    MessageState.DEFERRED: frozenset(
        {MessageState.SENDING, MessageState.FAILED, MessageState.DROPPED}
    ),
    MessageState.SENT: frozenset(),
    MessageState.FAILED: frozenset(),
    MessageState.DROPPED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A rendering that several subscribers share; the marks in it are filled in for each."""

    id: str
    edition: str
    kind: str
    language: str
    entries: tuple[str, ...]
    subject: str
    html: str
    text: str
    text_only: bool
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A variant on its way to one subscriber."""

    id: int
    edition: str
    subscriber: str
    email: str
    name: str
    salt: str
    variant: str
    message_id: str
    date: datetime
    state: MessageState
    attempts: int
    first: datetime | None


def has_message(conn: Connection, edition: str, subscriber: str) -> bool:
    """Whether a subscriber has a message of an edition, in whatever state."""
    query = sa.select(messages.c.id).where(
        messages.c.edition == edition, messages.c.subscriber == subscriber
    )
    return conn.execute(query).first() is not None


# --- variants and messages ------------------------------------------------------------------


def add_variants(conn: Connection, made: Iterable[Variant]) -> None:
    rows = [
        {
            "id": v.id,
            "edition": v.edition,
            "kind": v.kind,
            "language": v.language,
            "entries": list(v.entries),
            "subject": v.subject,
            "html": v.html,
            "text": v.text,
            "text_only": v.text_only,
            "answers": v.answers or None,
        }
        for v in made
    ]
    if rows:
        statement = insert(conn, variants)
        update = {n: statement.excluded[n] for n in ("entries", "subject", "html", "text")}
        conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=update), rows)


def variant(conn: Connection, id: str) -> Variant | None:
    row = conn.execute(sa.select(variants).where(variants.c.id == id)).one_or_none()
    return None if row is None else _variant(row)


def contents(conn: Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...] | None]:
    """The entries of variants; None where nothing of one may leave any more."""
    found: dict[str, tuple[str, ...] | None] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        query = sa.select(variants.c.id, variants.c.entries, variants.c.text == "")
        query = query.where(variants.c.id.in_(wanted[start : start + 500]))
        for id, entries, is_empty in conn.execute(query):
            found[id] = None if is_empty else tuple(entries)
    return found


def _variant(row: Any) -> Variant:
    return Variant(
        row.id,
        row.edition,
        row.kind,
        row.language,
        tuple(row.entries),
        row.subject,
        row.html,
        row.text,
        row.text_only,
        row.answers or "",
    )


def variants_with(conn: Connection, edition: str, entry: str) -> list[Variant]:
    """The renderings of an edition that an entry is in."""
    query = sa.select(variants).where(variants.c.edition == edition).order_by(variants.c.id)
    return [_variant(row) for row in conn.execute(query) if entry in row.entries]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One message of a rendering; `changed` is when it came into its state."""

    email: str
    state: str
    changed: datetime


def recipients(conn: Connection, renderings: Sequence[str]) -> Iterator[Recipient]:
    """The messages of these renderings; addresses of those who were erased are ""."""
    query = sa.select(messages.c.email, messages.c.state, messages.c.changed)
    query = query.where(messages.c.variant.in_(renderings)).order_by(messages.c.id)
    for row in conn.execute(query):
        yield Recipient(row.email, row.state, row.changed)


def unsent_variants(conn: Connection) -> list[Variant]:
    """Variants of digests of which a message has not left yet."""
    some = sa.select(messages.c.variant).where(messages.c.state.in_(UNSENT)).distinct()
    query = sa.select(variants).where(variants.c.kind == "digest", variants.c.id.in_(some))
    return [_variant(row) for row in conn.execute(query)]


def keep_what_was_sent(conn: Connection, variant: Variant) -> None:
    """Before a variant changes: what was sent of it becomes a variant of its own.

    So it stays known who was mailed what. Its entries are kept, its text is not.
    """
    sent = sa.and_(messages.c.variant == variant.id, messages.c.state == MessageState.SENT.value)
    if not conn.execute(sa.select(sa.exists().where(sent))).scalar():
        return
    before = variants.c.id.startswith(f"{variant.id}~", autoescape=True)
    number = conn.execute(sa.select(sa.func.count()).where(before)).scalar_one()
    own = replace(variant, id=f"{variant.id}~{number}", html="", text="")
    add_variants(conn, [own])
    conn.execute(sa.update(messages).where(sent).values(variant=own.id))


def add_messages(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Queue messages; one a subscriber and edition, whatever happens."""
    if rows:
        conn.execute(insert(conn, messages).on_conflict_do_nothing(), rows)
        wake(conn, MAIL)


def queued(
    *,
    edition: str,
    subscriber: str,
    email: str,
    name: str,
    salt: str,
    variant: str,
    message_id: str,
    date: datetime,
    now: datetime,
    at: datetime | None = None,
) -> dict[str, Any]:
    """The row of a new message, which does not leave before `at`."""
    return {
        "edition": edition,
        "subscriber": subscriber,
        "email": email,
        "name": name,
        "salt": salt,
        "variant": variant,
        "message_id": message_id,
        "date": date,
        "state": MessageState.QUEUED.value,
        "attempts": 0,
        "first": None,
        "next": at or now,
        "owner": None,
        "until": None,
        "error": None,
        "changed": now,
    }


def add_letter(
    conn: Connection,
    *,
    key: str,
    subscriber: str,
    email: str,
    name: str = "",
    subject: str,
    text: str,
    html: str = "",
    language: str = "",
    message_id: str,
    now: datetime,
    answers: str = "",
) -> None:
    """Queue one plain mail (a confirmation, a correction, an answer to a claim).

    `key` makes it one: the same key for the same subscriber is queued once. `answers` is the
    Message-ID of the mail that it answers.
    """
    id = f"letter:{key}:{subscriber}"
    if conn.execute(sa.select(variants.c.id).where(variants.c.id == id)).one_or_none():
        return
    add_variants(
        conn,
        [
            Variant(
                *(id, f"letter:{key}", "letter", language, (), subject, html, text, not html),
                answers=answers,
            )
        ],
    )
    add_messages(
        conn,
        [
            queued(
                edition=f"letter:{key}",
                subscriber=subscriber,
                email=email,
                name=name,
                salt="",
                variant=id,
                message_id=message_id,
                date=now,
                now=now,
            )
        ],
    )


def put_off(conn: Connection, subscriber: str, at: datetime) -> list[tuple[str, int]]:
    """A digest's messages that nobody tried to send yet leave not before another moment, whose
    date they then have; the digests and numbers of their editions."""
    open_ = sa.and_(
        messages.c.subscriber == subscriber,
        messages.c.state == MessageState.QUEUED.value,
        messages.c.attempts == 0,
    )
    query = sa.select(editions.c.digest, editions.c.number)
    query = query.join(messages, messages.c.edition == editions.c.id).where(open_)
    found = [(digest, number) for digest, number in conn.execute(query)]
    if found:
        mine = sa.and_(open_, messages.c.edition.not_like("letter:%"))
        conn.execute(sa.update(messages).where(mine).values(next=at, date=at))
        wake(conn, MAIL)
    return found


def _message(row: Any) -> Message:
    return Message(
        id=row.id,
        edition=row.edition,
        subscriber=row.subscriber,
        email=row.email,
        name=row.name,
        salt=row.salt,
        variant=row.variant,
        message_id=row.message_id,
        date=row.date,
        state=MessageState(row.state),
        attempts=row.attempts,
        first=row.first,
    )


def _ready(now: datetime) -> Any:
    """Messages that may be taken: due, of editions that are not on hold."""
    held = sa.select(editions.c.id).where(
        editions.c.state.in_((EditionState.HELD.value, EditionState.REJECTED.value))
    )
    return sa.and_(
        messages.c.state.in_(_WAITING), messages.c.next <= now, messages.c.edition.not_in(held)
    )


def claim(
    conn: Connection, owner: str, now: datetime, until: datetime, limit: int
) -> list[Message]:
    """Take messages for sending: `sending` is in the database before anything leaves."""
    picked = sa.select(messages.c.id).where(_ready(now))
    picked = picked.order_by(messages.c.next, messages.c.id).limit(limit)
    if conn.dialect.name == "postgresql":
        picked = picked.with_for_update(skip_locked=True)
    statement = (
        sa.update(messages)
        .where(messages.c.id.in_(picked.scalar_subquery()))
        .values(
            state=MessageState.SENDING.value,
            owner=owner,
            until=until,
            changed=now,
            attempts=messages.c.attempts + 1,
            first=sa.func.coalesce(messages.c.first, sa.cast(now, messages.c.next.type)),
        )
        .returning(*messages.c)
    )
    return sorted(map(_message, conn.execute(statement)), key=lambda m: m.id)


def count_ready(conn: Connection, now: datetime) -> int:
    """How many messages could be taken now."""
    query = sa.select(sa.func.count()).select_from(messages).where(_ready(now))
    return int(conn.execute(query).scalar_one())


def count_later(conn: Connection, now: datetime) -> int:
    """How many messages wait for the hour, or the end of a pause, of those whom they are for."""
    later = sa.and_(messages.c.state == MessageState.QUEUED.value, messages.c.next > now)
    return int(conn.execute(sa.select(sa.func.count()).where(later)).scalar_one())


def finish(conn: Connection, owner: str, outcomes: Sequence[dict[str, Any]]) -> None:
    """Write results (`message`, `state`, `next`, `error`, `changed`) of messages that `owner`
    still holds; what another has taken over meanwhile is left to it."""
    if not outcomes:
        return
    mark = "?" if conn.dialect.name == "sqlite" else "%s"
    text = (  # by the driver: SQLAlchemy's own work a row costs more than SQLite's
        f"UPDATE messages SET state = {mark}, next = {mark}, error = {mark}, changed = {mark}, "  # noqa: S608
        f"owner = NULL, until = NULL WHERE id = {mark} AND owner = {mark} AND state = 'sending'"
    )
    rows = [
        (
            each["new_state"],
            dump_instant(each["new_next"]),
            each["new_error"],
            dump_instant(each["new_changed"]),
            each["message"],
            owner,
        )
        for each in outcomes
    ]
    conn.exec_driver_sql(text, rows)


def give_back(conn: Connection, owner: str) -> None:
    """Messages that were taken and not tried are free again."""
    conn.execute(
        sa.update(messages)
        .where(messages.c.owner == owner, messages.c.state == MessageState.SENDING.value)
        .values(
            state=MessageState.QUEUED.value,
            owner=None,
            until=None,
            attempts=messages.c.attempts - 1,
        )
    )


def owners(conn: Connection) -> list[tuple[str, datetime]]:
    """Who holds messages that are being sent, and until when."""
    query = sa.select(messages.c.owner, sa.func.max(messages.c.until))
    query = query.where(
        messages.c.state == MessageState.SENDING.value, messages.c.owner.is_not(None)
    )
    found = []
    for owner, until in conn.execute(query.group_by(messages.c.owner)):
        found.append((owner, until))
    return found


def renew(conn: Connection, owner: str, until: datetime) -> None:
    """Hold on to what is being sent."""
    conn.execute(
        sa.update(messages)
        .where(messages.c.owner == owner, messages.c.state == MessageState.SENDING.value)
        .values(until=until)
    )


def take_over(conn: Connection, owner: str) -> int:
    """Messages held by a dead process: sent again, with the same Message-ID."""
    done = conn.execute(
        sa.update(messages)
        .where(messages.c.owner == owner, messages.c.state == MessageState.SENDING.value)
        .values(state=MessageState.QUEUED.value, owner=None, until=None)
    )
    return int(done.rowcount)


def recall(conn: Connection, since: datetime, now: datetime, held: datetime) -> int:
    """Messages that were queued or put off after `since`, which is yet to come, leave `now`; how
    many. What is being sent is its owner's until `held`."""
    sending = messages.c.state == MessageState.SENDING.value
    conn.execute(sa.update(messages).where(sending, messages.c.until > since).values(until=held))
    late = sa.and_(messages.c.state.in_(_WAITING), messages.c.changed > since)
    done = conn.execute(
        sa.update(messages).where(late, messages.c.next > now).values(next=now, changed=now)
    )
    return int(done.rowcount)


def drop(conn: Connection, variant: str, now: datetime, reason: str) -> int:
    """Messages of a variant that have not left do not leave any more."""
    return _drop(conn, messages.c.variant == variant, now, reason)


def drop_subscriber(conn: Connection, subscriber: str, now: datetime, reason: str) -> int:
    """Digests for somebody who left do not leave any more; letters do."""
    theirs = sa.and_(messages.c.subscriber == subscriber, messages.c.edition.not_like("letter:%"))
    return _drop(conn, theirs, now, reason)


def drop_edition(conn: Connection, edition: str, now: datetime, reason: str) -> int:
    """An edition that was refused does not leave any more."""
    return _drop(conn, messages.c.edition == edition, now, reason)


def _drop(conn: Connection, which: sa.ColumnElement[bool], now: datetime, reason: str) -> int:
    done = conn.execute(
        sa.update(messages)
        .where(which, messages.c.state.in_(_WAITING))
        .values(state=MessageState.DROPPED.value, error=reason, changed=now)
    )
    return int(done.rowcount)


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter to somebody: its subject, how far it is, since when, and what went wrong."""

    subject: str
    email: str
    state: str
    changed: datetime
    error: str


def posted(conn: Connection, subscriber: str) -> list[Posted]:
    """The letters to a subscriber, oldest first."""
    query = sa.select(
        variants.c.subject,
        messages.c.email,
        messages.c.state,
        messages.c.changed,
        messages.c.error,
    ).join(variants, variants.c.id == messages.c.variant)
    query = query.where(messages.c.subscriber == subscriber).order_by(messages.c.id)
    return [
        Posted(s, to, state, at, error or "") for s, to, state, at, error in conn.execute(query)
    ]


def was_sent(conn: Connection, subscriber: str, message_id: str) -> bool:
    """Whether a message with this Message-ID (brackets aside) was made for a subscriber."""
    query = sa.select(messages.c.message_id).where(messages.c.subscriber == subscriber)
    wanted = message_id.strip("<>")
    return any(known.strip("<>") == wanted for known in conn.execute(query).scalars())


def tally(conn: Connection, edition: str) -> dict[str, int]:
    """How many messages of an edition are in each state."""
    query = sa.select(messages.c.state, sa.func.count()).where(messages.c.edition == edition)
    return {state: n for state, n in conn.execute(query.group_by(messages.c.state))}


def totals(conn: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    query = sa.select(messages.c.state, sa.func.count()).group_by(messages.c.state)
    return {state: n for state, n in conn.execute(query)}


def settle_editions(conn: Connection) -> None:
    """Editions with nothing left to send are sent."""
    left = sa.select(messages.c.edition).where(messages.c.state.in_(UNSENT))
    conn.execute(
        sa.update(editions)
        .where(editions.c.state == EditionState.SENDING.value, editions.c.id.not_in(left))
        .values(state=EditionState.SENT.value)
    )


def mailed(conn: Connection, entry: str) -> Iterator[tuple[str, str, str, str]]:
    """Who was mailed an entry: (subscriber, email, edition, language); each person once."""
    with_it = sa.select(variants.c.id).where(
        variants.c.kind == "digest", sa.type_coerce(variants.c.entries, sa.Text).contains(entry)
    )
    query = (
        sa.select(
            messages.c.subscriber,
            messages.c.email,
            variants.c.edition,
            variants.c.language,
            variants.c.entries,
        )
        .join(variants, variants.c.id == messages.c.variant)
        .where(messages.c.state == MessageState.SENT.value, messages.c.email != "")
        .where(messages.c.variant.in_(with_it))
        .order_by(messages.c.subscriber)
    )
    done = set()
    for row in conn.execute(query.execution_options(yield_per=500)):
        if entry in row.entries and row.subscriber not in done:
            done.add(row.subscriber)
            yield row.subscriber, row.email, row.edition, row.language


def reach(
    conn: Connection, carriers: Sequence[str], ids: Set[str]
) -> tuple[list[str], list[str], int]:
    """Of these editions: which went out with one of the entries, which have yet to, and to how
    many people it went."""
    query = sa.select(variants.c.id, variants.c.edition, variants.c.entries)
    query = query.where(variants.c.kind == "digest", variants.c.edition.in_(carriers))
    holds = {id: edition for id, edition, held in conn.execute(query) if not ids.isdisjoint(held)}
    mine = messages.c.variant.in_(sorted(holds))
    sent = sa.and_(mine, messages.c.state == MessageState.SENT.value)
    found = {}
    for name, which in (("sent", sent), ("open", sa.and_(mine, messages.c.state.in_(UNSENT)))):
        query = sa.select(messages.c.edition).where(which).distinct().order_by(messages.c.edition)
        found[name] = list(conn.execute(query).scalars())
    people = sa.select(sa.func.count(messages.c.subscriber.distinct())).where(sent)
    return found["sent"], found["open"], int(conn.execute(people).scalar_one())


def erase(conn: Connection, subscriber: str, now: datetime) -> None:
    """Nothing that has not left goes to a person any more, and no address of theirs is kept.

    What is being sent this moment keeps its address until it is done.
    """
    mine = messages.c.subscriber == subscriber
    open_ = messages.c.state.in_(_WAITING)
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
