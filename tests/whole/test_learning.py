"""Columns learned by the daemon from what editors moved: when, once, told, and kept."""

from __future__ import annotations

import asyncio
import logging
import select
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sites import Site
from test_serve import Served

from syndicate.adapters.store import columns, entries, open_database, stories
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.leader import Leader
from syndicate.daemon import jobs
from syndicate.model import Attribution, Entry
from syndicate.settings import Column, Learning, Settings, Storage
from syndicate.settings import Site as SiteSettings
from syndicate.wiring import Application

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = "2026-11-24T09:00:00+08:00"
WORDS = {"sport": "球队在决赛里射门得分，球迷欢呼", "law": "法院开庭审理案件，法官当庭判决"}
CONFIG = """
[storage]
database = "{database}"
[learning]
train_after = 6
[[columns]]
id = "sport"
title = "赛场"
[[columns]]
id = "law"
title = "公堂"
[[sources]]
id = "notes"
type = "folder"
path = "notes"
own = true
"""


def move(database: Database, *names: str, size: int = 6) -> None:
    """Entries, each moved by an editor, to these columns in turn."""
    with database.begin() as conn:
        for number in range(size):
            column = names[number % len(names)]
            id_ = f"entry{number:08d}"
            text = f"{WORDS[column]}，{'甲乙丙丁戊己庚辛壬癸子丑'[number]}地消息。" * 3
            entry = Entry(
                id_, "notes", id_, id_, f"消息{number}", Attribution(), NOW, content_text=text,
                story=id_, column="rest", columns=("rest",),
            )  # fmt: skip
            entries.save(conn, [(entry, ())])
            stories.file(conn, id_, column, NOW, "editor")


def version_of(database: Database) -> int:
    with database.read() as conn:
        active = columns.standing(conn).active
    return active.version if active else 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_daemon_learns_and_files_by_it(
    site: Site, kind: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:{site.root}/site.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    site.config(CONFIG.format(database=url))
    database = open_database(url)
    move(database, "sport", "law", size=12)
    daemon = Served(site, "--at", LATER)
    deadline = time.monotonic() + 90  # a process that starts another, on a machine that is busy
    try:
        while version_of(database) != 1:
            assert time.monotonic() < deadline, "nothing was learned"
            select.select([], [], [], 0.2)
    finally:
        status, log = daemon.stop()
        database.close()
    assert status == 0
    assert "columns: version 1 is in use: the first one; 12 examples, 12 of them moved" in log
    assert site.json("status", at=LATER)["learning"]["moves"] == 0
    site.write("notes/new.md", "---\ntitle: 新消息\n---\n法院开庭审理案件，法官当庭判决。\n")
    site.run("ingest", at=LATER)
    (new,) = [row for row in site.json("list", at=LATER) if row["title"] == "新消息"]
    assert new["column"] == "law"
    assert "model: law" in site.run("why", new["id"], at=LATER).out


class Running:
    """A daemon, as its jobs see it."""

    follows = False
    learned: datetime | None = None

    def __init__(self, database: Database, url: str, after: int) -> None:
        self.database = database
        self.settings = Settings(
            SiteSettings("清河观察", "https://news.example/"),
            Path("config.toml"),
            Storage(url),
            columns=(Column("sport"), Column("law"), Column("rest", rest=True)),
            learning=Learning(after),
        )

    @contextmanager
    def application(self) -> Iterator[Application]:
        app = Application(self.settings, NOW)
        app.__dict__["database"] = self.database
        yield app

    def in_own_loop(self, _kind: str, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(coroutine)

    def learn(self, names: Sequence[str] = ()) -> int:
        """Have it learn; the newest version then, 0 for none."""
        jobs.learn(cast(jobs.Running, self), names)
        with self.database.read() as conn:
            newest = columns.standing(conn, self.learned).newest
        return newest.version if newest else 0


@pytest.mark.parametrize(
    ("after", "version"),
    [
        pytest.param(0, 0, id="by hand alone"),
        pytest.param(7, 0, id="one is missing"),
        pytest.param(6, 1, id="enough"),
    ],
)
def test_after_how_many_moves(
    database: Database, database_url: str, after: int, version: int
) -> None:
    move(database, "sport", "law")
    daemon = Running(database, database_url, after)
    assert daemon.learn() == version
    assert daemon.learn() == version  # not again for the same moves


def test_moves_of_one_story_are_one_move(database: Database) -> None:
    move(database, "sport", "law")
    with database.begin() as conn:
        first, *others = entries.newest(conn)
        entries.save(conn, [(replace(o, story=first.story, lead=False), ()) for o in others])
    with database.read() as conn:
        assert columns.standing(conn).moves == 1
        assert len(columns.labelled(conn)) == 1


def test_nothing_to_tell_apart_is_told_once(
    sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    move(sqlite_database, "law")
    daemon = Running(sqlite_database, str(sqlite_database.engine.url), 6)
    daemon.settings = replace(
        daemon.settings, storage=Storage(f"sqlite:{sqlite_database.engine.url.database}")
    )
    with caplog.at_level(logging.WARNING):
        assert daemon.learn() == daemon.learn() == 0
    assert [r.getMessage() for r in caplog.records] == [
        "columns: nothing was learned: at least two columns need 2 examples each"
    ]


def test_of_several_daemons_one_learns(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    other = Leader(database, "learn")
    try:
        move(database, "sport", "law")
        daemon = Running(database, postgresql_url, 6)
        assert other.leads()
        assert daemon.learn() == 0
        other.resign()
        assert daemon.learn() == 1
    finally:
        other.resign()
        database.close()


def test_check_tells_what_is_wrong_with_rules_in_a_table(site: Site) -> None:
    site.config(
        '[[columns]]\nid = "law"\n[[columns.rules]]\nany = ["法院"]\nnone = ["法院"]\n'
        '[[columns.rules]]\nany = ["法官"]\n[[columns.rules]]\nany = ["法官"]\ntitle = ["开庭"]\n'
    )
    said = site.run("check", "--rules").out
    assert "cannot match" in said
    assert "cannot decide: rule 2" in said
    assert "[]" not in said
