"""A report as its page shows it: tables of shares, a line for the trend, and words for a summary.

The dashboard and the printable page are made of the same value by the same template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syndicate.core.report import Claims, Line, Report, Tally, days
from syndicate.model import STATED

_ROWS = 200  # of a table; the CSV has all
_WIDE, _HIGH = 96.0, 20.0  # of a trend's drawing
_MONTHS = 24  # in the table of months and in a trend: the newest
# Shares from which a cell looks complete, nearly, half, hardly; below, not at all
_STEPS = ((0.995, "full"), (0.9, "high"), (0.6, "mid"), (0.3, "low"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A share in words (`98 %`), and how it looks: `full high mid low none`, "" for no entries."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `trend` has the points of an SVG polyline, "" below two months."""

    key: str
    name: str
    entries: str
    held: Cell
    whole: Cell
    cells: tuple[Cell, ...]
    trend: str = ""
    trend_words: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table by months, sources or columns; `left` rows are in the CSV alone."""

    by: str
    rows: tuple[Row, ...]
    left: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """The whole page. `fields` are `model.STATED`, whose names are words of the page."""

    entries: str
    complete: Cell
    held: Cell
    claims: Claims
    median: str
    longest: str
    sections: tuple[Section, ...]
    first: str = ""  # months, YYYY-MM
    last: str = ""
    fields: tuple[str, ...] = STATED


def view(by_source: Report, by_column: Report) -> View:
    """The page of two reports over the same span; the months are added up from the first."""
    monthly: dict[str, Tally] = {}
    for line in by_source.lines:
        for month, tally in line.months.items():
            monthly[month] = monthly.get(month, Tally()).plus(tally)
    newest = sorted(monthly, reverse=True)
    months = [Line(month, month, monthly[month]) for month in newest]
    total, claims = by_source.total, by_source.claims
    return View(
        entries=grouped(total.entries),
        complete=_share(total.completeness),
        held=_held(total),
        claims=claims,
        median=spoken(claims, "median"),
        longest=spoken(claims, "longest"),
        sections=(
            _section("month", months, _MONTHS),
            _section("source", by_source.lines, _ROWS),
            _section("column", by_column.lines, _ROWS),
        ),
        first=newest[-1] if newest else "",
        last=newest[0] if newest else "",
    )


def _section(by: str, lines: Sequence[Line], most: int) -> Section:
    return Section(by, tuple(map(_row, lines[:most])), max(len(lines) - most, 0))


def _row(line: Line) -> Row:
    points = [
        (month, tally.completeness or 0.0) for month, tally in sorted(line.months.items())
    ][-_MONTHS:]  # fmt: skip
    shares = (line.tally.shares[name] for name in STATED)
    return Row(
        key=line.key,
        name=line.name,
        entries=grouped(line.tally.entries),
        held=_held(line.tally),
        whole=_share(line.tally.completeness),
        cells=tuple(map(_share, shares)),
        trend=trend([share for _, share in points]),
        trend_words=", ".join(f"{month} {_percent(share)}" for month, share in points),
    )


def trend(shares: Sequence[float]) -> str:
    """The points of a polyline over the shares of months, oldest first; "" for fewer than two."""
    if len(shares) < 2:
        return ""
    step = (_WIDE - 4) / (len(shares) - 1)
    places = (
        (round(2 + number * step, 1), round(2 + (_HIGH - 4) * (1 - share), 1))
        for number, share in enumerate(shares)
    )
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _held(tally: Tally) -> Cell:
    share = tally.share(tally.held)
    return Cell(_percent(share)) if share is not None else Cell("–")


def _share(share: float | None) -> Cell:
    if share is None:
        return Cell("–")
    return Cell(_percent(share), next((look for least, look in _STEPS if share >= least), "none"))


def _percent(share: float) -> str:
    """A share as people read it: neither 100 nor 0 where something is missing or there."""
    percent = round(share * 100)
    if percent == 100 and share < 1:
        return "> 99 %"
    if percent == 0 and share > 0:
        return "< 1 %"
    return f"{percent} %"


def grouped(number: int) -> str:
    """A count with thin spaces between its thousands."""
    return f"{number:,}".replace(",", "\u2009")


def spoken(claims: Claims, which: str) -> str:
    """The median or longest time to takedown in days, "–" where nothing was taken down."""
    known: Mapping[str, float | None] = {
        "median": days(claims.median),
        "longest": days(claims.longest),
    }
    return "–" if known[which] is None else f"{known[which]:g}"


def text_rows(report: Report) -> Iterable[tuple[str, ...]]:
    """The report as a table of a terminal: key, entries, held, complete, then each field."""
    for line in (*report.lines, Line("total", "", report.total)):
        row = _row(line)
        shares = (cell.text.replace(" ", "") for cell in (row.held, row.whole, *row.cells))
        name = line.name if line.name != line.key else ""
        yield (line.key or "-", str(line.tally.entries), *shares, name)


TEXT_HEADS = ("entries", "held", "complete", *STATED, "name")
