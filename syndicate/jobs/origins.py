"""What the list of origins, as it is now, would make of the entries that are here already.

Nothing that is out is taken back by itself, and nothing that is held goes out: it is reported,
flagged for an editor, and done where an editor says so. What waits for an editor of record goes
out when its column names one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, published, standing, stories
from syndicate.adapters.store.engine import Database
from syndicate.core import gate as core
from syndicate.core import sections, story, timing
from syndicate.core.gate import Gate, Gated
from syndicate.model import Decision, Entry
from syndicate.settings import Settings

_KIND = "origin"
_AT_ONCE = 200
_SHOWN = 5000  # of what would be treated otherwise; the counts are of all


@dataclass(frozen=True, slots=True)
class Affected:
    """An entry that the list would treat otherwise than it is treated."""

    entry: Entry  # without its texts
    gated: Gated
    approved: bool  # an editor let it out as it is

    @property
    def now(self) -> str:
        """What it is treated as."""
        return _treated(self.entry)

    @property
    def is_freer(self) -> bool:
        """Whether it is held, and might go out."""
        return core.is_held(self.entry)

    @property
    def reason(self) -> str:
        """Why it would be treated otherwise, in words for an editor."""
        bare = self.gated.reason.removeprefix(core.ORIGIN).removeprefix(core.EDITOR)
        return bare or "its columns ask for nothing any more"


@dataclass
class Examined:
    """How many entries were looked at, how many would be treated otherwise, and the newest of
    those. `stricter` are out and would not be, or not whole; `freer` are held and might go out;
    what editors let out as it is, is neither."""

    examined: int = 0
    stricter: int = 0
    freer: int = 0
    approved: int = 0
    affected: list[Affected] = field(default_factory=list)

    def add(self, one: Affected) -> None:
        if one.approved:
            self.approved += 1
        elif one.is_freer:
            self.freer += 1
        else:
            self.stricter += 1
        if len(self.affected) < _SHOWN:
            self.affected.append(one)


def examine(db: Database, settings: Settings, gate: Gate) -> Examined:
    """Every entry that is out, or kept back for its origin, against the list as it is."""
    done = Examined()
    with db.read() as conn:
        for one in _otherwise(conn, settings, gate, done):
            done.add(one)
    return done


def _otherwise(
    conn: Connection, settings: Settings, gate: Gate, done: Examined
) -> Iterator[Affected]:
    """What would be treated otherwise, newest first; all that is looked at is counted."""
    rows = standing.standing(conn)
    while part := list(islice(rows, _AT_ONCE)):
        found: list[tuple[Entry, Gated]] = []
        for entry in filter(core.is_open, part):
            done.examined += 1
            gated = gate.judge(entry, settings.source(entry.source))
            if _treated(entry) != gated.action:
                found.append((entry, gated))
        approved = standing.approved(conn, [entry.id for entry, _ in found])
        for entry, gated in found:
            let_out = entry.id in approved and not core.is_held(entry)
            yield Affected(entry, gated, let_out)


def _treated(entry: Entry) -> str:
    if core.is_held(entry):
        return "hold"
    return "link" if entry.link_only else "publish"


def examine_if_changed(
    db: Database, settings: Settings, gate: Gate, now: datetime
) -> Examined | None:
    """The same, once for each change of the list or of what columns ask; None where neither has
    changed. What is out and would not be is flagged for an editor."""
    mark = _mark(gate)
    with db.read() as conn:
        if published.origins(conn).get("mark", "") == mark:
            return None
    done, nameless = Examined(), list[str]()
    with db.read() as conn:
        for one in _otherwise(conn, settings, gate, done):
            if one.entry.held_for.startswith(core.EDITOR):
                nameless.append(one.entry.id)
            else:
                done.add(one)
    _apply(db, settings, gate, nameless, now, "syndicate")
    flagged = [a for a in done.affected if not a.is_freer and not a.approved]
    with db.begin() as conn:
        standing.settle_kind(conn, _KIND, [a.entry.id for a in flagged], now)
        stories.flag(conn, [_flag(a, now) for a in flagged])
        _keep(conn, mark, gate, done)
    return done


def apply(
    db: Database, settings: Settings, gate: Gate, now: datetime, by: str
) -> tuple[Examined, frozenset[str]]:
    """Treat everything as the list says now, but what an editor approved; the ids of what
    changed."""
    done, chosen = Examined(), list[str]()
    with db.read() as conn:
        for one in _otherwise(conn, settings, gate, done):
            done.add(one)
            if not one.approved:
                chosen.append(one.entry.id)
    changed = _apply(db, settings, gate, chosen, now, by)
    with db.begin() as conn:
        standing.settle_kind(conn, _KIND, [], now)
        _keep(conn, _mark(gate), gate, Examined(done.examined))
    return done, changed


def _apply(
    db: Database, settings: Settings, gate: Gate, ids: Sequence[str], now: datetime, by: str
) -> frozenset[str]:
    """Some entries at a time, each judged as it is by then."""
    changed: set[str] = set()
    for part in entries.in_parts(ids, _AT_ONCE):
        with db.begin() as conn:
            changed |= _apply_part(conn, settings, gate, frozenset(part), now, by)
    return frozenset(changed)


def _apply_part(
    conn: Connection, settings: Settings, gate: Gate, ids: frozenset[str], now: datetime, by: str
) -> set[str]:
    whole = entries.get_many(conn, ids)
    found = entries.of_story(conn, sorted({entry.story for entry in whole.values()}))
    after: list[Entry] = []
    made: list[Decision] = []
    for id, members in found.items():
        passed = []
        for member in members:
            chosen = member.id in ids and core.is_open(member)
            new, decided = _passed(member, settings, gate, now, by) if chosen else (member, [])
            passed.append(new)
            made += decided
        settled = story.settle(passed, id)
        after += [new for old, new in zip(members, settled, strict=True) if new != old]
    entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in after])
    entries.decide(conn, made)
    return {entry.id for entry in after if entry.id in ids}


def _passed(
    entry: Entry, settings: Settings, gate: Gate, now: datetime, by: str
) -> tuple[Entry, list[Decision]]:
    gated = gate.judge(entry, settings.source(entry.source))
    after, made = core.passed(entry, gated, now, by)
    after = timing.timed(after, now, gate.zone)
    if after.status is not entry.status:
        reason = after.held_for or f"it was held for {entry.held_for}"
        states = entry.status.value, after.status.value
        made.append(Decision(entry.id, now, "status", by, reason, *states))
    return after, made


def _flag(affected: Affected, now: datetime) -> stories.Flag:
    action = "held" if affected.gated.action == "hold" else "shown as a link"
    reason = f"would now be {action}: {affected.reason}"
    return stories.Flag(affected.entry.id, _KIND, now, reason)


def _mark(gate: Gate) -> str:
    """Changes whenever entries might be judged otherwise; "" where nothing is asked of them."""
    if not gate.asks:
        return ""
    asked = [
        (c.id, c.parent, c.origins, c.origins_expired, c.origins_asserted, c.editor != "",
         c.require_editor)
        for c in gate.columns
    ]  # fmt: skip
    text = repr((asked, gate.register.origins))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _keep(conn: Connection, mark: str, gate: Gate, done: Examined) -> None:
    kept = {
        "mark": mark,
        "listed": len(gate.register.origins),
        "stricter": done.stricter,
        "freer": done.freer,
    }
    published.set_value(conn, published.ORIGINS, json.dumps(kept))
