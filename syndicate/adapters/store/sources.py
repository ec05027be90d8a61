"""What is remembered of each source from poll to poll, and who works on it.

`sources`   one row a source: rhythm, validators, what was known of its items, its feed's facts
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import (
    Instant,
    Json,
    dump_instant,
    insert,
    load_instant,
    metadata,
)
from syndicate.model import Health, Move, Rhythm

HASH_BYTES = 16
_INTAKE_LOCK = 0x73796E6401  # one document at a time, whoever takes it in
_SCHEDULE = 'SELECT id, configured, "next", status FROM sources'
_AT_ONCE = 500  # parameters of one IN, well below what SQLite takes

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("configured", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last", Instant),
    sa.Column("next", Instant),
    sa.Column("interval", sa.BigInteger, nullable=False),  # seconds
    sa.Column("arrivals", Json, nullable=False),  # seconds since 1970, oldest first
    sa.Column("moved_to", sa.Text),
    sa.Column("moved_since", Instant),
    sa.Column("moved_polls", sa.Integer, nullable=False),
    sa.Column("etag", sa.LargeBinary),
    sa.Column("last_modified", sa.LargeBinary),
    sa.Column("body_hash", sa.LargeBinary),
    sa.Column("items", sa.LargeBinary, nullable=False),  # hashes of HASH_BYTES, one after another
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("lease_owner", sa.String),
    sa.Column("lease_until", Instant),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("first_read", Instant),  # since the database was made or recovered
    sa.Column("took", sa.Integer),  # milliseconds of the last poll, from asking to having read
    sa.Index("sources_next", "next"),
)


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is remembered of a source.

    `configured` is the address (or path) in the config that all this was learned from: where
    the config says another now, `load` leaves the state out, so that the edit wins. `etag` and
    `last_modified` are bytes as received. `items` are the hashes (16 bytes each) of the items of
    its last document. `facts` is what the feed says of itself, `title` its own title. `took` are
    milliseconds of the last poll.
    """

    id: str
    configured: str
    rhythm: Rhythm = field(default_factory=Rhythm)
    etag: bytes | None = None
    last_modified: bytes | None = None
    body_hash: bytes | None = None
    items: frozenset[bytes] = frozenset()
    title: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    took: int | None = None

    @property
    def url(self) -> str:
        """The address that is polled."""
        return self.rhythm.url or self.configured


def load(conn: Connection, configured: dict[str, str] | None = None) -> dict[str, SourceState]:
    """The states of these sources (id to configured address), or of all that were ever polled.

    One whose configured address is not the stated one has none: it begins anew.
    """
    if configured is None:
        return {row.id: _state(row) for row in conn.execute(sa.select(sources))}
    found: dict[str, SourceState] = {}
    ids = list(configured)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = sa.select(sources).where(sources.c.id.in_(some))
        for row in conn.execute(query):
            if row.configured == configured[row.id]:
                found[row.id] = _state(row)
    return found


@dataclass(frozen=True, slots=True)
class Look:
    """A source as a list of them shows it: without what only a poll needs."""

    configured: str
    url: str
    status: str
    error: str | None
    failures: int
    last: datetime | None
    next: datetime | None
    title: str
    took: int | None


def looks(conn: Connection) -> dict[str, Look]:
    """Every source that was ever polled, by its id, at a tenth of what `load` takes."""
    names = [each.name for each in fields(Look)]
    query = sa.select(sources.c.id, *(sources.c[name] for name in names))
    return {id: Look(*rest) for id, *rest in conn.execute(query)}


@dataclass(frozen=True, slots=True)
class Polled:
    """What a site's sources came to: when the last poll was, when the next one is, and the
    status of each that was ever polled."""

    last: datetime | None
    next: datetime | None
    states: dict[str, str]


def polled(conn: Connection, configured: dict[str, str]) -> Polled:
    """These sources (id to configured address) in short, at a tenth of what `looks` takes."""
    text = 'SELECT id, configured, status, "last", "next" FROM sources'
    states: dict[str, str] = {}
    last, following = None, None
    for id, address, status, at, then in conn.exec_driver_sql(text):
        if configured.get(id) != address:
            continue
        states[id] = status
        if at is not None:
            last = at if last is None else max(last, at)
        if then is not None:
            following = then if following is None else min(following, then)
    ordered = {id: states[id] for id in configured if id in states}
    return Polled(load_instant(last), load_instant(following), ordered)


def errors(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Why these sources fail, in this order."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = sa.select(sources.c.id, sources.c.error)
        query = query.where(sources.c.id.in_(ids[start : start + _AT_ONCE]))
        found |= {id: error or "" for id, error in conn.execute(query)}
    return {id: found[id] for id in ids if id in found}


def _state(row: Any) -> SourceState:
    move = None
    if row.moved_to is not None:
        move = Move(row.moved_to, row.moved_since, row.moved_polls)
    rhythm = Rhythm(
        url=row.url,
        health=Health(row.status),
        error=row.error,
        failures=row.failures,
        last=row.last,
        next=row.next,
        interval=timedelta(seconds=row.interval),
        arrivals=tuple(map(_instant, row.arrivals)),
        move=move,
    )
    return SourceState(
        id=row.id,
        configured=row.configured,
        rhythm=rhythm,
        etag=_bytes(row.etag),
        last_modified=_bytes(row.last_modified),
        body_hash=_bytes(row.body_hash),
        items=_split(bytes(row.items)),
        title=row.title,
        facts=row.facts,
        took=row.took,
    )


def _instant(seconds: int) -> datetime:
    value = Instant().process_result_value(seconds * 1_000_000, None)
    assert value is not None
    return value


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _split(data: bytes) -> frozenset[bytes]:
    return frozenset(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


def _row(state: SourceState) -> dict[str, Any]:
    rhythm, move = state.rhythm, state.rhythm.move
    if any(len(each) != HASH_BYTES for each in state.items):
        raise ValueError(f"hashes of items have {HASH_BYTES} bytes")
    return {
        "id": state.id,
        "configured": state.configured,
        "url": rhythm.url,
        "status": rhythm.health.value,
        "error": rhythm.error,
        "failures": rhythm.failures,
        "last": rhythm.last,
        "next": rhythm.next,
        "interval": int(rhythm.interval.total_seconds()),
        "arrivals": [int(time.timestamp()) for time in rhythm.arrivals],
        "moved_to": move.url if move else None,
        "moved_since": move.since if move else None,
        "moved_polls": move.polls if move else 0,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_hash": state.body_hash,
        "items": b"".join(sorted(state.items)),
        "title": state.title,
        "facts": state.facts,
        "took": state.took,
        "attempt": 0,
        "lease_owner": None,
        "lease_until": None,
        "first_read": rhythm.last if rhythm.error is None else None,
    }


def save(conn: Connection, states: Iterable[SourceState]) -> None:
    """Write these states, new or known, in one statement; what was claimed is free again."""
    rows = [_row(state) for state in states]
    if not rows:
        return
    conn.execute(_replacing(conn.dialect.name, tuple(rows[0])), rows)


@cache  # made for every few sources of a run, it would take longer than what it does
def _replacing(dialect: str, names: tuple[str, ...]) -> Any:
    statement = insert(dialect, sources)
    update = {name: statement.excluded[name] for name in names if name != "id"}
    update["first_read"] = sa.func.coalesce(sources.c.first_read, update["first_read"])
    return statement.on_conflict_do_update(index_elements=["id"], set_=update)


def due(
    conn: Connection, configured: dict[str, str], now: datetime, limit: int | None = None
) -> list[str]:
    """Which of these sources are to be polled now: the longest due first, the unknown before all.

    What is gone is not due, until its configured address changes.
    """
    moment = dump_instant(now)
    current: set[str] = set()
    ready: dict[str, int] = {}
    for id, address, at, status in conn.exec_driver_sql(_SCHEDULE):
        if configured.get(id) == address:
            current.add(id)
            if status != Health.GONE.value and (at is None or at <= moment):
                ready[id] = at or 0
    ready |= {id: 0 for id in configured if id not in current}
    # Stable: the config's order among equals
    return sorted((id for id in configured if id in ready), key=ready.__getitem__)[:limit]


def claim(
    conn: Connection, ids: Sequence[str], owner: str, now: datetime, lease: timedelta, limit: int
) -> list[str]:
    """Take up to `limit` of these sources for `owner`, due or not; none that another holds.

    Safe among any number of workers. What a dead one held is free when its lease is over, by
    `now`, which is the real time. A source must have a row: `enrol` makes it.
    """
    if not ids:
        return []
    picked = sa.select(sources.c.id).where(sources.c.id.in_(ids), _free(now))
    picked = picked.order_by(sources.c.next.nulls_first(), sources.c.id).limit(limit)
    taken = set(_lease(conn, picked, owner, now + lease))
    return [id for id in ids if id in taken]


def claim_due(
    conn: Connection,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    *,
    due: datetime,
    exclude: Sequence[str] = (),
) -> list[str]:
    """Take up to `limit` of the sources that are due at `due`, like `claim`: what was never
    polled, then the longest due; whatever the number of sources, from an index."""
    base = sa.select(sources.c.id).where(_free(now), sources.c.status != Health.GONE.value)
    if exclude:
        base = base.where(sources.c.id.not_in(exclude))
    new = base.where(sources.c.next.is_(None)).limit(limit)
    taken = _lease(conn, new, owner, now + lease)
    if len(taken) < limit:
        old = base.where(sources.c.next <= due).order_by(sources.c.next)
        taken += _lease(conn, old.limit(limit - len(taken)), owner, now + lease)
    return taken


def _free(now: datetime) -> Any:
    return sa.or_(sources.c.lease_until.is_(None), sources.c.lease_until <= now)


def _lease(conn: Connection, picked: Any, owner: str, until: datetime) -> list[str]:
    if conn.dialect.name == "postgresql":
        picked = picked.with_for_update(skip_locked=True)
    statement = (
        sa.update(sources)
        .where(sources.c.id.in_(picked.scalar_subquery()))
        .values(lease_owner=owner, lease_until=until, attempt=sources.c.attempt + 1)
        .returning(sources.c.id)
    )
    return list(conn.execute(statement).scalars())


def held(conn: Connection, ids: Sequence[str], owner: str) -> set[str]:
    """Those of these sources that `owner` still holds; nobody else can take them until the
    transaction ends. All of them for the owner "", who needs no lease."""
    if not owner:
        return set(ids)
    query = sa.select(sources.c.id).where(sources.c.id.in_(ids), sources.c.lease_owner == owner)
    return set(conn.execute(query.order_by(sources.c.id).with_for_update()).scalars())


def leased(conn: Connection, ids: Iterable[str], now: datetime) -> bool:
    """Whether somebody has one of these sources under a lease."""
    query = sa.select(sources.c.id).where(sources.c.lease_until > now)
    return not set(ids).isdisjoint(conn.execute(query).scalars())


def owners(conn: Connection, now: datetime) -> list[str]:
    """Who holds sources under leases."""
    query = sa.select(sources.c.lease_owner).where(sources.c.lease_until > now).distinct()
    return list(conn.execute(query).scalars())


def take_turn(conn: Connection) -> None:
    """Wait until no other transaction takes in a document; theirs is visible then.

    PostgreSQL only: on SQLite there is one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_INTAKE_LOCK)))


def renew(conn: Connection, owner: str, until: datetime) -> None:
    """Hold on to what is being polled."""
    conn.execute(sa.update(sources).where(sources.c.lease_owner == owner).values(lease_until=until))


def release(conn: Connection, owner: str) -> None:
    """Give back whatever `owner` still holds."""
    conn.execute(
        sa.update(sources)
        .where(sources.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def enrol(conn: Connection, configured: dict[str, str]) -> list[str]:
    """Make a row for each source that has none, so that it can be claimed.

    One whose configured address changed begins anew. Returns the rows that are not configured.
    """
    query = sa.select(sources.c.id, sources.c.configured)
    known = {id: address for id, address in conn.execute(query)}
    rows = [
        _row(SourceState(id, address))
        for id, address in configured.items()
        if known.get(id) != address
    ]
    if rows:
        statement = insert(conn, sources)
        update = {name: statement.excluded[name] for name in rows[0] if name != "id"}
        other = sources.c.configured != statement.excluded["configured"]
        conn.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=update, where=other), rows
        )
    return [id for id in known if id not in configured]


def recall(conn: Connection, since: datetime, now: datetime, held: datetime) -> int:
    """What was polled after `since`, which is yet to come, is due `now`; how many. Leases from
    then last until `held`."""
    conn.execute(sa.update(sources).where(sources.c.lease_until > since).values(lease_until=held))
    wrong = sa.update(sources).where(sources.c.last > since).values(last=now, next=now)
    return int(conn.execute(wrong).rowcount)


def forget(conn: Connection, ids: Sequence[str]) -> None:
    """Remove what is remembered of these sources; the next poll begins anew."""
    if ids:
        conn.execute(sa.delete(sources).where(sources.c.id.in_(ids)))


def next_poll(conn: Connection, configured: dict[str, str], now: datetime) -> datetime | None:
    """When the first of these sources is due: `now` where one is, or was never polled.

    None where none ever will be.
    """
    moment, known = dump_instant(now), 0
    soonest: int | None = None
    for id, address, at, status in conn.exec_driver_sql(_SCHEDULE):
        if configured.get(id) != address:
            continue
        known += 1
        if status == Health.GONE.value:
            continue
        if at is None or at <= moment:
            return now
        soonest = at if soonest is None else min(soonest, at)
    return now if known < len(configured) else load_instant(soonest)


def told(conn: Connection, ids: Sequence[str] | None = None) -> dict[str, tuple[str, str]]:
    """What sources (None: all) say of themselves: title and the address of their site."""
    query = sa.select(sources.c.id, sources.c.title, sources.c.facts)
    if ids is not None:
        query = query.where(sources.c.id.in_(ids))
    return {row.id: (row.title, row.facts.get("url") or "") for row in conn.execute(query)}


def hubs(conn: Connection) -> dict[str, tuple[str, str]]:
    """Sources whose feeds name a WebSub hub: id to (hub, topic: the feed's own address)."""
    query = sa.select(sources.c.id, sources.c.facts, sources.c.url, sources.c.configured)
    text = sa.type_coerce(sources.c.facts, sa.Text)
    query = query.where(text.like('%"hub"%'), sources.c.status != Health.GONE.value)
    return {
        row.id: (row.facts["hub"], row.facts.get("feed") or row.url or row.configured)
        for row in conn.execute(query)
        if row.facts.get("hub")
    }


def postpone(conn: Connection, id: str, least: timedelta, most: datetime) -> None:
    """Poll no sooner than `least` after the last time, and no later than `most`."""
    row = conn.execute(
        sa.select(sources.c.last, sources.c.next, sources.c.status).where(sources.c.id == id)
    ).one_or_none()
    if row is None or row.last is None or row.next is None or row.status != Health.OK:
        return
    later = min(row.last + least, most)
    if later > row.next:
        conn.execute(sa.update(sources).where(sources.c.id == id).values(next=later))
