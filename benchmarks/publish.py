"""How fast a site comes out: `python -m benchmarks publish --entries N --columns N`.

`one_new_ms` is the median of publishing one new entry into a site of that size, as `syndicate
publish` does it; `rebuild_pages_per_s` counts article pages in a whole rebuild (`--pages N` of
them where the site is larger); `rss_mb` is the most that the process held.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import open_database
from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.jobs.publish import Pages, publish
from syndicate.jobs.publish.pages import SitePages
from syndicate.model import Attribution, Entry, GivenDate, Person, Publisher
from syndicate.settings import Column, Settings, Site, Source, Storage

_START = datetime(2020, 1, 1, tzinfo=UTC)
_CHUNK = 5000
_BODY = "<p>" + "这是一段用来衡量速度的正文，说的是一件编出来的小事。" * 30 + "</p>"


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="benchmarks publish", description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--new", type=int, default=15, help="how often one new entry is published")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder), given.columns)
        database = open_database(settings.storage.database)
        templates = Templates((Path(__file__).resolve().parent.parent / "templates",))
        found = measure(database, settings, SitePages(settings, templates), given)
        database.close()
    return found


def measure(
    database: Database, settings: Settings, pages: Pages, given: argparse.Namespace
) -> dict[str, Any]:
    """Fills, rebuilds, and then publishes new entries one by one."""
    columns = [column.id for column in settings.columns]
    for chunk in _chunks(given.entries, columns):
        with database.begin() as conn:
            entry_store.save(conn, [(entry, entry.columns) for entry in chunk])
    now = _START + timedelta(minutes=given.entries)
    started = time.perf_counter()
    publish(database, settings, pages, now)
    rebuilt = time.perf_counter() - started
    times = []
    for number in range(given.new):
        new = entry_of(given.entries + number, columns)
        with database.begin() as conn:
            entry_store.save(conn, [(new, new.columns)])
        started = time.perf_counter()
        publish(database, settings, pages, now)
        times.append((time.perf_counter() - started) * 1000)
    return {
        "entries": given.entries,
        "columns": given.columns,
        "one_new_ms": round(statistics.median(times), 1),
        "rebuild_s": round(rebuilt, 1),
        "rebuild_pages_per_s": round(given.entries / rebuilt, 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def entry_of(number: int, columns: list[str]) -> Entry:
    """One made-up entry; received a minute after the one before."""
    at = _START + timedelta(minutes=number)
    column = columns[number % len(columns)]
    url = f"https://daily.example/{number}"
    said = Attribution(
        source=Publisher("示例日报", "https://daily.example/", "https://daily.example/rss.xml"),
        authors=(Person("佚名"),),
        original_url=url,
        original_id=url,
        published=GivenDate(at.date().isoformat()),
    )
    id = f"e{number:015}"
    return Entry(
        id=id, source="daily", key=url, guid=url, title=f"第{number}则消息", attribution=said,
        received=at, url=url, content_html=_BODY, content_text=_BODY[3:-4], summary=_BODY[3:120],
        language="zh-CN", published_at=at, story=id, column=column, columns=(column,),
    )  # fmt: skip


def _chunks(count: int, columns: list[str]) -> Iterator[list[Entry]]:
    for start in range(0, count, _CHUNK):
        yield [entry_of(n, columns) for n in range(start, min(start + _CHUNK, count))]


def _settings(folder: Path, columns: int) -> Settings:
    made = tuple(Column(f"c{n}", f"栏目{n}") for n in range(max(columns - 1, 0)))
    return Settings(
        site=Site("示例站", "https://news.example/"),
        file=folder / "config.toml",
        storage=replace(Storage(), database=f"sqlite:{folder}/s.db", output=f"{folder}/feeds"),
        columns=(*made, Column("rest", "其他", rest=True)),
        sources=(Source("daily", "示例日报", timezone="Asia/Shanghai", content="full"),),
    )
