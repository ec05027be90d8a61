from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from syndicate.adapters.http import Fetcher
from syndicate.adapters.store import leases, sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.core import addresses
from syndicate.jobs import push
from syndicate.model import Rhythm
from syndicate.settings import Settings, Site, Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOPIC = "https://gov.example/rss.xml"


class Hub(ThreadingHTTPServer):
    """A hub that keeps what it is asked."""

    asked: list[dict[str, list[str]]]
    status = 202


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(parse_qs(body.decode()))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub(("127.0.0.1", 0), _Handler)
    made.asked = []
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


SETTINGS = Settings(
    site=Site("清河观察", "https://news.example/"),
    file=Path("config.toml"),
    sources=(Source("gov", url=TOPIC, timezone="Asia/Shanghai"),),
)


def known(db: Database, hub: Hub) -> None:
    rhythm = Rhythm(last=NOW, next=NOW + timedelta(minutes=30))
    facts = {"hub": f"http://127.0.0.1:{hub.server_address[1]}/", "feed": TOPIC}
    with db.begin() as conn:
        sources.save(conn, [SourceState("gov", TOPIC, rhythm, facts=facts)])


def renew(db: Database, now: datetime, *allowed: str) -> int:
    async def run() -> int:
        async with Fetcher(addresses.guard(allowed or ("127.0.0.0/8",)), contact="x") as fetcher:
            return await push.renew(db, SETTINGS, fetcher, now)

    return asyncio.run(run())


def lease(db: Database) -> leases.Lease:
    with db.read() as conn:
        found = leases.get(conn, "gov")
    assert found is not None
    return found


def test_asked_once_and_renewed_before_the_end(database: Database, hub: Hub) -> None:
    known(database, hub)
    assert renew(database, NOW) == 1
    (form,) = hub.asked
    assert form["hub.callback"] == ["https://news.example/websub/gov"]
    assert form["hub.topic"] == [TOPIC]
    assert form["hub.secret"] == [lease(database).secret]
    assert renew(database, NOW + timedelta(hours=1)) == 0, "the hub has time to verify"
    with database.begin() as conn:
        until = NOW + timedelta(days=10)
        leases.save(conn, replace(lease(database), until=until, pushed=NOW))
    assert renew(database, NOW + timedelta(days=5)) == 0
    assert renew(database, until - timedelta(hours=5)) == 1
    assert lease(database).until == until, "it runs on until the hub has verified"
    assert hub.asked[0]["hub.secret"] == hub.asked[1]["hub.secret"]


def test_a_hub_that_refuses(database: Database, hub: Hub) -> None:
    known(database, hub)
    hub.status = 404
    assert renew(database, NOW) == 1
    assert "404" in lease(database).error
    assert renew(database, NOW + timedelta(hours=1)) == 0
    assert renew(database, NOW + timedelta(hours=13)) == 1


def test_a_hub_at_a_forbidden_address_is_not_asked(database: Database, hub: Hub) -> None:
    known(database, hub)
    assert renew(database, NOW, "192.0.2.0/24") == 1
    assert not hub.asked
    assert lease(database).error


def test_polling_slows_down_while_it_is_pushed(database: Database, hub: Hub) -> None:
    known(database, hub)
    renew(database, NOW)

    def next_poll() -> datetime | None:
        with database.read() as conn:
            return sources.load(conn)["gov"].rhythm.next

    push.relax(database, NOW)
    assert next_poll() == NOW + timedelta(minutes=30), "not verified, never pushed"
    with database.begin() as conn:
        leases.save(conn, replace(lease(database), until=NOW + timedelta(hours=6), pushed=NOW))
    push.relax(database, NOW)
    assert next_poll() == NOW + timedelta(hours=6), "no longer than the lease"
    push.relax(database, NOW)
    assert next_poll() == NOW + timedelta(hours=6)
