"""publish: what changed comes out, and nothing else."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from syndicate.adapters.store import placements, published
from syndicate.adapters.store.engine import Database
from syndicate.errors import OutputError
from syndicate.jobs.publish import publish
from syndicate.model import Status

sys.path.insert(0, str(Path(__file__).parent))
from publishing import NOW, PlainPages, entry, settings, store

_A = "{http://www.w3.org/2005/Atom}"


def tree(root: Path) -> dict[str, bytes]:
    base = root / "feeds"
    return {p.relative_to(base).as_posix(): p.read_bytes() for p in base.rglob("*") if p.is_file()}


def test_everything_is_there_and_a_second_run_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    where = settings(tmp_path)
    store(
        database, *(entry(n) for n in range(1, 61)), entry(99, columns=("court",), column="court")
    )
    first = publish(database, where, PlainPages(), NOW)
    files = tree(tmp_path)
    for path in (
        "index.html", "rss.xml", "atom.xml", "feed.json", "feeds.opml", "sitemap.xml", "robots.txt",
        "gone.txt", "archive/2026-11.atom.xml", "law/index.html", "law/rss.xml",
        "court/archive/2026-11.atom.xml", "rest/feed.json", "articles/entry00000000001.html",
    ):  # fmt: skip
        assert path in files
    assert first.columns == {"law": 60, "court": 1, "rest": 0}
    assert len(etree.fromstring(files["atom.xml"]).findall(_A + "entry")) == 50
    assert len(etree.fromstring(files["archive/2026-11.atom.xml"]).findall(_A + "entry")) == 61
    times = {p: (tmp_path / "feeds" / p).stat().st_mtime_ns for p in files}
    second = publish(database, where, PlainPages(), NOW + timedelta(hours=1))
    assert tree(tmp_path) == files
    assert {p: (tmp_path / "feeds" / p).stat().st_mtime_ns for p in files} == times
    assert second.feeds.written == second.pages.written == 0
    assert second.feeds.unchanged == first.feeds.written
    again = publish(database, where, PlainPages(), NOW, rebuild=True)
    assert again.feeds.written == again.pages.written == 0
    assert tree(tmp_path) == files


def test_one_new_entry_comes_out_as_in_a_rebuild(database: Database, tmp_path: Path) -> None:
    where = settings(tmp_path)
    store(database, *(entry(n) for n in range(1, 61)))
    publish(database, where, PlainPages(), NOW)
    store(database, entry(91, received=NOW + timedelta(minutes=1)))
    done = publish(database, where, PlainPages(), NOW)
    assert done.columns["law"] == 1
    assert not done.rebuilt
    assert set(done.changed_feeds) == {
        f"https://news.example/{p}{n}"
        for p in ("", "law/")
        for n in ("rss.xml", "atom.xml", "feed.json")
    }
    files = tree(tmp_path)
    publish(database, where, PlainPages(), NOW, rebuild=True)
    assert tree(tmp_path) == files


def test_a_retracted_entry_leaves_everywhere(database: Database, tmp_path: Path) -> None:
    where = settings(tmp_path)
    store(database, entry(1), entry(2))
    publish(database, where, PlainPages(), NOW)
    store(database, replace(entry(1), status=Status.RETRACTED))
    publish(database, where, PlainPages(), NOW + timedelta(hours=1))
    files = tree(tmp_path)
    assert not [p for p, data in files.items() if "第1号标题".encode() in data]
    assert files["gone.txt"] == b"articles/entry00000000001.html\n"
    for path in ("atom.xml", "law/atom.xml", "archive/2026-11.atom.xml"):
        deleted = etree.fromstring(files[path]).find(
            "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
        )
        assert deleted is not None
        assert deleted.get("ref") == "tag:news.example,2026:entry00000000001"
    store(database, entry(1))
    publish(database, where, PlainPages(), NOW + timedelta(hours=2))
    files = tree(tmp_path)
    assert files["gone.txt"] == b""
    assert "第1号标题".encode() in files["rss.xml"]
    assert b"deleted-entry" not in files["atom.xml"]


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
def test_what_is_not_published_has_no_page(
    sqlite_database: Database, tmp_path: Path, status: Status
) -> None:
    store(sqlite_database, entry(1))
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    store(sqlite_database, replace(entry(1), status=status))
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    assert "articles/entry00000000001.html" not in tree(tmp_path)
    assert not [p for p, data in tree(tmp_path).items() if "第1号标题".encode() in data]


def test_another_source_of_a_story_shows_at_its_lead_alone(
    database: Database, tmp_path: Path
) -> None:
    lead = entry(1)
    store(database, lead)
    publish(database, settings(tmp_path), PlainPages(), NOW)
    other = replace(entry(2), story=lead.id, lead=False)
    store(database, other)
    publish(database, settings(tmp_path), PlainPages(), NOW)
    files = tree(tmp_path)
    found = etree.fromstring(files["atom.xml"]).findall(_A + "entry")
    assert len(found) == 1
    related = [
        link.get("href") for link in found[0].findall(_A + "link") if link.get("rel") == "related"
    ]
    assert related == ["https://daily.example/2"]
    assert "另见".encode() in files[f"articles/{lead.id}.html"]
    assert f"articles/{other.id}.html" in files
    store(database, replace(other, story=other.id, lead=True))
    publish(database, settings(tmp_path), PlainPages(), NOW)
    assert "另见".encode() not in tree(tmp_path)[f"articles/{lead.id}.html"]


def test_a_month_that_is_over_stays_as_it_is(sqlite_database: Database, tmp_path: Path) -> None:
    where = settings(tmp_path)
    october = datetime(2026, 10, 5, tzinfo=UTC)
    store(sqlite_database, entry(1, received=october))
    publish(sqlite_database, where, PlainPages(), october)
    store(sqlite_database, entry(2))
    publish(sqlite_database, where, PlainPages(), NOW)
    before = tree(tmp_path)["archive/2026-10.atom.xml"]
    store(sqlite_database, entry(3))
    publish(sqlite_database, where, PlainPages(), NOW)
    assert tree(tmp_path)["archive/2026-10.atom.xml"] == before
    links = {
        link.get("rel"): link.get("href") for link in etree.fromstring(before).findall(_A + "link")
    }
    assert links["next-archive"] == "https://news.example/archive/2026-11.atom.xml"
    assert links["current"] == "https://news.example/atom.xml"
    newer = etree.fromstring(tree(tmp_path)["atom.xml"])
    rels = {link.get("rel"): link.get("href") for link in newer.findall(_A + "link")}
    assert rels["prev-archive"] == "https://news.example/archive/2026-11.atom.xml"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir(mode=0o500)
    store(sqlite_database, entry(1))
    with pytest.raises(OutputError, match="feeds"):
        publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)


def test_output_in_the_way_is_named_and_the_work_kept(
    sqlite_database: Database, tmp_path: Path
) -> None:
    where = settings(tmp_path)
    store(sqlite_database, entry(1))
    publish(sqlite_database, where, PlainPages(), NOW)
    before = tree(tmp_path)
    store(sqlite_database, entry(2))
    (tmp_path / "feeds" / "articles" / "entry00000000002.html").mkdir()
    with pytest.raises(OutputError, match="entry00000000002"):
        publish(sqlite_database, where, PlainPages(), NOW)
    assert tree(tmp_path) == before
    (tmp_path / "feeds" / "articles" / "entry00000000002.html").rmdir()
    publish(sqlite_database, where, PlainPages(), NOW)
    assert "第2号标题".encode() in tree(tmp_path)["rss.xml"]
    with sqlite_database.read() as conn:
        assert placements.count_touched(conn) == 0


def test_a_lost_folder_is_made_again(sqlite_database: Database, tmp_path: Path) -> None:
    store(sqlite_database, entry(1))
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    before = tree(tmp_path)
    (tmp_path / "feeds" / "rss.xml").unlink()
    (tmp_path / "feeds" / "articles" / "entry00000000001.html").unlink()
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    assert tree(tmp_path) == before


def test_feedparser_reads_the_attribution(sqlite_database: Database, tmp_path: Path) -> None:
    store(sqlite_database, entry(1))
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    for path in ("rss.xml", "atom.xml"):
        read = feedparser.parse((tmp_path / "feeds" / path).read_bytes())
        item = read.entries[0]
        assert item.source.title == "示例日报"
        assert item.link == "https://daily.example/1"
        assert [a.name for a in item.authors][:1] == ["佚名"]
        assert "来源：" in item.content[0].value


def test_ids_of_our_own_are_of_the_sites_first_address_for_ever(
    database: Database, tmp_path: Path
) -> None:
    where = settings(tmp_path)
    store(database, entry(1))
    publish(database, where, PlainPages(), NOW)
    moved = replace(where, site=replace(where.site, url="https://moved.example/"))
    store(database, entry(2))
    publish(database, moved, PlainPages(), NOW + timedelta(days=400))
    feed = etree.fromstring(tree(tmp_path)["atom.xml"])
    ids = {e.findtext(_A + "id") for e in feed.findall(_A + "entry")}
    assert ids == {f"tag:news.example,2026:entry0000000000{n}" for n in (1, 2)}
    assert feed.findtext(_A + "id") == "tag:news.example,2026:site"


def test_a_site_that_1_0_0_published_keeps_its_ids(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.begin() as conn:
        published.set_value(conn, "authority", "news.example,2026")
    store(sqlite_database, entry(1))
    publish(sqlite_database, settings(tmp_path), PlainPages(), NOW)
    feed = etree.fromstring(tree(tmp_path)["atom.xml"])
    id = feed.findtext(f"{_A}entry/{_A}id")
    assert id == "tag:syndicate.invalid,2026:entry00000000001"
