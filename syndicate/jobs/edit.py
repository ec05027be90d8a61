"""An editor's corrections: move, merge, split, approve, reject, retract, restore.

Each outranks every automatic decision, survives re-ingestion, and is in the entry's history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, received, stories
from syndicate.adapters.store.engine import Database
from syndicate.core import identity, sections, story, timing
from syndicate.errors import UsageError
from syndicate.model import Decision, Entry, Status
from syndicate.settings import Settings


@dataclass(frozen=True, slots=True)
class Edited:
    """Entries as they are after an editor's correction."""

    entries: tuple[Entry, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(entry.id for entry in self.entries)


def move(
    db: Database, settings: Settings, entry: Entry, column: str, now: datetime, by: str
) -> Edited:
    """Put an entry, and the story it is of, into a column."""
    if settings.column(column) is None:
        raise UsageError(f"no column {column!r}", remedy="the columns stand in config.toml")
    with db.begin() as conn:
        members = entries.of_story(conn, [entry.story])[entry.story]
        moved, made = [], []
        for member in members:
            stories.file(conn, member.id, column, now, by)
            kept = tuple(c for c in member.columns if c not in (member.column, column))
            moved.append(replace(member, column=column, columns=(column, *kept)))
            reason = "an editor moved it"
            made.append(Decision(member.id, now, "column", by, reason, member.column, column))
        _store(conn, settings, moved, made)
        for member in members:
            stories.settle(conn, member.id, now)
    return Edited(tuple(moved))


def merge(
    db: Database, settings: Settings, entry: Entry, other: Entry, now: datetime, by: str
) -> Edited:
    """Make two stories one, for ever."""
    if entry.story == other.story:
        raise UsageError("they are one story already", where=f"{entry.id}, {other.id}")
    with db.begin() as conn:
        found = entries.of_story(conn, [other.story, entry.story])
        members = [*found[other.story], *found[entry.story]]
        pairs = [(a.id, b.id) for a in found[entry.story] for b in found[other.story]]
        stories.rule(conn, pairs, True, now, by)
        settled = story.settle(members, other.story)
        made = _story_decisions(members, settled, f"an editor merged it with {other.id}", now, by)
        _store(conn, settings, settled, made)
    return Edited(settled)


def split(db: Database, settings: Settings, entry: Entry, now: datetime, by: str) -> Edited:
    """Take an entry out of its story, for ever."""
    with db.begin() as conn:
        members = entries.of_story(conn, [entry.story])[entry.story]
        others = [member for member in members if member.id != entry.id]
        if not others:
            raise UsageError("it is a story of its own already", where=entry.id)
        stories.rule(conn, [(entry.id, other.id) for other in others], False, now, by)
        # A story keeps the id it had; who leaves gets its own, unless that is the story's
        free = entry.id if entry.id != entry.story else f"{entry.id}-{now:%Y%m%d%H%M%S}"
        settled = (*story.settle([entry], free), *story.settle(others, entry.story))
        made = _story_decisions([entry, *others], settled, "an editor split it off", now, by)
        _store(conn, settings, settled, made)
    return Edited(settled)


def approve(db: Database, settings: Settings, entry: Entry, now: datetime, by: str) -> Edited:
    """Publish what was held or rejected, or settle what was flagged."""
    if entry.status is Status.RETRACTED:
        raise UsageError("it was retracted", where=entry.id, remedy="`syndicate restore` it")
    if entry.status is Status.EXPIRED:
        remedy = "whoever set its end can set a later one"
        raise UsageError(f"it is {entry.held_for}", where=entry.id, remedy=remedy)
    return _decide(db, settings, entry, Status.PUBLISHED, "an editor approved it", now, by)


def reject(db: Database, settings: Settings, entry: Entry, now: datetime, by: str) -> Edited:
    """Refuse an entry: it is kept, and never published."""
    if entry.status is Status.RETRACTED:
        raise UsageError("it was retracted", where=entry.id, remedy="`syndicate restore` it")
    return _decide(db, settings, entry, Status.REJECTED, "an editor rejected it", now, by)


def _decide(
    db: Database,
    settings: Settings,
    entry: Entry,
    status: Status,
    reason: str,
    now: datetime,
    by: str,
) -> Edited:
    approved = status is Status.PUBLISHED
    held_for = "" if approved else reason
    decided = replace(
        entry, status=status, held_for=held_for, link_only=entry.link_only and not approved
    )
    decided = timing.timed(decided, now, _zone(settings))  # an embargo holds for editors too
    if approved and decided.held_for:
        reason = f"{reason}; it is {decided.held_for}"
    with db.begin() as conn:
        if status is Status.PUBLISHED:
            _rule_apart_from_taken_down(conn, entry, now, by)
        members = entries.of_story(conn, [entry.story])[entry.story]
        changed = [
            replace(
                m,
                status=decided.status,
                held_for=decided.held_for,
                link_only=decided.link_only,
            )
            if m.id == entry.id
            else m
            for m in members
        ]
        settled = story.settle(changed, entry.story)
        made = [
            Decision(entry.id, now, "status", by, reason, entry.status.value, decided.status.value),
            *_story_decisions(changed, settled, reason, now, by),
        ]
        _store(conn, settings, settled, made)
        stories.settle(conn, entry.id, now)
    return Edited(tuple(e for e in settled if e.id == entry.id))


def _zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.site.timezone)


def _rule_apart_from_taken_down(conn: Connection, entry: Entry, now: datetime, by: str) -> None:
    """What was held for its likeness to a retracted article is another one, an editor says."""
    likenesses = (
        made.after["taken_down"]
        for made in entries.history(conn, entry.id)
        if isinstance(made.after, dict) and "taken_down" in made.after
    )
    stories.rule(conn, [(entry.id, other) for other in likenesses], False, now, by)


def retract(
    db: Database,
    settings: Settings,
    entry: Entry,
    now: datetime,
    by: str,
    *,
    reason: str,
    only: bool,
    secret: bytes,
) -> Edited:
    """Take a story (`only`: one entry of it) down everywhere, and remember it by keyed marks.

    What it was known by (id, links, text) is kept as hashes under the site's secret alone, so
    that it never comes back; its text is kept for `restore` until it is pruned. The bytes that it
    came as go at once; their SHA-256 stays in the record.
    """
    with db.begin() as conn:
        members = entries.of_story(conn, [entry.story])[entry.story]
        down = {entry.id} if only else {member.id for member in members}
        for member in members:
            if member.id in down:
                stories.retract(conn, _keyed_marks(member, secret, only), member.id)
        changed = [
            replace(m, status=Status.RETRACTED, held_for=reason) if m.id in down else m
            for m in members
        ]
        received.cut_out(conn, sorted(down))
        settled = story.settle(changed, entry.story)
        made = [
            Decision(m.id, now, "status", by, f"retracted: {reason}", m.status.value, "retracted")
            for m in members
            if m.id in down
        ]
        made += _story_decisions(changed, settled, "its story was retracted in part", now, by)
        _store(conn, settings, settled, made)
    return Edited(tuple(e for e in settled if e.id in down))


def _keyed_marks(entry: Entry, secret: bytes, only: bool) -> list[bytes]:
    marks = identity.retraction_marks(entry, whole_story=not only)
    return [identity.keyed(secret, mark) for mark in marks]


def restore(db: Database, settings: Settings, entry: Entry, now: datetime, by: str) -> Edited:
    """Put back what was retracted: this entry, and those of its story taken down with it."""
    if entry.status is not Status.RETRACTED:
        raise UsageError(f"it is {entry.status.value}, not retracted", where=entry.id)
    with db.begin() as conn:
        members = entries.of_story(conn, [entry.story])[entry.story]
        back = {m.id for m in members if m.status is Status.RETRACTED}
        for id in back:
            stories.restore(conn, id)
        changed = [
            timing.timed(_as_before(conn, m), now, _zone(settings)) if m.id in back else m
            for m in members
        ]
        settled = story.settle(changed, entry.story)
        made = [
            Decision(m.id, now, "status", by, "an editor restored it", "retracted", m.status.value)
            for m in sorted(settled, key=lambda m: m.id)
            if m.id in back
        ]
        _store(conn, settings, settled, made)
    return Edited(tuple(e for e in settled if e.id in back))


def _as_before(conn: Connection, entry: Entry) -> Entry:
    """A retracted entry as it was: what was held or rejected then is so again, and does not go
    out because its story was taken down in between."""
    steps = [made for made in entries.history(conn, entry.id) if made.what == "status"]
    down = [n for n, made in enumerate(steps) if made.before != made.after == "retracted"]
    was = steps[down[-1]].before if down else None
    if was in ("held", "rejected"):
        why = next((s.reason for s in reversed(steps[: down[-1]]) if s.after == was), "")
        kept = replace(entry, status=Status(was), held_for=why or "as before it was taken down")
        if not kept.is_embargoed:  # time decides that anew
            return kept
    return replace(entry, status=Status.PUBLISHED, held_for="")


def _story_decisions(
    before: Iterable[Entry], after: Iterable[Entry], reason: str, now: datetime, by: str
) -> list[Decision]:
    old = {entry.id: entry for entry in before}
    made = []
    for entry in after:
        was = old[entry.id]
        if (was.story, was.lead) != (entry.story, entry.lead):
            made.append(
                Decision(
                    entry.id,
                    now,
                    "story",
                    by,
                    reason,
                    {"story": was.story, "lead": was.lead},
                    {"story": entry.story, "lead": entry.lead},
                )
            )
    return made


def _store(
    conn: Connection, settings: Settings, changed: Sequence[Entry], made: Sequence[Decision]
) -> None:
    entries.save(
        conn, [(entry, sections.places(settings.columns, entry.columns)) for entry in changed]
    )
    entries.decide(conn, made)
