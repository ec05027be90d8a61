"""backup, recover, migrate-store: the whole database out, back in, and from one kind to the other.

What was lost between a backup and its recovery may have been mailed: every edition that was on
its way waits for an editor, and so does whatever is composed from what the lost database can
have known (`copy.doubt`).
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import (
    afterwards,
    entries,
    open_database,
    outbox,
    published,
    received,
    subscribers,
)
from syndicate.adapters.store import copy as copying
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store.afterwards import Since
from syndicate.adapters.store.copy import Sum
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import sources
from syndicate.core import copies, identity, sections, story, subscription
from syndicate.errors import StoreError, UsageError
from syndicate.model import Decision, EditionState, MessageState, Status
from syndicate.settings import Settings

_PAGES = 2000  # that are copied before anybody may end it
_MAGIC = b"SQLite format 3\0"
# Files of ours that there are more of with time
_DATED = re.compile(
    r"^articles/[a-z0-9]{12,}\.html$|^editions/[^/]+/[0-9T-]+\.html$"
    r"|(^|/)archive/\d{4}-\d\d[^/]*\.(atom\.xml|html)$"
)


class Stopped(Exception):
    """Told to end before it was done."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was made, and that what arrived is what was read."""

    tables: int
    rows: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did. `kept` is the copy of what was there before, if anything was."""

    taken: datetime
    rows: int
    kept: Path | None = None
    held: list[str] = field(default_factory=list)  # editions
    dropped: int = 0  # letters that may have left since
    again: int = 0  # retractions, erasures and unsubscriptions that hold on
    claims: int = 0  # that came since the backup, and are kept


def daily(
    db: Database, settings: Settings, now: datetime, stop: Callable[[], bool] = lambda: False
) -> Path | None:
    """A copy into `storage.backup` where none was taken within the day; older ones than the
    newest `storage.backup_keep` go. None where none was due, or `stop` ended it.

    StoreError where there is no room: rather no copy than a full disk.
    """
    folder = Path(settings.storage.backup)
    with _errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = [file.name for file in folder.iterdir()]
        if not copies.is_due(there, now):
            return None
        for left in folder.glob(".syndicate-*.new*"):  # of a process that was killed
            left.unlink()
        _check_room(db, folder)
    made = folder / copies.name(now)
    try:
        backup(db, made, now, stop)
    except Stopped:
        return None
    with _errors(folder):
        for old in copies.surplus((*there, made.name), settings.storage.backup_keep):
            (folder / old).unlink()
    return made


def _check_room(db: Database, folder: Path) -> None:
    needed, free = copying.size(db) * 1.1, shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"no room for a backup: {needed / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free",
            where=str(folder),
            remedy="make room, lower storage.backup_keep, or name another storage.backup",
        )


def backup(
    db: Database, file: Path, now: datetime, stop: Callable[[], bool] = lambda: False
) -> Copied:
    """A consistent copy of a database that is in use, as one SQLite file, put in place whole.

    UsageError where `file` is there and no database: a slip of the hand must not cost a file.
    Stopped where `stop` says so in the middle (SQLite only); nothing is left then.
    """
    _check_target(db, file)
    temporary = file.with_name(f".{file.name}.new")
    with _errors(file):
        try:
            _remove(temporary)
            total = _copy_sqlite(db, temporary, stop) if db.is_sqlite else _copy_rows(db, temporary)
            _finish(temporary, now)
            temporary.replace(file)
        finally:
            _remove(temporary)
    return total


def _check_target(db: Database, file: Path) -> None:
    if file.is_dir():
        raise UsageError("it is a folder", where=str(file), remedy="name a file")
    if not file.exists():
        return
    if db.is_sqlite and file.resolve() == Path(str(db.engine.url.database)).resolve():
        raise UsageError("it is the database itself", where=str(file), remedy="name another file")
    with file.open("rb") as opened:
        head = opened.read(len(_MAGIC))
    if head and head != _MAGIC:
        raise UsageError("it is there and no backup", where=str(file), remedy="name another file")


def _copy_sqlite(db: Database, file: Path, stop: Callable[[], bool]) -> Copied:
    """By SQLite's own backup: page by page, in one read transaction."""

    def between(*_: int) -> None:
        if stop():
            raise Stopped

    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    raw = db.engine.raw_connection()
    try:
        with closing(sqlite3.connect(file)) as target:
            source: sqlite3.Connection = raw.driver_connection  # type: ignore[assignment]
            source.execute("BEGIN")  # of one moment, however much is written meanwhile
            source.execute("SELECT 1 FROM sqlite_master").fetchone()
            source.backup(target, pages=_PAGES, progress=between)
    finally:
        raw.rollback()
        raw.close()
    with _opened(file) as made, made.read() as conn:
        found = copying.counts(conn)
    return Copied(len(found), sum(found.values()))


def _copy_rows(db: Database, file: Path) -> Copied:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with _opened(file) as made, copying.snapshot(db) as source, made.begin() as target:
        read = copying.transfer(source, target)
        _compare(read, copying.sums(target))
    return _total(read)


@contextmanager
def _opened(file: Path) -> Iterator[Database]:
    db = open_database(f"sqlite:{file}")
    try:
        yield db
    finally:
        db.close()


def _finish(file: Path, now: datetime) -> None:
    with _opened(file) as made, made.begin() as conn:
        copying.mark_taken(conn, now)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm beside it
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(file: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


@contextmanager
def _errors(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(str(error), where=str(file)) from error


def _total(found: dict[str, Sum]) -> Copied:
    return Copied(len(found), sum(each.rows for each in found.values()))


def _compare(read: dict[str, Sum], arrived: dict[str, Sum]) -> None:
    for table, expected in read.items():
        if arrived.get(table) != expected:
            count = arrived.get(table, Sum()).rows
            raise StoreError(
                f"{expected.rows} rows were read and {count} arrived, or not as they were",
                where=f"table {table}",
                remedy="nothing was changed",
            )


# --- back -------------------------------------------------------------------------------------


def recover(settings: Settings, secret: bytes, file: Path, keep: Path, now: datetime) -> Recovered:
    """Fill the site's database from a backup; all of it, or, on any error, nothing.

    What was there is copied to the folder `keep` first; what it says of retractions, erasures and
    unsubscriptions holds on. StoreError where `file` is no backup, comes from a newer version, or
    is another site's than what is there.
    """
    url = settings.storage.database
    with _readable(file) as source:
        with source.read() as conn:
            taken = copying.taken_at(conn) or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        kept = keep / f"before-recovery-{now:%Y%m%dT%H%M%S}.db"
        target, aside = _target(url, kept)
        try:
            with target.read() as conn:
                empty = copying.is_empty(conn)
                _same_site(source, conn)
                since = afterwards.gather(conn)
            if not empty:
                backup(target, kept, now)
            with copying.snapshot(source) as old, target.begin() as conn:
                if not empty:
                    afterwards.put_claims_aside(conn)
                done = _fill(old, conn, taken, now)
                if empty:
                    afterwards.skip_numbers(conn)
                else:
                    done = replace(done, claims=afterwards.put_claims_back(conn))
                again = _hold_on(conn, settings, secret, since, now)
            _tidy(settings, target)
            found = kept if aside or not empty else None
            return replace(done, kept=found, again=again)
        finally:
            target.close()


def _target(url: str, kept: Path) -> tuple[Database, Path | None]:
    """The database to fill; an SQLite file that cannot be read is put aside, and a new one made."""
    try:
        return open_database(url), None
    except StoreError:
        path = Path(url.removeprefix("sqlite:"))
        if not url.startswith("sqlite:") or not path.is_file():
            raise
        for end in ("", "-wal", "-shm"):
            if (old := path.with_name(path.name + end)).exists():
                old.replace(kept.with_name(kept.name + end))
        return open_database(url), kept


def _fill(old: Connection, conn: Connection, taken: datetime, now: datetime) -> Recovered:
    copying.clear(conn)
    read = copying.transfer(old, conn)
    _compare(read, copying.sums(conn))
    held, dropped = _hold(conn, taken, now)
    return Recovered(taken, _total(read).rows, None, held, dropped)


def _hold_on(
    conn: Connection, settings: Settings, secret: bytes, since: Since, now: datetime
) -> int:
    """Take down, erase and unsubscribe again; how many entries and people."""
    again = afterwards.put(conn, since)
    erased = dict(since.erased)
    for person in list(subscribers.everybody(conn)):
        mark = identity.keyed(secret, identity.mark("email", subscription.key(person.email)))
        if mark in erased:
            outbox.erase(conn, person.id, now)
            subscribers.forget(conn, person.id, mark, erased[mark])
            again += 1
    down = dict(since.down)
    found = entries.get_many(conn, down).values()
    up = {entry.id for entry in found if entry.status is not Status.RETRACTED}
    names = [entry.story for entry in found if entry.id in up]
    for name, members in entries.of_story(conn, names).items():
        changed = [
            replace(m, status=Status.RETRACTED, held_for=down[m.id]) if m.id in up else m
            for m in members
        ]
        settled = story.settle(changed, name)
        entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in settled])
    received.cut_out(conn, sorted(up))
    entries.decide(conn, [_retracted_again(id, down[id], now) for id in sorted(up)])
    return again + len(up)


def _tidy(settings: Settings, db: Database) -> None:
    """Take away pages and archives that were published since; what comes back is written anew."""
    disk = Disk(settings.storage.output)
    found = [path for path in disk.files() if _DATED.search(path)]
    with db.read() as conn:
        known = published.files_at(conn, found)
    for path in found:
        if path not in known:
            disk.remove(path)


def _retracted_again(entry: str, reason: str, now: datetime) -> Decision:
    text = f"retracted: {reason} (after the backup that was recovered)"
    return Decision(entry, now, "status", "syndicate", text, "published", "retracted")


@contextmanager
def _readable(file: Path) -> Iterator[Database]:
    """A backup, copied before it is opened: bringing its schema up to date must not change it."""
    try:
        with file.open("rb") as opened:
            head = opened.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(error.strerror or str(error), where=str(file)) from error
    if head != _MAGIC:
        raise StoreError("it is no backup of Syndicate", where=str(file))
    with tempfile.TemporaryDirectory(prefix="syndicate-") as folder, _errors(file):
        private = Path(folder) / "backup.db"
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(private)) as target,
        ):
            source.backup(target)
            names = {row[0] for row in target.execute("SELECT name FROM sqlite_master")}
        if "alembic_version" not in names or "entries" not in names:
            raise StoreError("it is no backup of Syndicate", where=str(file))
        with _opened(private) as db:
            yield db


def _same_site(source: Database, conn: Connection) -> None:
    with source.read() as other:
        theirs = published.value(other, "authority")
    ours = published.value(conn, "authority")
    if ours and theirs and ours != theirs:
        raise StoreError(
            f"the backup is of {theirs}, the database of {ours}",
            remedy="recover into an empty database, or set storage.database to the site's own",
        )


def _hold(conn: Connection, taken: datetime, now: datetime) -> tuple[list[str], int]:
    """Everything that may have left since the backup stays where it is."""
    copying.mark_recovered(conn, taken, now)
    at = taken.isoformat(timespec="seconds")
    reason = f"recovered from a backup of {at}: what is unsent in it may have been sent since"
    messages, editions = outbox.messages, edition_store.editions
    unsent = sa.select(messages.c.edition).where(messages.c.state.in_(outbox.UNSENT))
    going = sa.and_(editions.c.state == EditionState.SENDING.value, editions.c.id.in_(unsent))
    query = sa.select(editions.c.id).where(going).order_by(editions.c.id)
    held = list(conn.execute(query).scalars())
    conn.execute(
        sa.update(editions).where(going).values(state=EditionState.HELD.value, reason=reason)
    )
    conn.execute(
        sa.update(messages)
        .where(messages.c.state == MessageState.SENDING.value)
        .values(state=MessageState.QUEUED.value, owner=None, until=None)
    )
    # Letters have no edition that could wait for an editor
    dropped = conn.execute(
        sa.update(messages)
        .where(messages.c.state.in_(outbox.UNSENT), messages.c.edition.like("letter:%"))
        .values(state=MessageState.DROPPED.value, error=reason, changed=now)
    )
    _begin_again(conn, now)
    return held, int(dropped.rowcount)


def _begin_again(conn: Connection, now: datetime) -> None:
    """Every source is read anew before long, and every file written anew."""
    conn.execute(sa.update(sources).values(first_read=None, lease_owner=None, lease_until=None))
    conn.execute(sa.update(sources).where(sources.c.next > now).values(next=now))
    names = sa.or_(published.publishing.c.name == "fingerprint",
                   published.publishing.c.name.like("edition%"))  # fmt: skip
    conn.execute(sa.update(published.publishing).where(names).values(value=""))


# --- from one kind to the other -----------------------------------------------------------------


def migrate_store(source_url: str, target_url: str) -> dict[str, Sum]:
    """Copy a site from one database into another, empty one; what each table has there.

    Counts and hashes of every table are read back and compared before anything is committed.
    """
    if source_url.startswith("sqlite:") and not Path(source_url.removeprefix("sqlite:")).is_file():
        raise StoreError("there is no such file", where=source_url)
    if source_url == target_url:
        raise UsageError("the two databases are one", where=source_url)
    with (
        closing(open_database(source_url)) as source,
        closing(open_database(target_url)) as target,
        copying.snapshot(source) as old,
        target.begin() as conn,
    ):
        if not copying.is_empty(conn):
            raise StoreError(
                "it is not empty",
                where=target.engine.url.render_as_string(hide_password=True),
                remedy="name a new database",
            )
        read = copying.transfer(old, conn)
        _compare(read, copying.sums(conn))
    return read
