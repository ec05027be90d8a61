"""Whole databases: a copy while in use, back from it, and from one kind to the other.

The portable form is an SQLite file of the same tables, whatever the database: a backup of either
kind goes back into either kind.

`recoveries`  in a backup, when it was taken; in a database, from what it came back and when
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import schema
from syndicate.adapters.store.engine import Database, Instant, metadata
from syndicate.adapters.store.sources import sources
from syndicate.model import Entry

_ROWS = 2000  # read and written at once
_HASH = 16
_MODULUS = 1 << (8 * _HASH)

recoveries = sa.Table(
    "recoveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("taken", Instant, nullable=False),
    sa.Column("recovered", Instant),
)


@dataclass(frozen=True, slots=True)
class Sum:
    """The rows of a table, counted, with a hash that does not depend on their order."""

    rows: int = 0
    hash: int = 0


def size(db: Database) -> int:
    """Bytes that a database takes where it lies."""
    if db.is_sqlite:
        file = Path(str(db.engine.url.database))
        log = file.with_name(f"{file.name}-wal")
        return file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    with db.read() as conn:
        found = conn.execute(sa.select(sa.func.pg_database_size(sa.func.current_database())))
        return int(found.scalar_one())


# --- what was recovered -----------------------------------------------------------------------


def recovered_at(conn: Connection) -> datetime | None:
    """When this database last came back from a backup; None where it never did."""
    return conn.execute(sa.select(sa.func.max(recoveries.c.recovered))).scalar()


def taken_at(conn: Connection) -> datetime | None:
    """When the backup that this file is was taken; None where it says nothing."""
    query = sa.select(sa.func.max(recoveries.c.taken)).where(recoveries.c.recovered.is_(None))
    return conn.execute(query).scalar()


def mark_taken(conn: Connection, taken: datetime) -> None:
    """Note in a backup when it was taken."""
    conn.execute(sa.insert(recoveries).values(taken=taken, recovered=None))


def mark_recovered(conn: Connection, taken: datetime, recovered: datetime) -> None:
    """Note that this database came back from a backup."""
    conn.execute(sa.delete(recoveries).where(recoveries.c.recovered.is_(None)))
    conn.execute(sa.insert(recoveries).values(taken=taken, recovered=recovered))


def perhaps_sent(conn: Connection, carried: Iterable[Entry]) -> list[Entry]:
    """Those of these entries that the database which was lost in a recovery can have known.

    They were received before the recovery, or when their source was first read again after it.
    """
    recovered = recovered_at(conn)
    if recovered is None:
        return []
    some = list(carried)
    query = sa.select(sources.c.id, sources.c.first_read)
    query = query.where(sources.c.id.in_({entry.source for entry in some}))
    read = {id: at for id, at in conn.execute(query)}
    return [e for e in some if e.received <= max(read.get(e.source) or e.received, recovered)]


def doubt(conn: Connection, due: datetime, chosen: Sequence[Entry]) -> str:
    """Why an edition may have been sent already, by what was lost in a recovery; "" if it cannot.

    It may where it was due before the recovery, or has an entry that may have been sent.
    """
    recovered = recovered_at(conn)
    if recovered is None:
        return ""
    reason = f"the database came back from a backup at {recovered.isoformat(timespec='seconds')}; "
    if due <= recovered:
        return reason + "this edition was due before and may have been sent"
    known = perhaps_sent(conn, chosen)
    return reason + f"{len(known)} of its entries may have been sent before" if known else ""


# --- copying ------------------------------------------------------------------------------------


def _plain_tables() -> list[sa.Table]:
    """The tables with what the drivers know: values are carried as they are stored."""
    plain = sa.MetaData()
    return [
        sa.Table(table.name, plain, *(sa.Column(c.name, _stored(c.type)) for c in table.columns))
        for table in schema.load_tables().sorted_tables
    ]


def _stored(type_: sa.types.TypeEngine[Any]) -> Any:
    return type_.impl if isinstance(type_, sa.types.TypeDecorator) else type_


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """One moment of a database, to read all of it from while others write."""
    with database.read() as conn:
        if not database.is_sqlite:
            conn = conn.execution_options(isolation_level="REPEATABLE READ")
        yield conn


def transfer(source: Connection, target: Connection) -> dict[str, Sum]:
    """Copy every row of every table into empty tables; what was read of each."""
    done = {}
    for table in _plain_tables():
        total = Sum()
        for rows in _read(source, table):
            total = _add(total, rows)
            _write(target, table, rows)
        done[table.name] = total
    if target.dialect.name == "postgresql":
        _advance_sequences(target)
    return done


def sums(conn: Connection) -> dict[str, Sum]:
    """Count and hash of every table."""
    found = {}
    for table in _plain_tables():
        total = Sum()
        for rows in _read(conn, table):
            total = _add(total, rows)
        found[table.name] = total
    return found


def counts(conn: Connection) -> dict[str, int]:
    """How many rows each table has."""
    count = sa.func.count()
    return {
        table.name: conn.execute(sa.select(count).select_from(table)).scalar_one()
        for table in _plain_tables()
    }


def is_empty(conn: Connection) -> bool:
    """Whether no table has a row."""
    return all(conn.execute(sa.select(t).limit(1)).first() is None for t in _plain_tables())


def clear(conn: Connection) -> None:
    """Take away every row of every table."""
    names = [table.name for table in _plain_tables()]
    if conn.dialect.name == "postgresql":
        quote = conn.dialect.identifier_preparer.quote
        conn.exec_driver_sql(f"TRUNCATE {', '.join(map(quote, names))}")
        return
    for table in reversed(_plain_tables()):
        conn.execute(sa.delete(table))


def _read(conn: Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    result = conn.execute(sa.select(table).execution_options(yield_per=_ROWS))
    for rows in result.partitions():
        yield [tuple(row) for row in rows]


def _add(total: Sum, rows: Sequence[tuple[Any, ...]]) -> Sum:
    value = total.hash
    for row in rows:
        digest = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=_HASH)
        value = (value + int.from_bytes(digest.digest())) % _MODULUS
    return Sum(total.rows + len(rows), value)


def _write(conn: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    quote = conn.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        conn.exec_driver_sql(
            f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})",  # noqa: S608
            list(rows),
        )
        return
    # COPY takes ten times as many rows a second as INSERT
    raw: Any = conn.connection.driver_connection
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as into,
    ):
        for row in rows:
            into.write_row(row)


def _advance_sequences(conn: Connection) -> None:
    """Rows came with their numbers: the next ones go on from the highest."""
    for table in schema.load_tables().sorted_tables:
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, sa.Integer):
            continue
        sequence = conn.execute(
            sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))
        ).scalar()
        if sequence is not None:
            highest = conn.execute(sa.select(sa.func.max(column))).scalar()
            conn.execute(sa.select(sa.func.setval(sequence, highest or 1, highest is not None)))
