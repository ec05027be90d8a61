"""verify finds what was tampered with, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.jobs.publish import SitePages, publish
from syndicate.jobs.verify import verify
from syndicate.model import GivenDate, Person, Status

sys.path.insert(0, str(Path(__file__).parent))
from publishing import NOW, PlainPages, entry, settings, store

ONE, TWO = "entry00000000001", "entry00000000002"


def swap(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / path).read_text("utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), "utf-8")

    return change


def drop_item(root: Path) -> None:
    text = (root / "rss.xml").read_text("utf-8")
    at, end = text.index("<item>"), text.index("</item>") + len("</item>")
    (root / "rss.xml").write_text(text[:at] + text[end:], "utf-8")


def put_back(root: Path) -> None:
    page = "<html><body><h1>第3号标题</h1><p>正文3</p></body></html>"
    (root / "articles" / "entry00000000003.html").write_text(page, "utf-8")


def published(database: Database, root: Path) -> None:
    store(database, entry(1), entry(2), entry(3), entry(4, status=Status.HELD))
    publish(database, settings(root), PlainPages(), NOW)
    store(database, replace(entry(3), status=Status.RETRACTED))
    publish(database, settings(root), PlainPages(), NOW + timedelta(hours=1))


def test_what_is_as_published_has_no_problem(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path)
    found = verify(database, settings(tmp_path))
    assert found.problems == ()
    assert found.stale == 0
    assert found.checked > 15


@pytest.mark.parametrize(
    ("tamper", "file", "field"),
    [
        pytest.param(swap("rss.xml", "<dc:creator>佚名", "<dc:creator>佚明"), "rss.xml", "authors", id="author"),
        pytest.param(drop_item, "rss.xml", "presence", id="item dropped"),
        pytest.param(swap(f"articles/{ONE}.html", "示例日报", "示例晚报"), f"articles/{ONE}.html", None, id="page"),
        pytest.param(put_back, "articles/entry00000000003.html", "absence", id="put back"),
        pytest.param(swap("atom.xml", "2026-11-02T00:00:00", "2026-11-01T00:00:00"), "atom.xml", "updated", id="date"),
        pytest.param(swap("feed.json", "daily.example/rss", "daily.example/rzz"), "feed.json", "source", id="json"),
        pytest.param(swap("law/atom.xml", "</feed>", ""), "law/atom.xml", "format", id="broken"),
        pytest.param(swap("archive/2026-11.atom.xml", "摘要1", "摘要x"), "archive/2026-11.atom.xml", "file", id="text"),
        pytest.param(lambda r: (r / "feed.json").unlink(), "feed.json", "presence", id="lost"),
        pytest.param(
            lambda r: (r / "articles" / "entry00000000004.html").write_text("x"),
            "articles/entry00000000004.html", "absence", id="held put out",
        ),
        pytest.param(
            swap("index.html", "<ul>", '<ul><li><a href="articles/entry00000000003.html">x</a>'),
            "index.html", "absence", id="link to what is gone",
        ),
    ],
)  # fmt: skip
def test_tampering_is_found(
    sqlite_database: Database,
    tmp_path: Path,
    tamper: Callable[[Path], None],
    file: str,
    field: str | None,
) -> None:
    published(sqlite_database, tmp_path)
    tamper(tmp_path / "feeds")
    found = verify(sqlite_database, settings(tmp_path)).problems
    assert {p.file for p in found} == {file}
    assert field is None or field in {p.field for p in found}


def test_changes_not_yet_published_are_stale(sqlite_database: Database, tmp_path: Path) -> None:
    published(sqlite_database, tmp_path)
    store(
        sqlite_database, replace(entry(1), title="别的标题"), replace(entry(2), status=Status.HELD)
    )
    found = verify(sqlite_database, settings(tmp_path))
    assert found.problems == ()
    assert found.stale == 2


def test_the_sites_own_pages_say_what_was_recorded(
    sqlite_database: Database, tmp_path: Path
) -> None:
    where = settings(tmp_path)
    templates = Templates((Path(__file__).resolve().parents[2] / "templates",))
    lead = entry(1)
    store(sqlite_database, lead, replace(entry(2), story=lead.id, lead=False), entry(3))
    store(sqlite_database, entry(5, source="home"), entry(6, source="brief"))
    publish(sqlite_database, where, SitePages(where, templates), NOW)
    store(sqlite_database, replace(entry(3), status=Status.RETRACTED))
    publish(sqlite_database, where, SitePages(where, templates), NOW)
    assert verify(sqlite_database, where).problems == ()
    again = publish(sqlite_database, where, SitePages(where, templates), NOW, rebuild=True)
    assert again.feeds.written == again.pages.written == 0
    page = tmp_path / "feeds" / "articles" / f"{ONE}.html"
    page.write_text(page.read_text("utf-8").replace("示例日报", "示例晚报"), "utf-8")
    assert "source.name" in {p.field for p in verify(sqlite_database, where).problems}


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("title", "第1号标题</h1>", "第2号标题</h1>"),
        ("source.name", ">示例日报<", ">示例晚报<"),
        ("authors", ">李　明<", ">李　朋<"),
        ("authors", "佚名", "某人"),
        ("editor", "陈砚", "陈现"),
        ("published", "2026-11-02</dd>", "2026-11-03</dd>"),
        ("updated", "2026-11-20 09:30+08:00", "2026-11-20 09:31+08:00"),
        ("original_url", 'href="https://daily.example/1"', 'href="https://daily.example/2"'),
        ("original_title", "原来的标题", "别的标题"),
        ("via", "示例公报", "示例公告"),
        ("rights", "示例日报社", "示例晚报社"),
        ("licence", ">https://licences.example/by<", ">https://licences.example/nd<"),
        ("notices", "本文仅供参考。", "本文不供参考。"),
    ],
)
def test_each_field_of_a_page_is_read_back(
    sqlite_database: Database, tmp_path: Path, field: str, old: str, new: str
) -> None:
    where = settings(tmp_path)
    templates = Templates((Path(__file__).resolve().parents[2] / "templates",))
    made = entry(1)
    said = replace(
        made.attribution,
        editor="陈砚",
        original_title="原来的标题",
        updated=GivenDate("2026-11-20T09:30+08:00"),
        authors=(Person("佚名"), Person("李　明", url="https://li.example/")),
    )
    store(sqlite_database, replace(made, attribution=said))
    publish(sqlite_database, where, SitePages(where, templates), NOW)
    assert verify(sqlite_database, where).problems == ()
    page = tmp_path / "feeds" / "articles" / f"{ONE}.html"
    text = page.read_text("utf-8")
    assert old in text
    page.write_text(text.replace(old, new), "utf-8")
    assert field in {p.field for p in verify(sqlite_database, where).problems}
