"""What time makes of entries, on both databases: found by an index, in steps that may be cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from syndicate.adapters.store import entries, standing
from syndicate.adapters.store.engine import Database
from syndicate.core import timing
from syndicate.jobs import due
from syndicate.model import Attribution, Entry, Label, Status
from syndicate.settings import Column, Settings, Site

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = Settings(
    Site("站", "https://news.example/"), Path("config.toml"), columns=(Column("rest", rest=True),)
)


def entry(number: int, **changes: object) -> Entry:
    id = f"entry{number:011}"
    made = Entry(id, "s", f"k{number}", f"g{number}", f"题{number}", Attribution(), NOW - HOUR,
                 story=id, column="rest", columns=("rest",))  # fmt: skip
    made = replace(made, **changes)  # type: ignore[arg-type]
    return timing.timed(made, NOW - HOUR, UTC)


def store(database: Database, *made: Entry) -> None:
    with database.begin() as conn:
        entries.save(conn, [(e, e.columns) for e in made])


def statuses(database: Database) -> list[str]:
    with database.read() as conn:
        return [e.status.value for e in sorted(entries.newest(conn), key=lambda e: e.id)]


def test_everything_due_is_found_and_done_once(database: Database) -> None:
    ends = {"expires": NOW}
    store(
        database,
        entry(1),
        entry(2, not_before=NOW),
        entry(3, not_before=NOW + HOUR),
        entry(4, **ends),
        entry(5, not_before=NOW - HOUR / 2, **ends),
        entry(6, status=Status.HELD, held_for="without author", not_before=NOW),
        entry(7, status=Status.RETRACTED, held_for="x", **ends),
    )
    assert due.pass_time(database, SETTINGS, NOW - HOUR) == 0
    assert due.pass_time(database, SETTINGS, NOW) == 3
    now = ["published", "published", "held", "expired", "expired", "held", "retracted"]
    assert statuses(database) == now
    assert due.pass_time(database, SETTINGS, NOW) == 0
    assert due.pass_time(database, SETTINGS, NOW + HOUR) == 1
    with database.read() as conn:
        told = [made.reason for made in entries.history(conn, entry(3).id)]
    assert told == ["it was embargoed until 2026-11-24T01:00+00:00"]


def test_many_at_once_are_done_in_steps(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "_AT_ONCE", 3)
    store(database, *(entry(n, not_before=NOW) for n in range(10)))
    assert due.pass_time(database, SETTINGS, NOW) == 10
    assert set(statuses(database)) == {"published"}


def test_labels_and_times_come_back_as_they_were(database: Database) -> None:
    labels = (Label("ai", url="http://cv.iptc.org/x"), Label("label", "协作稿"))
    made = entry(1, labels=labels, not_before=NOW + HOUR, expires=NOW + 2 * HOUR, link_only=True)
    store(database, made)
    with database.read() as conn:
        assert entries.get(conn, made.id) == made
        query = sa.select(entries.entries.c.id).where(standing.in_time(NOW))
        assert conn.execute(query).all() == []


def test_the_question_is_answered_from_its_index(sqlite_database: Database) -> None:
    store(sqlite_database, *(entry(n) for n in range(50)))
    query = sa.select(entries.entries.c.id).where(entries.entries.c.due <= NOW)
    text = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": False}))
    with sqlite_database.read() as conn:
        plan = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + text, (1,)).all()
    assert "entries_due" in str(plan)
