"""Bytes that came: kept once, found by entry, gone with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from syndicate.adapters.store import received as store
from syndicate.adapters.store.engine import Database
from syndicate.core import received

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE, TWO = b"<item>first \xe4\xb8\x80</item>", b"<item>second</item>"
FEED = b"<rss><channel>" + ONE + TWO + b"</channel></rss>"
URL = "https://a.example/rss"


def came(database: Database, *entries: str, at: datetime = NOW, data: bytes = FEED) -> None:
    """One response, whose items are these entries, in their order."""
    pieces = received.of_feed(data, URL, (("etag", "x"),), range(len(entries)), 2)
    with database.begin() as conn:
        store.save(conn, [(e, [p]) for e, p in zip(entries, pieces, strict=True)], at)


def items(database: Database, entry: str) -> list[bytes]:
    with database.read() as conn:
        found = [receipt.piece for receipt in store.of_entry(conn, entry)]
    return [received.item(p.body, p.start, p.end) for p in found]


def rows(database: Database) -> int:
    with database.read() as conn:
        return int(
            conn.execute(sa.select(sa.func.count()).select_from(store.received)).scalar_one()
        )


def test_one_response_is_kept_once(database: Database) -> None:
    came(database, "one", "two")
    assert rows(database) == 1
    assert (items(database, "one"), items(database, "two")) == ([ONE], [TWO])
    with database.read() as conn:
        (receipt,) = store.of_entry(conn, "one")
    assert receipt.at == NOW
    assert receipt.piece.body.url == URL
    assert receipt.piece.body.headers == (("etag", "x"),)
    assert receipt.piece.body.size == len(FEED)


def test_versions_are_kept(database: Database) -> None:
    came(database, "one", "two")
    came(database, "one", at=NOW + timedelta(days=1), data=FEED.replace(b"first", b"other"))
    assert items(database, "one") == [ONE, ONE.replace(b"first", b"other")]


def test_bytes_go_with_the_last_entry_that_came_with_them(database: Database) -> None:
    came(database, "one", "two")
    for entry, left in (("one", 1), ("two", 0)):
        with database.begin() as conn:
            store.remove(conn, [entry])
        assert items(database, entry) == []
        assert rows(database) == left


def test_what_is_cut_out_is_gone_to_the_last_byte(database: Database) -> None:
    came(database, "one", "two")
    with database.begin() as conn:
        store.cut_out(conn, ["one"])
    assert items(database, "one") == []
    assert items(database, "two") == [TWO]
    with database.read() as conn:
        (receipt,) = store.of_entry(conn, "two")
    body = receipt.piece.body
    whole = received.item(body, 0, len(FEED))
    assert len(whole) == len(FEED)
    assert b"first" not in whole


def test_what_could_not_be_cut_goes_with_all_that_came_with_it(database: Database) -> None:
    came(database, "one", "two", data=FEED.replace(b"</item>", b""))
    with database.begin() as conn:
        store.cut_out(conn, ["one"])
    assert items(database, "two") == []
    assert rows(database) == 0
