"""What is asked at every look takes the same with five million entries: no table is gone through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import columns, outbox, placements, standing
from syndicate.adapters.store.engine import Database

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LOOKS = [
    pytest.param(lambda conn: columns.standing(conn), id="is there enough to learn from"),
    pytest.param(lambda conn: columns.standing(conn, NOW), id="since it was tried"),
    pytest.param(lambda conn: standing.is_due(conn, NOW), id="is an embargo over"),
    pytest.param(lambda conn: placements.count_touched(conn), id="is there to publish"),
    pytest.param(lambda conn: outbox.count_ready(conn, NOW), id="is there to send"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_scans_no_entries(
    sqlite_database: Database, look: Callable[[Connection], object]
) -> None:
    asked: list[tuple[str, Any]] = []

    @sa.event.listens_for(sqlite_database.engine, "before_cursor_execute")
    def keep(_conn: object, _cursor: object, text: str, given: Any, *_rest: object) -> None:
        if text.startswith("SELECT"):
            asked.append((text, given))

    with sqlite_database.read() as conn:
        look(conn)
        plans = [
            row[3]
            for text, given in list(asked)
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
        ]
    assert asked
    assert not [plan for plan in plans if plan.startswith(("SCAN entries", "SCAN messages"))], plans
