"""What the list of origins, as it is now, would make of the entries that are here already.

Nothing that is out is taken back by itself, and nothing that is held goes out: it is reported,
flagged for an editor, and done where an editor says so. What waits for an editor of record goes
out when its column names one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, published, standing, stories
from syndicate.adapters.store.engine import Database
from syndicate.core import gate as core
from syndicate.core import sections, story, timing
from syndicate.core.gate import Gate, Gated
from syndicate.model import Decision, Entry
from syndicate.settings import Settings

_VALUE = "origins"
_KIND = "origin"
_AT_ONCE = 200


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
    def reason(self) -> str:
        """Why it would be treated otherwise, in words for an editor."""
        bare = self.gated.reason.removeprefix(core.ORIGIN).removeprefix(core.EDITOR)
        return bare or "its columns ask for nothing any more"


@dataclass(frozen=True, slots=True)
class Examined:
    """How many entries were looked at, and those that would be treated otherwise."""

    examined: int
    affected: tuple[Affected, ...]

    @property
    def stricter(self) -> tuple[Affected, ...]:
        """Those that are out and would not be, or not whole; what editors approved left out."""
        return tuple(a for a in self.affected if not core.is_held(a.entry) and not a.approved)

    @property
    def freer(self) -> tuple[Affected, ...]:
        """Those that are held and might go out."""
        return tuple(a for a in self.affected if core.is_held(a.entry))


def examine(db: Database, settings: Settings, gate: Gate) -> Examined:
    """Every entry that is out, or kept back for its origin, against the list as it is."""
    with db.read() as conn:
        return _examine(conn, settings, gate)


def _examine(conn: Connection, settings: Settings, gate: Gate) -> Examined:
    count = 0
    found: list[tuple[Entry, Gated]] = []
    for entry in standing.standing(conn):
        if not core.is_open(entry):
            continue
        count += 1
        gated = gate.judge(entry, settings.source(entry.source))
        if _treated(entry) != gated.action:
            found.append((entry, gated))
    approved = standing.approved(conn, [entry.id for entry, _ in found])
    return Examined(count, tuple(Affected(e, g, e.id in approved) for e, g in found))


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
        kept = _kept(conn)
    if kept.get("mark", _mark(None)) == mark:
        return None
    with db.begin() as conn:
        done = _examine(conn, settings, gate)
        waiting = [a for a in done.freer if a.entry.held_for.startswith(core.EDITOR)]
        _apply(conn, settings, waiting, now, "syndicate")
        standing.settle_kind(conn, _KIND, [a.entry.id for a in done.stricter], now)
        stories.flag(conn, [_flag(a, now) for a in done.stricter])
        left = tuple(a for a in done.affected if a not in waiting)
        done = Examined(done.examined, left)
        _keep(conn, mark, gate, done)
    return done


def apply(
    db: Database, settings: Settings, gate: Gate, now: datetime, by: str
) -> tuple[Examined, tuple[Entry, ...]]:
    """Treat everything as the list says now, but what an editor approved; what changed."""
    with db.begin() as conn:
        done = _examine(conn, settings, gate)
        chosen = [*done.stricter, *done.freer]
        changed = _apply(conn, settings, chosen, now, by)
        standing.settle_kind(conn, _KIND, [], now)
        left = tuple(a for a in done.affected if a not in chosen)
        _keep(conn, _mark(gate), gate, Examined(done.examined, left))
    return done, changed


def _apply(
    conn: Connection, settings: Settings, chosen: Sequence[Affected], now: datetime, by: str
) -> tuple[Entry, ...]:
    changed: list[Entry] = []
    for part in entries.in_parts(chosen, _AT_ONCE):
        gated = {a.entry.id: a.gated for a in part}
        whole = entries.get_many(conn, gated)
        found = entries.of_story(conn, sorted({entry.story for entry in whole.values()}))
        after: list[Entry] = []
        made: list[Decision] = []
        for id, members in found.items():
            passed = list(_passed(members, gated, settings, now, by, made))
            settled = story.settle(passed, id)
            after += [new for old, new in zip(members, settled, strict=True) if new != old]
        entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in after])
        entries.decide(conn, made)
        changed += [entry for entry in after if entry.id in gated]
    return tuple(changed)


def _passed(
    members: Sequence[Entry],
    gated: dict[str, Gated],
    settings: Settings,
    now: datetime,
    by: str,
    made: list[Decision],
) -> Iterator[Entry]:
    zone = ZoneInfo(settings.site.timezone)
    for member in members:
        if member.id not in gated:
            yield member
            continue
        after, decided = core.passed(member, gated[member.id], now, by)
        after = timing.timed(after, now, zone)
        made += decided
        if after.status is not member.status:
            reason = after.held_for or f"it was held for {member.held_for}"
            states = member.status.value, after.status.value
            made.append(Decision(member.id, now, "status", by, reason, *states))
        yield after


def summary(conn: Connection) -> dict[str, Any]:
    """For `status`: how many origins are listed, how many entries would be treated otherwise."""
    kept = _kept(conn)
    return {name: int(kept.get(name, 0)) for name in ("listed", "stricter", "freer")}


def _flag(affected: Affected, now: datetime) -> stories.Flag:
    action = "held" if affected.gated.action == "hold" else "shown as a link"
    reason = f"would now be {action}: {affected.reason}"
    return stories.Flag(affected.entry.id, _KIND, now, reason)


def _mark(gate: Gate | None) -> str:
    """Changes whenever entries might be judged otherwise; "" where nothing is asked of them."""
    if gate is None or not gate.asks:
        return ""
    asked = [
        (c.id, c.parent, c.origins, c.origins_expired, c.origins_asserted, c.editor != "",
         c.require_editor)
        for c in gate.columns
    ]  # fmt: skip
    text = repr((asked, gate.register.origins))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _kept(conn: Connection) -> dict[str, Any]:
    return dict(json.loads(published.value(conn, _VALUE) or "{}"))


def _keep(conn: Connection, mark: str, gate: Gate, done: Examined) -> None:
    kept = {
        "mark": mark,
        "listed": len(gate.register.origins),
        "stricter": len(done.stricter),
        "freer": len(done.freer),
    }
    published.set_value(conn, _VALUE, json.dumps(kept))
