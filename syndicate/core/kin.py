"""Which words of English are kindred: clusters learned from much other text, carried with us.

A few thousand labels tell what a few thousand words mean. That `midfielder` is a word like
`striker`, or `bonds` like `equities`, is known from billions of words that others have read: the
table beside this module has it of 60,000 words (how it is made, and of what: docs/kin.py). It is
read once, when the first English text is looked at, and is a constant of the program: 0.6 MB.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("word", "<u4"), ("clusters", "<u2", (3,))])
SIZES = 3  # of clusters: few large ones, more, many small ones
_APART = np.arange(SIZES, dtype=np.uint64) << np.uint64(16)  # so that no two have one number


def kin(words: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Numbers for the clusters of these words (by their CRC-32), the three of a word one after the
    other, and which of the words each is of; words that are not in the table have none."""
    hashes, clusters = _table()
    wanted = words.astype(np.uint32)
    places = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    known = np.flatnonzero(hashes[places] == wanted)
    return (clusters[places[known]] + _APART).ravel(), np.repeat(known, SIZES)


@cache
def _table() -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """The sorted hashes of the words, and beside each its clusters."""
    with resources.files(__package__).joinpath("kin.npy").open("rb") as file:
        table: NDArray[Any] = np.load(file, allow_pickle=False)
    return table["word"].copy(), table["clusters"].copy()
