"""Counts by hour: added up by whoever counts, told by local days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syndicate.adapters.store import figures
from syndicate.adapters.store.engine import Database

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
CHINA = timedelta(hours=8)


def test_by_local_days(database: Database) -> None:
    with database.begin() as conn:
        figures.add(conn, NOW, figures.MAIL, [3, 1, 3])
        figures.add(conn, NOW, figures.MAIL, [3])
        figures.add(conn, NOW + timedelta(hours=1), figures.MAIL, [7])  # the next day in China
        figures.add(conn, NOW, figures.OUT, [])
        figures.add(conn, NOW - timedelta(days=40), figures.MAIL, [9])
    with database.read() as conn:
        found = figures.days(conn, figures.MAIL, NOW + timedelta(hours=2), 3, CHINA)
        assert [(day.isoformat(), counts) for day, counts in found] == [
            ("2026-11-23", {}),
            ("2026-11-24", {1: 1, 3: 3}),
            ("2026-11-25", {7: 1}),
        ]
        assert figures.since(conn, NOW) == {figures.MAIL: {1: 1, 3: 3, 7: 1}}
    with database.begin() as conn:
        figures.forget(conn, NOW - timedelta(days=30))
        figures.forget(conn, NOW - timedelta(days=30))
        assert 9 not in figures.since(conn, NOW - timedelta(days=99))[figures.MAIL]
