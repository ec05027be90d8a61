"""The index by which an entry's earlier twin is found: grams of texts to entries.

`fingerprints` keeps what texts are judged by (about 1 kB each), `grams` a sample of their grams.
A lookup touches the postings of some fifty grams, whatever the number of entries; a gram that
`_COMMON` texts share already is a house's boilerplate: it is neither indexed further nor counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import insert, metadata
from syndicate.core.dedupe import Fingerprint, Verdict, judge, unpack

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

_COMMON = 48
_CANDIDATES = 6  # judged for one entry, those that share the most grams first


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


@dataclass
class _Postings:
    """What the index says of a batch's grams, and what the batch itself adds meanwhile."""

    stored: dict[int, list[int]]
    batch: dict[int, list[int]] = field(default_factory=dict)

    def votes(self, keys: Sequence[int]) -> tuple[Counter[int], Counter[int]]:
        stored: Counter[int] = Counter()
        within: Counter[int] = Counter()
        for key in keys:
            numbers = self.stored.get(key, ())
            if len(numbers) < _COMMON:
                stored.update(numbers)
                within.update(self.batch.get(key, ()))
        return stored, within

    def add(self, keys: Sequence[int], position: int) -> None:
        for key in keys:
            self.batch.setdefault(key, []).append(position)


def match(conn: Connection, items: Sequence[Item]) -> list[Match | None]:
    """For each item the entry that came before it, here or earlier in the batch, and is the same
    article; None where there is none.

    Entries of one source are one article only with the very same text: a source that numbers
    its notices, or reports daily, is a series.
    """
    postings = _Postings(_postings(conn, items))
    votes = []
    for position, item in enumerate(items):
        votes.append(postings.votes(item.fingerprint.keys))
        postings.add(item.fingerprint.keys, position)
    wanted = {n for stored, _ in votes for n, _ in stored.most_common(_CANDIDATES)}
    known = _load(conn, wanted)
    return [_best(items, position, votes[position], known) for position in range(len(items))]


def _postings(conn: Connection, items: Sequence[Item]) -> dict[int, list[int]]:
    keys = list({key for item in items for key in item.fingerprint.keys})
    found: dict[int, list[int]] = {}
    for start in range(0, len(keys), 5000):
        part = sorted(keys[start : start + 5000])
        for gram, number in conn.execute(_lookup(conn), {"keys": _array(conn, part)}):
            found.setdefault(gram, []).append(number)
    return found


def _lookup(conn: Connection) -> sa.TextClause:
    if conn.dialect.name == "sqlite":
        return _SQLITE_LOOKUP
    return _POSTGRESQL_LOOKUP


_SQLITE_LOOKUP = sa.text(
    "SELECT g.gram, g.number FROM json_each(:keys) AS k CROSS JOIN grams AS g ON g.gram = k.value"
)
_POSTGRESQL_LOOKUP = sa.text(
    "SELECT gram, number FROM grams WHERE gram = ANY(CAST(:keys AS BIGINT[]))"
)


def _array(conn: Connection, values: Sequence[int]) -> object:
    return json.dumps(list(values)) if conn.dialect.name == "sqlite" else list(values)


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
    votes: tuple[Counter[int], Counter[int]],
    known: dict[int, tuple[str, str, Fingerprint]],
) -> Match | None:
    item = items[position]
    stored, within = votes
    others = [known[n] for n, _ in stored.most_common(_CANDIDATES) if n in known]
    others += [
        (items[p].entry, items[p].source, items[p].fingerprint)
        for p, _ in within.most_common(_CANDIDATES)
    ]
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
    if source == item.source and item.fingerprint.exact != other.exact:
        return Verdict(False, verdict.score, "one source, and not the same text")
    return verdict


def add(conn: Connection, items: Sequence[Item]) -> None:
    """Index items for those that come later."""
    if not items:
        return
    rows = [
        {"entry": i.entry, "source": i.source, "packed": i.fingerprint.pack()} for i in items
    ]
    statement = insert(conn, fingerprints).on_conflict_do_nothing(index_elements=["entry"])
    conn.execute(statement, rows)
    numbers = _numbers(conn, [item.entry for item in items])
    pairs = sorted(
        (key, numbers[item.entry]) for item in items for key in item.fingerprint.keys
    )
    common = _common(conn, [key for key, _ in pairs])
    rows = [{"gram": k, "number": n} for k, n in pairs if k not in common]
    if rows:
        conn.execute(insert(conn, grams).on_conflict_do_nothing(), rows)


def _common(conn: Connection, keys: Sequence[int]) -> set[int]:
    """Grams that so many texts share already that they tell nothing."""
    unique = sorted(set(keys))
    counts: Counter[int] = Counter()
    for start in range(0, len(unique), 5000):
        part = unique[start : start + 5000]
        counts.update(g for g, _ in conn.execute(_lookup(conn), {"keys": _array(conn, part)}))
    return {gram for gram, count in counts.items() if count >= _COMMON}


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
