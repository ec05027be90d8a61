"""Which pictures are wanted, copied and used, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syndicate.adapters.store import media
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.media import COPIED, FAILED, Copy

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILE = "media/aa/aa.jpg"


def test_a_picture_is_wanted_once_and_due_until_it_is_settled(database: Database) -> None:
    with database.begin() as conn:
        media.want(conn, [("e1", "https://s.example/a"), ("e1", "https://s.example/b")], NOW)
        media.want(conn, [("e1", "https://s.example/a")], NOW + HOUR)
        first, second = media.due(conn, NOW, 10)
        assert media.settle(conn, replace(first, state=COPIED, file=FILE, bytes=3), NOW)
        assert media.settle(conn, replace(second, tries=1, reason="HTTP 503"), NOW + HOUR)
        assert not media.settle(conn, Copy("e9", "https://s.example/x", FAILED), NOW)
    with database.read() as conn:
        assert media.due(conn, NOW, 10) == []
        (again,) = media.due(conn, NOW + HOUR, 10)
        assert (again.url, again.tries, again.reason) == ("https://s.example/b", 1, "HTTP 503")
        assert media.files_of(conn, ["e1", "e2"]) == {"e1": {"https://s.example/a": FILE}}


def test_a_file_is_unused_when_no_picture_stands_in_it(database: Database) -> None:
    with database.begin() as conn:
        pictures = [("e1", "u1"), ("e1", "u2"), ("e2", "u1")]
        media.want(conn, pictures, NOW)
        for entry, url in pictures:
            file = "media/bb/bb.png" if url == "u2" else FILE
            media.settle(conn, Copy(entry, url, COPIED, file, 1), NOW)
        assert media.forget(conn, {"e1": ["u1"]}) == []
        assert media.forget(conn, {"e1": None}) == ["media/bb/bb.png"]
        assert media.forget(conn, {"e1": None, "e2": None}) == [FILE]
        assert media.of_entries(conn, ["e1", "e2"]) == {}
