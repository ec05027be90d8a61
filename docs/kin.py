"""Makes the tables of kindred words: `.venv/bin/python docs/kin.py glove.6B.50d.txt`.

`syndicate/core/kin.npy` has of each of 60,000 English words, by the hash of the word alone, which
of 300, of 1,000 and of 3,000 clusters it is in. The clusters are those of k-means over GloVe's
vectors of 50 numbers, each brought to unit length (Pennington, Socher and Manning 2014: Wikipedia
of 2014 and Gigaword 5; public domain, PDDL 1.0). Of the 30,000 most frequent,
`syndicate/core/vectors.npy` has the vector itself, in whole numbers from -127 to 127, after it was
weighted by how rare the word is. The file that is read is the one published as such: a line for
each word, the most frequent first. It takes two minutes and numpy alone.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syndicate.core import kin
from syndicate.core.grams import WORD
from syndicate.core.matrix import order

WORDS = 60_000
SIZES = (300, 1000, 3000)
ROUNDS = 25
MEANT = 30_000  # words whose vectors are kept
RARE = 3e-4  # of all words, how many a word is that counts half
FIRST = 0.06  # of all words, those that are the first one; the second is half as many, and so on


def read(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The most frequent words that our texts can have, with their vectors."""
    words, vectors = [], []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, _, numbers = line.rstrip().partition(" ")
            if WORD.fullmatch(word):
                words.append(word)
                vectors.append(np.fromstring(numbers, np.float32, sep=" "))
            if len(words) == WORDS:
                break
    return words, np.stack(vectors)


def clusters(vectors: NDArray[np.float32], size: int) -> NDArray[np.uint16]:
    """Which of `size` clusters each is in, after some rounds of k-means from words drawn."""
    centres = vectors[order(len(vectors), size)[:size]]
    told = np.zeros(len(vectors), np.intp)
    for _ in range(ROUNDS):
        halves = (centres**2).sum(1) / 2
        for begin in range(0, len(vectors), 4096):
            part = vectors[begin : begin + 4096]
            told[begin : begin + 4096] = (part @ centres.T - halves).argmax(1)
        counts = np.bincount(told, minlength=size)
        sums = np.stack([np.bincount(told, each, size) for each in vectors.T], 1)
        filled = counts > 0
        centres[filled] = (sums[filled] / counts[filled, None]).astype(np.float32)
    return told.astype(np.uint16)


def whole(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Vectors weighted by rarity (SIF; shares of words by Zipf's law) in whole numbers, behind one
    of noughts; each number has the scale that its largest fills."""
    shares = FIRST / np.arange(1, len(vectors) + 1, dtype=np.float32)
    weighted = vectors * (RARE / (RARE + shares))[:, None]
    scaled = np.round(weighted / np.abs(weighted).max(0) * 127).astype(np.int8)
    return np.concatenate([np.zeros_like(scaled[:1]), scaled])


def main(path: Path) -> None:
    words, vectors = read(path)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    hashes = np.array([zlib.crc32(word.encode()) for word in words], np.uint32)
    hashes, first = np.unique(hashes, return_index=True)  # of two with one hash the more frequent
    table = np.zeros(len(hashes), kin.ROW)
    table["word"] = hashes
    for number, size in enumerate(SIZES):
        table["clusters"][:, number] = clusters(unit, size)[first]
    table["vector"] = np.where(first < MEANT, first + 1, 0)
    np.save(kin.TABLE, table)
    np.save(kin.VECTORS, whole(vectors[:MEANT]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
