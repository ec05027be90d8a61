"""What is remembered of sources, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.adapters.store import sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.model import Health, Move, Rhythm

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://river.example/rss"


def a_state(id: str = "river", **changes: object) -> SourceState:
    rhythm = Rhythm(
        url="https://river.example/new",
        health=Health.FAILING,
        error="HTTP 503 Service Unavailable",
        failures=2,
        last=NOW - HOUR,
        next=NOW,
        interval=timedelta(minutes=90),
        arrivals=(NOW - 5 * HOUR, NOW - 2 * HOUR),
        move=Move("https://river.example/newer", NOW - HOUR, 2),
    )
    state = SourceState(
        id=id,
        configured=URL,
        rhythm=rhythm,
        etag=b'W/"\xe9\x00"',
        last_modified=b"yesterday",
        body_hash=b"\x00\xff" * 8,
        items=frozenset({b"a" * 16, b"\x00" * 16}),
        title="清河 & river",
        facts={"site": "https://river.example/", "logo": None},
    )
    return replace(state, **changes)  # type: ignore[arg-type]


def test_a_state_comes_back_as_it_was(database: Database) -> None:
    plain = SourceState("bank", URL)
    with database.begin() as conn:
        sources.save(conn, [a_state(), plain])
        sources.save(conn, [a_state(title="new title"), plain])
    with database.read() as conn:
        found = sources.load(conn, {"river": URL, "bank": URL, "unknown": URL})
        assert found == {"river": a_state(title="new title"), "bank": plain}
        assert sources.load(conn) == found
    assert found["river"].url == "https://river.example/new"
    assert found["bank"].url == URL


def test_another_address_in_the_config_wins(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [a_state()])
        assert sources.load(conn, {"river": "https://edited.example/"}) == {}
        assert sources.due(conn, {"river": "https://edited.example/"}, NOW - HOUR) == ["river"]


def test_hashes_have_one_length(sqlite_database: Database) -> None:
    with sqlite_database.begin() as conn, pytest.raises(ValueError, match="16 bytes"):
        sources.save(conn, [a_state(items=frozenset({b"short"}))])


def test_what_is_due(database: Database) -> None:
    def at(id: str, next: datetime | None, health: Health = Health.OK) -> SourceState:
        return SourceState(id, URL, Rhythm(health=health, next=next))

    with database.begin() as conn:
        sources.save(
            conn,
            [
                at("later", NOW + HOUR),
                at("now", NOW),
                at("long", NOW - HOUR),
                at("gone", None, Health.GONE),
                at("removed", NOW - HOUR),
            ],
        )
        config = dict.fromkeys(("gone", "now", "later", "long", "new"), URL)
        assert sources.due(conn, config, NOW) == ["new", "long", "now"]
        assert sources.due(conn, config, NOW, 2) == ["new", "long"]


def test_each_source_is_claimed_once(database: Database) -> None:
    ids = ["a", "b", "c"]
    lease = timedelta(minutes=5)
    with database.begin() as conn:
        sources.enrol(conn, dict.fromkeys(ids, URL))
        assert sources.claim(conn, ids, "one", NOW, lease, 2) == ["a", "b"]
        assert sources.claim(conn, ids, "two", NOW, lease, 9) == ["c"]
        assert sources.claim(conn, ids, "two", NOW, lease, 9) == []
        assert sources.claim(conn, ids, "two", NOW + lease, lease, 9) == ids  # one died
        sources.release(conn, "two")
        assert sources.claim(conn, ids, "one", NOW + lease, lease, 9) == ids
        sources.save(conn, [SourceState("a", URL)])  # the poll is done
        assert sources.claim(conn, ids, "two", NOW + lease, lease, 9) == ["a"]


def test_a_claim_passes_over_what_another_transaction_holds(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("one writer at a time")
    ids = ["a", "b", "c"]
    with database.begin() as conn:
        sources.enrol(conn, dict.fromkeys(ids, URL))
    with database.begin() as first, database.begin() as second:
        assert sources.claim(first, ids, "one", NOW, HOUR, 2) == ["a", "b"]
        assert sources.claim(second, ids, "two", NOW, HOUR, 2) == ["c"]


def test_thousands_at_once(database: Database) -> None:
    config = {f"s{n}": URL for n in range(1200)}
    with database.begin() as conn:
        sources.save(conn, [SourceState(id, URL) for id in config])
        assert len(sources.load(conn, config)) == 1200
        sources.forget(conn, ["s1", "s2"])
        assert len(sources.load(conn)) == 1198


def test_what_is_due_is_claimed_from_all(database: Database) -> None:
    lease = timedelta(seconds=25)

    def at(id: str, next: datetime | None, health: Health = Health.OK) -> SourceState:
        return SourceState(id, URL, Rhythm(health=health, next=next))

    with database.begin() as conn:
        sources.save(conn, [at("later", NOW + HOUR), at("now", NOW), at("long", NOW - HOUR)])
        sources.save(conn, [at("gone", None, Health.GONE), at("removed", NOW - HOUR)])
        others = sources.enrol(conn, dict.fromkeys(("gone", "now", "later", "long", "new"), URL))
        assert others == ["removed"]
        first = sources.claim_due(conn, "one", NOW, lease, 2, due=NOW, exclude=others)
        assert first == ["new", "long"]
        assert sources.claim_due(conn, "two", NOW, lease, 9, due=NOW, exclude=others) == ["now"]
        assert sources.leased(conn, ["later", "now"], NOW)
        assert sources.held(conn, ["new", "now"], "two") == {"now"}
        sources.renew(conn, "two", NOW + HOUR)
        again = sources.claim_due(conn, "three", NOW + lease, lease, 9, due=NOW, exclude=others)
        assert sorted(again) == ["long", "new"]  # the first one died


def test_another_address_begins_anew(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [a_state()])
        sources.enrol(conn, {"river": "https://edited.example/"})
        found = sources.load(conn, {"river": "https://edited.example/"})
        assert found == {"river": SourceState("river", "https://edited.example/")}
