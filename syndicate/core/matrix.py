"""Sparse rows of TF-IDF weights and what is computed with them, in numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_RARE = 1.6  # power of the IDF
_COST = np.float32(3)  # of an error, against the size of the weights


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Texts as rows of a sparse matrix (CSR) over a vocabulary; each row of unit length."""

    vocabulary: NDArray[np.uint32]
    idf: Floats
    columns: NDArray[np.intp]
    values: Floats
    lengths: NDArray[np.intp]

    @classmethod
    def of(
        cls, texts: Sequence[NDArray[np.uint32]], weights: Sequence[Floats] | None = None
    ) -> Rows:
        """Rows of sets of hashes; IDF counts over all of them, smoothed, and times the `weights`
        that are given with the hashes."""
        lengths = np.array([len(text) for text in texts], np.intp)
        joined = np.concatenate(texts) if texts else np.zeros(0, np.uint32)
        vocabulary, first, columns = np.unique(joined, return_index=True, return_inverse=True)
        frequency = np.bincount(columns, minlength=len(vocabulary))
        idf = ((np.log((1 + len(texts)) / (1 + frequency)) + 1) ** _RARE).astype(np.float32)
        if weights:
            idf *= np.concatenate(weights)[first]
        rows = cls(vocabulary, idf, columns, idf[columns], lengths)
        norms = np.sqrt(np.bincount(rows.owners, rows.values**2, rows.count))
        unit = rows.values / np.repeat(np.maximum(norms, 1e-9), lengths)
        return replace(rows, values=unit.astype(np.float32))

    @property
    def count(self) -> int:
        return len(self.lengths)

    @property
    def owners(self) -> NDArray[np.intp]:
        """The row of each value."""
        return np.repeat(np.arange(self.count), self.lengths)

    @property
    def frequency(self) -> NDArray[np.intp]:
        """In how many of the rows each n-gram is."""
        return np.bincount(self.columns, minlength=len(self.vocabulary))

    def seen_as(self, seen: NDArray[np.bool_], strange: float) -> Rows:
        """The rows as a model sees them that knows only the n-grams `seen`; of the squared length
        of the others a share `strange` counts."""
        shares = np.where(seen[self.columns], 1.0, strange)
        lengths = np.sqrt(np.bincount(self.owners, self.values**2 * shares, self.count))
        unit = self.values / np.repeat(np.maximum(lengths, 1e-9), self.lengths)
        return replace(self, values=np.where(seen[self.columns], unit, 0).astype(np.float32))

    def take(self, rows: NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        ends = np.cumsum(self.lengths)
        lengths = self.lengths[rows]
        starts = ends[rows] - lengths
        offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        picked = np.repeat(starts, lengths) + offsets
        return replace(
            self, columns=self.columns[picked], values=self.values[picked], lengths=lengths
        )

    def plus(self, other: Rows) -> Rows:
        """These rows and those of another over the same vocabulary."""
        return replace(
            self,
            columns=np.concatenate([self.columns, other.columns]),
            values=np.concatenate([self.values, other.values]),
            lengths=np.concatenate([self.lengths, other.lengths]),
        )

    def dot(self, weights: Floats) -> Floats:
        """Scores, rows × width, of weights, vocabulary × width."""
        owners = self.owners
        scores = [
            np.bincount(owners, self.values * weights[self.columns, number], self.count)
            for number in range(weights.shape[1])
        ]
        return np.stack(scores, 1).astype(np.float32)

    def counts(self, shares: Floats) -> Floats:
        """Weight of each n-gram in each column, where `shares` of a row belong to columns."""
        owners, size = self.owners, len(self.vocabulary)
        sums = [
            np.bincount(self.columns, self.values * shares[owners, number], size)
            for number in range(shares.shape[1])
        ]
        return np.stack(sums, 1).astype(np.float32)


def softmax(scores: NDArray[Any]) -> Floats:
    """Probabilities of each row."""
    raised = np.exp(scores - scores.max(1, keepdims=True))
    chances: Floats = (raised / raised.sum(1, keepdims=True)).astype(np.float32)
    return chances


def complement_bayes(counts: Floats, smoothing: float = 0.05) -> Floats:
    """Weights of complement naive Bayes, normalised (Rennie et al. 2003, table 4)."""
    others = counts.sum(1, keepdims=True, dtype=np.float64) - counts + smoothing
    weights = -np.log(others / others.sum(0))
    normal: Floats = (weights / np.abs(weights).sum(0) * len(weights)).astype(np.float32)
    return normal


def order(size: int, seed: int) -> NDArray[np.intp]:
    """A mixed-up order of `size` things: always the same one, so that training is too."""
    return np.argsort(mixed(size, seed), kind="stable")


def mixed(size: int, seed: int) -> NDArray[np.uint64]:
    """Numbers without a pattern (splitmix64), always the same ones."""
    keys = (np.arange(size, dtype=np.uint64) + np.uint64(seed + 1)) * np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return keys ^ (keys >> np.uint64(32))


def svm(rows: Rows, truth: Floats, trust: Floats, *, rounds: int = 3) -> Floats:
    """Linear SVMs with squared hinge loss, one for each column against the rest, all at once.

    Dual coordinate descent (Hsieh et al. 2008); `trust` is the cost of each row, 1 for a label.
    """
    width = truth.shape[1]
    weights = np.zeros((len(rows.vocabulary), width), np.float32)
    alphas = np.zeros((rows.count, width), np.float32)
    signs, slack = truth * 2 - 1, (np.float32(0.5) / (_COST * trust)).astype(np.float32)
    ends = np.cumsum(rows.lengths)
    begins, stops = (ends - rows.lengths).tolist(), ends.tolist()
    for number in range(rounds):
        for row in order(rows.count, number).tolist():
            places = rows.columns[begins[row] : stops[row]]
            values = rows.values[begins[row] : stops[row]]
            mine, sign, alpha, soft = weights[places], signs[row], alphas[row], slack[row]
            gap = 1 - sign * (values @ mine) - soft * alpha
            stepped = np.maximum(alpha + gap / (1 + soft), 0)
            weights[places] = mine + values[:, None] * ((stepped - alpha) * sign)
            alphas[row] = stepped
    return weights
