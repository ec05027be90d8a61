"""The database: one engine, two dialects, transactions that never upgrade.

SQLite: WAL, foreign keys, `BEGIN IMMEDIATE` for writers. Every family of tables is a module of
functions that take a `Connection`; a job opens the transaction, so that what belongs together is
written together.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from syndicate.errors import StoreError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
metadata = sa.MetaData()


_CACHE, _CACHE_AT_REST = 8_000, 1_000  # kB of pages that a connection to SQLite may keep
_MICROSECOND = timedelta(microseconds=1)
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


def dump_instant(value: datetime) -> int:
    """Microseconds since 1970, as `Instant` keeps a moment."""
    return (value - _EPOCH) // _MICROSECOND


def dump_json(value: Any) -> str:
    """The text in which `Json` keeps a value."""
    if not value and isinstance(value, list | tuple):
        return "[]"
    return _JSON.encode(value)


def load_instant(value: int | None) -> datetime | None:
    """The moment that `dump_instant` kept."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def load_json(value: str | None) -> Any:
    """The value that `dump_json` kept."""
    if value == "[]":  # so are most lists of an entry
        return []
    return None if value is None else json.loads(value)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 so that both databases sort it alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else dump_instant(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return load_instant(value)


class Json(sa.types.TypeDecorator[Any]):
    """JSON as text, keys in order, Chinese as itself."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return load_json(value)


class Database:
    """An opened database. `begin()` for what writes, `read()` for what only reads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def is_lost(self) -> bool:
        """Whether an SQLite database is no longer where it was opened, or is an empty one now.

        Connections that are open still have the old file, and new ones make a new one: asked by
        one that makes none.
        """
        file = self.engine.url.database if self.is_sqlite else None
        if not file:
            return False
        name = f"{Path(file).absolute().as_uri()}?mode=rw"
        try:
            with closing(sqlite3.connect(name, uri=True)) as raw:
                return raw.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction; committed at the end, rolled back on any exception."""
        with _errors(self.engine), self.engine.connect() as conn:
            conn = conn.execution_options(syndicate_writes=True)
            with conn.begin():
                yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from."""
        with _errors(self.engine), self.engine.connect() as conn:
            yield conn

    def relax(self) -> None:
        """Let idle connections give up the pages of the database that they keep in memory (on
        SQLite 8 MB each, as many as there ever were at once), and keep few until they write."""
        if not self.is_sqlite:
            return
        with ExitStack() as idle, suppress(sqlite3.Error, sa.exc.SQLAlchemyError):
            # All at once, since each that is given back is the next to be had
            for _ in range(cast(QueuePool, self.engine.pool).checkedin()):
                connection = idle.enter_context(closing(self.engine.raw_connection()))
                for pragma in ("shrink_memory", f"cache_size={-_CACHE_AT_REST}"):
                    connection.cursor().execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        self.engine.dispose()


# insufficient_privilege, invalid_schema_name (PostgreSQL, appendix A): the operator's to settle
_NOT_OURS = ("42501", "3F000")


@contextmanager
def _errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.DatabaseError) as error:
        if (
            isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError)
            and getattr(error.orig, "sqlstate", None) not in _NOT_OURS
        ):
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise StoreError(str(error.orig or error).strip().splitlines()[0], where=where) from error


def is_conflict(error: StoreError) -> bool:
    """Whether a transaction failed only because another was at the same rows: to be tried again.

    serialization_failure and deadlock_detected (PostgreSQL, appendix A, class 40).
    """
    cause = getattr(error.__cause__, "orig", None)
    return getattr(cause, "sqlstate", None) in ("40001", "40P01")


def insert(conn: Connection | str, table: sa.Table) -> Any:
    """`INSERT` of the dialect in use (a connection's, or by its name), which knows ON CONFLICT."""
    if (conn if isinstance(conn, str) else conn.dialect.name) == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 50 ms that SQLite need not pay

    return postgresql.insert(table)


@cache
def _statement(sqlite: bool, table: str, names: tuple[str, ...], conflict: str) -> str:
    marks = ", ".join(("?" if sqlite else "%s",) * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) {conflict}'  # noqa: S608


def insert_rows(
    conn: Connection,
    table: sa.Table,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    conflict: str = "",
) -> None:
    """Insert rows whose values are already as the database keeps them (`dump_instant`, …).

    By the driver: for thousands of rows SQLAlchemy's own work a row costs more than SQLite's.
    `conflict` is what follows VALUES, such as `ON CONFLICT DO NOTHING`.
    """
    if rows:
        text = _statement(conn.dialect.name == "sqlite", table.name, names, conflict)
        conn.exec_driver_sql(text, list(rows))


def insert_row(
    conn: Connection, table: sa.Table, names: tuple[str, ...], row: tuple[Any, ...]
) -> int:
    """Insert one row as `insert_rows` does; the `id` that it was given."""
    if conn.dialect.name == "sqlite":
        text = _statement(True, table.name, names, "")
        return int(conn.exec_driver_sql(text, row).lastrowid)
    text = _statement(False, table.name, names, "RETURNING id")
    return int(conn.exec_driver_sql(text, row).scalar_one())


def rows_in(
    conn: Connection, text: str, values: Iterable[Any], *first: Any
) -> Iterator[tuple[Any, ...]]:
    """Rows of a query for any number of values, as the database keeps them (`load_instant`, …).

    `{is_in}` in `text` stands for the test of being one of the values, wherever it stands; `{}`
    for each of `first`, before those. By the driver's own cursor: for the small answers that an
    arriving document needs, SQLAlchemy's work costs more than the search.
    """
    is_sqlite = conn.dialect.name == "sqlite"
    distinct, times = list(dict.fromkeys(values)), text.count("{is_in}")
    cursor = conn.connection.cursor()
    try:
        for start in range(0, len(distinct), _AT_ONCE):
            part = distinct[start : start + _AT_ONCE]
            if is_sqlite:
                test, given = f"IN ({','.join('?' * len(part))})", part * times
            else:
                test, given = "= ANY(%s)", [part] * times
            query = text.replace("{is_in}", test).replace("{}", "?" if is_sqlite else "%s")
            cursor.execute(query, (*first, *given))
            yield from cursor.fetchall()
    finally:
        cursor.close()


_AT_ONCE = 500  # parameters of one IN, well below what SQLite takes


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:PATH` or `postgresql://…`; nothing is created yet but the folder."""
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # The connection that was used last has its pages at hand; another would read them again
        engine = sa.create_engine(
            f"sqlite:///{path}", connect_args={"timeout": 30}, pool_use_lifo=True
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    url = url.replace("postgres://", "postgresql://", 1)
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except (sa.exc.ArgumentError, ValueError) as error:
        remedy = "write it as postgresql://user@host/db"
        raise StoreError(f"storage.database is no address: {error}", remedy=remedy) from None


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves; pysqlite's own is deferred
    cursor = raw.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
        f"cache_size={-_CACHE}",
        "wal_autocheckpoint=4000",  # a page that many commits change is moved once for them all
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    # A deferred transaction that writes later fails at once with SQLITE_BUSY, whatever the timeout
    writes = conn.get_execution_options().get("syndicate_writes")
    if writes:
        conn.exec_driver_sql(f"PRAGMA cache_size={-_CACHE}")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
