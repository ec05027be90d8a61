"""The sources table as a queue: enrol, claim a batch, store its end; on SQLite or PostgreSQL.

Every poll is two short transactions for a batch, whatever the number of sources: claim 64 under
a lease, and write their next polls. Several threads do it at once, each with its own connection,
and every source is taken exactly once; `doubled` says how many were not.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syndicate.adapters.store import open_database, sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.jobs.ingest.leases import BATCH, Leases
from syndicate.model import Rhythm

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def main(arguments: list[str]) -> dict[str, Any]:
    """What `python -m benchmarks queue` prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks queue", description=__doc__)
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--database", default="", help="a new one: postgresql://…; else SQLite")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:{Path(folder) / 'queue.db'}"
        database = open_database(url)
        try:
            return measure(database, options.sources, options.workers)
        finally:
            database.close()


def measure(database: Database, count: int, workers: int) -> dict[str, Any]:
    config = {f"s{n:07}": f"https://s{n}.example/feed" for n in range(count)}
    started = time.perf_counter()
    with database.begin() as conn:
        sources.enrol(conn, config)
    enrolled = time.perf_counter() - started
    taken: Counter[str] = Counter()
    claims: list[float] = []
    threads = [
        threading.Thread(target=work, args=(database, config, taken, claims))
        for _ in range(workers)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    claims.sort()
    with database.read() as conn:
        looked = time.perf_counter()
        sources.due(conn, config, NOW + timedelta(hours=2))
        look = time.perf_counter() - looked
    return {
        "database": database.engine.dialect.name,
        "sources": count,
        "workers": workers,
        "enrol_s": round(enrolled, 3),
        "polls_per_s": round(count / wall),
        "claim_ms": round(claims[len(claims) // 2] * 1000, 2),
        "claim_p99_ms": round(claims[len(claims) * 99 // 100] * 1000, 2),
        "due_ms": round(look * 1000, 1),
        "lost": count - len(taken),
        "doubled": sum(number > 1 for number in taken.values()),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def work(
    database: Database, config: dict[str, str], taken: Counter[str], claims: list[float]
) -> None:
    leases = Leases(database, NOW)
    while True:
        started = time.perf_counter()
        ids = leases.claim(BATCH)
        claims.append(time.perf_counter() - started)
        if not ids:
            return
        taken.update(ids)
        after = Rhythm(last=NOW, next=NOW + timedelta(hours=1))
        done = [replace(SourceState(id, config[id]), rhythm=after) for id in ids]
        with database.begin() as conn:
            assert len(sources.held(conn, ids, leases.owner)) == len(ids)
            sources.save(conn, done)
