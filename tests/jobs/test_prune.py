"""keep_days: what goes, what stays, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from jobs.publishing import NOW, PlainPages, entry, settings, store

from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, fingerprints, outbox, stories
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.core.fingerprint import fingerprint
from syndicate.jobs.prune import Pruned, prune
from syndicate.jobs.publish import publish
from syndicate.model import Decision, EditionState, Status
from syndicate.settings import Settings, Storage

OLD = NOW - timedelta(days=40)
TEXT = (
    "清河县人民政府今日发布公告，自下月起调整城区公共汽车线路，并增设三处站点，方便居民出行。" * 4
)


def site(root: Path, keep: int = 30) -> Settings:
    return settings(root, storage=Storage(output=str(root / "feeds"), keep_days=keep))


def fill(database: Database) -> None:
    """Two old entries of one story with a young one, an old one taken down, a young one."""
    old = entry(1, received=OLD, content_text=TEXT)
    other = entry(2, received=OLD, story=old.id, lead=False)
    young = entry(3, received=NOW, story=old.id, lead=False)
    down = entry(4, received=OLD, status=Status.RETRACTED)
    store(database, old, other, young, down, entry(5))
    with database.begin() as conn:
        entries.remember(conn, [("gov", b"m1", old.id)])
        entries.link(conn, [(b"l1", old.id)])
        entries.decide(conn, [Decision(old.id, OLD, "column", "syndicate", "rule 1")])
        stories.file(conn, old.id, "law", OLD, "editor")
        stories.rule(conn, [(old.id, young.id)], True, OLD, "editor")
        print_ = fingerprint(old.title, TEXT)
        fingerprints.add(conn, [fingerprints.Item(old.id, "gov", print_)])


def count(database: Database, table: sa.Table) -> int:
    with database.read() as conn:
        query = sa.select(sa.func.count()).select_from(table)
        return int(conn.execute(query).scalar_one())


def test_nothing_goes_by_default(database: Database, tmp_path: Path) -> None:
    fill(database)
    assert prune(database, site(tmp_path, 0), NOW + timedelta(days=9999)) == Pruned()
    assert count(database, entries.entries) == 5


def test_what_is_old_goes_and_is_remembered(database: Database, tmp_path: Path) -> None:
    fill(database)
    assert prune(database, site(tmp_path), NOW) == Pruned(entries=2)
    with database.read() as conn:
        left = {e.id: e for e in entries.newest(conn)}
        assert set(left) == {entry(3).id, entry(4).id, entry(5).id}
        assert left[entry(4).id].content_text == ""  # that it was taken down is all that is kept
        assert left[entry(3).id].lead  # its story's lead is gone
        assert entries.recall(conn, "gov", [b"m1"]) == {b"m1": entry(1).id}
    gone = (entries.links, stories.filings, stories.rulings)
    gone += (fingerprints.fingerprints, fingerprints.grams)
    assert [count(database, table) for table in gone] == [0] * len(gone)
    assert count(database, entries.decisions) == 1  # the record is only appended to
    assert prune(database, site(tmp_path), NOW) == Pruned()


def test_pages_and_archives_follow(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database)
    made = site(tmp_path)
    publish(sqlite_database, made, PlainPages(), NOW)
    page, feeds = tmp_path / "feeds" / "articles", tmp_path / "feeds"
    assert (page / f"{entry(1).id}.html").exists()
    assert (feeds / "archive" / "2026-10.atom.xml").exists()
    prune(sqlite_database, made, NOW)
    publish(sqlite_database, made, PlainPages(), NOW)
    assert not (page / f"{entry(1).id}.html").exists()
    assert entry(1).id not in (feeds / "atom.xml").read_text()
    assert not (feeds / "archive" / "2026-10.atom.xml").exists()
    assert (page / f"{entry(3).id}.html").exists()


def test_what_an_edition_has_yet_to_bring_stays(database: Database, tmp_path: Path) -> None:
    store(database, entry(1, received=OLD), entry(2, received=OLD))
    made = Edition(
        "daily-1", "daily", 1, datetime(2026, 10, 1, 8), OLD, OLD, EditionState.HELD, "", "日报",
        True, 1,
    )  # fmt: skip
    with database.begin() as conn:
        edition_store.add_edition(conn, made, [(entry(1).id, entry(1).story)])
    assert prune(database, site(tmp_path), NOW) == Pruned(entries=1)
    with database.begin() as conn:
        assert entries.get(conn, entry(1).id) is not None
        edition_store.set_edition(conn, "daily-1", EditionState.SENT)
    assert prune(database, site(tmp_path), NOW) == Pruned(entries=1)


def test_messages_go_when_they_are_done_and_old(database: Database, tmp_path: Path) -> None:
    row = outbox.queued(
        edition="daily-1", subscriber="p", email="p@mail.example", name="", salt="",
        variant="daily-1.0", message_id="<m@news.example>", date=OLD, now=OLD,
    )  # fmt: skip
    sent = {**row, "subscriber": "q", "state": "sent"}
    late = {**sent, "subscriber": "r", "changed": NOW - timedelta(days=20)}
    with database.begin() as conn:
        outbox.add_messages(conn, [row, sent, late])
    short = replace(site(tmp_path), storage=replace(site(tmp_path).storage, keep_days=1))
    assert prune(database, short, NOW) == Pruned(messages=1)
    with database.read() as conn:
        assert outbox.tally(conn, "daily-1") == {"queued": 1, "sent": 1}
