"""What there is to report: source health, status, what waits for an editor, digests and plans.

Each is the JSON of a command (contract §3); the dashboard shows the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syndicate.settings import Digest, Source

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from syndicate.adapters.store.columns import Standing
    from syndicate.adapters.store.editions import Edition
    from syndicate.adapters.store.sources import Look
    from syndicate.core.hops import Step
    from syndicate.model import Entry
    from syndicate.wiring import Application


@dataclass(frozen=True, slots=True)
class Carried:
    """Which feeds and editions carry an entry."""

    feeds: list[str]
    editions: list[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a retraction would take down: entries, the feeds they stand in, their pages and those
    of editions, editions that went out with them (to how many readers) and that have yet to."""

    entries: list[str]
    feeds: list[str]
    pages: list[str]
    sent: list[str]
    waiting: list[str]
    readers: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def source_health(app: Application) -> list[dict[str, Any]]:
    """`sources --json`: each source with its rhythm, what it brought, what is wrong."""
    from syndicate.adapters.store import entries, sources

    with app.database.read() as conn:
        known = sources.looks(conn)
        counts = entries.count_by_source(conn)
    return [
        _health(app, source, known.get(source.id), counts.get(source.id, 0))
        for source in app.settings.sources
    ]


def _health(app: Application, source: Source, known: Look | None, count: int) -> dict[str, Any]:
    look = known if known and known.configured == (source.url or source.path) else None
    moved = look.url if look and look.url and look.url != source.url else None
    return {
        "id": source.id,
        "name": source.name or (look.title if look else "") or source.id,
        "type": source.type,
        "url": source.url or source.path,
        "status": "paused" if source.paused else look.status if look else "ok",
        "error": look.error if look else None,
        "failures": look.failures if look else 0,
        "last": _moment(app, look.last) if look else None,
        "next": _moment(app, look.next) if look else None,
        "entries": count,
        "took": look.took if look else None,
        "moved_to": moved if source.url else None,
    }


def carried(conn: Connection, entry: Entry) -> Carried:
    """Which feeds and editions carry an entry."""
    from syndicate.adapters.store import editions as edition_store
    from syndicate.adapters.store import placements

    columns = sorted(place.column for place in placements.places_of(conn, [entry.id]))
    names = [f"{column}/" if column else "" for column in columns]
    feeds = [f"{name}{file}" for name in names for file in ("rss.xml", "atom.xml", "feed.json")]
    return Carried(feeds, edition_store.carried_by(conn, entry.id))


def reach(conn: Connection, entry: Entry, zone: ZoneInfo, *, only: bool) -> Reach:
    """What a retraction of an entry (`only`: without the rest of its story) would take down."""
    from syndicate.adapters.store import editions as edition_store
    from syndicate.adapters.store import entries, outbox, placements, published
    from syndicate.core import months

    members = [entry] if only else entries.of_story(conn, [entry.story])[entry.story]
    ids = {member.id for member in members if member.status != "retracted"}
    chosen = sorted(ids)
    columns = {place.column for place in placements.places_of(conn, chosen)}
    carriers = sorted({name for id in chosen for name in edition_store.carried_by(conn, id)})
    sent, waiting, readers = outbox.reach(conn, carriers, ids)
    digests = sorted({name.rpartition("-")[0] for name in carriers})
    pages = [*published.pages_of(conn, chosen), *published.edition_pages_with(conn, digests, ids)]
    folders = sorted(f"{column}/" if column else "" for column in columns)
    spans = sorted({months.month_of(member.received, zone) for member in members})
    feeds = published.feeds_with(conn, folders, spans, ids)
    return Reach(chosen, feeds, pages, sent, waiting, readers)


def hops(app: Application, conn: Connection, entry: Entry) -> tuple[Step, ...]:
    """The hands that an entry came through, each with its evidence."""
    from syndicate.adapters.store import entries, received
    from syndicate.core import compare, hops

    return hops.chain(
        entry,
        app.settings.source(entry.source),
        [hops.Came(r.at, r.piece) for r in received.of_entry(conn, entry.id)],
        entries.history(conn, entry.id),
        [
            hops.Seen(
                c.at, c.url, c.status, compare.from_json(c.result), c.result.get("problem", "")
            )
            for c in received.compared(conn, entry.id)
        ],
    )


def status(app: Application) -> dict[str, Any]:
    """`status --json`: what ran, what is due, what is stuck, on one screen."""
    from syndicate.adapters.store import (
        claims,
        columns,
        entries,
        media,
        outbox,
        placements,
        sources,
        stories,
        subscribers,
    )
    from syndicate.core.claims import NEAR

    with app.database.read() as conn:
        messages = outbox.totals(conn)
        people = subscribers.counts(conn)
        flags = len(stories.flagged(conn))
        kinds = entries.count_by_status(conn)
        unpublished = placements.count_touched(conn)
        listed = _origins(conn)
        open_claims = list(claims.listed(conn, "open"))
        counted = claims.counts(conn)
        pictures = media.counts(conn)
        learned = columns.standing(conn)
        polled = sources.polled(conn, {s.id: s.url or s.path for s in app.settings.sources})
        paused = {source.id for source in app.settings.sources if source.paused}
        failing = [id for id, state in polled.states.items() if state == "failing"]
        errors = sources.errors(conn, [id for id in failing if id not in paused])
    states = Counter(
        "paused" if source.id in paused else polled.states.get(source.id, "ok")
        for source in app.settings.sources
    )
    return {
        "sources": {"all": len(app.settings.sources), **states},
        "last": _moment(app, polled.last),
        "next": _moment(app, polled.next),
        "entries": kinds,
        "unpublished": unpublished,
        "origins": listed,
        "review": {"held": kinds["held"], "flagged": flags},
        "messages": messages,
        "pictures": pictures,
        "subscribers": people,
        "claims": {
            "open": len(open_claims),
            "near": sum(1 for claim in open_claims if claim.due <= app.now + NEAR),
            "overdue": sum(1 for claim in open_claims if claim.due < app.now),
            "answered": counted.get("answered", 0),
            "closed": counted.get("closed", 0),
        },
        "learning": _learning(app, learned),
        "stuck": [f"{id}: {error}" for id, error in errors.items()],
    }


def _origins(conn: Connection) -> dict[str, int]:
    """How many origins are listed, how many entries would be treated otherwise."""
    from syndicate.adapters.store import published

    kept = published.origins(conn)
    return {name: int(kept.get(name, 0)) for name in ("listed", "stricter", "freer")}


def _learning(app: Application, learned: Standing) -> dict[str, Any]:
    """The model of columns in use, what became of the newest, and when the daemon learns next."""
    active, newest = learned.active, learned.newest
    return {
        "version": active.version if active else None,
        "since": _moment(app, active.created) if active else None,
        "accuracy": active.figures.get("held_back_accuracy") if active else None,
        "newest": newest.version if newest else None,
        "reason": newest.reason if newest else None,
        "moves": learned.moves,
        "train_after": app.settings.learning.train_after,
    }


def review(app: Application) -> list[dict[str, Any]]:
    """What waits for an editor: held entries and flags, with why."""
    from syndicate.adapters.store import entries, stories

    with app.database.read() as conn:
        held = list(entries.newest(conn, status="held"))
        flags = stories.flagged(conn)
        known = entries.get_many(conn, [flag.entry for flag in flags])
    kinds = {True: "embargo", False: "held"}
    rows = [_review_row(entry, kinds[entry.is_embargoed], entry.held_for) for entry in held]
    rows += [
        _review_row(known[flag.entry], flag.kind, flag.reason)
        for flag in flags
        if flag.entry in known
    ]
    return rows


def digests(app: Application) -> list[dict[str, Any]]:
    """`digest list --json`: each with its next time and its editions, newest first."""
    from syndicate.adapters.store import editions as edition_store

    rows = []
    with app.database.read() as conn:
        for digest in app.settings.digests:
            known = edition_store.of_digest(conn, digest.id)
            due = _next(digest, app.now, {edition.local for edition in known})
            rows.append(
                {
                    "id": digest.id,
                    "title": digest.title,
                    "next": _local(due, digest.timezone),
                    "editions": [_edition(conn, edition, digest) for edition in known],
                }
            )
    return rows


def _next(digest: Digest, now: datetime, composed: Container[datetime]) -> datetime | None:
    """When its next edition is due; one that was sent by hand took the place of another."""
    from syndicate.core import schedule

    local = schedule.next_due(digest.schedule, digest.timezone, now)
    while local is not None and local in composed:
        due = schedule.instant(local, digest.timezone)
        local = schedule.next_due(digest.schedule, digest.timezone, due)
    return schedule.instant(local, digest.timezone) if local else None


def _edition(conn: Connection, edition: Edition, digest: Digest) -> dict[str, Any]:
    from syndicate.adapters.store import editions as edition_store
    from syndicate.adapters.store import outbox

    tally = outbox.tally(conn, edition.id)
    return {
        "id": edition.id,
        "at": _local(edition.due, digest.timezone),
        "state": edition.state.value,
        "reason": edition.reason or None,
        "entries": len(edition_store.entries_of(conn, edition.id)),
        "messages": sum(tally.values()),
        "sent": tally.get("sent", 0),
    }


def digest_plan(app: Application, chosen: Digest) -> dict[str, Any]:
    """`digest send --dry-run`: what would go to whom; nothing is stored."""
    from syndicate.adapters.store import editions as edition_store
    from syndicate.adapters.store import subscribers
    from syndicate.core import edition, schedule, subscription
    from syndicate.jobs import digest

    local = schedule.of_day(chosen.schedule, chosen.timezone, app.now)
    id = edition.edition_id(chosen.id, local)
    with app.database.read() as conn:
        known = edition_store.edition(conn, id)
        waiting = digest.candidates(conn, app.settings, chosen, app.now)
        found = edition.choose(waiting, chosen, app.now)
        people = [p.email for p in subscribers.confirmed(conn) if subscription.wants(p, chosen)]
    return {
        "digest": chosen.id,
        "edition": id,
        "entries": 0 if known else len(found),
        "recipients": 0 if known else len(people),
        "to": [] if known else people,
        "reason": f"composed already, {known.state.value}" if known else None,
    }


def _moment(app: Application, at: datetime | None) -> str | None:
    return at.astimezone(app.zone).isoformat(timespec="seconds") if at else None


def _local(at: datetime | None, zone: str) -> str | None:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else None


def _review_row(entry: Entry, kind: str, reason: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": kind,
        "title": entry.title,
        "source": entry.source,
        "status": entry.status.value,
        "reason": reason,
    }
