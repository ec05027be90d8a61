"""Which words of English are kindred, and what they mean: from much other text, carried with us.

A few thousand labels tell what a few thousand words mean. That `midfielder` is a word like
`striker`, or `bonds` like `equities`, is known from billions of words that others have read: the
table beside this module has it of 60,000 words, as clusters, and beside it are vectors of the
30,000 most frequent (how they are made, and of what: docs/kin.py). The table is read once, when the
first English text is looked at, and is a constant of the program: 0.7 MB. The vectors, 1.5 MB, are
mapped into memory by the first text that a model with meanings looks at.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("word", "<u4"), ("clusters", "<u2", (3,)), ("vector", "<u2")])
SIZES = 3  # of clusters: few large ones, more, many small ones
MEANING = 51  # numbers of a meaning: those of a vector, and 1
TABLE, VECTORS = (Path(__file__).with_name(name) for name in ("kin.npy", "vectors.npy"))
_APART = np.arange(SIZES, dtype=np.uint64) << np.uint64(16)  # so that no two have one number
_NONE = np.zeros(MEANING, np.float32)

Places = NDArray[np.intp]


def find(words: NDArray[np.uint64]) -> tuple[Places, Places]:
    """Where these words (by their CRC-32) stand in the table, and which of them do."""
    hashes = _table()[0]
    wanted = words.astype(np.uint32)
    places = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    known = np.flatnonzero(hashes[places] == wanted)
    return places[known], known


def clusters(places: Places) -> NDArray[np.uint64]:
    """Numbers for the clusters of words, the three of a word one after the other."""
    numbers: NDArray[np.uint64] = (_table()[1][places] + _APART).ravel()
    return numbers


def meaning(places: Places) -> NDArray[np.float32]:
    """The sum of the words' vectors, brought to unit length, with a 1 behind it; noughts where none
    has a vector. The vectors are weighted by how rare the words are (SIF, Arora et al. 2017)."""
    if not len(places):
        return _NONE
    vectors = _vectors().take(_table()[2][places], 0).astype(np.float32)
    total = np.ones(len(places), np.float32) @ vectors  # quicker than `sum`
    length = float(total @ total) ** 0.5
    if not length:
        return _NONE
    told = np.ones(MEANING, np.float32)
    np.divide(total, np.float32(length), out=told[:-1])
    return told


@cache
def _table() -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.uint16]]:
    """The sorted hashes of the words, and beside each its clusters and its vector's number."""
    table: NDArray[Any] = np.load(TABLE, allow_pickle=False)
    return table["word"].copy(), table["clusters"].copy(), table["vector"].copy()


@cache
def _vectors() -> NDArray[np.int8]:
    """Vectors × 50; the first, of words that have none, is nought."""
    mapped: NDArray[np.int8] = np.load(VECTORS, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)
