"""After the clock was wrong: what was put off by it is due again.

A machine whose clock stood in the future for a minute (no battery, a wrong NTP server) has polled
its sources "next year", and would not ask them again before that. What claims to have happened
more than an hour from now cannot have: it is taken as of now. What was received, sent or claimed
under that clock keeps its dates, which nobody knows better.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from syndicate.adapters.store import editions, limits, outbox, sources
from syndicate.adapters.store.engine import Database

_TOLERANCE = timedelta(hours=1)  # clocks of several machines differ, by less
_LEASE = timedelta(minutes=1)  # whoever is alive renews its lease sooner


def set_right(db: Database, now: datetime) -> int:
    """Sources, messages and digests that wait for a time that a wrong clock gave: how many."""
    since, held = now + _TOLERANCE, now + _LEASE
    with db.begin() as conn:
        return (
            sources.recall(conn, since, now, held)
            + outbox.recall(conn, since, now, held)
            + editions.recall(conn, since, now)
            + limits.recall(conn, since, now)
        )
