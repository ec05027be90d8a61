"""Drawings of days, made here: bars of counts, bars of times. Each is a table as well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from syndicate.core import latency

_WIDE, _FLOOR, _HIGH = 420.0, 84.0, 70.0  # of the drawing, in its own units
_TYPICAL, _MOST = 0.5, 0.9
Say = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. `tip` is where the thin line above the bar ends, None without one."""

    x: float
    y: float
    width: float
    height: float
    label: str
    tip: float | None = None

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over days, what the highest stands for, and the same as a table."""

    title: str
    bars: Sequence[Bar]
    most: str
    first: str
    last: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def counts(title: str, say: Say, counted: Sequence[tuple[date, int]]) -> Chart:
    """How many there were on each day."""
    most = max((count for _, count in counted), default=0)
    bars = [
        _bar(number, len(counted), count / most if most else 0.0, f"{day.isoformat()}: {count}")
        for number, (day, count) in enumerate(counted)
    ]
    rows = [(day.isoformat(), str(count)) for day, count in reversed(counted) if count]
    return Chart(title, bars, str(most), *_ends(counted), (say["day"], say["count"]), rows)


def times(
    title: str, say: Say, counted: Sequence[tuple[date, Mapping[int, int]]], *, chinese: bool
) -> Chart:
    """The median of each day as a bar, on a logarithmic scale from a second on; the line above it
    ends where nine tenths were done."""
    marks = [
        (day, latency.quantile(found, _TYPICAL), latency.quantile(found, _MOST), found)
        for day, found in counted
    ]
    longest = max((most for _, _, most, _ in marks if most), default=1.0)
    scale = math.log(max(longest, 2.0))

    def share(seconds: float | None) -> float:
        return math.log(max(seconds, 1.05)) / scale if seconds else 0.0

    bars, rows = [], []
    for number, (day, typical, most, found) in enumerate(marks):
        text = day.isoformat()
        tip = None
        if typical is not None and most is not None:
            shown = [latency.span(each, chinese=chinese) for each in (typical, most)]
            rows.append((text, *shown, str(sum(found.values()))))
            text = f"{text}: {shown[0]} ({say['nine_tenths']}: {shown[1]})"
            tip = _y(share(most))
        bars.append(_bar(number, len(marks), share(typical), text, tip))
    heads = (say["day"], say["median"], say["nine_tenths"], say["count"])
    top = latency.span(longest, chinese=chinese) if rows else ""
    return Chart(title, bars, top, *_ends(counted), heads, rows[::-1])


def _y(share: float) -> float:
    return round(_FLOOR - _HIGH * min(share, 1.0), 1)


def _bar(number: int, count: int, share: float, label: str, tip: float | None = None) -> Bar:
    wide = _WIDE / max(count, 1)
    y = _y(share)
    return Bar(round(number * wide + 2, 1), y, round(wide - 4, 1), round(_FLOOR - y, 1), label, tip)


def _ends(counted: Sequence[tuple[date, object]]) -> tuple[str, str]:
    days = [day.isoformat()[5:] for day, _ in counted] or ["", ""]
    return days[0], days[-1]
