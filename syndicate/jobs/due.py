"""What time makes of entries: an embargo ends, a term is over."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, standing
from syndicate.adapters.store.engine import Database
from syndicate.core import sections, story, timing
from syndicate.model import Decision, Entry, Status
from syndicate.settings import Settings

_AT_ONCE = 200
_ROUNDS = 5000


def pass_time(db: Database, settings: Settings, now: datetime) -> int:
    """Publish what waited for this moment, take off what is over; how many entries changed.

    One indexed query where there is nothing. Each step is one transaction: a crash leaves what
    waits waiting, and the next call goes on.
    """
    with db.read() as conn:
        if not standing.is_due(conn, now):
            return 0
    changed = 0
    for _ in range(_ROUNDS):
        with db.begin() as conn:
            count = _step(conn, settings, now)
        if not count:
            break
        changed += count
    return changed


def _step(conn: Connection, settings: Settings, now: datetime) -> int:
    ids = set(standing.due(conn, now, _AT_ONCE))
    known = entries.get_many(conn, ids)
    found = entries.of_story(conn, sorted({entry.story for entry in known.values()}))
    zone = ZoneInfo(settings.site.timezone)
    changed: list[Entry] = []
    made: list[Decision] = []
    for id, members in found.items():
        after = [timing.timed(m, now, zone) if m.id in ids else m for m in members]
        settled = story.settle(after, id)
        for old, new in zip(members, settled, strict=True):
            if old != new:
                changed.append(new)
                made += _decisions(old, new, now)
    entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in changed])
    entries.decide(conn, made)
    return sum(entry.id in ids for entry in changed)


def _decisions(old: Entry, new: Entry, now: datetime) -> list[Decision]:
    made = []
    if old.status is not new.status:
        reason = new.held_for
        if new.status is Status.PUBLISHED:
            reason = f"it was {old.held_for}"
        made.append(
            Decision(new.id, now, "status", "syndicate", reason, old.status.value, new.status.value)
        )
    if old.lead != new.lead:
        reason = "it leads its story now" if new.lead else "another leads its story now"
        made.append(Decision(new.id, now, "lead", "syndicate", reason, old.lead, new.lead))
    return made
