"""WebSub, the subscriber's side: ask the hubs that feeds name to push, and renew before the end.

A hub is named by a feed, and so is asked by the way that feeds are fetched, with the same guard
on addresses. While a lease runs and pushes come, its source is polled less often; never not at
all.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode

from syndicate.adapters.http import Fetcher, Request
from syndicate.adapters.store import leases, sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.leases import Lease
from syndicate.errors import FetchError
from syndicate.settings import Settings

_LEASE = timedelta(days=10)  # asked for; a hub may give less
_BEFORE = timedelta(days=1)  # its end it is renewed
_AGAIN = timedelta(hours=12)  # after a hub did not do it
_RELAXED = timedelta(hours=12)  # between polls of a source that is pushed
_TRUSTED = timedelta(days=7)  # a push this long ago says that pushing works


async def renew(db: Database, settings: Settings, fetcher: Fetcher, now: datetime) -> int:
    """Subscribe where a feed names a hub and no lease runs for long; how many were asked for."""
    with db.read() as conn:
        named = sources.hubs(conn)
        held = leases.everything(conn)
    polled = {s.id for s in settings.sources if s.type == "feed" and s.url and not s.paused}
    asked = 0
    for source, (hub, topic) in named.items():
        lease = held.get(source)
        if source in polled and _is_wanting(lease, hub, topic, now):
            await _ask(db, settings, fetcher, Lease(source, hub, topic, _secret(lease), now), now)
            asked += 1
    return asked


def _is_wanting(lease: Lease | None, hub: str, topic: str, now: datetime) -> bool:
    if lease is None or (lease.hub, lease.topic) != (hub, topic):
        return True
    if lease.until is not None and lease.until - now > _BEFORE:
        return False
    return now - lease.asked >= _AGAIN


def _secret(lease: Lease | None) -> str:
    """The same one on renewal: what was pushed meanwhile is signed with it."""
    return lease.secret if lease else secrets.token_hex(24)


async def _ask(
    db: Database, settings: Settings, fetcher: Fetcher, lease: Lease, now: datetime
) -> None:
    """Ask one hub (W3C WebSub 1.0, 5.1). The lease is stored first: hubs verify at once."""
    with db.begin() as conn:
        before = leases.get(conn, lease.source)
        if before is not None and (before.hub, before.topic) == (lease.hub, lease.topic):
            lease = Lease(
                lease.source, lease.hub, lease.topic, lease.secret, now,
                until=before.until, pushed=before.pushed,
            )  # fmt: skip
        leases.save(conn, lease)
    form = {
        "hub.mode": "subscribe",
        "hub.topic": lease.topic,
        "hub.callback": f"{settings.site.url}websub/{lease.source}",
        "hub.lease_seconds": str(int(_LEASE.total_seconds())),
        "hub.secret": lease.secret,
    }
    try:
        answer = await fetcher.fetch(
            Request(lease.hub, accept="*/*", form=urlencode(form).encode())
        )
        error = answer.failure or ""
    except FetchError as failed:
        error = str(failed)
    if error:
        with db.begin() as conn:
            leases.set_error(conn, lease.source, error)


def relax(db: Database, now: datetime) -> None:
    """Poll sources that are pushed less often, up to the end of their lease."""
    with db.read() as conn:
        held = leases.everything(conn)
    pushed = [
        (lease.source, lease.until)
        for lease in held.values()
        if lease.until is not None and lease.until > now
        if lease.pushed is not None and now - lease.pushed < _TRUSTED
    ]
    if pushed:
        with db.begin() as conn:
            for source, until in pushed:
                sources.postpone(conn, source, _RELAXED, until)
