"""How wide the headlines of each column are, as evidence of its own beside what they say.

A house cuts the headlines of a page to the room they have there, so that width tells columns of
one house apart, and those of others not at all: it counts only where held-back examples are told
better with it (core/linear.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syndicate.core.matrix import Floats

SIZE = 121  # widths from 0 on; the last stands for all that are longer
_NEAR = 0.7  # standard deviation of the smoothing, in columns
_FLOOR, _FEW = 0.005, 2.0  # of a share; and, of few examples, so many of all more


def learn(widths: NDArray[np.intp], truth: Floats) -> Floats:
    """Logarithms of each width's share in each column, `SIZE` × columns, less their mean, so that a
    width that was never seen says nothing. `truth` (texts × columns) is one where it belongs."""
    near = np.exp(-0.5 * (np.arange(-4, 5) / _NEAR) ** 2)
    near /= near.sum()
    sizes = np.maximum(truth.sum(0), 1)
    shares = np.stack(
        [
            np.convolve(np.bincount(widths, truth[:, number], SIZE), near, "same") / size
            for number, size in enumerate(sizes)
        ],
        1,
    )
    logs = np.log(shares + _FLOOR + _FEW / max(len(widths), 1))
    told: Floats = (logs - logs.mean(1, keepdims=True)).astype(np.float32)
    return told
