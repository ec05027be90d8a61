"""What a changed tree of columns makes of the entries that are here.

Where a column has another parent, its entries stand elsewhere. Those of a column that is no more
in the config are filed anew, as if they came now: by an editor's move, by their source, by rules
and what was learned, else with the rest. Where an editor had moved them, they go back when that
column does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, published, standing, stories
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.standing import Standing
from syndicate.core import admit, sections
from syndicate.model import Decision, Entry, Filed, Status
from syndicate.settings import Column, Settings, Source

File = Callable[[Entry, Source, str | None, str | None], Filed]  # moved to, stated column
_VALUE = "columns"
_AT_ONCE = 500


def rearrange(db: Database, settings: Settings, file: File, now: datetime) -> int:
    """Put entries where the columns of the config have them; how many changed.

    One look where the columns are as they were. Each step is a transaction of its own; what was
    cut short is begun again.
    """
    mark = _mark(settings.columns)
    with db.read() as conn:
        if published.value(conn, _VALUE) == mark:
            return 0
    changed, after = 0, ""
    while True:
        with db.begin() as conn:
            rows = standing.after(conn, after, _AT_ONCE)
            changed += _step(conn, settings, file, rows, now)
            if not rows:
                published.set_value(conn, _VALUE, mark)
                return changed
        after = rows[-1].id


def _mark(columns: Sequence[Column]) -> str:
    tree = [(column.id, column.parent, column.rest) for column in columns]
    return hashlib.blake2b(repr(tree).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _step(
    conn: Connection, settings: Settings, file: File, rows: Sequence[Standing], now: datetime
) -> int:
    known = frozenset(column.id for column in settings.columns)
    moved = stories.filed(conn, [row.id for row in rows])
    moved = {id: column for id, column in moved.items() if column in known}
    astray = [
        row.id
        for row in rows
        if _is_astray(row, settings, known) or row.columns[0] != moved.get(row.id, row.columns[0])
    ]
    after: list[Entry] = []
    made: list[Decision] = []
    for entry in entries.get_many(conn, astray).values():
        new, decided = _filed(entry, settings, known, file, moved.get(entry.id), now)
        after.append(new)
        made += decided
    entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in after])
    entries.decide(conn, made)
    return len(after)


def _is_astray(row: Standing, settings: Settings, known: Container[str]) -> bool:
    if any(column not in known for column in row.columns):
        return True
    shown = row.lead and row.status == Status.PUBLISHED.value
    due = {"", *sections.places(settings.columns, row.columns)} if shown else set()
    return due != row.places


def _filed(
    entry: Entry,
    settings: Settings,
    known: Container[str],
    file: File,
    moved: str | None,
    now: datetime,
) -> tuple[Entry, Sequence[Decision]]:
    left = tuple(column for column in entry.columns if column in known)
    if entry.column in known and moved in (None, entry.column):
        return replace(entry, columns=left), ()
    source = settings.source(entry.source) or Source(entry.source)
    found = file(entry, source, moved, None)
    if entry.column not in known:
        gone = f"no column {entry.column!r} any more"
        found = replace(found, evidence=(*found.evidence, gone))
    return admit.filed(entry, found, now)
