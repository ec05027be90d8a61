"""What came, byte for byte, and what came of comparing entries with their originals.

`received`     one row a response (or file, letter) that brought something: what is kept of it
`receipts`     which bytes of it are an entry's; the newest is how the entry came last
`comparisons`  one row a comparison of an entry with its original

All go with their entry. When it is taken down its receipts and their bytes go at once: what
stays is their SHA-256 in the record of decisions.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import (
    Instant,
    Json,
    dump_instant,
    dump_json,
    insert_row,
    insert_rows,
    metadata,
)
from syndicate.adapters.store.entries import in_parts
from syndicate.model import Body, Piece

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

received = sa.Table(
    "received",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.String, nullable=False),  # feed | page | file | letter
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("headers", Json, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("head", sa.Integer, nullable=False),
    sa.Column("tail", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("entry", sa.String, primary_key=True),
    sa.Column("received", _BIG, primary_key=True, autoincrement=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Index("receipts_received", "received"),
    sqlite_with_rowid=False,
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("entry", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),  # of the answer; null where none came
    sa.Column("sha256", sa.LargeBinary),  # of the page
    sa.Column("result", Json, nullable=False),
    sa.Index("comparisons_entry", "entry", "id"),
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One version of an entry, as it came at a moment."""

    at: datetime
    piece: Piece


@dataclass(frozen=True, slots=True)
class Comparison:
    """An entry beside its original at a moment; `result` is the JSON of core's `Compared`."""

    entry: str
    at: datetime
    url: str
    status: int | None
    sha256: bytes | None
    result: dict[str, Any]


def save(conn: Connection, made: Iterable[tuple[str, Sequence[Piece]]], at: datetime) -> None:
    """Keep what came of these entries; pieces of one response share its row."""
    rows, numbers, bodies = [], dict[int, int](), list[Body]()
    for entry, pieces in made:
        for piece in pieces:
            number = numbers.get(id(piece.body))
            if number is None:
                bodies.append(piece.body)  # held, so that its address is no other's
                number = numbers[id(piece.body)] = _add(conn, piece.body, at)
            rows.append((entry, number, piece.start, piece.end, piece.sha256))
    rows.sort()
    insert_rows(conn, receipts, ("entry", "received", "start", "end", "sha256"), rows)


def _add(conn: Connection, body: Body, at: datetime) -> int:
    headers = dump_json([list(pair) for pair in body.headers])
    came = (dump_instant(at), body.kind, body.url, headers, body.size, body.sha256)
    return insert_row(conn, received, _CAME, (*came, body.head, body.tail, body.data))


_CAME = ("at", "kind", "url", "headers", "size", "sha256", "head", "tail", "data")


def of_entry(conn: Connection, entry: str) -> list[Receipt]:
    """Every version of an entry that is kept, oldest first."""
    query = sa.select(
        received, receipts.c.start, receipts.c.end, receipts.c.sha256.label("own")
    ).join(receipts, receipts.c.received == received.c.id)
    query = query.where(receipts.c.entry == entry).order_by(received.c.id)
    return [_receipt(row) for row in conn.execute(query)]


def _receipt(row: Any) -> Receipt:
    headers = tuple((name, value) for name, value in row.headers)
    body = Body(
        row.kind, row.url, headers, row.size, bytes(row.sha256), row.head, row.tail, bytes(row.data)
    )
    return Receipt(row.at, Piece(body, row.start, row.end, bytes(row.own)))


def remove(conn: Connection, entries: Sequence[str]) -> None:
    """Forget what came of these entries; bytes that no other entry came with go."""
    for number in _spans(conn, entries):
        _forget(conn, entries, number)
        if not _is_used(conn, number):
            conn.execute(sa.delete(received).where(received.c.id == number))
    _forget_comparisons(conn, entries)


def cut_out(conn: Connection, entries: Sequence[str]) -> None:
    """The same at once and to the last byte: others that came with them keep theirs alone.

    Where a response could not be cut into its items, the others lose it too.
    """
    for number, spans in _spans(conn, entries).items():
        _forget(conn, entries, number)
        overlaps = sa.or_(
            *(sa.and_(receipts.c.start < end, receipts.c.end > start) for start, end in spans)
        )
        conn.execute(sa.delete(receipts).where(receipts.c.received == number, overlaps))
        mine = received.c.id == number
        if not _is_used(conn, number):
            conn.execute(sa.delete(received).where(mine))
            continue
        data = conn.execute(sa.select(received.c.data).where(mine)).scalar_one()
        conn.execute(sa.update(received).where(mine).values(data=_without(bytes(data), spans)))
    _forget_comparisons(conn, entries)


def _spans(conn: Connection, entries: Sequence[str]) -> dict[int, list[tuple[int, int]]]:
    """Where these entries came, by response."""
    found: dict[int, list[tuple[int, int]]] = {}
    for part in in_parts(entries):
        query = sa.select(receipts.c.received, receipts.c.start, receipts.c.end)
        for number, start, end in conn.execute(query.where(receipts.c.entry.in_(part))):
            found.setdefault(number, []).append((start, end))
    return found


def _forget(conn: Connection, entries: Sequence[str], number: int) -> None:
    for part in in_parts(entries):
        mine = sa.and_(receipts.c.received == number, receipts.c.entry.in_(part))
        conn.execute(sa.delete(receipts).where(mine))


def _is_used(conn: Connection, number: int) -> bool:
    query = sa.select(receipts.c.entry).where(receipts.c.received == number).limit(1)
    return conn.execute(query).first() is not None


def _without(data: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """What is kept of a response with these bytes blank: all others stay where they are."""
    kept = bytearray(zlib.decompress(data))
    for start, end in spans:
        kept[start:end] = b" " * (end - start)
    return zlib.compress(bytes(kept))


# --- beside the original ----------------------------------------------------------------------


def add_comparison(conn: Connection, made: Comparison) -> None:
    conn.execute(
        sa.insert(comparisons).values(
            entry=made.entry,
            at=made.at,
            url=made.url,
            status=made.status,
            sha256=made.sha256,
            result=made.result,
        )
    )


def compared(conn: Connection, entry: str) -> list[Comparison]:
    """Every comparison of an entry, oldest first."""
    query = sa.select(comparisons).where(comparisons.c.entry == entry)
    return [
        Comparison(
            row.entry,
            row.at,
            row.url,
            row.status,
            None if row.sha256 is None else bytes(row.sha256),
            row.result,
        )
        for row in conn.execute(query.order_by(comparisons.c.id))
    ]


def _forget_comparisons(conn: Connection, entries: Sequence[str]) -> None:
    for part in in_parts(entries):
        conn.execute(sa.delete(comparisons).where(comparisons.c.entry.in_(part)))
