"""The record of decisions: sealed, and a change of the past shows."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from syndicate.adapters.store import audit as store
from syndicate.adapters.store import entries, open_database
from syndicate.adapters.store.engine import Database
from syndicate.jobs import audit, backup, prune, subscribe
from syndicate.model import Attribution, Decision, Entry
from syndicate.settings import Column, Settings, Site, Storage

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def decide(db: Database, entry: str, reason: str, at: datetime) -> None:
    with db.begin() as conn:
        entries.decide(conn, [Decision(entry, at, "status", "editor", reason, "a", {"b": 1})])


@pytest.fixture
def sealed(database: Database) -> Database:
    for day in range(3):
        at = NOW + timedelta(days=day)
        decide(database, f"e{day}", f"reason {day}", at)
        decide(database, "e", "以此为据", at)
        assert audit.seal(database, at) is not None
    return database


def test_a_day_is_sealed_once(sealed: Database) -> None:
    assert audit.seal(sealed, NOW + timedelta(days=2, hours=3)) is None
    proof = audit.prove(sealed)
    assert (proof.seals, proof.sealed, proof.unsealed, proof.broken) == (3, 6, 0, ())


def test_what_came_since_is_not_sealed_yet(sealed: Database) -> None:
    decide(sealed, "e", "new", NOW + timedelta(days=3))
    assert audit.prove(sealed).unsealed == 1


D, S = entries.decisions, store.seals


def test_every_value_of_every_row_is_sealed(sealed: Database) -> None:
    for table in (D, S):
        key = next(iter(table.primary_key.columns))
        with sealed.read() as conn:
            rows = [row._mapping for row in conn.execute(sa.select(table).order_by(key))]
        for column, row in itertools.product(table.columns, rows):
            place, other = row[key.name], _another(row[column.name])
            _set(sealed, table, key.name, place, column, other)
            assert audit.prove(sealed).broken, (column, place)
            moved = other if column is key else place
            _set(sealed, table, key.name, moved, column, row[column.name])
    assert not audit.prove(sealed).broken


def _another(value: Any) -> Any:
    if isinstance(value, str):
        return value + " "
    if isinstance(value, int):
        return value + 1000
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return [value]


def _set(
    db: Database, table: sa.Table, key: str, place: object, column: sa.Column[Any], value: object
) -> None:
    with db.begin() as conn:
        conn.execute(sa.update(table).where(table.c[key] == place).values({column.name: value}))


_TAMPERED: dict[str, list[sa.Executable]] = {
    "a row in the middle removed": [sa.delete(D).where(D.c.id == 3)],
    "the last row removed": [sa.delete(D).where(D.c.id == 6)],
    "the last row of a day removed": [sa.delete(D).where(D.c.id == 2)],
    "all removed": [sa.delete(D)],
    "a seal removed": [sa.delete(S).where(S.c.number == 2)],
    "the first seal removed": [sa.delete(S).where(S.c.number == 1)],
    "two rows in each other's place": [
        sa.update(D).where(D.c.id == 3).values(id=99),
        sa.update(D).where(D.c.id == 4).values(id=3),
        sa.update(D).where(D.c.id == 99).values(id=4),
    ],
    "a row slipped in": [
        sa.insert(D).values(id=0, entry="e", at=NOW, what="status", by="editor", reason="")
    ],
    "a row removed and the count made to fit": [
        sa.delete(D).where(D.c.id == 3),
        sa.update(S).where(S.c.number == 2).values(rows=1),
    ],
}


def test_a_change_of_the_past_shows(sealed: Database) -> None:
    with sealed.read() as conn:
        kept = {t: [row._asdict() for row in conn.execute(sa.select(t))] for t in (D, S)}
    for name, steps in _TAMPERED.items():
        with sealed.begin() as conn:
            for step in steps:
                conn.execute(step)
        assert audit.prove(sealed).broken, name
        with sealed.begin() as conn:
            for table, rows in kept.items():
                conn.execute(sa.delete(table))
                conn.execute(sa.insert(table), rows)
        assert not audit.prove(sealed).broken


def test_an_end_that_was_taken_away_shows_by_a_seal_noted_elsewhere(sealed: Database) -> None:
    noted = audit.prove(sealed).head
    assert not audit.prove(sealed, noted).broken
    assert not audit.prove(sealed, noted[:12].upper()).broken
    with sealed.begin() as conn:
        conn.execute(sa.delete(S).where(S.c.number == 3))
        conn.execute(sa.delete(D).where(D.c.id > 4))
    assert not audit.prove(sealed).broken
    assert audit.prove(sealed, noted).broken


def test_seals_of_the_first_version_count(sealed: Database) -> None:
    """They were over less; what the next one adds is covered from then on."""
    with sealed.begin() as conn:
        before: store.Seal | None = None
        for each in store.all_seals(conn)[:2]:
            old = store.chained(conn, before, each).old
            conn.execute(sa.update(S).where(S.c.number == each.number).values(hash=old))
            before = replace(each, hash=old)
        conn.execute(sa.delete(S).where(S.c.number == 3))
    made = audit.seal(sealed, NOW + timedelta(days=2))
    assert made is not None
    assert audit.prove(sealed).broken == ()
    _set(sealed, S, "number", 2, S.c.day, "2026-11-30")
    assert audit.prove(sealed).broken


def test_pruning_leaves_the_record_whole(sealed: Database, tmp_path: Path) -> None:
    settings = replace(_settings(tmp_path), storage=Storage(keep_days=1))
    entry = Entry("e", "a", "k", "g", "标题", Attribution(), NOW, story="e")
    with sealed.begin() as conn:
        entries.save(conn, [(entry, ["rest"])])
    assert prune.prune(sealed, settings, NOW + timedelta(days=9)).entries == 1
    proof = audit.prove(sealed)
    assert (proof.sealed, proof.broken) == (6, ())
    with sealed.read() as conn:
        assert store.about(conn, "e") == ["e"]
        assert len(list(store.records(conn, "e", None))) == 3


def test_forgetting_a_person_leaves_the_record_whole(sealed: Database, tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    subscribe.add(sealed, settings, "reader@a.example", consent="on paper", secret=b"s", now=NOW)
    with sealed.read() as conn:
        before = store.count(conn)
    subscribe.forget(sealed, "reader@a.example", secret=b"s", now=NOW)
    proof = audit.prove(sealed)
    assert (proof.sealed, proof.unsealed, proof.broken) == (before, 0, ())


def test_the_record_is_the_same_in_the_other_database(
    sealed: Database, database_url: str, tmp_path: Path, postgresql_url: str
) -> None:
    other = postgresql_url if sealed.is_sqlite else f"sqlite:{tmp_path / 'other.db'}"
    backup.migrate_store(database_url, other)
    moved = open_database(other)
    assert audit.prove(moved) == audit.prove(sealed)
    moved.close()


def test_a_decision_that_is_on_its_way_is_waited_for(postgresql_url: str) -> None:
    """It has its number already, and must not come into what was sealed meanwhile."""
    db = open_database(postgresql_url)
    made = []
    with db.begin() as conn:
        entries.decide(conn, [Decision("slow", NOW, "status", "editor", "first")])
        decide(db, "quick", "second", NOW)
        sealing = threading.Thread(target=lambda: made.append(audit.seal(db, NOW)))
        sealing.start()
        with db.read() as other:
            _until_it_waits(other)
    sealing.join()
    assert [seal.rows for seal in made] == [2]
    assert not audit.prove(db).broken
    db.close()


def _until_it_waits(conn: sa.Connection) -> None:
    asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        if conn.execute(asked).scalar():
            return
        conn.rollback()
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits")


def _settings(folder: Path) -> Settings:
    return Settings(
        site=Site("站", "https://news.example/"),
        file=folder / "config.toml",
        storage=Storage(output=str(folder / "feeds")),
        columns=(Column("rest", rest=True),),
    )
