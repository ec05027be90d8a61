"""Hubs hear of changed feeds after the files are in place, and again where they did not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from syndicate.adapters.store.engine import Database
from syndicate.jobs.publish import ping_hubs, publish
from syndicate.jobs.publish.pings import Post
from syndicate.settings import Publish
from tests.jobs.publishing import NOW, PlainPages, entry, settings, store

HUB = "https://hub.example/"


def taken(_hub: str, _topic: str) -> None:
    pass


def refused(_hub: str, _topic: str) -> str:
    return "no"


def listening(heard: list[str]) -> Post:
    def hear(_hub: str, topic: str) -> None:
        heard.append(topic)

    return hear


def test_a_changed_feed_is_told_until_it_is_heard(database: Database, tmp_path: Path) -> None:
    made = replace(settings(tmp_path), publish=Publish(hubs=(HUB,)))
    store(database, entry(1))
    publish(database, made, PlainPages(), NOW)
    told: list[tuple[str, str]] = []

    def deaf(hub: str, topic: str) -> str | None:
        assert (tmp_path / "feeds" / topic.removeprefix("https://news.example/")).is_file()
        told.append((hub, topic))
        return "answered 503"

    failed = ping_hubs(database, NOW, deaf)
    assert len(failed) == len(told) == 12  # three formats of the site and three columns
    assert all(HUB in line and "503" in line for line in failed)
    assert ping_hubs(database, NOW, deaf) == []  # not before a minute has gone
    later = NOW + timedelta(minutes=1)
    heard: list[str] = []
    assert ping_hubs(database, later, listening(heard)) == []
    assert sorted(heard) == sorted(topic for _, topic in told)
    assert ping_hubs(database, later + timedelta(days=1), deaf) == []


def test_what_did_not_change_is_not_told(sqlite_database: Database, tmp_path: Path) -> None:
    made = replace(settings(tmp_path), publish=Publish(hubs=(HUB,)))
    store(sqlite_database, entry(1))
    publish(sqlite_database, made, PlainPages(), NOW)
    ping_hubs(sqlite_database, NOW, taken)
    store(sqlite_database, entry(2))
    publish(sqlite_database, made, PlainPages(), NOW)
    heard: list[str] = []
    ping_hubs(sqlite_database, NOW, listening(heard))
    folders = {topic.removeprefix("https://news.example/").rpartition("/")[0] for topic in heard}
    assert folders == {"", "law"}


def test_a_hub_that_never_answers_is_given_up(sqlite_database: Database, tmp_path: Path) -> None:
    made = replace(settings(tmp_path), publish=Publish(hubs=(HUB,)))
    store(sqlite_database, entry(1))
    publish(sqlite_database, made, PlainPages(), NOW)
    rounds = 0
    at = NOW
    while ping_hubs(sqlite_database, at, refused):
        rounds, at = rounds + 1, at + timedelta(hours=7)
    assert rounds == 12
