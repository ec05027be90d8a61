"""Workers on one PostgreSQL database: as processes, one of them killed; nothing lost or doubled."""

from __future__ import annotations

import contextlib
import email
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sites import FeedServer, Site, item, rss

from syndicate import config
from syndicate.adapters.store import entries, open_database, outbox
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.leader import Leader
from syndicate.adapters.store.sources import sources
from syndicate.jobs import digest
from syndicate.wiring import Application

FEEDS, READERS = 15, 50
# Leases of two seconds and small batches, so that what takes half a minute takes moments here
WORKER = """
import sys
from pathlib import Path
import syndicate.jobs.ingest as ingest
from syndicate import workers
from syndicate.cli.main import main
from syndicate.jobs import send
from syndicate.jobs.ingest import leases
leases.LEASE, ingest.BATCH = 1.5, 3
send.deliver.__kwdefaults__["lease"] = 2.0
workers._LOOK, workers._POLLS = 0.5, 1.0
main(["--config", sys.argv[1], "worker"])
"""


def article(number: int) -> str:
    """A text that shares nothing with the others."""
    return "。".join(
        f"第{number * 97 + n * 31}户居民在{number}号院第{n}排领到{n * number}份资料"
        for n in range(9)
    )


@pytest.fixture
def site(tmp_path: Path, server: FeedServer, postgresql_url: str) -> Site:
    """Feeds of three articles each, one of which the next feed has too."""
    made = Site(tmp_path)
    text = f'[storage]\ndatabase = "{postgresql_url}"\n'
    text += f'[fetch]\nallow_networks = ["{server.network}"]\nper_host = 16\n'
    text += '[mail]\nfrom = "digest@news.example"\n'
    text += '[[digests]]\nid = "daily"\ntitle = "日报"\n'
    for feed in range(FEEDS):
        url = f"https://f{feed}.example/"
        items = [
            item(
                n, f"<p>{article(n)}</p>", link=f"{url}{n}", guid=f"{url}{n}", title=f"{n}号文章{n}"
            )
            for n in (feed * 2, feed * 2 + 1, feed * 2 + 2)
        ]
        address = server.serve(f"/{feed}.xml", rss(*items, title=f"源{feed}", link=url))
        text += f'[[sources]]\nid = "f{feed}"\nurl = "{address}"\nlicence = "https://l.example/"\n'
    return made.config(text)


@contextlib.contextmanager
def working(site: Site, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(site.root / "config.toml")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=site.root,
        )
        for _ in range(count)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def count(database: Database, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with database.read() as conn:
        query = sa.select(sa.func.count()).select_from(table).where(*where)
        return int(conn.execute(query).scalar_one())


def mailed(site: Site) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for file in (site.root / "var" / "mail" / "new").glob("*"):
        message = email.message_from_bytes(file.read_bytes())
        found[message["To"], message["Message-ID"]] += 1
    return found


def compose(site: Site) -> None:
    """An edition for everybody, left to the workers."""
    people = "email,consent\n" + "".join(f"r{n}@mail.example,yes\n" for n in range(READERS))
    site.write("people.csv", people)
    assert site.call("subscribers", "import", str(site.root / "people.csv")).status == 0
    app = Application(config.load(site.root / "config.toml"), datetime.now(UTC))
    chosen = app.settings.digests[0]
    made = digest.compose_now(
        app.database, app.settings, chosen, app.templates, app.secret, app.now
    )
    assert made.messages == READERS
    app.close()


def test_workers_share_and_one_is_killed(site: Site, server: FeedServer) -> None:
    app = Application(config.load(site.root / "config.toml"), datetime.now(UTC))
    database = app.database
    try:
        with working(site, 3) as workers:
            until(lambda: count(database, entries.entries) >= 6)
            workers[0].send_signal(signal.SIGKILL)
            polled = sources.c.last.is_not(None)
            until(lambda: count(database, sources, polled) == FEEDS)
            compose(site)
            until(lambda: len(mailed(site)) > 3)
            workers[1].send_signal(signal.SIGKILL)
            done = outbox.messages.c.state == "sent"
            until(lambda: count(database, outbox.messages, done) == READERS)
            workers[2].send_signal(signal.SIGTERM)
            assert workers[2].wait(10) == 0
        check(site, database)
    finally:
        app.close()


def check(site: Site, database: Database) -> None:
    with database.read() as conn:
        failed = sa.select(sources.c.id, sources.c.error).where(sources.c.error.is_not(None))
        assert list(conn.execute(failed)) == []
        kept = list(entries.newest(conn))
        assert len(kept) == FEEDS * 3
        leads = Counter(entry.title for entry in kept if entry.lead)
        assert len(leads) == FEEDS * 2 + 1
        assert set(leads.values()) == {1}  # an article of two sources is one story
        query = sa.select(sources.c.id).where(sources.c.lease_owner.is_not(None))
        assert list(conn.execute(query)) == []
    sent = mailed(site)
    assert len(sent) == READERS
    assert sum(sent.values()) <= READERS + 1  # one connection died in the middle of one


def test_on_sqlite_there_are_no_workers(tmp_path: Path) -> None:
    ran = Site(tmp_path).config("").call("worker")
    assert ran.status == 2
    assert "SQLite is for one process; `syndicate serve`" in ran.err


def test_one_leads_and_another_takes_over(site: Site) -> None:
    settings = config.load(site.root / "config.toml")
    database = open_database(settings.storage.database)
    first, second = Leader(database, "schedule"), Leader(database, "schedule")
    assert first.leads()
    assert not second.leads()
    assert first.leads()
    other = Leader(database, "publish")
    assert other.leads()
    other.resign()
    with database.begin() as conn:  # the leader's server process dies
        conn.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1"
        )
    began = time.monotonic()
    until(second.leads, 3.0)
    assert time.monotonic() - began < 3
    assert not first.leads()
    second.resign()
    assert first.leads()
    first.resign()
    database.close()


def test_a_worker_at_a_made_up_moment(site: Site) -> None:
    """A worker at a made-up moment polls what is due then, under leases by the real clock."""
    moment = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    process = site.process("worker", "--at", moment)
    settings = config.load(site.root / "config.toml")
    database = open_database(settings.storage.database)
    try:
        until(lambda: count(database, sources, sources.c.last.is_not(None)) == FEEDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        with database.read() as conn:
            last = conn.execute(sa.select(sa.func.min(sources.c.last))).scalar()
        assert last is not None
        assert last > datetime.now(UTC) + timedelta(days=2)
    finally:
        process.kill()
        process.communicate()
        database.close()
