"""A whole site again, by one process or by several; and what stands beside what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.adapters.store import placements
from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.jobs.publish import SitePages, archives, publish, rebuild
from syndicate.jobs.verify import verify
from syndicate.model import Status
from syndicate.settings import Settings
from tests.jobs.publishing import NOW, PlainPages, entry, settings, store

BUILT_IN = Path(__file__).resolve().parents[2] / "templates"
MINUTE = timedelta(minutes=1)


def pages(made: Settings) -> SitePages:
    return SitePages(made, Templates((BUILT_IN,)))


def tree(root: Path) -> dict[str, bytes]:
    base = root / "feeds"
    return {p.relative_to(base).as_posix(): p.read_bytes() for p in base.rglob("*") if p.is_file()}


def page(root: Path, number: int) -> str:
    return (root / f"feeds/articles/entry{number:011}.html").read_text("utf-8")


def test_several_processes_write_what_one_does(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = settings(tmp_path)
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in range(1, 30)))
    monkeypatch.setattr(archives, "PART", 7)
    publish(sqlite_database, made, pages(made), NOW)
    monkeypatch.undo()
    alone = tree(tmp_path)
    assert "archive/2026-11-5.atom.xml" in alone
    monkeypatch.setattr(rebuild, "_ALONE", 5)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    again = publish(sqlite_database, made, pages(made), NOW, rebuild=True)
    assert again.rebuilt
    assert tree(tmp_path) == alone  # the parts of an archive stay as they were cut
    assert verify(sqlite_database, made).problems == ()


def test_neighbours_of_a_new_entry_lead_to_it(database: Database, tmp_path: Path) -> None:
    made = settings(tmp_path)
    days = [replace(entry(n), published_at=NOW + n * MINUTE) for n in (1, 3)]
    store(database, *days)
    publish(database, made, pages(made), NOW)
    assert 'rel="next" href="../articles/entry00000000001.html"' in page(tmp_path, 3)
    store(database, replace(entry(2), published_at=NOW + 2 * MINUTE))
    publish(database, made, pages(made), NOW)
    assert 'rel="prev" href="../articles/entry00000000002.html"' in page(tmp_path, 1)
    assert 'rel="next" href="../articles/entry00000000002.html"' in page(tmp_path, 3)
    whole = tree(tmp_path)
    publish(database, made, pages(made), NOW, rebuild=True)
    assert tree(tmp_path) == whole
    store(database, replace(entry(2), published_at=NOW + 2 * MINUTE, status=Status.RETRACTED))
    publish(database, made, pages(made), NOW)
    assert 'rel="prev" href="../articles/entry00000000003.html"' in page(tmp_path, 1)
    assert "entry00000000002" not in page(tmp_path, 3)
    assert verify(database, made).problems == ()


def test_beside_goes_by_date_then_id_in_the_main_column(database: Database) -> None:
    same = NOW + MINUTE
    store(
        database,
        entry(1, published_at=NOW),
        *(entry(n, published_at=same) for n in (2, 3, 4)),
        entry(5, published_at=same, column="rest", columns=("rest",)),
    )
    ids = [f"entry{n:011}" for n in range(1, 6)]
    with database.read() as conn:
        found = placements.neighbours(conn, ids)
    assert found == {
        ids[0]: (ids[3], None),
        ids[1]: (None, ids[2]),
        ids[2]: (ids[1], ids[3]),
        ids[3]: (ids[2], ids[0]),
        ids[4]: (None, None),
    }


def test_another_member_of_the_story_is_linked_to_its_page(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = settings(tmp_path)
    lead = entry(1)
    store(sqlite_database, lead, replace(entry(2), story=lead.id, lead=False))
    publish(sqlite_database, made, pages(made), NOW)
    shown = page(tmp_path, 1)
    assert 'href="https://news.example/articles/entry00000000002.html">示例公报</a>' in shown
    assert "第1号标题" in page(tmp_path, 1)
    assert "entry00000000001.html" in page(tmp_path, 2)


def test_what_a_front_page_shows_is_kept_and_renewed(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = settings(tmp_path)
    store(sqlite_database, entry(1), entry(7, column="rest", columns=("rest",)))
    publish(sqlite_database, made, pages(made), NOW)
    store(sqlite_database, entry(2))
    publish(sqlite_database, made, pages(made), NOW)
    front = (tmp_path / "feeds/index.html").read_text("utf-8")
    assert [title in front for title in ("第1号标题", "第2号标题", "第7号标题")] == [True] * 3
    store(sqlite_database, entry(7, column="rest", columns=("rest",), status=Status.REJECTED))
    publish(sqlite_database, made, pages(made), NOW)
    assert "第7号标题" not in (tmp_path / "feeds/index.html").read_text("utf-8")


def test_a_sitemap_grows_into_an_index_and_back(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = settings(tmp_path)
    monkeypatch.setattr("syndicate.core.sitefiles.SITEMAP_ONE", 4)
    monkeypatch.setattr(archives, "PART", 1)
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in range(1, 5)))
    publish(sqlite_database, made, PlainPages(), NOW)
    assert b"urlset" in tree(tmp_path)["sitemap.xml"]
    store(sqlite_database, *(entry(n, received=NOW + n * MINUTE) for n in range(5, 13)))
    publish(sqlite_database, made, PlainPages(), NOW)
    files = tree(tmp_path)
    assert b"sitemapindex" in files["sitemap.xml"]
    assert files["sitemap/2026-11-1.xml"].count(b"<loc>") == 10
    assert files["sitemap/2026-11-2.xml"].count(b"<loc>") == 2
    gone = [entry(n, received=NOW + n * MINUTE, status=Status.HELD) for n in range(3, 13)]
    store(sqlite_database, *gone)
    publish(sqlite_database, made, PlainPages(), NOW)
    files = tree(tmp_path)
    assert b"urlset" in files["sitemap.xml"]
    assert not [path for path in files if path.startswith("sitemap/")]
