"""Columns by what the words of a text mean: linear discriminant analysis of vectors of words.

The clusters of core/kin.py tell which words are alike, and are counted apart; the mean of the
words' vectors tells what a text is about as a whole. It counts only where held-back examples are
told better with it (core/linear.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syndicate.core.matrix import Floats


def learn(means: Floats, truth: Floats) -> Floats:
    """Weights, numbers × columns, of what `kin.meaning` says of texts; `truth` (texts × columns) is
    one where a text belongs. Of a text without meaning, which is nought, all columns score nought.

    The columns share one covariance (Fisher 1936), drawn towards a multiple of the identity the
    more, the fewer the examples are (Friedman 1989).
    """
    known = means[:, -1] > 0
    vectors, own = means[known, :-1].astype(np.float64), truth[known].astype(np.float64)
    sizes, (count, length) = own.sum(0), vectors.shape
    unit = vectors.std(0) + 1e-9
    centres: NDArray[np.float64] = (own.T @ vectors) / np.maximum(sizes, 1)[:, None] / unit
    within = vectors / unit - own @ centres
    covariance = within.T @ within / max(count, 1)
    drawn = length / (length + count)
    even = np.eye(length) * (drawn * np.trace(covariance) / length + 1e-6)
    slopes = np.linalg.solve((1 - drawn) * covariance + even, centres.T)
    ends = np.log((sizes + 1) / (count + len(sizes))) - (centres.T * slopes).sum(0) / 2
    weights = np.vstack([slopes / unit[:, None], ends])
    told: Floats = (weights - weights.mean(1, keepdims=True)).astype(np.float32)
    return told
