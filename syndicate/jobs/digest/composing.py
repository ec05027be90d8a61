"""Compose due editions with all their messages, before anything leaves.

One transaction an edition: what it carries, its renderings, and one message row a subscriber.
A crash before its end leaves nothing, after it everything; the key of digest and local time makes
a second edition impossible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import copy, entries, outbox, standing
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.outbox import Variant
from syndicate.core import edition as editing
from syndicate.core import editions, mime, pace, schedule, sections, subscription
from syndicate.core.edition import Past
from syndicate.core.editions import Renderer
from syndicate.core.pace import Served, Times, Turn
from syndicate.errors import TemplateError
from syndicate.jobs.digest.rendering import render
from syndicate.model import EditionState, Entry, Subscriber
from syndicate.settings import Digest, Settings

_CHUNK = 1000
_EARLIER = 10
_EMPTY = "no entries that no earlier edition carried"


@dataclass
class Composed:
    """What composing did: editions made, messages queued, why digests have none."""

    editions: list[Edition] = field(default_factory=list)
    messages: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)


_AHEAD = timedelta(days=1)  # an edition sent by hand stands for the next one of its day
_LOOKED_AT = 50  # editions of a digest, newest first


def compose_due(
    db: Database, settings: Settings, templates: Renderer, secret: bytes, now: datetime
) -> Composed:
    """Compose every edition that is due; after a pause one, for the latest time missed."""
    done = Composed()
    with db.begin() as conn:
        since = edition_store.enrol(conn, [digest.id for digest in settings.digests], now)
        for digest in settings.digests:
            edition_store.forget_unmade(conn, digest.id)
            # One of the day after tomorrow is a wrong clock's: it holds up none until then
            made = edition_store.of_digest(conn, digest.id, _LOOKED_AT)
            last = [each.due for each in made if each.due <= now + _AHEAD][:1]
            since[digest.id] = max(since[digest.id], *last) if last else since[digest.id]
    for digest in settings.digests:
        local = schedule.latest_due(digest.schedule, digest.timezone, since[digest.id], now)
        if local is None:
            done.reasons.append((digest.id, "nothing is due yet"))
            continue
        compose(db, settings, digest, local, templates, secret, now, done)
    return done


def compose_now(
    db: Database,
    settings: Settings,
    digest: Digest,
    templates: Renderer,
    secret: bytes,
    now: datetime,
) -> Composed:
    """Compose in the place of the next scheduled edition of this local day."""
    done = Composed()
    with db.begin() as conn:
        edition_store.enrol(conn, [d.id for d in settings.digests], now)
        edition_store.forget_unmade(conn, digest.id)
    local = schedule.of_day(digest.schedule, digest.timezone, now)
    compose(db, settings, digest, local, templates, secret, now, done, by_hand=True)
    return done


class _NobodyError(Exception):
    """Nobody would get the edition: nothing of it is kept."""


def compose(
    db: Database,
    settings: Settings,
    digest: Digest,
    local: datetime,
    templates: Renderer,
    secret: bytes,
    now: datetime,
    done: Composed,
    *,
    by_hand: bool = False,
) -> None:
    """One edition, unless it is there already, empty, or nobody would get it."""
    id = editing.edition_id(digest.id, local)
    try:
        with db.begin() as conn:
            edition_store.lock(conn, digest.id)
            if by_hand:
                edition_store.forget_skipped(conn, id)
            if edition_store.edition(conn, id) is not None:
                done.reasons.append((digest.id, f"{id} is composed already"))
                return
            chosen = editing.choose(candidates(conn, settings, digest, now), digest, now)
            made = _Composer(conn, settings, digest, templates, secret, now, local)
            edition, queued = made.compose(id, chosen)
    except _NobodyError:
        done.reasons.append((digest.id, "nobody would get it"))
        return
    except TemplateError as error:  # of this digest alone; the others go on
        edition, queued = _hold(db, digest, local, now, str(error)), 0
    if edition.state is EditionState.SKIPPED:
        done.reasons.append((digest.id, edition.reason))
        return
    done.editions.append(edition)
    done.messages += queued


def _hold(db: Database, digest: Digest, local: datetime, now: datetime, why: str) -> Edition:
    """An edition that cannot be rendered: an empty one on hold says why, until one can."""
    with db.begin() as conn:
        edition_store.lock(conn, digest.id)
        last = edition_store.of_digest(conn, digest.id, 1)
        made = Edition(
            id=editing.edition_id(digest.id, local),
            digest=digest.id,
            number=last[0].number + 1 if last else 1,
            local=local,
            due=schedule.instant(local, digest.timezone),
            composed=now,
            state=EditionState.HELD,
            reason=edition_store.UNMADE + why,
            title=digest.title,
            public=digest.public,
            recipients=0,
        )
        if (known := edition_store.edition(conn, made.id)) is not None:
            return known  # by another process, meanwhile
        edition_store.add_edition(conn, made, [])
        return made


_AGE = (entries.entries.c.received, entries.entries.c.stale_after)
_AT_ONCE = 200


def candidates(
    conn: Connection, settings: Settings, digest: Digest, now: datetime
) -> Iterator[Entry]:
    """Published leads in a digest's columns whose story no edition of it carried, newest first."""
    columns = {c for id in digest.columns for c in sections.within(settings.columns, id)}
    placed, table, carried = entries.placements, entries.entries, edition_store.carried
    places = sa.select(placed.c.entry).where(placed.c.column.in_(columns or {""}))
    had_entry = sa.select(carried.c.entry).where(carried.c.digest == digest.id)
    member = table.alias()  # stories may have been merged or split since: what it is of now counts
    kept = carried.outerjoin(member, member.c.id == carried.c.entry)
    had_story = sa.select(sa.func.coalesce(member.c.story, carried.c.story)).select_from(kept)
    had_story = had_story.where(carried.c.digest == digest.id)
    # What `edition.choose` never takes, however often it is asked, is not even loaded
    received, first = (sa.type_coerce(each, sa.BigInteger) for each in _AGE)
    young = received - first <= digest.max_age // timedelta(microseconds=1)
    query = (
        sa.select(table.c.id)
        .where(table.c.id.in_(places), standing.in_time(now))
        .where(sa.or_(table.c.stale_after.is_(None), young))
        .where(table.c.id.not_in(had_entry), table.c.story.not_in(had_story))
        .order_by(table.c.sort_at.desc(), table.c.id)
    )
    with conn.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for part in rows.scalars().partitions(_AT_ONCE):
            found = entries.get_many(conn, part)
            yield from (found[id] for id in part if id in found)


@dataclass
class _Composer:
    """Composes one edition within a transaction."""

    conn: Connection
    settings: Settings
    digest: Digest
    templates: Renderer
    secret: bytes
    now: datetime
    local: datetime
    number: int = 0
    times: Times = field(init=False)
    past: Sequence[tuple[int, datetime, str]] = ()
    again: Sequence[tuple[int, str]] = ()

    def compose(self, id: str, chosen: Sequence[Entry]) -> tuple[Edition, int]:
        """The edition and how many messages it has. Raises _NobodyError."""
        earlier = edition_store.of_digest(self.conn, self.digest.id, _EARLIER)
        self.number = earlier[0].number + 1 if earlier else 1
        before = (earlier[0].due, earlier[0].composed) if earlier else None
        self.times = pace.times(self.digest, self.local, self.now, before)
        self.past = edition_store.past(self.conn, self.digest.id)
        self.again = edition_store.let_go(self.conn, self.digest.id)
        recipients, waiting = self._audience()
        edition = self._edition(id, chosen, recipients, earlier)
        if not chosen and self.digest.empty == "skip" and not self._is_owed():
            edition = replace(edition, state=EditionState.SKIPPED, reason=_EMPTY)
            edition_store.add_edition(self.conn, edition, [])
            return edition, 0
        if not recipients and not waiting:
            raise _NobodyError
        edition_store.add_edition(self.conn, edition, [(e.id, e.story) for e in chosen])
        queued = self._queue(edition, chosen)
        if queued == 0 and not waiting:
            raise _NobodyError
        if queued == 0 and edition.state is EditionState.SENDING:
            edition_store.set_edition(self.conn, id, EditionState.SENT)
            edition = replace(edition, state=EditionState.SENT)
        return edition, queued

    def _edition(
        self, id: str, chosen: Sequence[Entry], recipients: int, earlier: Sequence[Edition]
    ) -> Edition:
        due = schedule.instant(self.local, self.digest.timezone)
        went = [e for e in earlier if e.state in (EditionState.SENDING, EditionState.SENT)]
        sizes = tuple(len(edition_store.entries_of(self.conn, e.id)) for e in went)
        past = Past(sizes, tuple(e.recipients for e in went))
        objection = copy.doubt(self.conn, due, chosen)
        objection = objection or editing.objection(chosen, recipients, past)
        view = editions.view(
            self.settings, self.digest, id, self.local, len(chosen), self.templates
        )
        return Edition(
            id=id,
            digest=self.digest.id,
            number=self.number,
            local=self.local,
            due=due,
            composed=self.now,
            state=EditionState.HELD if objection else EditionState.SENDING,
            reason=objection,
            title=view.title,
            public=self.digest.public,
            recipients=recipients,
        )

    def _readers(self) -> Iterator[tuple[Subscriber, Served, Turn | None, bool]]:
        """Everybody who takes this digest: how far they were served, whether this edition serves
        them, and whether that is noted; streamed."""
        left: list[str] = []
        for person, row in edition_store.readers(self.conn, self.digest.id):
            if not subscription.wants(person, self.digest):
                left += [person.id] if row else []
                continue
            on = date.fromisoformat(row[1]) if row and row[1] else None
            served = pace.standing(person, Served(row[0], on) if row else None, self.past)
            turn = pace.turn(person, served, self.times, self.settings.site.timezone)
            yield person, served, turn, row is not None
        edition_store.forget_waits(self.conn, self.digest.id, left)

    def _audience(self) -> tuple[int, int]:
        """How many the edition serves, and for how many it is kept."""
        now = later = 0
        for _, _, turn, _ in self._readers():
            now, later = now + (turn is not None), later + (turn is None)
        return now, later

    def _is_owed(self) -> bool:
        """Whether something was kept for somebody whose time has come."""
        for person, served, turn, noted in self._readers():
            if turn and noted and self._selection(person, served, {}):
                return True
        return False

    def _queue(self, edition: Edition, chosen: Sequence[Entry]) -> int:
        """Write a message for each who gets something, and note for whom it is kept."""
        variants: dict[tuple[object, ...], str | None] = {}
        known = {entry.id: entry for entry in chosen}
        rows: list[dict[str, object]] = []
        notes: dict[str, tuple[int, str | None]] = {}
        queued = 0
        for person, served, turn, noted in self._readers():
            if turn:
                id = self._variant_for(edition, person, served, known, variants)
                if id is not None:
                    rows.append(self._message(edition, person, id, turn.at))
                if noted or person.frequency != "edition":
                    on = turn.on if id is not None else served.on
                    notes[person.id] = (self.number, _iso(on))
            elif not noted:
                notes[person.id] = (served.since, _iso(served.on))
            if len(rows) + len(notes) >= _CHUNK:
                queued += self._flush(rows, notes)
        return queued + self._flush(rows, notes)

    def _flush(
        self, rows: list[dict[str, object]], notes: dict[str, tuple[int, str | None]]
    ) -> int:
        count = len(rows)
        outbox.add_messages(self.conn, rows)
        edition_store.set_waits(self.conn, self.digest.id, notes)
        rows.clear()
        notes.clear()
        return count

    def _message(
        self, edition: Edition, person: Subscriber, variant: str, at: datetime
    ) -> dict[str, object]:
        return outbox.queued(
            edition=edition.id,
            subscriber=person.id,
            email=person.email,
            name=person.name,
            salt=person.token_salt,
            variant=variant,
            message_id=mime.message_id(edition.id, person.id, self.secret, self.settings.site),
            date=at if pace.has_hour(person) else min(edition.due, self.now),
            now=self.now,
            at=at,
        )

    def _variant_for(
        self,
        edition: Edition,
        person: Subscriber,
        served: Served,
        known: dict[str, Entry],
        variants: dict[tuple[object, ...], str | None],
    ) -> str | None:
        """The variant that a subscriber shares with others; None where nothing is for them."""
        had = self._had(person, served)
        language = person.language or self.settings.site.language
        key = (served.since, person.columns, language, person.text_only, had)
        if key not in variants:
            selection = self._selection(person, served, known)
            number = len(variants)
            variants[key] = self._variant(edition, person, selection, number)
        return variants[key]

    def _had(self, person: Subscriber, served: Served) -> tuple[str, ...]:
        """Editions after the last served one that they have all the same: it was held then."""
        later = [id for number, id in self.again if number > served.since]
        return tuple(id for id in later if outbox.has_message(self.conn, id, person.id))

    def _selection(
        self, person: Subscriber, served: Served, known: dict[str, Entry]
    ) -> list[Entry]:
        """What was kept for a subscriber and what is new, as far as it is in their columns."""
        own = editing.edition_id(self.digest.id, self.local)
        ids = edition_store.entries_since(self.conn, self.digest.id, served.since, own)
        for edition in self._had(person, served):
            had = set(edition_store.entries_of(self.conn, edition))
            ids = [id for id in ids if id not in had]
        known.update(entries.get_many(self.conn, [id for id in ids if id not in known]))
        return [
            known[id]
            for id in dict.fromkeys(ids)
            if id in known
            and known[id].is_out(self.now)
            and subscription.selected(
                sections.places(self.settings.columns, known[id].columns), person.columns
            )
        ]

    def _variant(
        self, edition: Edition, person: Subscriber, selection: Sequence[Entry], number: int
    ) -> str | None:
        if not selection and self.digest.empty == "skip":
            return None
        language = person.language or self.settings.site.language
        rendered = render(
            self.conn, self.settings, self.digest, edition, selection, language, self.templates
        )
        variant = Variant(
            id=f"{edition.id}.{number}",
            edition=edition.id,
            kind="digest",
            language=language,
            entries=tuple(entry.id for entry in selection),
            subject=rendered.subject,
            html="" if person.text_only else rendered.html,
            text=rendered.text,
            text_only=person.text_only,
        )
        outbox.add_variants(self.conn, [variant])
        return variant.id


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
