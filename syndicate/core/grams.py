"""Features of a text for the learned model: hashed n-grams, the same on every machine.

Chinese, kana and Hangul give runs of one to three characters; alphabets give words, pairs of
words, and runs of five characters (which stand for stems); a headline's words count once more. How
a text is written says something too (core/forms.py), and of English words which others are like
them (core/kin.py). No list of words is needed for anything else. The hash is our
own (splitmix64's finaliser over a polynomial), because `hash()` differs by process.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syndicate.core import forms
from syndicate.core import kin as kindred
from syndicate.core.folding import fold

Hashes = NDArray[np.uint32]
Big = NDArray[np.uint64]
Floats = NDArray[np.float32]

READ = 1200  # characters of a text that are looked at: what an article is about stands first
WORD = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u052f]+(?:'[a-z]+)?")
_CJK = 0x2E80
_WHOLE = 60  # of a text's shape, what is looked at as one
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Grams:
    """The distinct features of a text, sorted, what each counts, and where each stands first."""

    hashes: Hashes
    weights: Floats  # beside the IDF, by kind
    written: NDArray[np.bool_]  # those of the form alone, which never decide by themselves
    width: int  # of the headline, or of the text where there is none; see forms.width
    _kinds: NDArray[np.intp]
    _starts: NDArray[np.intp]
    _folded: str  # a space before and behind, as in the next
    _spaced: str
    _words: tuple[str, ...]
    _form: forms.Form
    _places: NDArray[np.intp]  # of its words in the table of kin

    def named(self, index: int) -> str:
        """The n-gram behind `hashes[index]`, for people."""
        kind, start = int(self._kinds[index]), int(self._starts[index])
        if kind in (_WORDS, _PAIRS, _TITLED, _KIN, _KIN_TITLED):  # of kin, the word that has it
            return " ".join(self._words[start : start + (2 if kind == _PAIRS else 1)])
        if kind == _CAPITALS:
            return self._form.capitals[start].lower()
        if kind in (_SHAPES, _SHAPES_BELOW):
            shape = self._form.head if kind == _SHAPES else self._form.below
            shown = shape[start : start + 3] if start >= 0 else shape[:_WHOLE]
            return f"form {''.join(map(chr, shown))}"
        text = self._spaced if kind == _STEMS else self._folded
        return text[start : start + kind].strip()

    def meaning(self) -> Floats:
        """What its words mean taken together; see kin.meaning."""
        return kindred.meaning(self._places)


_STEMS, _WORDS, _PAIRS, _TITLED, _SHAPES, _SHAPES_BELOW, _CAPITALS = 5, 6, 7, 8, 9, 10, 11
_KIN, _KIN_TITLED = 12, 13
_KINDS = np.arange(_KIN_TITLED + 1)
_SALTS = np.array([kind * 0xD1B54A32D192ED03 % 2**64 for kind in _KINDS.tolist()], np.uint64)
# Of each kind. A word has many runs of letters: each counts less than the word
_WEIGHTS = np.select([_KINDS == _STEMS, _KINDS >= _KIN], [0.7, 1.5], 1).astype(np.float32)


_OF_FORM = (_KINDS >= _SHAPES) & (_KINDS <= _CAPITALS)


def grams(title: str, text: str, *, form: bool = True, kin: bool = True) -> Grams:
    """The features of an entry; those of a title alone where there is no text. `form`, `kin`: how
    it is written, and what its words are like, as well, which models of before do not know."""
    folded = fold(f"{title} {text[:READ]}")
    words = tuple(WORD.findall(folded))
    texts = f" {folded} ", f" {' '.join(words)} "
    headed = len(WORD.findall(fold(title))) if text else 0
    written = forms.form(title, text[:READ]) if form else forms.NONE
    ones = _ones(words)
    places, which = _in_table(words, ones, texts[1]) if kin else (_NOWHERE, _NOWHERE)
    rest = (*texts, words, written, places)
    found = [
        *_cjk_runs(texts[0]), *_word_runs(ones, texts[1], headed), *_form_runs(written),
        *_kin_runs(places, which, headed),
    ]  # fmt: skip
    if not found:
        return Grams(_NONE, _WEIGHTS[:0], _NONE > 0, 0, _NOWHERE, _NOWHERE, *rest)
    of_kinds, runs, starts_of = zip(*found, strict=True)
    kinds = np.repeat(np.array(of_kinds), [len(run) for run in runs])
    hashes, first = _distinct(_finish(np.concatenate(runs), _SALTS[kinds]))
    kinds, starts = kinds[first], np.concatenate(starts_of)[first]
    weights = _WEIGHTS[kinds] if form else np.ones(len(hashes), np.float32)
    width = forms.width(title or text[:READ])
    return Grams(hashes, weights, _OF_FORM[kinds], width, kinds, starts, *rest)


_NOWHERE = np.zeros(0, np.intp)
_NONE = np.zeros(0, np.uint32)
_Run = tuple[int, Big, NDArray[np.intp]]


def _distinct(hashes: Hashes) -> tuple[Hashes, NDArray[np.intp]]:
    """As `np.unique` with where each stands first, in a third of the time: hashes and places are
    sorted as one number."""
    both = (hashes.astype(np.uint64) << _HALF) | np.arange(len(hashes), dtype=np.uint64)
    both.sort()
    ordered = (both >> _HALF).astype(np.uint32)
    new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new], (both[new] & _LOWER).astype(np.intp)


_HALF, _LOWER = np.uint64(32), np.uint64(2**32 - 1)


def _codes(text: str) -> Big:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)


def _cjk_runs(folded: str) -> list[_Run]:
    if folded.isascii():
        return []
    codes = _codes(folded)
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


def _ones(words: Sequence[str]) -> Big:
    return np.array([zlib.crc32(word.encode()) for word in words], np.uint64)


def _word_runs(ones: Big, spaced: str, headed: int) -> list[_Run]:
    """`ones` are the words' hashes, `spaced` the words with a space around each; `headed` is how
    many of them are the headline's: they count once more, as such."""
    if not len(ones):
        return []
    codes = _codes(spaced)
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


def _in_table(
    words: tuple[str, ...], ones: Big, spaced: str
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the words stand in the table of kin, and which of them do."""
    if not words:
        return _NOWHERE, _NOWHERE
    if "'" in spaced:
        ones = _ones([word.partition("'")[0] for word in words])
    return kindred.find(ones)


def _kin_runs(places: NDArray[np.intp], which: NDArray[np.intp], headed: int) -> list[_Run]:
    """The clusters of the words; those of the headline's once more."""
    if not len(places):
        return []
    clusters, starts = kindred.clusters(places), np.repeat(which, kindred.SIZES)
    titled = int(np.searchsorted(starts, headed))
    return [(_KIN, clusters, starts), (_KIN_TITLED, clusters[:titled], starts[:titled])]


def _form_runs(written: forms.Form) -> list[_Run]:
    """Runs of three of what stands for characters, the whole of it (at -1), words with capitals."""
    found: list[_Run] = []
    for kind, shape in ((_SHAPES, written.head), (_SHAPES_BELOW, written.below)):
        if len(shape):
            codes = shape.astype(np.uint64)
            runs = (codes[:-2] * _PRIME + codes[1:-1]) * _PRIME + codes[2:]
            whole = np.array([zlib.crc32(shape[:_WHOLE].tobytes())], np.uint64)
            found.append((kind, np.concatenate([whole, runs]), np.arange(-1, len(runs))))
    if written.capitals:
        ones = _ones(written.capitals)
        found.append((_CAPITALS, ones, np.arange(len(ones))))
    return found


def _finish(hashes: Big, salts: Big) -> Hashes:
    mixed = hashes + salts
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(32)).astype(np.uint32)
