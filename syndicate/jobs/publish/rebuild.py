"""A whole site again: pieces of it, each of which a process can make by itself.

The pieces are archive pages (those of the whole site with the pages of their entries), columns,
and shards of the search index. They are made in processes of their own where there are enough
of them, and recorded by the process that began.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import forkserver

from sqlalchemy.engine import Connection

from syndicate.adapters import memory
from syndicate.adapters.disk import Disk
from syndicate.adapters.store import archives as archive_store
from syndicate.adapters.store import placements, published
from syndicate.adapters.store.archives import Part
from syndicate.adapters.store.engine import Database, open_engine
from syndicate.adapters.store.placements import Key
from syndicate.adapters.store.published import Known
from syndicate.core import months, search
from syndicate.errors import OutputError
from syndicate.jobs.publish import archives, articles, lists
from syndicate.jobs.publish.archives import Archives
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import Done, Writing
from syndicate.model import Status
from syndicate.settings import Settings

_ALONE = 1500  # entries that one process has done before others have started
_AHEAD = 3  # pieces a process that are given out before their turn
_PAGES = 100
_DOWN = 1000
_PRELOAD = ["syndicate.jobs.publish.rebuild", "feedgen.feed", "jinja2"]
_FIRST: Key = (datetime.min.replace(tzinfo=UTC), "")
Transaction = Callable[[], AbstractContextManager[Connection]]
_LAST: Key = (datetime.max.replace(tzinfo=UTC), "")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one process does without asking another: one of these."""

    part: Part | None = None
    ids: tuple[str, ...] = ()  # pages of what stands nowhere, or a shard's entries
    column: str | None = None
    shard: int | None = None


@dataclass(frozen=True)
class Task:
    """What all pieces share; it travels to the processes once."""

    database: str
    settings: Settings
    pages: Pages
    now: datetime
    authority: str
    tags: str


def warm() -> None:
    """Have the processes' common start made while the work is still being cut out."""
    if (os.cpu_count() or 1) > 1:
        multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOAD)
        forkserver.ensure_running()


def prepare(writing: Writing, columns: Sequence[str]) -> list[Piece]:
    """Cut the archives anew, and say what is to be made."""
    parts = [part for column in columns for part in _cut(writing, column)]
    conn = writing.conn
    lonely = placements.unplaced(conn, Status.PUBLISHED.value)
    lonely += placements.unplaced(conn, Status.RETRACTED.value)
    lonely += placements.unplaced(conn, Status.EXPIRED.value)
    made = [Piece(part=part) for part in parts]
    made += [Piece(ids=tuple(lonely[i : i + _PAGES])) for i in range(0, len(lonely), _PAGES)]
    return made + [Piece(column=column) for column in columns] + list(_shards(conn))


def _cut(writing: Writing, column: str) -> list[Part]:
    """The archive of a column in parts; files of parts that are no more are taken away."""
    before = archive_store.parts(writing.conn, column)
    after: list[Part] = []
    at = placements.key_at(writing.conn, column, _FIRST, _LAST)
    while at is not None:
        month = months.month_of(at[0], writing.zone)
        known = [part for part in before if part.month == month]
        after += archives.recut(writing, column, month, known)
        end = months.bounds(month, writing.zone)[1]
        at = placements.key_at(writing.conn, column, (end, ""), _LAST)
    if before != after:
        now = {(part.month, part.part) for part in after}
        for part in before:
            if (part.month, part.part) not in now:
                archives.drop(writing, part)
        archive_store.set_all_parts(writing.conn, column, after)
    return after


def _shards(conn: Connection) -> Iterator[Piece]:
    shards: list[list[str]] = [[] for _ in range(search.SHARDS)]
    for id in placements.newest_ids(conn, "", search.KEEP * search.SHARDS):
        shards[search.shard(id)].append(id)
    for number, ids in enumerate(shards):
        yield Piece(shard=number, ids=tuple(ids))


def make(writing: Writing, pages: Pages, piece: Piece, down: Sequence[Known]) -> None:
    """One piece, put in place."""
    if piece.part is not None:
        _part(writing, pages, piece.part, down)
    elif piece.column is not None:
        lists.column(writing, pages, piece.column, (), down)
    elif piece.shard is not None:
        lists.shard(writing, piece.shard, piece.ids)
    else:
        articles.write(writing, pages, piece.ids)


def _part(writing: Writing, pages: Pages, part: Part, down: Sequence[Known]) -> None:
    end = archives.end_of(writing, part)
    made = writing.get(archives.ids_of(writing, part, end))
    if not part.column:
        before = published.known(writing.conn, made)
        articles.write_shown(writing, pages, made.values(), before)
    Archives(writing, pages, (), down).write(part, end, made)


# ---- by several processes


def are_many(conn: Connection) -> bool:
    """Whether there is enough to do for several processes."""
    return placements.place_count(conn, "", _ALONE + 1) > _ALONE


def run(
    database: Database, writing: Writing, pages: Pages, pieces: Sequence[Piece],
    transaction: Transaction,
) -> None:  # fmt: skip
    """Make all pieces, and record each in a transaction that leaves room for other writers."""
    with database.read() as conn:
        many = are_many(conn)
        if database.is_sqlite:  # the work was cut out by going through all places, once
            conn.exec_driver_sql("PRAGMA shrink_memory")
    memory.give_back()
    results = _by_many if many and (os.cpu_count() or 1) > 1 else _by_one
    task = Task(
        _url(database), writing.settings, pages, writing.now, writing.authority, writing.tags
    )
    held: list[Done] = []
    for done in results(database, task, pieces):
        held.append(done)
        if sum(len(d.known) for d in held) >= _PAGES * 10:
            _record(writing, held, transaction)
    _record(writing, held, transaction)


def _record(writing: Writing, held: list[Done], transaction: Transaction) -> None:
    with transaction():
        for done in held:
            writing.record(done)
    held.clear()


def _url(database: Database) -> str:
    url = database.engine.url
    return f"sqlite:{url.database}" if database.is_sqlite else url.render_as_string(False)


def _by_one(database: Database, task: Task, pieces: Iterable[Piece]) -> Iterator[Done]:
    maker = _Maker(database, task)
    for piece in pieces:
        yield maker.make(piece)


class _Maker:
    def __init__(self, database: Database, task: Task, *, lean: bool = False) -> None:
        self.database, self.task, self.lean = database, task, lean
        self.disk = Disk(task.settings.storage.output)

    def make(self, piece: Piece) -> Done:
        task = self.task
        with self.database.read() as conn:
            if self.lean and self.database.is_sqlite:  # each page is read once: no use for more
                conn.exec_driver_sql("PRAGMA cache_size=-4000")
            writing = Writing(
                conn, self.disk, task.settings, task.now, task.authority, True, task.tags
            )
            listing = piece.part is not None or piece.column is not None
            down = published.taken_down(conn, _DOWN) if listing else []
            make(writing, task.pages, piece, down)
            return writing.take()


_maker: _Maker | None = None  # of this process, where it is one of several


def _begin(task: Task) -> None:
    global _maker
    gc.freeze()  # what was loaded is not looked through again, and stays shared
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _maker = _Maker(Database(open_engine(task.database)), task, lean=True)


def _end_with_parent() -> None:
    """Nobody records what is written after the process that gave it out was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(piece: Piece) -> Done:
    assert _maker is not None
    return _maker.make(piece)


def _by_many(_: Database, task: Task, pieces: Iterable[Piece]) -> Iterator[Done]:
    warm()
    context = multiprocessing.get_context("forkserver")
    count = min(os.cpu_count() or 1, 4)
    ahead: deque[Future[Done]] = deque()
    pool = ProcessPoolExecutor(count, context, _begin, (task,))
    try:
        for piece in pieces:
            ahead.append(pool.submit(_make, piece))
            if len(ahead) > count * _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    except BrokenProcessPool as error:
        raise OutputError(
            "a process that wrote the site died", remedy="publish again; make room in memory"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        # It holds 25 MB, which a daemon would keep for its next rebuild. Public only in name: the
        # server ends when its last client does, and that is us
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
