"""The index by which an entry's earlier twin is found: grams of texts to entries.

`fingerprints` keeps what texts are judged by (about 1 kB each), `grams` a sample of their grams.
A lookup touches the postings of some fifty grams, whatever the number of entries; a gram that
`_COMMON` texts share already is a house's boilerplate: it is neither indexed further nor counted.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import insert_rows, metadata, rows_in

fingerprints = sa.Table(
    "fingerprints",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("entry", sa.String, nullable=False, unique=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("packed", sa.LargeBinary, nullable=False),
)

grams = sa.Table(
    "grams",
    metadata,
    sa.Column("gram", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

_SECOND = itemgetter(1)
_COMMON = 48
_CANDIDATES = 6  # judged for one entry, those that share the most grams first
_FEW = 20  # grams; what has more and shares only one is another text
_FALLBACK = 3  # judged by common grams alone, where the rare ones gave nothing


class Print(Protocol):
    """A fingerprint, as far as the index has to know it."""

    @property
    def keys(self) -> tuple[int, ...]: ...

    def pack(self) -> bytes: ...


# A candidate: its entry, its source, and its fingerprint, packed where it comes from the database
Candidate = tuple[str, str, Any]
# Which of some candidates an entry of a source is the same article as: entry, score, reason
Closest = Callable[[str, str, Any, Sequence[Candidate]], tuple[str, float, str] | None]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with its fingerprint, on its way into the index."""

    entry: str
    source: str
    fingerprint: Print


@dataclass(frozen=True, slots=True)
class Match:
    """The earlier entry that an item is the same article as, and why."""

    entry: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Votes:
    """Which texts share grams with one, by number (stored) and by position (in the batch).

    `common` has those that share grams of many texts, asked when the others gave nothing: so the
    fiftieth reprint of one article is still found.
    """

    stored: list[int]
    within: list[int]
    common: list[int]


def match(conn: Connection, items: Sequence[Item], closest: Closest) -> list[Match | None]:
    """For each item the entry that came before it, here or earlier in the batch, and is the same
    article; None where there is none. `closest` (core/dedupe.py) decides among candidates."""
    return _match(conn, items, _postings(conn, items), closest)


def take(conn: Connection, items: Sequence[Item], closest: Closest) -> list[Match | None]:
    """`match`, then `add`, with one look into the index for both."""
    postings = _postings(conn, items)
    matches = _match(conn, items, postings, closest)
    _add(conn, items, {gram for gram, found in postings.items() if len(found) >= _COMMON})
    return matches


def _match(
    conn: Connection, items: Sequence[Item], postings: dict[int, list[int]], closest: Closest
) -> list[Match | None]:
    batch: dict[int, list[int]] = {}
    votes = []
    for position, item in enumerate(items):
        votes.append(_votes(item.fingerprint.keys, postings, batch))
        for key in item.fingerprint.keys:
            batch.setdefault(key, []).append(position)
    known = _load(conn, {n for v in votes for n in (*v.stored, *v.common)})
    return [_best(items, at, votes[at], known, closest) for at in range(len(items))]


def _votes(
    keys: Sequence[int], postings: dict[int, list[int]], batch: dict[int, list[int]]
) -> _Votes:
    rare: list[int] = []
    common: list[int] = []
    within: list[int] = []
    for key in keys:
        if numbers := postings.get(key):
            (rare if len(numbers) < _COMMON else common).extend(numbers)
        if positions := batch.get(key):
            within.extend(positions[:_COMMON])
    least = 2 if len(keys) > _FEW else 1
    return _Votes(
        _most(rare, _CANDIDATES, least),
        _most(within, _CANDIDATES, least),
        _most(common, _FALLBACK, least),
    )


def _most(cast: Sequence[int], count: int, least: int) -> list[int]:
    """Those with the most votes, but for what shares next to nothing beside the first."""
    if len(cast) < least:
        return []
    votes = Counter(cast)
    least = max(least, max(votes.values()) // 8)
    some = [(number, n) for number, n in votes.items() if n >= least]
    return [number for number, _ in heapq.nlargest(count, some, key=_SECOND)]


def _postings(conn: Connection, items: Sequence[Item]) -> dict[int, list[int]]:
    keys = list({key for item in items for key in item.fingerprint.keys})
    found: dict[int, list[int]] = {}
    for gram, number in _rows(conn, _LOOKUP, keys):
        found.setdefault(gram, []).append(number)
    return found


def _rows(conn: Connection, query: str, keys: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """What a query of `_LOOKUP`'s kind gives for keys, in runs of the index's order.

    By the driver's own cursor: SQLAlchemy's rows would cost more than the search.
    """
    is_sqlite = conn.dialect.name == "sqlite"
    keys = sorted(keys)
    cursor = conn.connection.cursor()
    try:
        for start in range(0, len(keys), 5000):
            part = keys[start : start + 5000]
            text = query.format(_SQLITE_KEYS if is_sqlite else _POSTGRESQL_KEYS)
            cursor.execute(text, (json.dumps(part) if is_sqlite else part,))
            yield from cursor.fetchall()
    finally:
        cursor.close()


_SQLITE_KEYS = "json_each(?) AS k CROSS JOIN"
_POSTGRESQL_KEYS = "unnest(%s::bigint[]) AS k (value) JOIN"
_LOOKUP = "SELECT g.gram, g.number FROM {} grams AS g ON g.gram = k.value"
_FULL = f"{_LOOKUP.replace(', g.number', '')} GROUP BY g.gram HAVING count(*) >= {_COMMON}"
_STORED = (
    "SELECT f.number, f.entry, f.source, f.packed FROM {} fingerprints AS f ON f.number = k.value"
)


def _load(conn: Connection, numbers: set[int]) -> dict[int, Candidate]:
    rows = _rows(conn, _STORED, list(numbers))
    return {number: (entry, source, bytes(data)) for number, entry, source, data in rows}


def _best(
    items: Sequence[Item],
    position: int,
    votes: _Votes,
    known: dict[int, Candidate],
    closest: Closest,
) -> Match | None:
    item = items[position]
    near = [known[n] for n in votes.stored if n in known]
    near += [(items[p].entry, items[p].source, items[p].fingerprint) for p in votes.within]
    for candidates in (near, [known[n] for n in votes.common if n in known]):
        found = closest(item.entry, item.source, item.fingerprint, candidates)
        if found is not None:
            return Match(*found)
    return None


def add(conn: Connection, items: Sequence[Item]) -> None:
    """Index items for those that come later."""
    keys = {key for item in items for key in item.fingerprint.keys}
    _add(conn, items, {gram for (gram,) in _rows(conn, _FULL, list(keys))})


def _add(conn: Connection, items: Sequence[Item], full: set[int]) -> None:
    if not items:
        return
    rows = [(i.entry, i.source, i.fingerprint.pack()) for i in items]
    insert_rows(
        conn, fingerprints, ("entry", "source", "packed"), rows, "ON CONFLICT (entry) DO NOTHING"
    )
    numbers = _numbers(conn, [item.entry for item in items])
    _index(
        conn,
        sorted(
            (key, numbers[item.entry])
            for item in items
            for key in item.fingerprint.keys
            if key not in full
        ),
    )


def _index(conn: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Write (gram, number) pairs, sorted: neighbours go to one page of the tree."""
    if not pairs:
        return
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT OR IGNORE INTO grams VALUES (?, ?)", list(pairs))
        return
    conn.exec_driver_sql(
        "INSERT INTO grams SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING",
        ([gram for gram, _ in pairs], [number for _, number in pairs]),
    )


def _numbers(conn: Connection, entries: Sequence[str]) -> dict[str, int]:
    query = "SELECT entry, number FROM fingerprints WHERE entry {is_in}"
    return dict(rows_in(conn, query, entries))


def remove(conn: Connection, entries: Sequence[str]) -> None:
    """Take entries out of the index; their grams are passed over from then on."""
    for start in range(0, len(entries), 500):
        part = entries[start : start + 500]
        conn.execute(sa.delete(fingerprints).where(fingerprints.c.entry.in_(part)))


def forget(conn: Connection, items: Sequence[Item]) -> None:
    """Take items out of the index for good, with their grams."""
    numbers = _numbers(conn, [item.entry for item in items])
    pairs = [
        (key, numbers[item.entry])
        for item in items
        if item.entry in numbers
        for key in item.fingerprint.keys
    ]
    mark = "?" if conn.dialect.name == "sqlite" else "%s"
    text = f"DELETE FROM grams WHERE gram = {mark} AND number = {mark}"  # noqa: S608
    if pairs:
        conn.exec_driver_sql(text, sorted(pairs))
    remove(conn, [item.entry for item in items])
