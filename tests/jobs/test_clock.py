"""A clock that stood in the future for a while holds nothing up once it is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syndicate.adapters.store import editions, outbox, sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.jobs import clock
from syndicate.model import Rhythm

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WRONG = NOW + timedelta(days=25)


def state(id: str, last: datetime) -> SourceState:
    rhythm = Rhythm(last=last, next=last + timedelta(hours=1))
    return SourceState(id, f"https://{id}.example/", rhythm)


def letter(db: Database, key: str, now: datetime) -> None:
    with db.begin() as conn:
        outbox.add_letter(
            conn, key=key, subscriber="who", email="a@b.example", subject="s", text="t",
            message_id=f"<{key}@x>", now=now,
        )  # fmt: skip


def test_what_a_wrong_clock_put_off_is_due(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [state("wrong", WRONG), state("right", NOW)])
        editions.enrol(conn, ["daily"], WRONG)
    letter(database, "wrong", WRONG)
    letter(database, "right", NOW)
    configured = {id: f"https://{id}.example/" for id in ("wrong", "right")}
    with database.read() as conn:
        assert sources.due(conn, configured, NOW) == []
        assert outbox.count_ready(conn, NOW) == 1
    assert clock.set_right(database, NOW) == 3
    with database.read() as conn:
        assert sources.due(conn, configured, NOW) == ["wrong"]
        assert outbox.count_ready(conn, NOW) == 2
    with database.begin() as conn:
        assert editions.enrol(conn, [], NOW) == {"daily": NOW}
    assert clock.set_right(database, NOW) == 0


def test_what_is_put_off_for_good_reasons_stays_so(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [SourceState("a", "x", Rhythm(last=NOW, next=NOW + timedelta(days=30)))])
    assert clock.set_right(database, NOW) == 0
    assert clock.set_right(database, NOW - timedelta(minutes=30)) == 0, "another machine's clock"


def test_a_lease_from_then_ends_soon_and_not_at_once(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [state("wrong", NOW)])
        sources.claim(conn, ["wrong"], "other", WRONG, timedelta(minutes=1), 1)
    clock.set_right(database, NOW)
    with database.begin() as conn:
        lease = timedelta(minutes=1)
        assert sources.claim(conn, ["wrong"], "me", NOW, lease, 1) == []
        assert sources.claim(conn, ["wrong"], "me", NOW + 2 * lease, lease, 1) == ["wrong"]
