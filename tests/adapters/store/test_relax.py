"""Idle connections of an SQLite database give back the pages that they keep."""

from __future__ import annotations

import sqlalchemy as sa

from syndicate.adapters.store.engine import Database


def test_idle_connections_stay_as_they_are(database: Database) -> None:
    with database.read() as one, database.read() as other:
        for conn in (one, other):
            conn.execute(sa.text("SELECT 1"))
    database.relax()
    with database.begin() as conn:
        assert conn.execute(sa.text("SELECT 1")).scalar() == 1
        database.relax()  # while one is in use


def test_all_idle_connections_are_asked(sqlite_database: Database) -> None:
    with sqlite_database.read(), sqlite_database.read():
        pass
    asked: list[str] = []

    @sa.event.listens_for(sqlite_database.engine, "checkout")
    def trace(raw: object, _record: object, _proxy: object) -> None:
        raw.set_trace_callback(asked.append)  # type: ignore[attr-defined]

    sqlite_database.relax()
    assert asked.count("PRAGMA shrink_memory") == 2
    with sqlite_database.begin() as conn:
        assert conn.exec_driver_sql("PRAGMA cache_size").scalar() == -8_000
