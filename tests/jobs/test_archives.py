"""Archives of columns: every entry is reached by links, and old pages stay as they are."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.jobs.publish import SitePages, archives, publish
from syndicate.jobs.publish import sources as sources_page
from syndicate.jobs.verify import verify
from syndicate.model import Status
from syndicate.settings import Settings, Source
from tests.jobs.publishing import NOW, PlainPages, entry, settings, store
from tests.jobs.test_rebuild import BUILT_IN, MINUTE, pages, tree

_A = "{http://www.w3.org/2005/Atom}"
OCTOBER = datetime(2026, 10, 5, tzinfo=UTC)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three entries, and feeds of two."""
    monkeypatch.setattr(archives, "PART", 3)


def made(root: Path) -> Settings:
    base = settings(root)
    return replace(base, publish=replace(base.publish, items=2))


def reached(files: dict[str, bytes]) -> set[str]:
    """The pages that links lead to, from the front page on, without a script."""
    found, ahead = {"index.html"}, ["index.html"]
    while ahead:
        path = ahead.pop()
        for href in re.findall(rb'<a [^>]*href="([^"#:]+)', files.get(path, b"")):
            to = posixpath.normpath(posixpath.join(posixpath.dirname(path), href.decode()))
            if to in files and to not in found:
                found.add(to)
                ahead.append(to)
    return found


def test_every_entry_is_reached_by_links(
    sqlite_database: Database, tmp_path: Path, small: None
) -> None:
    where = made(tmp_path)
    for number in range(1, 18):
        at = (OCTOBER if number < 9 else NOW) + number * MINUTE
        store(sqlite_database, entry(number, received=at))
        publish(sqlite_database, where, pages(where), at)
    files = tree(tmp_path)
    assert "law/archive/2026-11-3.html" in files
    articles = {path for path in files if path.startswith("articles/")}
    # Not by the chain of newer and older entries, which would be one link for each
    lists = {p: d for p, d in files.items() if not p.startswith("articles/")}
    direct = {
        posixpath.normpath(posixpath.join(posixpath.dirname(page), href))
        for page in reached(lists)
        for href in re.findall(r'href="([^"#]*articles/[^"]+)"', lists[page].decode())
    }
    assert articles <= direct
    assert verify(sqlite_database, where).problems == ()


def test_old_pages_stay_as_they_are(sqlite_database: Database, tmp_path: Path, small: None) -> None:
    where = made(tmp_path)
    store(sqlite_database, *(entry(n, received=OCTOBER + n * MINUTE) for n in range(1, 8)))
    publish(sqlite_database, where, pages(where), OCTOBER)
    store(sqlite_database, entry(8, received=NOW))
    publish(sqlite_database, where, pages(where), NOW)
    before = {p: d for p, d in tree(tmp_path).items() if "archive/2026-10" in p}
    assert "law/archive/2026-10-3.html" in before
    more = [entry(n, received=NOW + n * MINUTE) for n in range(9, 16)]
    for new in more:
        store(sqlite_database, new)
        publish(sqlite_database, where, pages(where), NOW)
    assert {p: d for p, d in tree(tmp_path).items() if "archive/2026-10" in p} == before
    publish(sqlite_database, where, pages(where), NOW, rebuild=True)
    assert {p: d for p, d in tree(tmp_path).items() if "archive/2026-10" in p} == before


def test_the_chain_of_archives_has_every_entry_once(
    database: Database, tmp_path: Path, small: None
) -> None:
    where = made(tmp_path)
    for number in range(1, 12):
        at = (OCTOBER if number < 6 else NOW) + number * MINUTE
        store(database, entry(number, received=at, guid=f"https://x.example/{number}"))
        publish(database, where, PlainPages(), at)
    store(database, replace(entry(4), status=Status.RETRACTED, received=OCTOBER + 4 * MINUTE))
    publish(database, where, PlainPages(), NOW + timedelta(hours=1))
    files, path, ids = tree(tmp_path), "atom.xml", []
    while path:
        feed = etree.fromstring(files[path])
        if path != "atom.xml":  # which repeats the newest
            ids += [e.findtext(_A + "id") for e in feed.findall(_A + "entry")]
        links = {link.get("rel"): link.get("href") for link in feed.findall(_A + "link")}
        path = links.get("prev-archive", "").removeprefix("https://news.example/")
    assert sorted(ids) == sorted(f"https://x.example/{n}" for n in range(1, 12) if n != 4)


def test_a_rebuild_keeps_the_parts_though_one_left(
    sqlite_database: Database, tmp_path: Path, small: None
) -> None:
    where = made(tmp_path)
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in range(1, 9)))
    publish(sqlite_database, where, pages(where), NOW)
    gone = replace(entry(2, received=NOW + 2 * MINUTE), status=Status.REJECTED)
    store(sqlite_database, gone)
    publish(sqlite_database, where, pages(where), NOW)
    before = tree(tmp_path)
    publish(sqlite_database, where, pages(where), NOW, rebuild=True)
    assert tree(tmp_path) == before


def test_parts_that_others_moved_into_are_cut_anew(
    sqlite_database: Database, tmp_path: Path, small: None
) -> None:
    where = made(tmp_path)
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in (1, 2, 3, 40)))
    publish(sqlite_database, where, pages(where), NOW)
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in range(4, 25)))
    publish(sqlite_database, where, pages(where), NOW)
    publish(sqlite_database, where, pages(where), NOW, rebuild=True)
    monthly = [p for p in tree(tmp_path) if p.startswith("law/archive/") and p.endswith(".html")]
    assert len(monthly) == 9
    assert verify(sqlite_database, where).problems == ()


def test_sources_are_counted_as_entries_come_and_go(database: Database, tmp_path: Path) -> None:
    where = settings(tmp_path)

    def told() -> str:
        return tree(tmp_path)["sources.html"].decode()

    look = SitePages(where, Templates((BUILT_IN,)))
    store(database, entry(1), entry(2), entry(3, source="old"))
    publish(database, where, look, NOW)
    assert "2 篇 · <time" in told()
    assert "已不再收录 · 1 篇" in told()
    store(database, entry(4, received=NOW + timedelta(days=1)))
    publish(database, where, look, NOW)
    assert "3 篇" in told()
    assert "最近收录于 2026-11-25" in told()
    store(database, replace(entry(1), status=Status.RETRACTED))
    store(database, replace(entry(3, source="old"), status=Status.REJECTED))
    publish(database, where, look, NOW)
    assert "2 篇 · <time" in told()
    assert "不再收录" not in told()
    before = told()
    publish(database, where, look, NOW, rebuild=True)
    assert told().replace("2026-11-25", "") == before.replace("2026-11-25", "")


def test_many_sources_have_several_pages(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources_page, "_PAGE", 2)
    base = settings(tmp_path)
    where = replace(base, sources=(*base.sources, Source("x", "示例晚报"), Source("y", "示例早报")))
    publish(sqlite_database, where, pages(where), NOW)
    files = tree(tmp_path)
    assert "示例早报" in files["sources-3.html"].decode()
    assert {"sources-2.html", "sources-3.html"} <= reached(files)
    publish(sqlite_database, base, pages(base), NOW)
    assert "sources-3.html" not in tree(tmp_path)
    assert verify(sqlite_database, base).problems == ()
