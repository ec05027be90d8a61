"""Poll what is due, recognise, classify, store.

Gather: sources are read at once, as many as `fetch.concurrency` allows, each on its own; one that
is slow or broken is a result like any other. Decide and apply: one document after the other goes
into the database, each in one transaction with the state of its source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from syndicate.adapters import mailbox
from syndicate.adapters.http import Fetcher
from syndicate.adapters.mailbox import Mailbox
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.core import addresses
from syndicate.jobs.ingest import reading
from syndicate.jobs.ingest.intake import File
from syndicate.jobs.ingest.outcome import Brought
from syndicate.jobs.ingest.pages import PageReader
from syndicate.jobs.ingest.reading import Reader
from syndicate.jobs.ingest.storing import Ingested, Storing
from syndicate.jobs.ingest.visits import Visitor
from syndicate.settings import Settings, Source

__all__ = ["Ingested", "due", "ingest"]

_TOGETHER = 32  # outcomes stored in one transaction where nothing came with them
Progress = Callable[[int, int], None]


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
    owner: str = "",
    progress: Progress | None = None,
) -> Ingested:
    """Read every source that is due (`only`: these), and store what they brought.

    `owner` is whose leases they are under; what it has lost meanwhile is not stored.
    """
    chosen, states = due(db, settings, now, only)
    done = Ingested(skipped=0 if only else len(settings.sources) - len(chosen))
    reader = _reader(settings, workers, fetcher, now)
    queue: asyncio.Queue[Brought] = asyncio.Queue(maxsize=_TOGETHER)
    readers = asyncio.create_task(_read_all(reader, chosen, states, queue, settings))
    try:
        storing = Storing(db, settings, file, secret, now, owner, done)
        await _store_all(storing, queue, len(chosen), progress)
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
    storing: Storing,
    queue: asyncio.Queue[Brought],
    expected: int,
    progress: Progress | None,
) -> None:
    left = expected
    while left:
        batch = [await queue.get()]
        while not queue.empty() and len(batch) < _TOGETHER:
            batch.append(queue.get_nowait())
        await asyncio.to_thread(storing.store, batch)
        left -= len(batch)
        if progress:
            progress(expected - left, expected)
