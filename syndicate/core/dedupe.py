"""Same article or not: fingerprints of normalised text, and the judgement of two of them.

The measure is containment of character 12-grams (how much of the shorter text stands in the
longer), because reprints cut and add one-sidedly, where resemblance falls. Containment alone
takes a series, a form letter or two reports of one day for one article; what tells them apart
is what changes in them: the numbers, the titles, the first sentence. Figures and what else was
tried: docs/decisions/duplicates.md.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from syndicate.core.folding import LINE, fold, fold_lines

Hashes = NDArray[np.uint64]
Low = NDArray[np.uint32]
Codes = NDArray[np.uint32] | NDArray[np.uint8]

GRAM = 12
_LONGEST = 40_000  # characters that are looked at; an article is a tenth of it
_KEPT = 256  # grams kept for the judgement, at most twice as many
_HEAD = 200  # grams of the beginning kept densely, for texts that are a lead paragraph alone
_INDEX_RATE = 32
_INDEX_MOST = 24
_INDEX_OPENING = 160  # grams of the beginning, of which twice the share is indexed
_INDEX_LEAST = 8
_SHORT = 300
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX2 = np.uint64(0xBF58476D1CE4E5B9)
_POWERS = {n: np.uint64(pow(int(_MIX2), n, 2**64)) for n in (1, 2, 4)}
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HAN_NUMBER = re.compile(
    r"第([一二三四五六七八九十百零〇]+)"
    r"|([零〇一二三四五六七八九十百千]{2,})(?=[号期日月年届次章节回部集名])"
)
_LAST = re.compile(r"\d[\d.]*[\W_]*\Z")
_TAIL = 60  # characters of the end in which a number that was cut in two is looked for
_NUMBERS = 64  # of a text that are kept
_OPENING = 90  # characters of the beginning that are kept as they are
_REPRINT_MARK = re.compile(
    r"^\s*[\[【(（](?:转载|转发|转|推荐|原创|reprint)[\]】)）]\s*|\s*[|｜-]\s*reprint\s*$", re.I
)
# Sentences that go with a reprint and are no part of it; as folded
_BOILERPLATE = re.compile(
    r"免责声明|版权归|转载自|转载请|如有侵权|侵权请|未经授权|仅供学习|来源于网络|责任编辑|原标题"
    r"|阅读原文|仅代表作者|不代表本|立场无关|联系我们删除|republished with|all rights reserved"
    r"|copyright holder|originally published|originally appeared|click here to read"
)
# What the sentences of an ASCII text have: searched one by one they take a tenth of the time
_ENGLISH = (
    *("republished with", "all rights reserved", "copyright holder"),
    *("originally published", "originally appeared", "click here to read"),
)
_STOPS = (*"。！？!?", ". ", LINE)


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


@lru_cache(maxsize=256)  # what many texts share something with is asked for again and again
def unpack(data: bytes) -> Fingerprint:
    """A packed fingerprint; its `keys` are empty."""
    size, limit, texts, kept, head = struct.unpack_from("<IIHHH", data)
    at = 14
    exact = data[at : at + 16]
    at += 16
    title, opening, numbers, title_numbers = data[at : at + texts].decode().split("\n")
    at += texts
    return Fingerprint(
        size=size,
        exact=exact,
        title=title,
        opening=opening,
        numbers=tuple(numbers.split()),
        title_numbers=tuple(title_numbers.split()),
        limit=limit,
        kept=data[at : at + kept * 4],
        head=data[at + kept * 4 : at + (kept + head) * 4],
        keys=(),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two texts are one article, how alike they are (0 to 1), and why."""

    same: bool
    score: float
    reason: str


def fingerprint(title: str, text: str) -> Fingerprint:
    """The fingerprint of an article. Never raises; the time is bounded, whatever the length."""
    folded = _without_boilerplate(fold_lines(text[:_LONGEST]))
    name = _NOT_WORD.sub("", fold(_REPRINT_MARK.sub("", title)))[:120]
    plain, codes = _letters(folded)
    if len(plain) < GRAM * 2:  # a title with little or no text: the title is the text
        plain = plain if plain.startswith(name) else name + plain
        codes = _codes(plain)
    hashes = _grams(codes)
    low = hashes.astype(np.uint32)
    limit = _limit(len(low))
    kept = _distinct(low[low <= limit] if limit < 0xFFFFFFFF else low)
    return Fingerprint(
        size=len(plain),
        exact=hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=16).digest(),
        title=name,
        opening=plain[:_OPENING],
        numbers=_numbers(folded),
        title_numbers=tuple(_all_numbers(fold(title))),
        limit=limit,
        kept=kept.tobytes(),
        head=_distinct(low[:_HEAD]).tobytes() if limit < 0xFFFFFFFF else b"",
        keys=_keys(hashes),
    )


def _without_boilerplate(text: str) -> str:
    """A folded text without the sentences that a reprint adds; whole where little else is left."""
    if text.isascii() and not any(words in text for words in _ENGLISH):
        return text
    kept, at = [], 0
    for match in _BOILERPLATE.finditer(text):
        if match.start() < at:
            continue
        start = max(at, *(text.rfind(end, at, match.start()) + len(end) for end in _STOPS))
        ends = [i + len(end) for end in _STOPS if (i := text.find(end, match.end())) >= 0]
        kept.append(text[at:start])
        at = min(ends, default=len(text))
    if not kept:
        return text
    rest = "".join((*kept, text[at:]))
    return rest if len(rest) > GRAM * 2 else text


def _numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text, each as often as it stands, but for one at its very end, which may
    be cut in two; at most `_NUMBERS`."""
    last = _LAST.search(text, max(0, len(text) - _TAIL))
    found = _all_numbers(text[: last.start()] if last else text)
    return tuple(sorted(found[:_NUMBERS]))


def _all_numbers(text: str) -> list[str]:
    found = [number.lstrip("0") or "0" for number in _NUMBER.findall(text)]
    if not text.isascii():
        found += [ordinal or plain for ordinal, plain in _HAN_NUMBER.findall(text)]
    return found


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)


def _letters(text: str) -> tuple[str, Codes]:
    """The letters and digits of a text, as `_NOT_WORD` leaves them, in a tenth of its time; as
    text and as codes."""
    if text.isascii():
        bare = text.encode().translate(None, _NO_LETTERS)
        return bare.decode(), np.frombuffer(bare, dtype=np.uint8)
    codes = _codes(text)
    letters = codes[_is_letter().take(codes, mode="clip")]  # above it there are none
    return letters.tobytes().decode("utf-32-le", "replace"), letters


_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())


@cache
def _is_letter() -> NDArray[np.bool_]:
    """Which characters of the first planes (Han extensions among them) are letters or digits."""
    return np.fromiter((chr(code).isalnum() for code in range(0x33480)), bool, 0x33480)


def _grams(codes: Codes) -> Hashes:
    """64-bit hashes of the 12-grams, in their order; of the whole text where it is shorter.

    Runs of 2, 4 and 8 by doubling, each a polynomial in `_MIX`, then mixed.
    """
    h = codes.astype(np.uint64)
    h *= _MIX
    h ^= h >> np.uint64(29)
    if len(h) < GRAM:
        return _mixed(_of_all(h))
    two = h[:-1] * _POWERS[1]
    two += h[1:]
    four = two[:-2] * _POWERS[2]
    four += two[2:]
    eight = four[:-4] * _POWERS[4]
    eight += four[4:]
    twelve = eight[: len(four) - 8]
    twelve *= _POWERS[4]
    twelve += four[8:]
    return _mixed(twelve)


def _of_all(h: Hashes) -> Hashes:
    value = 0
    for code in h.tolist():
        value = (value * int(_MIX2) + code) % 2**64
    return np.array([value] if len(h) else [], np.uint64)


def _mixed(h: Hashes) -> Hashes:
    """The same array, mixed in place."""
    h ^= h >> np.uint64(30)
    h *= _MIX
    h ^= h >> np.uint64(27)
    h *= _MIX2
    h ^= h >> np.uint64(31)
    return h


def _distinct(hashes: Low) -> Low:
    """Sorted, each once; ten times as fast as numpy's `unique` on some hundred."""
    ordered = hashes.copy()
    if len(ordered) < 2:
        return ordered
    ordered.sort()
    differs = ordered[1:] != ordered[:-1]
    if differs.all():  # nearly always
        return ordered
    distinct: Low = np.concatenate((ordered[:1], ordered[1:][differs]))
    return distinct


def _limit(count: int) -> int:
    """Grams below this are kept: all of a short text, a fixed share by value of a long one."""
    rate = 1
    while count // rate > 2 * _KEPT:
        rate *= 2
    return 0xFFFFFFFF // rate


def _keys(hashes: Hashes) -> tuple[int, ...]:
    """The grams that are indexed: a fixed share by value, twice that of the beginning, so that
    a short text has some in common with the long one that it begins."""
    if len(hashes) == 0:
        return ()
    rate = _INDEX_RATE
    while len(hashes) // rate > _INDEX_MOST:
        rate *= 2
    shared = hashes[hashes < np.uint64(2**64 // rate)]
    head = hashes[:_INDEX_OPENING]
    dense = head[head < np.uint64(2**64 // _INDEX_RATE * 2)]
    if len(dense) < _INDEX_LEAST:
        few = min(_INDEX_LEAST, len(head)) - 1
        dense = np.partition(head, few)[: few + 1]
    shared = np.concatenate((dense, shared))
    keys: list[int] = shared.astype(np.uint32).view(np.int32).tolist()
    return tuple(keys)


# --- judgement ------------------------------------------------------------------------------

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
    if score < _NEEDED or shared < 4:
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


@lru_cache(maxsize=512)
def _array(data: bytes) -> Low:
    return np.frombuffer(data, dtype=np.uint32)


def _containment(a: Fingerprint, b: Fingerprint) -> tuple[float, int]:
    limit = min(a.limit, b.limit)
    first, second = _below(a, limit), _below(b, limit)
    shared = _shared(first, second)
    smaller = min(len(first), len(second))
    score = shared / smaller if smaller else 0.0
    short, long = (a, b) if a.size <= b.size else (b, a)
    if long.head and short.size < _HEAD * 2 and long.size > short.size * 1.5:
        head = _array(long.head)
        kept = _below(short, 0xFFFFFFFF)
        if short.limit == 0xFFFFFFFF and len(kept):
            in_head = _shared(kept, head)
            dense = in_head / min(len(kept), len(head))
            if dense > score or (dense == score and in_head > shared):
                return dense, in_head
    return score, shared


def _below(print_: Fingerprint, limit: int) -> Low:
    kept = _array(print_.kept)
    if print_.limit == limit or limit >= print_.limit:
        return kept
    return kept[: int(kept.searchsorted(limit, side="right"))]


def _shared(
    first: Low,
    second: Low,
) -> int:
    if len(first) == 0 or len(second) == 0:
        return 0
    both = np.concatenate((first, second))  # each holds each gram once: what is there twice is in
    both.sort(kind="stable")  # both. Half the time of looking up the one in the other
    return int(np.count_nonzero(both[1:] == both[:-1]))


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
    if a.numbers == b.numbers or max(len(a.numbers), len(b.numbers)) >= _NUMBERS:
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
        known = unpack(its_print) if isinstance(its_print, bytes) else its_print
        verdict = judge(print_, known)
        if not verdict.same:
            continue
        if its_source == source and not is_revised(print_, known, verdict.score):
            continue
        if best is None or verdict.score > best[1]:
            best = (other, verdict.score, verdict.reason)
    return best
