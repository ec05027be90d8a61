"""The report of provenance: counted by the database, month by month, and put together here.

Nothing is held but one line a source or column and month, however many entries there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.store import reports as store
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.reports import Counted
from syndicate.core import months, report
from syndicate.core.report import Claims, Line, Report, Tally
from syndicate.settings import Settings

_INSTANT = timedelta(microseconds=1)


def make(
    db: Database,
    settings: Settings,
    by: str,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Report:
    """How entries received from `since` until before `until` are attributed, by `source`,
    `column` or `month`; and the claims received in that time."""
    zone = ZoneInfo(settings.site.timezone)
    key = "" if by == "month" else by
    found: dict[str, dict[str, Tally]] = {}
    with db.read() as conn:
        for month, start, end in _months(conn, zone, since, until):
            for counted in store.counted(conn, key, start, end):
                name = month if by == "month" else counted.key
                found.setdefault(name, {})[month] = _tally(counted)
        claims = _claims(conn, key, since, until, now)
        whole = _claims(conn, "", since, until, now).get("", Claims()) if key else None
        names = store.names(conn, sorted(found)) if by == "source" else {}
    lines = [_line(settings, names, by, name, found.get(name, {}), claims) for name in
             sorted({*found, *(claims if key else ())})]  # fmt: skip
    if by != "month":
        lines.sort(key=lambda line: (-line.tally.entries, line.key))
    total = Tally()
    for line in lines:
        total = total.plus(line.tally)
    return Report(
        by,
        tuple(lines),
        total,
        claims.get("", Claims()) if whole is None else whole,
        since.astimezone(zone).isoformat(timespec="seconds") if since else "",
        until.astimezone(zone).isoformat(timespec="seconds") if until else "",
    )


def _months(
    conn: Connection, zone: ZoneInfo, since: datetime | None, until: datetime | None
) -> Iterator[tuple[str, datetime, datetime]]:
    """The months of the site's zone in which anything was received, cut to the span asked for."""
    known = store.bounds(conn)
    if known is None:
        return
    at = max(known[0], since or known[0])
    last = min(known[1] + _INSTANT, until or known[1] + _INSTANT)
    while at < last:
        month = months.month_of(at, zone)
        _, following = months.bounds(month, zone)
        yield month, at, min(following, last)
        at = following


def _tally(counted: Counted) -> Tally:
    return Tally(
        counted.entries,
        counted.published,
        counted.held,
        counted.rejected,
        counted.retracted,
        counted.stated,
    )


def _line(
    settings: Settings,
    names: dict[str, str],
    by: str,
    key: str,
    monthly: dict[str, Tally],
    claims: dict[str, Claims],
) -> Line:
    tally = Tally()
    for each in monthly.values():
        tally = tally.plus(each)
    name = key
    if by == "source":
        source = settings.source(key)
        name = (source.name if source else "") or names.get(key, "") or key
    elif by == "column":
        column = settings.column(key)
        name = column.title if column and column.title else key
    kept = {} if by == "month" else monthly
    return Line(key, name, tally, kept, claims.get(key, Claims()) if by != "month" else Claims())


def _claims(
    conn: Connection, by: str, since: datetime | None, until: datetime | None, now: datetime
) -> dict[str, Claims]:
    """Claims by source or column; those about no entry that we know are in the whole alone."""
    spans = {
        key or "": [span for _, span in group]
        for key, group in groupby(store.takedowns(conn, by, since, until), itemgetter(0))
    }
    made = {}
    for counted in store.claimed(conn, by, since, until, now):
        if counted.key is None:
            continue
        took = spans.get(counted.key, [])
        made[counted.key] = Claims(
            counted.received,
            counted.open,
            counted.overdue,
            len(took),
            report.median(took),
            took[-1] if took else None,
        )
    return made
