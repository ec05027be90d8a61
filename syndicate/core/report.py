"""What a report says: how complete attribution is, what is held, how claims were met.

Values only; what is counted comes from the database (adapters/store/reports.py) already added up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from syndicate.model import STATED

BY = ("source", "column", "month")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """Entries counted: all, those in each standing, and those whose attribution states a field.

    `stated` has a count for each of `model.STATED`, in their order.
    """

    entries: int = 0
    published: int = 0
    held: int = 0
    rejected: int = 0
    retracted: int = 0
    stated: tuple[int, ...] = (0,) * len(STATED)

    def plus(self, other: Tally) -> Tally:
        return Tally(
            self.entries + other.entries,
            self.published + other.published,
            self.held + other.held,
            self.rejected + other.rejected,
            self.retracted + other.retracted,
            tuple(a + b for a, b in zip(self.stated, other.stated, strict=True)),
        )

    def share(self, count: int) -> float | None:
        """A count as a share of the entries, to four digits; None where there are none."""
        return round(count / self.entries, 4) if self.entries else None

    @property
    def shares(self) -> dict[str, float | None]:
        """Of each field the share of the entries that state it."""
        return {name: self.share(n) for name, n in zip(STATED, self.stated, strict=True)}

    @property
    def completeness(self) -> float | None:
        """The mean of these shares."""
        return round(sum(self.stated) / self.entries / len(STATED), 4) if self.entries else None


@dataclass(frozen=True, slots=True)
class Claims:
    """Rightsholders' claims received in a span of time, and how long a takedown took.

    `taken_down` counts those whose article was taken down afterwards; `median` and `longest` are
    of these. `overdue` are not answered though their date is over.
    """

    received: int = 0
    open: int = 0
    overdue: int = 0
    taken_down: int = 0
    median: timedelta | None = None
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One source, column or month: its count, that of each month within, the claims about it."""

    key: str
    name: str
    tally: Tally = Tally()
    months: Mapping[str, Tally] = field(default_factory=dict)
    claims: Claims = Claims()


@dataclass(frozen=True, slots=True)
class Report:
    """A report by source, column or month; `since` and `until` in ISO 8601, "" for open."""

    by: str
    lines: tuple[Line, ...]
    total: Tally
    claims: Claims
    since: str = ""
    until: str = ""


def median(spans: Sequence[timedelta]) -> timedelta | None:
    """The middle of spans in rising order; of an even number the mean of the middle two."""
    if not spans:
        return None
    half = len(spans) // 2
    return spans[half] if len(spans) % 2 else (spans[half - 1] + spans[half]) / 2


def days(span: timedelta | None) -> float | None:
    """A span in days, to a hundredth."""
    return round(span / _DAY, 2) if span is not None else None


def to_json(report: Report) -> dict[str, Any]:
    """`report --json` (contract §3)."""
    return {
        "by": report.by,
        "since": report.since or None,
        "until": report.until or None,
        **_tally(report.total),
        "claims": _claims(report.claims),
        "lines": [
            {
                "key": line.key,
                "name": line.name,
                **_tally(line.tally),
                "claims": _claims(line.claims),
                "months": [{"month": m, **_tally(t)} for m, t in sorted(line.months.items())],
            }
            for line in report.lines
        ],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "entries": tally.entries,
        "published": tally.published,
        "held": tally.held,
        "rejected": tally.rejected,
        "retracted": tally.retracted,
        "held_share": tally.share(tally.held),
        "completeness": tally.completeness,
        "stated": tally.shares,
    }


def _claims(claims: Claims) -> dict[str, Any]:
    return {
        "received": claims.received,
        "open": claims.open,
        "overdue": claims.overdue,
        "taken_down": claims.taken_down,
        "median_days": days(claims.median),
        "longest_days": days(claims.longest),
    }


CSV_HEADS = (
    *("by", "key", "name", "month", "entries", "published", "held", "rejected", "retracted"),
    *("held_share", "completeness", *STATED),
    *("claims", "claims_open", "claims_overdue", "taken_down", "median_days", "longest_days"),
)


def to_csv(report: Report) -> Iterable[str]:
    """`report --csv`, a line at a time: of each source or column the whole (month empty), then
    its months; shares from 0 to 1; the last line is the total."""
    yield _written(CSV_HEADS)
    for line in report.lines:
        head = (report.by, line.key, line.name)
        yield _written((*head, "", *_cells(line.tally), *_claims(line.claims).values()))
        for month, tally in sorted(line.months.items()):
            yield _written((*head, month, *_cells(tally), *[""] * len(_claims(Claims()))))
    total = (*_cells(report.total), *_claims(report.claims).values())
    yield _written(("total", "", "", "", *total))


def _cells(tally: Tally) -> tuple[Any, ...]:
    values = _tally(tally)
    shares = values.pop("stated")
    return (*values.values(), *shares.values())


def _written(cells: Iterable[Any]) -> str:
    """One line of CSV (RFC 4180); a text that a spreadsheet would take for a formula is quoted
    as one."""
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else _harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell
