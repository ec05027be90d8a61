"""A site of millions of entries: `python -m benchmarks large --entries N --columns N`.

The database is filled by its own statements, as a site has it that published all of them: entries
of a short text, their places, marks and record, and the index of duplicates with grams sized like
those of articles (28 an entry). Then, each as the program does it: `one_new_ms`, one new entry
published (median of 30); `taken_ms`, one entry looked up among all and added to the index
(`first_taken_ms`: the first 30, before the pages of the index are in memory); `status_ms`;
`prune_ms` for each of the `--prune` oldest entries, with their publishing `pruned_out_ms`; and
`backup_s`. `*_cpu_*` is processor time.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.dedupe import _KEYS, _made_up
from benchmarks.publish import (
    _SHORT,
    _START,
    _apart,
    _settings,
    as_up_to_date,
    copying,
    entry_of,
)
from syndicate import reporting
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import fingerprints, open_database
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.fingerprints import Item
from syndicate.core.dedupe import closest
from syndicate.jobs import backup, prune
from syndicate.jobs.publish import publish
from syndicate.settings import Settings
from syndicate.wiring import Application

_PART = 250_000  # entries made by one statement
_RANGES = 64  # of grams, made one after the other
_NEW = 30
_BYTES = 3000  # of an entry, at least


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks large", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--prune", type=int, default=5000)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < given.entries * _BYTES * 2:
            raise SystemExit("there is not room enough for such a database and its backup")
        settings = _settings(Path(folder), given.columns)
        open_database(settings.storage.database).close()
        began = time.perf_counter()
        _apart(_filled, settings, given.entries)
        filled = time.perf_counter() - began
        database = open_database(settings.storage.database)
        try:
            figures = _measure(database, settings, given)
        finally:
            database.close()
    return {"entries": given.entries, "columns": given.columns, "fill_s": round(filled), **figures}


# --- the database ---------------------------------------------------------------------------


def _filled(database: Database, settings: Settings, count: int) -> None:
    columns = [column.id for column in settings.columns]
    with database.begin() as conn:
        first = entry_of(0, columns, _SHORT)
        entry_store.save(conn, [(first, first.columns)])
    database.close()  # who is alone may switch the journal off
    with closing(sqlite3.connect(str(database.engine.url.database))) as raw:
        # What fails is thrown away whole: nothing has to be undone, or be safe
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1500000"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("CREATE TEMP TABLE first AS SELECT * FROM entries")
        raw.execute("CREATE TEMP TABLE folders (i INTEGER PRIMARY KEY, id TEXT)")
        raw.executemany("INSERT INTO folders VALUES (?, ?)", enumerate(columns))
        for start in range(1, count, _PART):
            for text in copying(start, min(start + _PART, count), columns):
                raw.execute(text)
            raw.commit()
        _remembered(raw)
        _indexed(raw, count)
        raw.commit()
    as_up_to_date(database, settings, _START)


def _remembered(raw: sqlite3.Connection) -> None:
    """Three marks of each, as random as digests are, in the order of the table."""
    marks = " UNION ALL ".join(f"SELECT source, randomblob(16) AS mark, id FROM entries{_}"
                               for _ in ("", " WHERE 1", " WHERE 2"))  # fmt: skip
    raw.execute(f"INSERT INTO seen SELECT * FROM ({marks}) ORDER BY source, mark")


def _indexed(raw: sqlite3.Connection, count: int) -> None:
    article = _made_up(np.random.default_rng(1))
    packed = replace(article, kept=article.kept[:600], head=article.head[:300]).pack()
    raw.execute(
        "INSERT INTO fingerprints (entry, source, packed) SELECT id, source, ? FROM entries",
        (packed,),
    )
    drawn, span = np.random.default_rng(2), 2**32 // _RANGES
    for part in range(_RANGES):
        lowest = part * span - 2**31
        grams = np.sort(drawn.integers(lowest, lowest + span, count * _KEYS // _RANGES))
        numbers = drawn.integers(1, count + 1, len(grams))
        rows = zip(grams.tolist(), numbers.tolist(), strict=True)
        raw.executemany("INSERT OR IGNORE INTO grams VALUES (?, ?)", rows)


# --- what is measured -----------------------------------------------------------------------


def _measure(database: Database, settings: Settings, given: argparse.Namespace) -> dict[str, Any]:
    now = _START + timedelta(minutes=given.entries)
    size = Path(str(database.engine.url.database)).stat().st_size
    app = Application(settings, now)
    app.__dict__["database"] = database
    figures = {
        "database_mb": round(size / 2**20),
        **_status(app),
        **_taken(database),
        **_one_new(app, given.entries),
        **_pruned(app, given.prune),
    }
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return figures | _backed_up(database, settings)


def _timed(name: str, work: Callable[[int], object], times: int) -> dict[str, float]:
    """The median of so many runs, on the clock and of the processor."""
    walls, cpus = [], []
    for number in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work(number)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return {
        f"{name}_ms": round(statistics.median(walls), 1),
        f"{name}_cpu_ms": round(statistics.median(cpus), 1),
    }


def _status(app: Application) -> dict[str, float]:
    return {
        **_timed("first_status", lambda _: reporting.status(app), 1),
        **_timed("status", lambda _: reporting.status(app), 5),
    }


def _taken(database: Database) -> dict[str, float]:
    drawn = np.random.default_rng(3)

    def take(number: int) -> None:
        item = Item(f"x{number:015}-{drawn.integers(2**31)}", "daily", _made_up(drawn))
        with database.begin() as conn:
            fingerprints.take(conn, [item], closest)

    return {**_timed("first_taken", take, _NEW), **_timed("taken", take, 300)}


def _one_new(app: Application, count: int) -> dict[str, float]:
    columns = [column.id for column in app.settings.columns]
    numbers: Iterator[int] = iter(range(count, count + 10_000))

    def new() -> None:
        made = entry_of(next(numbers), columns)
        with app.database.begin() as conn:
            entry_store.save(conn, [(made, made.columns)])

    def out(_number: int) -> None:
        publish(app.database, app.settings, app.pages, app.now)

    for _ in columns:  # once into each, so that all is there that a running site has
        new()
        out(0)
    found = []
    for _ in range(_NEW):
        new()
        found.append(_timed("one_new", out, 1))
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _pruned(app: Application, count: int) -> dict[str, float]:
    """All but the newest go that are older than the `count`-th; they are a minute apart."""
    if not count:
        return {}
    ends = _START + timedelta(minutes=count)
    days = (app.now - ends).days
    later = ends + timedelta(days=days)
    settings = replace(app.settings, storage=replace(app.settings.storage, keep_days=days))
    wall, cpu = time.perf_counter(), time.process_time()
    gone = prune.prune(app.database, settings, later).entries
    took, used = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "pruned": gone,
        "prune_ms": round(took / max(gone, 1) * 1000, 2),
        "prune_cpu_ms": round(used / max(gone, 1) * 1000, 2),
        **_timed("pruned_out", lambda _: publish(app.database, settings, app.pages, later), 1),
    }


def _backed_up(database: Database, settings: Settings) -> dict[str, float]:
    target = settings.file.with_name("backup.db")
    wall, cpu = time.perf_counter(), time.process_time()
    backup.backup(database, target, _START)
    took, used = time.perf_counter() - wall, time.process_time() - cpu
    target.unlink()
    return {"backup_s": round(took, 1), "backup_cpu_s": round(used, 1)}
