"""How fast a site comes out: `python -m benchmarks publish --entries N --columns N`.

`one_new_ms` is the median of publishing one new entry into a site of that size, as `syndicate
publish` does it; `rebuild_pages_per_s` counts article pages in a whole rebuild. Of a site that
is larger than `--rebuild`, every n-th archive page is made with its articles (and all columns
and search files), and the rest is entered as if it were published. `rss_mb` is the most that
the process held, `pss_all_mb` the most that it and its workers did, what they share being counted
once; `*_cpu_*` is processor time, which a busy machine does not change as much.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import open_database, published
from syndicate.adapters.store.engine import Database, Json
from syndicate.adapters.templates import Templates
from syndicate.jobs.publish import Pages, publish, rebuild
from syndicate.jobs.publish.job import fingerprint
from syndicate.jobs.publish.pages import SitePages
from syndicate.jobs.publish.writing import Writing
from syndicate.model import Attribution, Entry, GivenDate, Person, Publisher
from syndicate.settings import Column, Settings, Site, Source, Storage
from syndicate.wiring import Application

_START = datetime(2020, 1, 1, tzinfo=UTC)
_CHUNK = 5000
_WHOLE = 20_000
_COLUMNS = "'[\"' || f.id || '\"]'"
_ID = "printf('e%015d', n.i)"
_URL = "'https://daily.example/' || n.i"
_AT = "e.received + n.i * 60000000"
_BODY = "<p>" + "这是一段用来衡量速度的正文，说的是一件编出来的小事。" * 30 + "</p>"
_SHORT = "<p>" + "这是一段短的正文，说的是一件编出来的小事。" * 4 + "</p>"


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="benchmarks publish", description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--new", type=int, default=30, help="how often one new entry is published")
    parser.add_argument("--rebuild", type=int, default=20_000, help="how many pages to build")
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
    _apart(_fill, settings, given.entries, columns)
    now = _START + timedelta(minutes=given.entries)
    watch = Watch()
    watch.start()
    started, cpu = time.perf_counter(), _cpu()
    if given.entries <= given.rebuild:
        publish(database, settings, pages, now)
        built = given.entries
    else:
        built = _sample(database, settings, pages, now, given)
    rebuilt = time.perf_counter() - started
    watch.end()
    rebuilt_cpu = _cpu() - cpu + watch.others_cpu
    if given.entries > given.rebuild:
        _apart(_as_published, settings, fingerprint(settings, pages))
    times, cpus = [], []
    for number in range(-len(columns), given.new):  # once into each column, so that all is there
        new = entry_of(given.entries + len(columns) + number, columns, _BODY)
        with database.begin() as conn:
            entry_store.save(conn, [(new, new.columns)])
        started, cpu = time.perf_counter(), _cpu()
        publish(database, settings, pages, now)
        times.append((time.perf_counter() - started) * 1000)
        cpus.append((_cpu() - cpu) * 1000)
    return {
        "entries": given.entries,
        "columns": given.columns,
        "one_new_ms": round(statistics.median(times[-given.new :]), 1),
        "one_new_cpu_ms": round(statistics.median(cpus[-given.new :]), 1),
        "rebuild_pages": built,
        "rebuild_s": round(rebuilt, 1),
        "rebuild_cpu_s": round(rebuilt_cpu, 1),
        "rebuild_pages_per_s": round(built / rebuilt, 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "pss_all_mb": round(watch.most_kb / 1024, 1),
    }


class Watch(threading.Thread):
    """Looks, ten times a second, at what this process and those under it use (Linux)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_kb, self.others_cpu = 0, 0.0
        self._seen: dict[str, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            total = sum(self._look(pid) for pid in _family())
            self.most_kb = max(self.most_kb, total)
            self.others_cpu = sum(self._seen.values())

    def _look(self, pid: str) -> int:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        if int(pid) != os.getpid():
            self._seen[pid] = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        return next((int(row.split()[1]) for row in rollup.splitlines() if row[:4] == "Pss:"), 0)

    def end(self) -> None:
        self._ended.set()
        self.join()


def _family() -> list[str]:
    """This process and all that descend from it."""
    parents: dict[str, str] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[path.parent.name] = path.read_text().rpartition(")")[2].split()[1]
    found = [str(os.getpid())]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _apart(work: Callable[..., None], settings: Settings, *given: Any) -> None:
    """Done by another process, so that what it holds is not counted."""
    process = multiprocessing.get_context("spawn").Process(
        target=_opened, args=(work, settings, *given)
    )
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _opened(work: Callable[..., None], settings: Settings, *given: Any) -> None:
    database = open_database(settings.storage.database)
    work(database, settings, *given)
    database.close()


def _fill(database: Database, _settings: Settings, count: int, columns: list[str]) -> None:
    """The newest through the store; older ones as copies, made by the database itself."""
    older = max(count - _WHOLE, 0)
    if older:
        _copies(database, older, columns)
    for start in range(older, count, _CHUNK):
        made = [entry_of(n, columns) for n in range(start, min(start + _CHUNK, count))]
        with database.begin() as conn:
            entry_store.save(conn, [(entry, entry.columns) for entry in made])


def _copies(database: Database, count: int, columns: list[str]) -> None:
    with database.begin() as conn:
        first = entry_of(0, columns, _SHORT)
        entry_store.save(conn, [(first, first.columns)])
        # What is read and written at once would be held in memory whole
        conn.exec_driver_sql("CREATE TEMP TABLE first AS SELECT * FROM entries")
        conn.exec_driver_sql("CREATE TEMP TABLE folders (i INTEGER PRIMARY KEY, id TEXT)")
        conn.exec_driver_sql("INSERT INTO folders VALUES (?, ?)", list(enumerate(columns)))
        for text in copying(1, count, columns):
            conn.exec_driver_sql(text)


def copying(first: int, end: int, columns: list[str]) -> Iterator[str]:
    """Statements that make entries of these numbers, with their places, from the one of the table
    `first`, in the columns of the table `folders`."""
    made = {
        "id": _ID, "key": _URL, "guid": _URL, "url": _URL, "original_url": _URL, "story": _ID,
        "title": "'第' || n.i || '则消息'", "column": "f.id", "columns": _COLUMNS,
        "attribution": f"replace(e.attribution, 'https://daily.example/0', {_URL})",
        "received": _AT, "published_at": _AT, "sort_at": _AT,
    }  # fmt: skip
    names = [c.name for c in entry_store.entries.columns]
    picked = ", ".join(made.get(name, f'e."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    numbers = f"SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {end - 1}"
    yield (
        f"WITH RECURSIVE n(i) AS ({numbers}) INSERT INTO entries ({quoted}) SELECT {picked} FROM n"
        f" JOIN first e JOIN folders f ON f.i = n.i % {len(columns)}"
    )
    for column in ("''", '"column"'):
        yield (
            'INSERT INTO placements ("column", sort_at, entry, received)'
            f" SELECT {column}, sort_at, id, received FROM entries"
            f" WHERE id BETWEEN 'e{first:015}' AND 'e{end - 1:015}'"
        )


def _sample(
    database: Database, settings: Settings, pages: Pages, now: datetime, given: argparse.Namespace
) -> int:
    """Some of the pieces of a rebuild, by the code that makes them all; how many articles."""
    authority = "news.example,2026"
    with database.begin() as conn:
        writing = _writing(conn, settings, now, authority)
        pieces = rebuild.prepare(writing, ["", *(c.id for c in settings.columns)])
        published.set_value(conn, "authority", authority)
    step = given.entries // given.rebuild
    parts = [piece for piece in pieces if piece.part is not None]
    whole = [piece for piece in parts if piece.part and not piece.part.column]
    others = [piece for piece in parts if piece.part and piece.part.column]
    rest = [piece for piece in pieces if piece.part is None]
    picked = [*whole[::-step], *others[::-step], *rest]

    @contextmanager
    def transaction() -> Iterator[Connection]:
        with database.begin() as conn:
            writing.conn = conn
            yield conn

    rebuild.run(database, writing, pages, picked, transaction)
    return sum(len(known) for known in [whole[::-step]]) * 100


def _writing(conn: Connection, settings: Settings, now: datetime, authority: str) -> Writing:
    return Writing(conn, Disk(settings.storage.output), settings, now, authority, rebuild=True)


def _as_published(database: Database, settings: Settings, mark: str) -> None:
    """Enter all that was not made as if it had been, so that the record has its full size."""
    disk = Disk(settings.storage.output)
    for path in ("index.html", "feeds.opml", "robots.txt"):
        disk.write(path, b"")
    known, files, entries = (
        published.published_entries, published.published_files, entry_store.entries
    )  # fmt: skip
    e = entries.c
    with database.begin() as conn:
        rows = sa.select(e.id, sa.literal("published"), e.received, e.guid, e.story, e.received,
                         e.columns, sa.literal({}, Json))  # fmt: skip
        there = sa.exists().where(known.c.entry == e.id)
        names = [c.name for c in known.columns]
        conn.execute(sa.insert(known).from_select(names, rows.where(~there)))
        page: Any = sa.literal("articles/") + e.id + ".html"
        row = sa.select(page, sa.literal(b"0" * 16), sa.literal("page"))
        old = sa.exists().where(files.c.path == page)
        query = row.where(~old)
        conn.execute(sa.insert(files).from_select(["path", "digest", "kind"], query))
        conn.execute(sa.delete(entry_store.unpublished))
        published.recount(conn)
        published.set_value(conn, "sitemap", "several")
        published.set_value(conn, "fingerprint", mark)


def as_up_to_date(database: Database, settings: Settings, now: datetime) -> None:
    """As a site that is up to date: nothing waits but what comes from now on."""
    app = Application(settings, now)
    with database.begin() as conn:
        published.set_value(conn, "authority", "news.example,2026")
    _as_published(database, settings, fingerprint(settings, app.pages))
    for name in ("rss.xml", "atom.xml", "feed.json"):  # without which all is built again
        Disk(settings.storage.output).write(name, b"")
    app.close()


def entry_of(number: int, columns: list[str], body: str = _BODY) -> Entry:
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
        received=at, url=url, content_html=body, content_text=body[3:-4], summary=body[3:120],
        language="zh-CN", published_at=at, story=id, column=column, columns=(column,),
    )  # fmt: skip


def _settings(folder: Path, columns: int) -> Settings:
    made = tuple(Column(f"c{n}", f"栏目{n}") for n in range(max(columns - 1, 0)))
    return Settings(
        site=Site("示例站", "https://news.example/"),
        file=folder / "config.toml",
        storage=replace(Storage(), database=f"sqlite:{folder}/s.db", output=f"{folder}/feeds"),
        columns=(*made, Column("rest", "其他", rest=True)),
        sources=(Source("daily", "示例日报", timezone="Asia/Shanghai", content="full"),),
    )
