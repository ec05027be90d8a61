"""What a publishing has to do, from the rows that say what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import placements, published
from syndicate.adapters.store.placements import Key, Touched
from syndicate.core import months


@dataclass
class Plan:
    """`entries` need a page; `columns` feeds and lists; `archives` the months, with what moved."""

    entries: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    archives: dict[tuple[str, str], list[Key]] = field(default_factory=dict)

    def place(self, column: str, at: Key, zone: ZoneInfo) -> None:
        self.columns.add(column)
        self.archives.setdefault((column, months.month_of(at[0], zone)), []).append(at)


def plan(conn: Connection, rows: Sequence[Touched], zone: ZoneInfo, columns: Iterable[str]) -> Plan:
    """Everything that the rows touch: their entries, the other members of their stories (now
    and when they were published), and every place of the leads among these."""
    known = {"", *columns}
    made = Plan({row.entry for row in rows})
    for row in rows:
        if row.column in known:
            made.place(row.column, (row.received, row.entry), zone)
    made.entries |= _members(conn, made.entries)
    for place in placements.places_of(conn, sorted(made.entries)):
        if place.column in known:
            made.place(place.column, (place.received, place.entry), zone)
    for old in published.known(conn, made.entries).values():
        if old.state in published.GONE:  # its tombstones are where it was, wherever it is now
            for column in known.intersection(("", *old.columns)):
                made.place(column, (old.received, old.entry), zone)
    return made


def _members(conn: Connection, ids: set[str]) -> set[str]:
    now = {entry.story for entry in entry_store.get_many(conn, ids).values()}
    before = {known.story for known in published.known(conn, ids).values()}
    stories = placements.members(conn, sorted(filter(None, now | before)))
    return {id for members in stories.values() for id in members}
