"""Hubs are told of changed feeds when the files are in place, again where they did not hear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from syndicate.adapters.store import pings
from syndicate.adapters.store.engine import Database

_FIRST = timedelta(minutes=1)
_MOST = timedelta(hours=6)
_TRIES = 12  # about two days; the hub polls by then
Post = Callable[[str, str], str | None]  # hub, topic -> None, or why not


def ping_hubs(database: Database, now: datetime, post: Post) -> list[str]:
    """Send the pings that are due; those that failed wait, twice as long each time.

    Returns why, for each that failed.
    """
    with database.read() as conn:
        due = pings.due(conn, now)
    failed: list[str] = []
    for ping in due:
        problem = post(ping.hub, ping.topic)
        with database.begin() as conn:
            if problem is None or ping.tries + 1 >= _TRIES:
                pings.done(conn, ping)
            else:
                pings.later(conn, ping, now + min(_FIRST * 2**ping.tries, _MOST))
        if problem is not None:
            failed.append(f"{ping.hub}: {ping.topic}: {problem}")
    return failed
