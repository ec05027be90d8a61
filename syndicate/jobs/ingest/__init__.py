"""Poll what is due, recognise, classify, store.

Gather: sources are read at once, as many as `fetch.concurrency` allows, each on its own; one that
is slow or broken is a result like any other. Decide and apply: one document after the other goes
into the database, each in one transaction with the state of its source.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate.adapters.http import Fetcher
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.core import addresses
from syndicate.core import gate as gates
from syndicate.core.gate import Gate
from syndicate.core.origins import Register
from syndicate.jobs.ingest import reading
from syndicate.jobs.ingest.counts import File
from syndicate.jobs.ingest.leases import BATCH, Leases
from syndicate.jobs.ingest.outcome import Brought
from syndicate.jobs.ingest.pages import PageReader
from syndicate.jobs.ingest.reading import Reader
from syndicate.jobs.ingest.states import States
from syndicate.jobs.ingest.storing import AT_ONCE, Ingested, Storing
from syndicate.jobs.ingest.visits import Visitor
from syndicate.settings import Fetch, Settings, Source

if TYPE_CHECKING:
    from syndicate.adapters.mailbox import Mailbox

__all__ = ["Ingested", "addresses_of", "due", "ingest"]

_TOGETHER = 32  # outcomes stored in one transaction where nothing came with them
_HELD_BACK = 24  # outcomes that wait for one before them, so that a slow source stops nobody
_GATHER = 0.2  # seconds that what was read waits for others, at most
_AGAIN = 0.5  # seconds between looks at what others hold
Progress = Callable[[int, int], None]


def due(db: Database, settings: Settings, now: datetime, only: Sequence[str] = ()) -> list[Source]:
    """The sources to be read now: named ones due or not; what lies on this machine always, since
    reading it costs nobody anything."""
    addresses = {source.id: reading.configured(source) for source in settings.sources}
    with db.read() as conn:
        ready = set(store.due(conn, addresses, now))
    return [
        source
        for source in settings.sources
        if (
            source.id in only if only else not source.paused and (source.path or source.id in ready)
        )
    ]


def addresses_of(settings: Settings) -> dict[str, str]:
    """Where each source that is not paused is read from, as configured."""
    return {s.id: reading.configured(s) for s in settings.sources if not s.paused}


async def ingest(
    db: Database,
    settings: Settings,
    *,
    fetcher: Fetcher,
    workers: Workers,
    file: File,
    secret: bytes,
    now: datetime,
    gate: Gate | None = None,
    only: Sequence[str] = (),
    stop: Callable[[], bool] = lambda: False,
    whole: bool = False,
    progress: Progress | None = None,
) -> Ingested:
    """Read every source that is due (`only`: these), and store what they brought.

    On PostgreSQL what is due is shared with all others that ingest: each takes a batch at a time,
    until nothing is left or `stop` says so. `whole` is for a command that ends then: what lies on
    this machine is read due or not, and what others hold is waited for, or free when its lease
    is over.
    """
    done = Ingested()
    leases = None if only or db.is_sqlite else Leases(db, now)
    owner = leases.owner if leases else ""
    gate = gate or gates.of(settings, Register())
    storing = Storing(db, settings, file, secret, now, owner, done, gate)
    reader = _reader(settings, workers, fetcher, now)
    if leases is None:
        chosen = due(db, settings, now, only)
        done.skipped = 0 if only else len(settings.sources) - len(chosen)
        await _take(storing, reader, chosen, progress)
    else:
        await _share(leases, storing, reader, stop, whole, progress)
    done.problems += done.counts.problems
    return done


async def _share(
    leases: Leases,
    storing: Storing,
    reader: Reader,
    stop: Callable[[], bool],
    whole: bool,
    progress: Progress | None,
) -> None:
    """Batch after batch of what is due and nobody else has."""
    addresses = addresses_of(storing.settings)
    known = {source.id: source for source in storing.settings.sources}
    always = {id for id in addresses if whole and known[id].path}
    taken: set[str] = set()
    await asyncio.to_thread(leases.enrol, addresses)
    async with leases.kept():
        while not stop():
            ids = await asyncio.to_thread(leases.claim, BATCH, sorted(always - taken))
            if not taken.isdisjoint(ids):
                break  # it was not stored, and would come again and again
            if ids:
                taken.update(ids)
                await _take(storing, reader, [known[id] for id in ids], progress)
            elif whole and await asyncio.to_thread(leases.others_hold, addresses):
                await asyncio.sleep(_AGAIN)
            else:
                break
    storing.done.skipped = len(storing.settings.sources) - len(taken)


async def _take(
    storing: Storing,
    reader: Reader,
    chosen: Sequence[Source],
    progress: Progress | None,
) -> None:
    """Read these sources at once, and store what they bring in the config's order.

    The order decides who came first where two bring one article in one run: the same input gives
    the same stories. Only so many wait for a slow one; then it comes after them.
    """
    queue: asyncio.Queue[tuple[int, Brought]] = asyncio.Queue(maxsize=AT_ONCE)
    states = States(storing.db, {source.id: reading.configured(source) for source in chosen})
    both = (
        asyncio.create_task(_read_all(reader, chosen, states, queue, storing.settings)),
        asyncio.create_task(_store_all(storing, reader.room, queue, len(chosen), progress)),
    )
    try:
        # Whichever fails ends the other: the one waits for what the other would bring
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


def _reader(settings: Settings, workers: Workers, fetcher: Fetcher, now: datetime) -> Reader:
    fetch = settings.fetch
    pages = PageReader(Visitor(fetcher, fetch.max_bytes), workers, fetch.per_host)
    room = reading.Room(_HELD_BACK + AT_ONCE)
    return Reader(
        settings, workers, fetcher, now, pages, lambda source: mailbox_of(source, fetch), room
    )


def mailbox_of(source: Source, fetch: Fetch) -> Mailbox:
    """The mailbox of a source; dialled only where `fetch.allow_networks` lets it be."""
    from syndicate.adapters import mailbox  # few sites have one

    return mailbox.open_mailbox(
        source.url or source.path,
        source.password,
        permit=addresses.guard(fetch.allow_networks),
        timeout=fetch.timeout,
        max_bytes=fetch.max_bytes,
    )


async def _read_all(
    reader: Reader,
    chosen: Sequence[Source],
    states: States,
    queue: asyncio.Queue[tuple[int, Brought]],
    settings: Settings,
) -> None:
    waiting = iter(enumerate(chosen))

    async def work() -> None:
        for place, source in waiting:
            state = await states.take(source.id)
            await queue.put((place, await reader.read(source, state)))

    # More readers than fetches: a host that has all its turns taken must not stop the others
    count = min(len(chosen), settings.fetch.concurrency * 4)
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(work())


async def _store_all(
    storing: Storing,
    room: reading.Room,
    queue: asyncio.Queue[tuple[int, Brought]],
    expected: int,
    progress: Progress | None,
) -> None:
    left, ordered = expected, _Ordered()
    context, loop = contextvars.copy_context(), asyncio.get_running_loop()
    # One thread: what each of several takes from the C library it keeps
    with ThreadPoolExecutor(1, "storing") as thread:
        while left:
            ordered.add(*await queue.get())
            await _more(queue, ordered, left)
            while batch := ordered.take(_TOGETHER):
                await loop.run_in_executor(thread, context.run, storing.store, batch)
                for brought in batch:
                    room.leave(brought.source.id)
                left -= len(batch)
                if progress:
                    progress(expected - left, expected)


async def _more(
    queue: asyncio.Queue[tuple[int, Brought]], ordered: _Ordered, expected: int
) -> None:
    """Wait a moment for what can be stored with what is there: in one transaction it costs less."""
    try:
        async with asyncio.timeout(_GATHER):
            while len(ordered) < min(expected, AT_ONCE):
                ordered.add(*await queue.get())
    except TimeoutError:
        pass
    while not queue.empty():
        ordered.add(*queue.get_nowait())


class _Ordered:
    """Outcomes in the order of their places, as far as waiting for one is worth it."""

    def __init__(self) -> None:
        self._held: dict[int, Brought] = {}
        self._following = 0

    def __len__(self) -> int:
        return len(self._held)

    def add(self, place: int, brought: Brought) -> None:
        self._held[place] = brought

    def take(self, most: int) -> list[Brought]:
        """Those whose turn it is, at most so many; late ones at once."""
        if len(self._held) > _HELD_BACK:
            self._following = max(self._following, min(self._held))
        ready = sorted(place for place in self._held if place < self._following)
        while self._following in self._held and len(ready) < most:
            ready.append(self._following)
            self._following += 1
        return [self._held.pop(place) for place in ready]
