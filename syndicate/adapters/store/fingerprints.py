"""The index by which an entry's earlier twin is found: grams of texts to entries.

`fingerprints` keeps what texts are judged by (about 1 kB each), `grams` a sample of their grams.
A lookup touches the postings of some fifty grams, whatever the number of entries; a gram that
`_COMMON` texts share already is a house's boilerplate: it is neither indexed further nor counted.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import insert, metadata
from syndicate.core.dedupe import Fingerprint, Verdict, is_revised, judge, unpack

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


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with its fingerprint, on its way into the index."""

    entry: str
    source: str
    fingerprint: Fingerprint


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


def match(conn: Connection, items: Sequence[Item]) -> list[Match | None]:
    """For each item the entry that came before it, here or earlier in the batch, and is the same
    article; None where there is none.

    Entries of one source are one article only with the same text, or nearly the same long one
    without another number: a source that numbers its notices, or reports daily, is a series.
    """
    postings = _postings(conn, items)
    batch: dict[int, list[int]] = {}
    votes = []
    for position, item in enumerate(items):
        votes.append(_votes(item.fingerprint.keys, postings, batch))
        for key in item.fingerprint.keys:
            batch.setdefault(key, []).append(position)
    known = _load(conn, {n for v in votes for n in (*v.stored, *v.common)})
    return [_best(items, position, votes[position], known) for position in range(len(items))]


def _votes(
    keys: Sequence[int], postings: dict[int, list[int]], batch: dict[int, list[int]]
) -> _Votes:
    rare, common, within = Counter[int](), Counter[int](), Counter[int]()
    for key in keys:
        if numbers := postings.get(key):
            (rare if len(numbers) < _COMMON else common).update(numbers)
        if positions := batch.get(key):
            within.update(positions[:_COMMON])
    least = 2 if len(keys) > _FEW else 1
    return _Votes(
        _most(rare, _CANDIDATES, least),
        _most(within, _CANDIDATES, least),
        _most(common, _FALLBACK, least),
    )


def _most(votes: Counter[int], count: int, least: int) -> list[int]:
    """Those with the most votes, but for what shares next to nothing beside the first."""
    if not votes:
        return []
    least = max(least, max(votes.values()) // 8)
    some = [(number, n) for number, n in votes.items() if n >= least]
    return [number for number, _ in heapq.nlargest(count, some, key=_SECOND)]


def _postings(conn: Connection, items: Sequence[Item]) -> dict[int, list[int]]:
    keys = list({key for item in items for key in item.fingerprint.keys})
    found: dict[int, list[int]] = {}
    for gram, number in _rows(conn, _LOOKUP, keys):
        found.setdefault(gram, []).append(number)
    return found


def _rows(conn: Connection, query: str, keys: Sequence[int]) -> Iterator[tuple[int, ...]]:
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


_SQLITE_KEYS = "json_each(?) AS k CROSS JOIN grams AS g ON g.gram = k.value"
_POSTGRESQL_KEYS = "unnest(%s::bigint[]) AS k (value) JOIN grams AS g ON g.gram = k.value"
_LOOKUP = "SELECT g.gram, g.number FROM {}"
_FULL = "SELECT g.gram FROM {} GROUP BY g.gram HAVING count(*) >= " + str(_COMMON)  # noqa: S608


def _load(conn: Connection, numbers: set[int]) -> dict[int, tuple[str, str, Fingerprint]]:
    found: dict[int, tuple[str, str, Fingerprint]] = {}
    ordered = sorted(numbers)
    for start in range(0, len(ordered), 500):
        query = sa.select(fingerprints).where(
            fingerprints.c.number.in_(ordered[start : start + 500])
        )
        for row in conn.execute(query):
            found[row.number] = (row.entry, row.source, unpack(bytes(row.packed)))
    return found


def _best(
    items: Sequence[Item],
    position: int,
    votes: _Votes,
    known: dict[int, tuple[str, str, Fingerprint]],
) -> Match | None:
    item = items[position]
    near = [known[n] for n in votes.stored if n in known]
    near += [(items[p].entry, items[p].source, items[p].fingerprint) for p in votes.within]
    return _closest(item, near) or _closest(item, [known[n] for n in votes.common if n in known])


def _closest(item: Item, others: Sequence[tuple[str, str, Fingerprint]]) -> Match | None:
    best: Match | None = None
    for entry, source, print_ in others:
        if entry == item.entry:
            continue
        verdict = _judge(item, source, print_)
        if verdict.same and (best is None or verdict.score > best.score):
            best = Match(entry, verdict.score, verdict.reason)
    return best


def _judge(item: Item, source: str, other: Fingerprint) -> Verdict:
    verdict = judge(item.fingerprint, other)
    if source != item.source or not verdict.same:
        return verdict
    if is_revised(item.fingerprint, other, verdict.score):
        return verdict
    return Verdict(False, verdict.score, "one source, and not the same text")


def add(conn: Connection, items: Sequence[Item]) -> None:
    """Index items for those that come later."""
    if not items:
        return
    rows = [{"entry": i.entry, "source": i.source, "packed": i.fingerprint.pack()} for i in items]
    statement = insert(conn, fingerprints).on_conflict_do_nothing(index_elements=["entry"])
    conn.execute(statement, rows)
    numbers = _numbers(conn, [item.entry for item in items])
    pairs = sorted((key, numbers[item.entry]) for item in items for key in item.fingerprint.keys)
    full = {gram for (gram,) in _rows(conn, _FULL, list({key for key, _ in pairs}))}
    _index(conn, [pair for pair in pairs if pair[0] not in full])


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
    found: dict[str, int] = {}
    for start in range(0, len(entries), 500):
        query = sa.select(fingerprints.c.entry, fingerprints.c.number)
        query = query.where(fingerprints.c.entry.in_(entries[start : start + 500]))
        found.update({entry: number for entry, number in conn.execute(query)})
    return found


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
