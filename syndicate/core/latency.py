"""How long things take, as counts: a figure is kept as how often it fell between two bounds.

Counts of any number of processes and days add up, take the same room whatever is counted, and
tell a median to within a fifth: bounds lie half a doubling apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

MOST = 48  # bucket of what took longer than half a year
_STEPS = 2  # buckets a doubling


def bucket(seconds: float) -> int:
    """Which bucket a time falls into: 0 up to a second, then two a doubling."""
    if seconds <= 1:
        return 0
    return min(math.ceil(_STEPS * math.log2(seconds)), MOST)


def bound(number: int) -> float:
    """The longest time (seconds) of a bucket."""
    return float(2 ** (number / _STEPS))


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The time (seconds) within which this share of what was counted was done; None of nothing.

    Within a bucket times are taken to lie evenly on a logarithmic scale.
    """
    total = sum(counts.values())
    if not total:
        return None
    wanted, before = share * total, 0
    for number in sorted(counts):
        within = counts[number]
        if before + within >= wanted:
            part = (wanted - before) / within
            return bound(number) if number == 0 else bound(number - 1) * (2 ** (part / _STEPS))
        before += within
    return bound(max(counts))


def span(seconds: float, *, chinese: bool) -> str:
    """A time for people, in one unit: 40 s, 3 min, 5 h, 2 d."""
    units = (("秒", "s", 1), ("分钟", "min", 60), ("小时", "h", 3600), ("天", "d", 86_400))
    limits = (90, 90 * 60, 48 * 3600, math.inf)
    for (zh, en, size), limit in zip(units, limits, strict=True):
        if seconds < limit:
            value = seconds / size
            text = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
            return f"{text} {zh if chinese else en}"
    raise AssertionError(seconds)
