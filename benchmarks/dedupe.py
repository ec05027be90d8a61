"""How well and how fast duplicates are found: the very index that `ingest` uses, on SQLite."""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from syndicate.adapters.store import fingerprints, open_database
from syndicate.adapters.store.fingerprints import Item
from syndicate.core.dedupe import Fingerprint, closest, judge
from syndicate.core.fingerprint import fingerprint

_BATCH = 50
_NOTICES = 50
_FILL = 20_000
_KEYS = 28  # grams that an article of the usual size is indexed by
_SENTENCE_ENDS = tuple('。.！!？?；;，,：:”"')


def main(argv: Sequence[str]) -> dict[str, Any]:
    """`--pairs` judges pairs of texts; `--truth` streams a corpus through the index."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks dedupe", description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--pairs", type=Path, help='JSON lines {"a": text, "b": text, "same": bool}')
    given.add_argument("--truth", type=Path, help="truth.jsonl of gen_feeds.py")
    parser.add_argument("--docs", type=int, default=10_000)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; else SQLite")
    parser.add_argument("--grow", type=int, default=0, help="first fill with so many made-up texts")
    parser.add_argument("--errors", type=int, default=0, help="show so many of each kind")
    given_ = parser.parse_args(argv)
    errors = _Errors(given_.errors)
    if given_.pairs:
        return _pairs(given_.pairs, errors)
    return _truth(given_.truth, given_.docs, given_.database, given_.grow, errors)


@dataclass
class _Errors:
    """The first errors of each kind, as they are shown."""

    most: int
    found: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, outcome: str, texts: Sequence[str], score: float, why: str) -> None:
        of_kind = self.found[f"{outcome}: {kind}"] if outcome in ("wrong", "missed") else []
        if outcome in ("wrong", "missed") and len(of_kind) < self.most:
            shown = [text[:80] for text in texts]
            of_kind.append({"score": round(score, 3), "reason": why, "texts": shown})

    def to_json(self) -> dict[str, Any]:
        return {"errors": dict(sorted(self.found.items()))} if self.most else {}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _scores(hit: int, wrong: int, missed: int) -> dict[str, float]:
    precision = hit / (hit + wrong) if hit + wrong else 1.0
    recall = hit / (hit + missed) if hit + missed else 1.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"precision": round(precision, 5), "recall": round(recall, 5), "f1": round(f1, 5)}


def _rss() -> float:
    """Resident MB now: what filling the index took before is no matter."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


def _split(text: str) -> tuple[str, str]:
    """A text whose first line is short, and no sentence, has it as its title."""
    first, _, rest = text.partition("\n")
    is_title = len(first) <= 80 and not first.rstrip().endswith(_SENTENCE_ENDS)
    return (first, rest) if is_title and rest.strip() else ("", text)


def _pairs(path: Path, errors: _Errors) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    started = time.perf_counter()
    for row in _lines(path):
        verdict = judge(fingerprint(*_split(row["a"])), fingerprint(*_split(row["b"])))
        outcome = _outcome(verdict.same, bool(row["same"]))
        kind = str(row.get("kind", "all"))
        counts[outcome] += 1
        kinds[kind][outcome] += 1
        errors.add(kind, outcome, (row["a"], row["b"]), verdict.score, verdict.reason)
    seconds = time.perf_counter() - started
    return {
        **_scores(counts["hit"], counts["wrong"], counts["missed"]),
        "by_kind": {
            kind: {**_scores(c["hit"], c["wrong"], c["missed"]), "pairs": c.total()}
            for kind, c in sorted(kinds.items())
        },
        "wrongly_joined": counts["wrong"],
        "missed": counts["missed"],
        "per_s": round(2 * counts.total() / seconds) if seconds else 0,
        "rss_mb": _rss(),
        **errors.to_json(),
    }


def _outcome(said: bool, same: bool) -> str:
    if said:
        return "hit" if same else "wrong"
    return "missed" if same else "right"


def _truth(path: Path, docs: int, database: str, grow: int, errors: _Errors) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        url = database or f"sqlite:{folder}/dedupe.db"
        db = open_database(url)
        try:
            if grow:  # in another process, whose memory is not ours
                filling = get_context("spawn").Process(target=_fill, args=(url, grow))
                filling.start()
                filling.join()
            return _stream(db, path, docs, grow, errors)
        finally:
            db.close()


def _fill(url: str, count: int) -> None:
    """Fill the index with fingerprints of random grams, sized like those of articles."""
    db = open_database(url)
    drawn = np.random.default_rng(1)
    for start in range(0, count, _FILL):
        items = [
            Item(f"f{number:08d}", f"f{number % 1000}", _made_up(drawn))
            for number in range(start, min(count, start + _FILL))
        ]
        with db.begin() as conn:
            fingerprints.add(conn, items)


def _made_up(drawn: np.random.Generator) -> Fingerprint:
    keys = drawn.integers(-(2**31), 2**31 - 1, _KEYS, dtype=np.int32)
    kept = np.sort(drawn.integers(0, 2**31, 400, dtype=np.uint32))
    return Fingerprint(
        size=1200,
        exact=drawn.bytes(16),
        title="",
        opening="",
        numbers=(),
        title_numbers=(),
        limit=2**31 - 1,
        kept=kept.tobytes(),
        head=kept[:200].tobytes(),
        keys=tuple(keys.tolist()),
    )


def _stream(db: Any, path: Path, docs: int, grown: int, errors: _Errors) -> dict[str, Any]:
    article: dict[str, str] = {}
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    seconds, cpu_seconds, total, rss = 0.0, 0.0, 0, 0.0
    texts: list[str] = []
    for batch in _batches(path, docs):
        started, cpu = time.perf_counter(), time.process_time()
        items = [
            Item(f"e{total + n:08d}", f"s{r['feed']}", fingerprint(r["title"], r["text"]))
            for n, r in enumerate(batch)
        ]
        with db.begin() as conn:
            matches = fingerprints.take(conn, items, closest)
        seconds += time.perf_counter() - started
        cpu_seconds += time.process_time() - cpu
        for item, row, match in zip(items, batch, matches, strict=True):
            article[item.entry] = row["article"]
            twin = row["article"] in seen
            outcome = _found(article.get(match.entry) if match else None, row["article"], twin)
            counts[outcome] += 1
            kinds[row["kind"]][outcome] += 1
            score, why = (match.score, match.reason) if match else (0.0, "no candidate was alike")
            errors.add(row["kind"], outcome, (row["title"] or row["text"],), score, why)
            seen.add(row["article"])
        total += len(batch)
        rss = max(rss, _rss())
        texts += [r["text"] for r in batch if len(texts) < 500]
    notices = _notices(db, texts)
    return {
        **_scores(counts["hit"], counts["wrong"], counts["missed"]),
        "by_kind": {
            kind: {**_scores(c["hit"], c["wrong"], c["missed"]), "texts": c.total()}
            for kind, c in sorted(kinds.items())
        },
        "wrongly_joined": counts["wrong"],
        "notices": _NOTICES,
        "notices_joined": notices,
        "docs": total,
        "per_s": round(total / seconds) if seconds else 0,
        "per_cpu_s": round(total / cpu_seconds) if cpu_seconds else 0,
        "grown_to": grown + total,
        "rss_mb": rss,
        **errors.to_json(),
    }


def _found(matched: str | None, article: str, twin: bool) -> str:
    if matched is None:
        return "missed" if twin else "right"
    return "hit" if matched == article else "wrong"


def _batches(path: Path, docs: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for number, row in enumerate(_lines(path)):
        if number >= docs:
            break
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _notices(db: Any, texts: Sequence[str]) -> int:
    """Short notices that are one but for their numbers: how many were joined."""
    drawn = random.Random(7)
    body = re.sub(r"\s+", "", drawn.choice([t for t in texts if len(t) > 150] or [""]))[:120]
    made = [
        f"市场公告第{n}号：自2026年{1 + n % 12}月{1 + n % 28}日起，{body}"
        f"本次共{100 + 7 * n}件，详见附件{n}。"
        for n in range(1, _NOTICES + 1)
    ]
    items = [Item(f"n{n:04d}", f"s-notice-{n}", fingerprint("", t)) for n, t in enumerate(made)]
    with db.begin() as conn:
        matches = fingerprints.match(conn, items, closest)
    # One that holds the opening of a stored article may be joined to that; to each other never
    return sum(match is not None and match.entry.startswith("n") for match in matches)
