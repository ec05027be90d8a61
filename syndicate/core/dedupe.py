"""Same article or not: what is kept of a text for comparing, and the judgement of two of them.

The measure is containment of character 12-grams (how much of the shorter text stands in the
longer), because reprints cut and add one-sidedly, where resemblance falls. Containment alone
takes a series, a form letter or two reports of one day for one article; what tells them apart
is what changes in them: the numbers, the titles, the first sentence. Figures and what else was
tried: docs/decisions/duplicates.md. core/fingerprint.py makes what is compared here.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

GRAM = 12  # characters
HEAD = 200  # grams of the beginning kept densely, for texts that are a lead paragraph alone
NUMBERS = 64  # of a text that are kept


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a text for comparing: about 1 kB, whatever its length.

    `keys` are the grams by which it is found (signed 32-bit); `kept` the sorted 32-bit grams by
    which it is judged, all those below `limit`; `head` the grams of its beginning.
    """

    size: int
    exact: bytes
    title: str
    opening: str
    numbers: tuple[str, ...]
    title_numbers: tuple[str, ...]
    limit: int
    kept: bytes
    head: bytes
    keys: tuple[int, ...]

    def pack(self) -> bytes:
        """For the database; `keys` are not needed once it is indexed."""
        texts = "\n".join(
            (self.title, self.opening, " ".join(self.numbers), " ".join(self.title_numbers))
        )
        raw = texts.encode("utf-8", "replace")
        head = struct.pack(
            "<IIHHH", self.size, self.limit, len(raw), len(self.kept) // 4, len(self.head) // 4
        )
        return head + self.exact + raw + self.kept + self.head


def unpack(data: bytes) -> Fingerprint:
    """A packed fingerprint; its `keys` are empty."""
    of = _grams_of(data)
    texts = data[30 : len(data) - len(of.kept) - len(of.head)].decode()
    title, opening, numbers, title_numbers = texts.split("\n")
    return Fingerprint(
        size=of.size,
        exact=of.exact,
        title=title,
        opening=opening,
        numbers=tuple(numbers.split()),
        title_numbers=tuple(title_numbers.split()),
        limit=of.limit,
        kept=of.kept,
        head=of.head,
        keys=(),
    )


class _Grams(NamedTuple):
    """What of a fingerprint most candidates are told apart by, which is read in no time."""

    size: int
    exact: bytes
    limit: int
    kept: bytes
    head: bytes


def _grams_of(data: bytes) -> _Grams:
    size, limit, texts, kept, head = struct.unpack_from("<IIHHH", data)
    at = 30 + texts
    end = at + kept * 4
    return _Grams(size, data[14:30], limit, data[at:end], data[end : end + head * 4])


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two texts are one article, how alike they are (0 to 1), and why."""

    same: bool
    score: float
    reason: str


# --- judgement ------------------------------------------------------------------------------

_SHORT = 300  # letters; what is shorter says what it says with its numbers
_LEAST = 4  # grams that two texts have to share
_NEEDED = 0.34  # containment above which edits explain the rest
_LIKELY = 0.62  # containment above which the headline may be any other
_SURE = 0.8  # containment above which the opening may be any other
_ALIKE = 0.75  # of the longer's size: neither is a cut of the other
_OPENING_NEEDED = 0.7  # 3-grams of one first sentence in the other beginning
_WHOLE = 0.99  # containment of a text that is but a cut of another
_REVISED = 0.85  # containment above which one source may have published an article again
_SENTENCE = 50
_NAME = 4  # letters of an alphabet that say as much as two Chinese characters


def judge(a: Fingerprint, b: Fingerprint) -> Verdict:
    """Whether two texts are the same article but for edits that reprints make; symmetric."""
    if a.exact == b.exact:
        if _series(a, b):
            return Verdict(False, 1.0, "one text under titles that number a series")
        return Verdict(True, 1.0, "the same text")
    if min(a.size, b.size) < GRAM:
        return Verdict(False, 0.0, "too little text to compare")
    score, shared = _containment(a, b)
    if score < _NEEDED or shared < _LEAST:
        return Verdict(False, score, "the texts differ")
    if _series(a, b):
        return Verdict(False, score, "titles that differ in their numbers")
    if _other_subjects(a, b):
        return Verdict(False, score, "titles of one form, each about what its own text opens with")
    if reason := _different_numbers(a, b):
        return Verdict(False, score, reason)
    if reason := _different_reports(a, b, score):
        return Verdict(False, score, reason)
    return Verdict(True, score, f"{score:.0%} of the shorter text stands in the longer")


def _differ(a: Fingerprint, b: _Grams) -> bool:
    """Whether `judge` would say of these, by their grams alone, that they are two articles."""
    if a.exact == b.exact:
        return False
    score, shared = _containment(a, b)
    return score < _NEEDED or shared < _LEAST


def _containment(a: Fingerprint, b: Fingerprint | _Grams) -> tuple[float, int]:
    limit = min(a.limit, b.limit)
    shared = _shared(a.kept, b.kept)  # none of which is above either limit
    smaller = min(_below(a, limit), _below(b, limit))
    score = shared / smaller if smaller else 0.0
    short, long = (a, b) if a.size <= b.size else (b, a)
    if long.head and short.size < HEAD * 2 and long.size > short.size * 1.5:
        least = min(len(short.kept), len(long.head)) // 4
        if short.limit == 0xFFFFFFFF and least:
            in_head = _shared(short.kept, long.head)
            dense = in_head / least
            if dense > score or (dense == score and in_head > shared):
                return dense, in_head
    return score, shared


def _below(print_: Fingerprint | _Grams, limit: int) -> int:
    """How many of its grams are not above a limit."""
    if limit >= print_.limit:
        return len(print_.kept) // 4
    return bisect_right(memoryview(print_.kept).cast("I"), limit)


def _shared(first: bytes, second: bytes) -> int:
    """How many grams both have. `first` is best the one that is compared with many.

    A set and no numpy, which takes 11 MB and 80 ms of a process that makes no fingerprints.
    """
    return len(_set(first).intersection(memoryview(second).cast("I")))


@lru_cache(maxsize=16)
def _set(data: bytes) -> frozenset[int]:
    return frozenset(memoryview(data).cast("I"))


def _series(a: Fingerprint, b: Fingerprint) -> bool:
    """Titles that are one but for their numbers: 第12号 and 第13号 of a notice."""
    if a.title_numbers == b.title_numbers or not a.title or not b.title:
        return False
    strip = r"[\d零〇一二三四五六七八九十百千]+"
    first, second = re.sub(strip, "#", a.title), re.sub(strip, "#", b.title)
    return first == second


def _other_subjects(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two titles are one but for a part that only the own text opens with: the names in
    two announcements of one form. A reprint under another title opens with the same words."""
    shorter, longer = sorted((a.size, b.size))
    if shorter <= longer * _ALIKE or a.title == b.title:
        return False
    first, second, shared = _apart(a.title, b.title)
    size = _NAME if first.isascii() and second.isascii() else 2
    if shared < 2 * size:
        return False
    return _only_in(first, second, a.opening, b.opening, size) and _only_in(
        second, first, b.opening, a.opening, size
    )


def _apart(first: str, second: str) -> tuple[str, str, int]:
    """What is left of two titles without their common beginning and end, at least two characters
    of each where there are; and how much is common."""
    most = max(min(len(first), len(second)) - 2, 0)
    start = _alike(first[:most], second[:most])
    most -= start
    end = _alike(first[::-1][:most], second[::-1][:most])
    return first[start : len(first) - end], second[start : len(second) - end], start + end


def _alike(first: str, second: str) -> int:
    """How many characters are the same from the beginning on; of texts of one length."""
    return next((n for n, pair in enumerate(zip(first, second, strict=True)) if len(set(pair)) > 1),
                len(first))  # fmt: skip


def _only_in(part: str, other: str, own: str, its: str, size: int) -> bool:
    """Whether most of what sets `part` apart from `other` stands in its `own` opening, and
    nearly none in `its`."""
    grams = {part[i : i + size] for i in range(len(part) - size + 1)}
    grams -= {other[i : i + size] for i in range(len(other) - size + 1)}
    here, there = (sum(gram in opening for gram in grams) for opening in (own, its))
    return bool(grams) and here * 2 >= len(grams) and there * 4 <= len(grams)


def _different_numbers(a: Fingerprint, b: Fingerprint) -> str:
    """A text says what it says with its numbers: a short one is another with any other number,
    a long one of the same size where most of them are other ones."""
    mine, theirs = _other_numbers(a, b)
    if not mine or not theirs:
        return ""
    shorter, longer = sorted((a.size, b.size))
    if shorter < _SHORT:
        return "short texts with other numbers"
    if shorter > longer * _ALIKE and mine + theirs > len(a.numbers) - mine:
        return "one form with other numbers"
    return ""


def _other_numbers(a: Fingerprint, b: Fingerprint) -> tuple[int, int]:
    """How many numbers each has that the other lacks; none where not all are known."""
    if a.numbers == b.numbers or max(len(a.numbers), len(b.numbers)) >= NUMBERS:
        return 0, 0
    first, second = Counter(a.numbers), Counter(b.numbers)
    return (first - second).total(), (second - first).total()


def is_revised(a: Fingerprint, b: Fingerprint, score: float) -> bool:
    """Whether texts judged the same may be one article even within one source.

    A source's own items in one form are a series; its article published again opens alike, has
    no other numbers, and is long and nearly the same, or a mere cut.
    """
    if a.exact == b.exact:
        return True
    if 0 not in _other_numbers(a, b) or _opening(a, b) < _OPENING_NEEDED:
        return False
    least = min(a.size, b.size)
    return (least >= _SHORT and score >= _REVISED) or (least >= _SHORT // 3 and score >= _WHOLE)


def _different_reports(a: Fingerprint, b: Fingerprint, score: float) -> str:
    """Two reports of one day share whole sentences: what edits leave of a text is far more.

    Where less than `_LIKELY` of the shorter text is left, only the same headline makes them one:
    two dismissals announced in one form share half their text and differ in the name. Up to
    `_SURE` the openings have to be alike, for what is reported stands in the first sentence.
    """
    if score >= _SURE or _same_title(a.title, b.title):
        return ""
    if score < _LIKELY:
        return f"{score:.0%} of the shorter text stands in the longer, under other titles"
    shorter, longer = sorted((a.size, b.size))
    if shorter > longer * _ALIKE and _opening(a, b) < _OPENING_NEEDED:
        return f"{score:.0%} of the shorter text stands in the longer, but they open otherwise"
    return ""


def _opening(a: Fingerprint, b: Fingerprint) -> float:
    """How much of the first sentence of one stands in the beginning of the other, in 3-grams."""
    return max(_within(a.opening[:_SENTENCE], b.opening), _within(b.opening[:_SENTENCE], a.opening))


def _within(sentence: str, text: str) -> float:
    grams = {sentence[i : i + 3] for i in range(len(sentence) - 2)}
    return sum(gram in text for gram in grams) / len(grams) if grams else 0.0


def _same_title(first: str, second: str) -> bool:
    if not first or not second:
        return False
    shorter, longer = sorted((first, second), key=len)
    return shorter == longer or (
        len(shorter) >= 8 and shorter in longer and len(longer) - len(shorter) <= 12
    )


def closest(
    entry: str,
    source: str,
    print_: Fingerprint,
    others: Sequence[tuple[str, str, Fingerprint | bytes]],
) -> tuple[str, float, str] | None:
    """Which of `others` (entry, source, fingerprint) an entry is the same article as: the one most
    alike, with the score and the reason; None for none.

    Entries of one source are one article only with the same text, or nearly the same long one
    without another number: a source that numbers its notices, or reports daily, is a series.
    """
    best: tuple[str, float, str] | None = None
    for other, its_source, its_print in others:
        if other == entry:
            continue
        if not isinstance(its_print, bytes):
            known = its_print
        elif _differ(print_, _grams_of(its_print)):  # as nine of ten do
            continue
        else:
            known = unpack(its_print)
        verdict = judge(print_, known)
        if not verdict.same:
            continue
        if its_source == source and not is_revised(print_, known, verdict.score):
            continue
        if best is None or verdict.score > best[1]:
            best = (other, verdict.score, verdict.reason)
    return best
