"""Features of a text for the learned model: hashed n-grams, the same on every machine.

Chinese, kana and Hangul give runs of one to three characters; alphabets give words, pairs of
words, and runs of five characters (which stand for stems); a headline's words count once more. No
list of words is needed. The hash is our own (splitmix64's finaliser over a polynomial), because
`hash()` differs by process.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syndicate.core.folding import fold

Hashes = NDArray[np.uint32]
Big = NDArray[np.uint64]

READ = 1200  # characters of a text that are looked at: what an article is about stands first
_WORD = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u052f]+(?:'[a-z]+)?")
_CJK = 0x2E80
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Grams:
    """The distinct features of a text, sorted, and where each stands first."""

    hashes: Hashes
    _first: NDArray[np.intp]
    _parts: tuple[tuple[int, int], ...]  # (where a kind begins, its kind)
    _folded: str
    _words: tuple[str, ...]
    _starts: tuple[NDArray[np.intp], ...]

    def named(self, index: int) -> str:
        """The n-gram behind `hashes[index]`, for people."""
        place = int(self._first[index])
        number = max(i for i, (begin, _) in enumerate(self._parts) if begin <= place)
        begin, kind = self._parts[number]
        start = int(self._starts[number][place - begin])
        if kind in (_WORDS, _PAIRS, _TITLED):
            return " ".join(self._words[start : start + (2 if kind == _PAIRS else 1)])
        text = " ".join(self._words) if kind == _STEMS else self._folded
        return f" {text} "[start : start + (5 if kind == _STEMS else kind)].strip()


_STEMS, _WORDS, _PAIRS, _TITLED = 5, 6, 7, 8


def grams(title: str, text: str) -> Grams:
    """The features of an entry; those of a title alone where there is no text."""
    folded = fold(f"{title} {text[:READ]}")
    words = tuple(_WORD.findall(folded))
    headed = len(_WORD.findall(fold(title))) if text else 0
    found = [*_cjk_runs(folded), *_word_runs(words, headed)]
    parts, size = [], 0
    for kind, hashes, _ in found:
        parts.append((size, kind))
        size += len(hashes)
    joined = np.concatenate([_finish(h, kind) for kind, h, _ in found]) if found else _NONE
    hashes, first = np.unique(joined, return_index=True)
    starts = tuple(start for _, _, start in found)
    return Grams(hashes, first, tuple(parts), folded, words, starts)


_NONE = np.zeros(0, np.uint32)
_Run = tuple[int, Big, NDArray[np.intp]]


def _codes(text: str) -> Big:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)


def _cjk_runs(folded: str) -> list[_Run]:
    if folded.isascii():
        return []
    codes = _codes(f" {folded} ")
    cjk = codes >= _CJK
    found, hashes, has = [], np.zeros(len(codes), np.uint64), np.zeros(len(codes), bool)
    for n in (1, 2, 3):
        size = len(codes) - n + 1
        if size < 1:
            break
        hashes = hashes[:size] * _PRIME + codes[n - 1 :]
        has = has[:size] | cjk[n - 1 :]
        starts = np.flatnonzero(has)
        found.append((n, hashes[starts], starts))
    return found


def _word_runs(words: tuple[str, ...], headed: int) -> list[_Run]:
    """`headed` is how many of the words are the headline's: they count once more, as such."""
    if not words:
        return []
    ones = np.array([zlib.crc32(word.encode()) for word in words], np.uint64)
    codes = _codes(f" {' '.join(words)} ")
    found = [(_WORDS, ones, np.arange(len(ones)))]
    if headed:
        found.append((_TITLED, ones[:headed], np.arange(headed)))
    if len(ones) > 1:
        found.append((_PAIRS, ones[:-1] * _PRIME + ones[1:], np.arange(len(ones) - 1)))
    size = len(codes) - 4
    if size > 0:
        stems = np.zeros(size, np.uint64)
        for n in range(5):
            stems = stems * _PRIME + codes[n : n + size]
        found.append((_STEMS, stems, np.arange(size)))
    return found


def _finish(hashes: Big, kind: int) -> Hashes:
    mixed = hashes + np.uint64((kind * 0xD1B54A32D192ED03) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(32)).astype(np.uint32)
