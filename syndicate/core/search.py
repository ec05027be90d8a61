"""A search index of static files: what search.js reads in the reader's browser.

An entry is a record in one of `SHARDS` small JSON files, by its id; so one new entry changes
one file, whatever the size of the site. A record has the title as it is, and its text as a
Bloom filter of what may be looked for: pairs of neighbouring characters where the script has
no spaces (廉政, 政法, 法治), whole words elsewhere. A shard keeps its newest `KEEP` records, so
that an index of 1,000,000 entries is no larger than one of 4,000; older ones are found by
column and month. Chance that a text without a word is found for one pair: below 1 %.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Iterator
from operator import add
from typing import Any

from syndicate.core.outgoing import Outgoing, line
from syndicate.core.plaintext import shorten

SHARDS = 32
KEEP = 128
HASHES = 4  # bits set for a term; search.js counts on it
_BITS_A_TERM = 12
_MOST_TERMS = 1200  # of one text: 1.8 kB
_EXCERPT = 70
_TITLE = 200
# Scripts without spaces between words: Kana, Han (with the wider planes), Hangul, Thai, Lao
_SPACELESS_RANGES = (
    "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"[{_SPACELESS_RANGES}]+|[^\W_{_SPACELESS_RANGES}]+")
_SPACELESS = re.compile(f"[{_SPACELESS_RANGES}]")


def shard(id: str) -> int:
    """Which shard an entry is in."""
    return zlib.crc32(id.encode()) % SHARDS


def path(shard: int) -> str:
    """Where a shard stands in the published tree."""
    return f"search/{shard:02}.json"


def paths() -> tuple[str, ...]:
    """Every file of the index; those without entries hold `[]`."""
    return tuple(path(number) for number in range(SHARDS))


def folded(text: str) -> str:
    """As it is compared: compatible forms (full width) and case made one."""
    return unicodedata.normalize("NFKC", text).lower()


def terms(text: str) -> Iterator[str]:
    """What may be looked for: pairs of characters, or whole words where there are spaces."""
    for run in _RUNS.findall(folded(text)):
        if not _SPACELESS.match(run) or len(run) == 1:
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))


def _distinct(text: str) -> list[str]:
    """The first `_MOST_TERMS` different terms of a text; pairs are made a run at a time, as there
    are thousands in a text."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(folded(text)):
        if len(run) > 1 and _SPACELESS.match(run):
            found.update(dict.fromkeys(map(add, run, run[1:])))
        else:
            found[run] = None
        if len(found) >= _MOST_TERMS:
            break
    return list(found)[:_MOST_TERMS]


def bloom(words: Collection[str]) -> str:
    """A Bloom filter as base64; its length in bits is what it decodes to.

    Bit `(h + i * (h >>> 16 | 1)) mod bits` for i in 0..3, h being the CRC-32 of the UTF-8 text.
    """
    size = max(1, (len(words) * _BITS_A_TERM + 7) // 8)
    bits = bytearray(size)
    for word in words:
        first = zlib.crc32(word.encode("utf-8", "replace"))
        step = first >> 16 | 1
        for turn in range(HASHES):
            at = (first + turn * step) % (size * 8)
            bits[at >> 3] |= 1 << (at & 7)
    return base64.b64encode(bytes(bits)).decode()


def may_hold(filter: str, word: str) -> bool:
    """Whether a text may have a term; the very test that search.js makes."""
    bits = base64.b64decode(filter)
    first = zlib.crc32(word.encode("utf-8", "replace"))
    step = first >> 16 | 1
    places = [(first + turn * step) % (len(bits) * 8) for turn in range(HASHES)]
    return all(bits[at >> 3] >> (at & 7) & 1 for at in places)


def record(out: Outgoing) -> dict[str, Any]:
    """An entry in the index; of its text no more than may be shown of it."""
    entry, said = out.entry, out.entry.attribution
    text = {"full": entry.content_text, "summary": out.summary, "link": ""}[out.shown]
    people = " ".join(p.name for p in said.authors)
    searched = f"{said.source.name or ''} {people} {out.summary}"
    found = _distinct(f"{out.title} {searched} {text}")
    return {
        "i": entry.id,
        "t": shorten(out.title, _TITLE),
        "s": line(said.source.name or ""),
        "d": said.published.text[:10] if said.published else "",
        "l": entry.language,
        "x": shorten(line(out.summary), _EXCERPT),
        "a": int(entry.sort_at.timestamp()),
        "b": bloom(found),
    }


def update(current: bytes | None, add: Iterable[Outgoing], remove: Iterable[str] = ()) -> bytes:
    """A shard with entries put in (or replaced) and taken out; the newest `KEEP` stay.

    What cannot be read counts as empty, as a file that a person spoilt would.
    """
    kept = {r["i"]: r for r in _records(current)}
    for id in remove:
        kept.pop(id, None)
    for out in add:
        kept[out.entry.id] = record(out)
    newest = sorted(kept.values(), key=lambda r: (-r["a"], r["i"]))[:KEEP]
    return written(newest)


def build(entries: Iterable[Outgoing]) -> dict[str, bytes]:
    """The whole index, from entries newest first: every path with its bytes.

    Reading `SHARDS * KEEP` entries is enough; what finds its shard full is left out.
    """
    shards: list[list[dict[str, Any]]] = [[] for _ in range(SHARDS)]
    for out in entries:
        mine = shards[shard(out.entry.id)]
        if len(mine) < KEEP:
            mine.append(record(out))
    for mine in shards:
        mine.sort(key=lambda r: (-r["a"], r["i"]))
    return {path(number): written(mine) for number, mine in enumerate(shards)}


def written(records: list[dict[str, Any]]) -> bytes:
    """One record a line, so that a change is a small difference."""
    lines = [json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in records]
    return ("[" + ",\n".join(lines) + "]\n").encode("utf-8", "replace")


def _records(current: bytes | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(current or b"[]")
    except ValueError:
        return []
    good = isinstance(found, list) and all(isinstance(r, dict) and "i" in r for r in found)
    return found if good and all(isinstance(r.get("a"), int) for r in found) else []
