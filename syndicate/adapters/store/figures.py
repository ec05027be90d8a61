"""How long things took, counted by hour: a few rows an hour, whatever the size of the site.

`figures`  how often something took a time of a bucket (`core.latency`) within an hour (UTC)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import insert, metadata

ARRIVAL = "arrival"  # from an article's publication to its reception here
OUT = "out"  # from its reception to its page
MAIL = "mail"  # from an edition's time, or a letter's, to the mail server's "accepted"
_HOUR = 3600

figures = sa.Table(
    "figures",
    metadata,
    sa.Column("hour", sa.Integer, primary_key=True),  # since 1970
    sa.Column("what", sa.String, primary_key=True),
    sa.Column("bucket", sa.Integer, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)


def add(conn: Connection, at: datetime, what: str, buckets: Iterable[int]) -> None:
    """Count times, each given by its bucket."""
    counted = Counter(buckets)
    if not counted:
        return
    statement = insert(conn, figures)
    total = figures.c["count"] + statement.excluded["count"]
    hour = int(at.timestamp()) // _HOUR
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["hour", "what", "bucket"], set_={"count": total}
        ),
        [  # in order, so that two workers never wait for each other
            {"hour": hour, "what": what, "bucket": number, "count": counted[number]}
            for number in sorted(counted)
        ],
    )


def days(
    conn: Connection, what: str, now: datetime, count: int, zone: timedelta
) -> list[tuple[date, dict[int, int]]]:
    """The counts of each of the last local days, oldest first."""
    last = (now.astimezone(UTC) + zone).date()
    first = last - timedelta(days=count - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - zone
    query = sa.select(figures.c.hour, figures.c.bucket, figures.c["count"])
    query = query.where(figures.c.what == what, figures.c.hour >= int(start.timestamp()) // _HOUR)
    found: defaultdict[date, Counter[int]] = defaultdict(Counter)
    for hour, number, amount in conn.execute(query):
        found[(datetime.fromtimestamp(hour * _HOUR, UTC) + zone).date()][number] += amount
    each = (first + timedelta(days=n) for n in range(count))
    return [(day, dict(found.get(day, {}))) for day in each]


def since(conn: Connection, moment: datetime) -> dict[str, dict[int, int]]:
    """The counts since the hour of a moment, by what was counted."""
    total = sa.func.sum(figures.c["count"])
    query = sa.select(figures.c.what, figures.c.bucket, total)
    query = query.where(figures.c.hour >= int(moment.timestamp()) // _HOUR)
    found: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for what, number, amount in conn.execute(query.group_by(figures.c.what, figures.c.bucket)):
        found[what][number] = int(amount)
    return dict(found)


def forget(conn: Connection, before: datetime) -> None:
    """Drop what is older than anybody looks at."""
    limit = int(before.timestamp()) // _HOUR
    conn.execute(sa.delete(figures).where(figures.c.hour < limit))
