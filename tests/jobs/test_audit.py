"""The record of decisions: sealed, and a change of the past shows."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from syndicate.adapters.store import audit as store
from syndicate.adapters.store import entries
from syndicate.adapters.store.engine import Database
from syndicate.jobs import audit
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


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(
            sa.update(entries.decisions).where(entries.decisions.c.id == 2).values(reason="other"),
            id="a reason changed",
        ),
        pytest.param(
            sa.update(entries.decisions).where(entries.decisions.c.id == 1).values(by="nobody"),
            id="who decided changed",
        ),
        pytest.param(
            sa.delete(entries.decisions).where(entries.decisions.c.id == 3), id="one removed"
        ),
        pytest.param(sa.delete(store.seals).where(store.seals.c.number == 2), id="a seal removed"),
    ],
)
def test_a_change_of_the_past_shows(sealed: Database, tamper: sa.Executable) -> None:
    with sealed.begin() as conn:
        conn.execute(tamper)
    assert audit.prove(sealed).broken


def test_an_entrys_file_is_whole_and_the_same_every_time(
    sqlite_database: Database, tmp_path: Path
) -> None:
    settings = Settings(
        site=Site("站", "https://news.example/"),
        file=tmp_path / "config.toml",
        storage=Storage(output=str(tmp_path / "feeds")),
        columns=(Column("rest", rest=True),),
    )
    entry = Entry(
        "e", "a", "k", "g", "标题", Attribution(), NOW, story="e", content_html="<p>文</p>"
    )
    with sqlite_database.begin() as conn:
        entries.save(conn, [(entry, ["rest"])])
    decide(sqlite_database, "e", "以此为据", NOW)
    data = audit.export(sqlite_database, settings, entry)
    assert data == audit.export(sqlite_database, settings, entry)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "以此为据" in archive.read("decisions.json").decode()
        assert archive.read("content.html").decode() == "<p>文</p>"
