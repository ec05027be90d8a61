"""The fingerprint of a text, made: folded, without what reprints add, as sampled grams.

For core/dedupe.py, which compares them without any of what is needed here.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from syndicate.core.dedupe import GRAM, HEAD, NUMBERS, Fingerprint
from syndicate.core.folding import LINE, fold, fold_lines

Hashes = NDArray[np.uint64]
Low = NDArray[np.uint32]
Codes = NDArray[np.uint32] | NDArray[np.uint8]

_LONGEST = 40_000  # characters that are looked at; an article is a tenth of it
_KEPT = 256  # grams kept for the judgement, at most twice as many
_INDEX_RATE = 32
_INDEX_MOST = 24
_INDEX_OPENING = 160  # grams of the beginning, of which twice the share is indexed
_INDEX_LEAST = 8
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
        head=_distinct(low[:HEAD]).tobytes() if limit < 0xFFFFFFFF else b"",
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
    be cut in two; at most `NUMBERS`."""
    last = _LAST.search(text, max(0, len(text) - _TAIL))
    found = _all_numbers(text[: last.start()] if last else text)
    return tuple(sorted(found[:NUMBERS]))


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
