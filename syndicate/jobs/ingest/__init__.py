"""Poll what is due, recognise, classify, store.

Gather: sources are read at once, as many as `fetch.concurrency` allows, each on its own; one that
is slow or broken is a result like any other. Decide and apply: one document after the other goes
into the database, each in one transaction with the state of its source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.adapters import mailbox
from syndicate.adapters.http import Fetcher
from syndicate.adapters.mailbox import Mailbox
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.core import addresses
from syndicate.errors import FetchError
from syndicate.jobs.ingest import reading
from syndicate.jobs.ingest.intake import Counts, File, Intake
from syndicate.jobs.ingest.outcome import Brought
from syndicate.jobs.ingest.pages import PageReader
from syndicate.jobs.ingest.reading import Reader
from syndicate.jobs.ingest.visits import Visitor
from syndicate.settings import Settings, Source

_TOGETHER = 32  # outcomes stored in one transaction where nothing came with them
Progress = Callable[[int, int], None]


@dataclass
class Ingested:
    """What a run of ingest did (contract §3)."""

    polled: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    counts: Counts = field(default_factory=Counts)
    problems: list[tuple[str, str]] = field(default_factory=list)


def due(
    db: Database, settings: Settings, now: datetime, only: Sequence[str] = ()
) -> tuple[list[Source], dict[str, SourceState]]:
    """The sources to be read now, and the states of all: named ones due or not; what lies on
    this machine always, since reading it costs nobody anything."""
    addresses = {source.id: reading.configured(source) for source in settings.sources}
    with db.read() as conn:
        states = store.load(conn, addresses)
        ready = set(store.due(conn, addresses, now))
    chosen = [
        source
        for source in settings.sources
        if (
            source.id in only if only else not source.paused and (source.path or source.id in ready)
        )
    ]
    return chosen, states


async def ingest(
    db: Database,
    settings: Settings,
    *,
    fetcher: Fetcher,
    workers: Workers,
    file: File,
    secret: bytes,
    now: datetime,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> Ingested:
    """Read every source that is due (`only`: these), and store what they brought."""
    chosen, states = due(db, settings, now, only)
    done = Ingested(skipped=0 if only else len(settings.sources) - len(chosen))
    reader = _reader(settings, workers, fetcher, now)
    queue: asyncio.Queue[Brought] = asyncio.Queue(maxsize=_TOGETHER)
    readers = asyncio.create_task(_read_all(reader, chosen, states, queue, settings))
    try:
        await _store_all(db, settings, file, secret, now, queue, len(chosen), done, progress)
        await readers
    finally:
        readers.cancel()
    done.problems += done.counts.problems
    return done


def _reader(settings: Settings, workers: Workers, fetcher: Fetcher, now: datetime) -> Reader:
    fetch = settings.fetch
    permit = addresses.guard(fetch.allow_networks)

    def open_mailbox(source: Source) -> Mailbox:
        where = source.url or source.path
        return mailbox.open_mailbox(
            where,
            source.password,
            permit=permit,
            timeout=fetch.timeout,
            max_bytes=fetch.max_bytes,
        )

    pages = PageReader(Visitor(fetcher, fetch.max_bytes), workers, fetch.per_host)
    return Reader(settings, workers, fetcher, now, pages, open_mailbox)


async def _read_all(
    reader: Reader,
    chosen: Sequence[Source],
    states: dict[str, SourceState],
    queue: asyncio.Queue[Brought],
    settings: Settings,
) -> None:
    waiting = iter(chosen)

    async def work() -> None:
        for source in waiting:
            state = states.get(source.id) or SourceState(source.id, reading.configured(source))
            await queue.put(await reader.read(source, state))

    # More readers than fetches: a host that has all its turns taken must not stop the others
    count = min(len(chosen), settings.fetch.concurrency * 4)
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(work())


async def _store_all(
    db: Database,
    settings: Settings,
    file: File,
    secret: bytes,
    now: datetime,
    queue: asyncio.Queue[Brought],
    expected: int,
    done: Ingested,
    progress: Progress | None,
) -> None:
    left = expected
    while left:
        batch = [await queue.get()]
        while not queue.empty() and len(batch) < _TOGETHER:
            batch.append(queue.get_nowait())
        await asyncio.to_thread(_store, db, settings, file, secret, now, batch, done)
        left -= len(batch)
        if progress:
            progress(expected - left, expected)


def _store(
    db: Database,
    settings: Settings,
    file: File,
    secret: bytes,
    now: datetime,
    batch: Sequence[Brought],
    done: Ingested,
) -> None:
    quiet = [b for b in batch if b.document is None]
    if quiet:
        with db.begin() as conn:
            store.save(conn, [reading.scheduled(b, (), now) for b in quiet])
    for brought in quiet:
        _count(brought, done)
    for brought in batch:
        if brought.document is not None:
            with db.begin() as conn:
                before = done.counts.arrivals
                intake = Intake(conn, settings, file, secret, now, done.counts)
                intake.take(brought.source, brought.document)
                arrivals = (now,) if done.counts.arrivals > before else ()
                store.save(conn, [reading.scheduled(brought, arrivals, now)])
            _count(brought, done)
            _acknowledge(brought, done)


def _count(brought: Brought, done: Ingested) -> None:
    done.polled += 1
    if brought.error is not None:
        done.failed += 1
        done.problems.append((brought.source.id, brought.error))
    elif brought.document is not None and brought.document.entries:
        done.changed += 1
    else:
        done.unchanged += 1
    done.problems += [(brought.source.id, problem) for problem in brought.problems]


def _acknowledge(brought: Brought, done: Ingested) -> None:
    """Tell a mailbox what is safe now; where that fails, it comes again and is known."""
    if brought.acknowledge is not None:
        try:
            brought.acknowledge()
        except FetchError as error:
            done.problems.append((brought.source.id, str(error)))
