"""backup, recover, migrate-store, on both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from jobs.publishing import NOW, entry, settings, store
from sqlalchemy.engine import Connection

from syndicate.adapters.store import (
    claims,
    copy,
    entries,
    open_database,
    outbox,
    published,
    sources,
    subscribers,
)
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.errors import StoreError, UsageError
from syndicate.jobs import backup, edit, subscribe
from syndicate.model import EditionState, MessageState, Rhythm, Status, Subscriber, SubscriberState
from syndicate.settings import Settings, Storage

LATER = NOW + timedelta(hours=5)
URL = "https://gov.example/rss"
SECRET = b"secret"


def site(url: str) -> Settings:
    made = settings(Path("nowhere"))
    return replace(made, storage=replace(made.storage, database=url))


def an_edition(number: int = 1, state: EditionState = EditionState.SENDING) -> Edition:
    local = datetime(2026, 11, 20 + number, 8, 0)
    return Edition(
        id=f"daily-{number}",
        digest="daily",
        number=number,
        local=local,
        due=NOW - timedelta(days=3 - number),
        composed=NOW,
        state=state,
        reason="",
        title="日报",
        public=True,
        recipients=2,
    )


def fill(database: Database) -> None:
    """A site with an edition half sent, one sent, a letter that waits, and odd characters."""
    store(database, entry(1), entry(2, title="一 \u2028 'x' \\ \t ⚖ 𠀀"))
    with database.begin() as conn:
        published.set_value(conn, "authority", "news.example,2026")
        published.set_value(conn, "fingerprint", "abc")
        polled = Rhythm(last=NOW, next=NOW + timedelta(days=1))
        sources.save(conn, [SourceState("gov", URL, polled, etag=b"\x00\xff")])
        edition_store.enrol(conn, ["daily"], NOW - timedelta(days=9))
        for number, state in ((1, EditionState.SENT), (2, EditionState.SENDING)):
            edition_store.add_edition(conn, an_edition(number, state), [(entry(number).id, "s")])
            rows = [a_message(f"daily-{number}", f"p{n}") for n in range(3)]
            outbox.add_messages(conn, rows)
        outbox.add_letter(
            conn, key="hello", subscriber="p9", email="p9@mail.example", subject="你好",
            text="text", message_id="<x@news.example>", now=NOW,
        )  # fmt: skip
        table = outbox.messages
        sent = sa.update(table).values(state=MessageState.SENT.value)
        conn.execute(sent.where(table.c.edition == "daily-1"))
        conn.execute(sent.where(table.c.subscriber == "p0"))
        sending = sa.update(table).values(state=MessageState.SENDING.value, owner="dead")
        conn.execute(sending.where(table.c.edition == "daily-2", table.c.subscriber == "p1"))


def a_message(edition: str, who: str) -> dict[str, object]:
    return outbox.queued(
        edition=edition, subscriber=who, email=f"{who}@mail.example", name="", salt="",
        variant=f"{edition}.0", message_id=f"<{edition}.{who}@news.example>", date=NOW, now=NOW,
    )  # fmt: skip


def test_back_from_a_backup_with_every_edition_held(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    fill(database)
    file = tmp_path / "copy.db"
    made = backup.backup(database, file, NOW)
    assert made.rows > 10
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.glob("*copy.db*")] == ["copy.db"]
    with database.begin() as conn:  # what happens afterwards is lost
        edition_store.add_edition(conn, an_edition(3), [])
        conn.execute(sa.delete(outbox.messages))
    done = backup.recover(site(database_url), SECRET, file, tmp_path, LATER)
    assert (done.taken, done.held, done.dropped) == (NOW, ["daily-2"], 1)
    assert done.kept is not None
    assert done.kept.is_file()
    with database.read() as conn:
        held = edition_store.edition(conn, "daily-2")
        assert held is not None
        assert (held.state, held.reason[:24]) == (EditionState.HELD, "recovered from a backup ")
        assert edition_store.edition(conn, "daily-3") is None
        assert outbox.tally(conn, "daily-2") == {"queued": 2, "sent": 1}
        assert outbox.count_ready(conn, LATER) == 0
        assert copy.recovered_at(conn) == LATER
        assert sources.due(conn, {"gov": URL}, LATER) == ["gov"]
        assert published.value(conn, "fingerprint") == ""
    with database.begin() as conn:
        outbox.add_letter(
            conn, key="new", subscriber="p9", email="p9@mail.example", subject="s",
            text="t", message_id="<y@news.example>", now=LATER,
        )  # fmt: skip  # numbers go on after the copied ones


def test_what_was_taken_down_and_who_left_stays_so(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    fill(database)
    people = [
        Subscriber(id, f"{id}@mail.example", SubscriberState.CONFIRMED, joined=NOW)
        for id in ("stays", "leaves", "erased")
    ]
    with database.begin() as conn:
        subscribers.save(conn, [(p, p.email) for p in people], NOW)
    backup.backup(database, tmp_path / "copy.db", NOW)
    edit.retract(
        database, site(database_url), entry(1), NOW, "editor", reason="a claim", only=False,
        secret=SECRET,
    )  # fmt: skip
    left = replace(people[1], state=SubscriberState.UNSUBSCRIBED)
    with database.begin() as conn:
        subscribers.save(conn, [(left, left.email)], NOW)
        mark = subscribe.mark("erased@mail.example", SECRET)
        subscribers.forget(conn, "erased", mark, NOW)
    done = backup.recover(site(database_url), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    assert done.again == 3
    with database.read() as conn:
        found = entries.get(conn, entry(1).id)
        assert found is not None
        assert (found.status, found.held_for) == (Status.RETRACTED, "a claim")
        assert [e.id for e in entries.newest(conn, column="")] == [entry(2).id]
        states = {p.id: p.state.value for p in subscribers.everybody(conn)}
        assert states == {"stays": "confirmed", "leaves": "unsubscribed"}
        assert subscribers.is_forgotten(conn, mark)


def test_what_may_have_been_sent_is_doubted(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    fill(database)
    with database.read() as conn:
        assert copy.doubt(conn, NOW, [entry(1)]) == ""
    backup.backup(database, tmp_path / "copy.db", NOW)
    backup.recover(site(database_url), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    tomorrow = LATER + timedelta(days=1)
    reread = replace(entry(3), received=LATER + timedelta(hours=1))
    fresh = replace(entry(4), received=tomorrow)
    with database.begin() as conn:
        assert "was due before" in copy.doubt(conn, LATER - timedelta(hours=1), [fresh])
        assert "2 of its entries" in copy.doubt(conn, tomorrow, [entry(1), fresh])
        failed = Rhythm(last=LATER, error="HTTP 503", failures=1)
        sources.save(conn, [SourceState("gov", URL, failed)])
        read = Rhythm(last=LATER + timedelta(hours=1))
        sources.save(conn, [SourceState("gov", URL, read)])
        sources.save(conn, [SourceState("gov", URL, Rhythm(last=tomorrow))])
        assert "1 of its entries" in copy.doubt(conn, tomorrow, [reread, fresh])
        assert copy.doubt(conn, tomorrow, [fresh]) == ""


def test_a_backup_goes_into_the_other_kind(
    sqlite_database: Database, postgresql_url: str, tmp_path: Path
) -> None:
    fill(sqlite_database)
    file = tmp_path / "copy.db"
    backup.backup(sqlite_database, file, NOW)
    done = backup.recover(site(postgresql_url), SECRET, file, tmp_path, LATER)
    assert done.kept is None
    backup.migrate_store(postgresql_url, f"sqlite:{tmp_path / 'back.db'}")
    there, back = open_database(postgresql_url), open_database(f"sqlite:{tmp_path / 'back.db'}")
    with there.read() as one, back.read() as other:
        assert copy.sums(one) == copy.sums(other)
    there.close()
    back.close()
    with pytest.raises(StoreError, match="not empty"):
        backup.migrate_store(f"sqlite:{tmp_path / 'back.db'}", postgresql_url)


def test_a_damaged_database_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    opened = open_database(f"sqlite:{path}")
    fill(opened)
    backup.backup(opened, tmp_path / "copy.db", NOW)
    opened.close()
    path.write_bytes(b"garbage" * 1000)
    done = backup.recover(site(f"sqlite:{path}"), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    assert done.kept is not None
    assert done.kept.read_bytes()[:7] == b"garbage"
    assert done.rows > 10


def test_what_is_no_backup_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'test.db'}"
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("[site]")
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE entries (id)")
    for file in (text, other, tmp_path / "missing"):
        with pytest.raises(StoreError, match=r"no backup|No such file"):
            backup.recover(site(url), SECRET, file, tmp_path, NOW)
    with pytest.raises(UsageError, match="no backup"):
        backup.backup(sqlite_database, text, NOW)
    assert text.read_text() == "[site]"
    with pytest.raises(UsageError, match="itself"):
        backup.backup(sqlite_database, tmp_path / "test.db", NOW)


def test_another_sites_backup_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database)
    backup.backup(sqlite_database, tmp_path / "copy.db", NOW)
    with sqlite_database.begin() as conn:
        published.set_value(conn, "authority", "other.example,2026")
    with pytest.raises(StoreError, match=r"of news\.example.*of other\.example"):
        backup.recover(
            site(f"sqlite:{tmp_path / 'test.db'}"), SECRET, tmp_path / "copy.db", tmp_path, LATER
        )


def test_a_backup_while_others_write(database: Database, tmp_path: Path) -> None:
    """One moment, though rows come in between two tables."""
    fill(database)
    with database.begin() as conn:
        edition_store.enrol(conn, ["uncommitted"], NOW)
        backup.backup(database, tmp_path / "copy.db", NOW)
    copied = open_database(f"sqlite:{tmp_path / 'copy.db'}")
    with copied.begin() as conn:
        assert set(edition_store.enrol(conn, [], NOW)) == {"daily"}
    copied.close()


def test_daily_copies(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    made = settings(tmp_path, storage=Storage(backup=str(folder), backup_keep=2))
    first = backup.daily(database, made, NOW)
    assert first is not None
    assert backup.daily(database, made, NOW + timedelta(hours=2)) is None
    (folder / ".syndicate-20261101T000000Z.db.new").write_bytes(b"of a process that was killed")
    (folder / "mine.txt").write_text("stays")
    later = [backup.daily(database, made, NOW + timedelta(days=n)) for n in (1, 2)]
    kept = {file.name for file in folder.iterdir()}
    assert kept == {"mine.txt", *(each.name for each in later if each)}
    assert len(kept) == 3
    assert first.stat().st_mode & 0o077 == 0 if first.exists() else True


def test_a_copy_is_of_one_moment_and_can_be_ended(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Somebody writes between its steps, and it neither begins again nor sees any of it."""
    with sqlite_database.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE big (n INTEGER, text TEXT)")
        conn.exec_driver_sql(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4000) "
            "INSERT INTO big SELECT n, hex(randomblob(2000)) FROM c"
        )
    steps = []

    def write_between() -> bool:
        steps.append(1)
        with sqlite_database.begin() as conn:
            conn.exec_driver_sql("INSERT INTO big VALUES (0, 'later')")
        return False

    backup.backup(sqlite_database, tmp_path / "copy.db", NOW, write_between)
    assert 2 <= len(steps) < 10
    with closing(sqlite3.connect(tmp_path / "copy.db")) as raw:
        assert raw.execute("SELECT count(*), min(n) FROM big").fetchone() == (4000, 1)
    with pytest.raises(backup.Stopped):
        backup.backup(sqlite_database, tmp_path / "other.db", NOW, lambda: True)
    assert not list(tmp_path.glob("*other*"))


def test_rather_no_copy_than_a_full_disk(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup.copying, "size", lambda _: 1 << 60)
    made = settings(tmp_path, storage=Storage(backup=str(tmp_path / "copies")))
    with pytest.raises(StoreError, match="no room for a backup"):
        backup.daily(sqlite_database, made, NOW)
    assert not list((tmp_path / "copies").iterdir())


def a_claim(conn: Connection, at: datetime, name: str, *steps: str) -> int:
    number = claims.add(
        conn, at=at, due=at + timedelta(days=15), kind="takedown", name=name,
        email=f"{name}@right.example", url="", text="", entry="", state="open", language="zh-CN",
    )  # fmt: skip
    for step in steps:
        claims.log(conn, number, at, "claimant", step)
    return number


def told(conn: Connection, number: int) -> tuple[str, list[str]]:
    row = claims.get(conn, number)
    assert row is not None
    return row.name, [step.what for step in claims.history(conn, number)]


def test_claims_that_came_after_the_backup_and_their_history_stay(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    fill(database)
    with database.begin() as conn:
        first = a_claim(conn, NOW, "before", "received")
    backup.backup(database, tmp_path / "copy.db", NOW)
    with database.begin() as conn:
        claims.log(conn, first, LATER, "editor", "answered")
        claims.change(conn, first, state="answered")
        second = a_claim(conn, LATER, "since", "received", "mailed")
        assert claims.take_mail(conn, "mark", "<m@right.example>", LATER, b"x")
        claims.file_mail(conn, "mark", second)
    done = backup.recover(site(database_url), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    assert done.claims == 1
    with database.begin() as conn:
        assert told(conn, first) == ("before", ["received", "answered"])
        assert told(conn, second) == ("since", ["received", "mailed"])
        assert [mail.mark for mail in claims.mails(conn, second)] == ["mark"]
        assert a_claim(conn, LATER, "next", "received") == second + 1
        assert told(conn, second + 1) == ("next", ["received"])


def test_a_number_that_stands_for_another_claim_stays_the_backups(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with database.begin() as conn:
        number = a_claim(conn, NOW, "before", "received")
    backup.backup(database, tmp_path / "copy.db", NOW)
    with database.begin() as conn:
        claims.change(conn, number, at=LATER, name="another")
    done = backup.recover(site(database_url), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    assert done.claims == 0
    with database.read() as conn:
        assert told(conn, number) == ("before", ["received"])


def test_where_what_came_since_is_lost_its_numbers_are_not_given_again(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with database.begin() as conn:
        number = a_claim(conn, NOW, "before", "received")
    backup.backup(database, tmp_path / "copy.db", NOW)
    with database.begin() as conn:
        a_claim(conn, LATER, "since")
        copy.clear(conn)
    backup.recover(site(database_url), SECRET, tmp_path / "copy.db", tmp_path, LATER)
    with database.begin() as conn:
        assert told(conn, number) == ("before", ["received"])
        assert a_claim(conn, LATER, "next") > number + 1000
