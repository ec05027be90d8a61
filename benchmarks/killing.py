"""Workers on one PostgreSQL database, one of them killed every second: what is left behind.

Feeds on loopback get a new article each in turn, every fifth of which the next feed carries too;
a digest goes out every two minutes into a Maildir. Workers are the program as it is, with its own
leases. When the time is over the last ones finish, and what is in the database and in the Maildir
is counted: every number under `wrong` has to be 0. `repeated` are copies of one message that a
killed connection may leave (contract §8), all under one Message-ID.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from email.parser import BytesHeaderParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from syndicate.adapters.store import entries, open_database, outbox
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import sources

_ROOT = Path(__file__).resolve().parent.parent
_KEPT = 40  # items of a feed
_CONFIG = """[site]
name = "示例站"
url = "https://news.example/"
[storage]
database = "{database}"
[fetch]
allow_networks = ["127.0.0.0/8"]
per_host = 16
[mail]
from = "digest@news.example"
[[digests]]
id = "often"
title = "快讯"
schedule = "*/2 * * * *"
"""


def main(arguments: list[str]) -> dict[str, Any]:
    """What `python -m benchmarks killing` prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks killing", description=__doc__)
    parser.add_argument("--database", required=True, help="a new one: postgresql://…")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--feeds", type=int, default=40)
    parser.add_argument("--subscribers", type=int, default=50)
    wanted = parser.parse_args(arguments)
    feeds = _Feeds(wanted.feeds)
    with tempfile.TemporaryDirectory() as folder, _Serving(feeds) as base:
        site = Path(folder)
        _set_up(site, wanted.database, base, wanted.feeds, wanted.subscribers)
        kills = _kill(site, feeds, wanted.workers, wanted.minutes * 60)
        database = open_database(wanted.database)
        try:
            return {"kills": kills, **_count(database, site, feeds)}
        finally:
            database.close()


class _Feeds:
    """Feeds that grow."""

    def __init__(self, count: int) -> None:
        self.items: list[list[int]] = [[] for _ in range(count)]
        self.made = 0

    def grow(self) -> None:
        """A new article in the feed whose turn it is; every fifth in the next one as well."""
        count, number = len(self.items), self.made
        self.made += 1
        self.items[number % count].append(number)
        if number % 5 == 0:
            self.items[(number + 1) % count].append(number)

    def body(self, feed: int) -> bytes:
        shown = "".join(map(_item, self.items[feed][-_KEPT:]))
        return (
            f"<rss version='2.0'><channel><title>源{feed}</title>"
            f"<link>https://f{feed}.example/</link>{shown}</channel></rss>"
        ).encode()


def _item(number: int) -> str:
    text = "。".join(
        f"第{number * 97 + n * 31}户居民在{number}号院第{n}排领到{n * number}份资料"
        for n in range(9)
    )
    return (
        f"<item><title>{number}号文章{number}</title><guid>https://a.example/{number}</guid>"
        f"<link>https://a.example/{number}</link><description>{text}</description></item>"
    )


class _Serving:
    def __init__(self, feeds: _Feeds) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = feeds.body(int(self.path.strip("/")))
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # whoever asked was killed
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _set_up(site: Path, database: str, base: str, feeds: int, subscribers: int) -> None:
    text = _CONFIG.format(database=database) + "".join(
        f'[[sources]]\nid = "f{n}"\nurl = "{base}/{n}"\nevery = "1m"\n' for n in range(feeds)
    )
    (site / "config.toml").write_text(text, encoding="utf-8")
    people = "email,consent\n" + "".join(f"r{n}@mail.example,yes\n" for n in range(subscribers))
    (site / "people.csv").write_text(people)
    command = [*_program(site), "subscribers", "import", str(site / "people.csv")]
    subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)


def _program(site: Path) -> list[str]:
    return [sys.executable, "-m", "syndicate", "--config", str(site / "config.toml")]


def _kill(site: Path, feeds: _Feeds, count: int, seconds: float) -> int:
    """Kill one of the workers every second and start another; how many were killed."""
    # One log for all, so that nobody waits for a pipe that nobody reads
    with (site / "log").open("wb") as log:

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen([*_program(site), "worker"], cwd=_ROOT, stdout=log, stderr=log)

        working = [start() for _ in range(count)]
        kills, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(1)
            chosen = random.randrange(count)
            working[chosen].kill()
            working[chosen].wait()
            working[chosen] = start()
            kills += 1
            if kills % 5 == 0:
                feeds.grow()
        # Longer than a lease, a period between two polls and a digest's take together
        time.sleep(240)
        for each in working:
            each.terminate()
        for each in working:
            each.wait()
    return kills


def _count(database: Database, site: Path, feeds: _Feeds) -> dict[str, Any]:
    mailed: Counter[tuple[str, str]] = Counter()
    for file in (site / "var" / "mail" / "new").glob("*"):
        head = BytesHeaderParser().parsebytes(file.read_bytes())
        mailed[str(head["To"]), str(head["Message-ID"])] += 1
    table, messages = entries.entries, outbox.messages
    with database.read() as conn:

        def rows(statement: Any) -> list[Any]:
            return list(conn.execute(statement))

        known = len(rows(sa.select(table.c.id)))
        expected = feeds.made + (feeds.made + 4) // 5
        leads = sa.func.sum(sa.cast(table.c.lead, sa.Integer))
        stories = rows(sa.select(table.c.story, leads).group_by(table.c.story))
        made = rows(sa.select(messages.c.edition, messages.c.email, messages.c.message_id))
        unsent = rows(sa.select(messages.c.id).where(messages.c.state != "sent"))
        leased = rows(sa.select(sources.c.id).where(sources.c.lease_owner.is_not(None)))
        held = rows(sa.select(messages.c.id).where(messages.c.owner.is_not(None)))
    sent = {message for _, message in mailed}
    return {
        "entries": known,
        "stories": len(stories),
        "messages": len(made),
        "repeated": sum(mailed.values()) - len(mailed),
        "wrong": {
            "entries_missing_or_doubled": abs(expected - known),
            "stories_missing_or_doubled": abs(feeds.made - len(stories)),
            "stories_without_one_lead": sum(1 for _, lead in stories if lead != 1),
            "mailed_twice": len(made) - len({(edition, who) for edition, who, _ in made}),
            "made_and_not_mailed": len({m for _, _, m in made} - sent),
            "messages_not_sent": len(unsent),
            "sources_leased": len(leased),
            "messages_leased": len(held),
        },
    }
