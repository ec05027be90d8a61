"""A small network beside the linear models: one hidden layer, what words have in common.

It sees that headlines of one column share words in combinations, where a linear model only adds
them up. Trained by Adam (Kingma, Ba 2015) on the n-grams that stand in more than one text; a step
touches only those of its batch. The same rows give the same network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syndicate.core.matrix import Floats, Rows, mixed, order, softmax

HIDDEN = 32
_MOST = 40_000  # n-grams that it knows, those of most texts
_ROUNDS = 4  # more learn the examples by heart
_BATCH = 64
_RATE = np.float32(5e-3)
_KEEP, _KEEP_SQUARES = np.float32(0.9), np.float32(0.999)  # of the running means
_FLOOR = 1e-3  # of a chance, before its logarithm is taken


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """`places` are its n-grams' places in the vocabulary, sorted; `entry` (n-grams × hidden) and
    `start` lead to the hidden layer, `exit` (hidden × columns) and `ends` to the columns."""

    places: NDArray[np.intp]
    entry: Floats
    start: Floats
    exit: Floats
    ends: Floats
    scale: float = 1.0  # of its scores beside those of the linear models

    def score(self, rows: NDArray[np.intp], values: Floats) -> Floats:
        """Scores of one text, whose n-grams stand at `rows` of the vocabulary (-1: unknown)."""
        at: NDArray[np.intp] = np.searchsorted(self.places, rows)
        at[at == len(self.places)] = 0
        known = self.places[at] == rows
        hidden = values[known] @ self.entry[at[known]].astype(np.float32) + self.start
        scores: Floats = self._scores(hidden[None])[0]
        return scores

    def scores(self, rows: Rows) -> Floats:
        """Scores of many texts, rows × columns."""
        own = _only(rows, self.places)
        return self._scores(_hidden(own, self.entry) + self.start)

    def _scores(self, hidden: Floats) -> Floats:
        chances = softmax(np.maximum(hidden, 0) @ self.exit + self.ends)
        logs: Floats = np.log(chances + np.float32(_FLOOR)) * np.float32(self.scale)
        return logs


def train(rows: Rows, truth: Floats) -> Net:
    """A network of these texts; `truth` (rows × columns) is one where a text belongs."""
    frequency = rows.frequency
    common = np.argsort(-frequency, kind="stable")[:_MOST]
    places = np.sort(common[frequency[common] > 1])
    own, width = _only(rows, places), truth.shape[1]
    size = len(places)
    weights = [
        _drawn(size, HIDDEN, 1),
        np.zeros(HIDDEN, np.float32),
        _drawn(HIDDEN, width, 2),
        np.zeros(width, np.float32),
    ]
    # Beside each weight its two running means, so that a step reads and writes one place
    states = [np.concatenate([each, each * 0, each * 0], -1) for each in weights]
    weights = [state[..., : each.shape[-1]] for state, each in zip(states, weights, strict=True)]
    some: list[Any] = [..., ..., ..., ...]
    time = 0
    for number in range(_ROUNDS):
        mixed_up = order(own.count, number)
        for begin in range(0, own.count, _BATCH):
            chosen = mixed_up[begin : begin + _BATCH]
            some[0], gradients = _gradients(own.take(chosen), truth[chosen], weights)
            time += 1
            for state, gradient, which in zip(states, gradients, some, strict=True):
                _step(state, gradient, which, time)
    entry, start, leave, ends = (np.ascontiguousarray(each) for each in weights)
    return Net(places, entry, start, leave, ends)


def _gradients(
    batch: Rows, truth: Floats, weights: list[Floats]
) -> tuple[NDArray[np.intp], list[Floats]]:
    """The batch's n-grams, each once, and the gradients of log loss of each of the weights."""
    entry, start, exit, ends = weights
    hidden = _hidden(batch, entry) + start
    active = np.maximum(hidden, 0)
    wrong = (softmax(active @ exit + ends) - truth) / np.float32(batch.count)
    back = (wrong @ exit.T) * (hidden > 0)
    ordered = np.argsort(batch.columns, kind="stable")
    columns = batch.columns[ordered]
    first = np.flatnonzero(np.concatenate([[True], columns[1:] != columns[:-1]]))
    shares = back[batch.owners[ordered]] * batch.values[ordered, None]
    of_entry = np.add.reduceat(shares, first, 0) if len(columns) else shares
    touched = columns[first] if len(columns) else columns
    return touched, [of_entry, back.sum(0), active.T @ wrong, wrong.sum(0)]


def _step(state: Floats, gradient: Floats, some: Any, time: int) -> None:
    """One step of Adam for `some` rows of a state: weights, means, means of squares."""
    width = gradient.shape[-1]
    taken = state[some]
    weights, m, v = taken[..., :width], taken[..., width : 2 * width], taken[..., 2 * width :]
    m *= _KEEP
    m += (1 - _KEEP) * gradient
    v *= _KEEP_SQUARES
    v += (1 - _KEEP_SQUARES) * gradient**2
    unbiased = (1 - float(_KEEP_SQUARES) ** time) ** 0.5 / (1 - float(_KEEP) ** time)
    weights -= _RATE * np.float32(unbiased) * m / (np.sqrt(v) + np.float32(1e-8))
    state[some] = taken


def _hidden(rows: Rows, entry: Floats) -> Floats:
    """Sums of the weights of each text's n-grams, rows × hidden."""
    sums = np.zeros((rows.count, entry.shape[1]), np.float32)
    filled = np.flatnonzero(rows.lengths)
    begins = (np.cumsum(rows.lengths) - rows.lengths)[filled]
    if len(filled):
        sums[filled] = np.add.reduceat(entry[rows.columns] * rows.values[:, None], begins, 0)
    return sums


def _only(rows: Rows, places: NDArray[np.intp]) -> Rows:
    """The rows with these n-grams alone, numbered anew."""
    numbers = np.full(len(rows.vocabulary), -1)
    numbers[places] = np.arange(len(places))
    columns = numbers[rows.columns]
    kept = columns >= 0
    lengths = np.bincount(rows.owners[kept], minlength=rows.count)
    return replace(rows, columns=columns[kept], values=rows.values[kept], lengths=lengths)


def _drawn(first: int, second: int, seed: int) -> Floats:
    """Small weights of either sign to begin with (Glorot, Bengio 2010), always the same ones."""
    unit = (mixed(first * second, seed) >> np.uint64(40)).astype(np.float32) / np.float32(2**23)
    bound = np.float32(np.sqrt(6 / max(first + second, 1)))
    drawn: Floats = ((unit - 1) * bound).reshape(first, second)
    return drawn
