"""Limits on what one network may do in a while; counted in the database, for all processes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from syndicate.adapters.store import limits

if TYPE_CHECKING:
    from syndicate.wiring import Application


def may_do(app: Application, kind: str, network: bytes, window: timedelta, most: int) -> bool:
    """Count one more of a kind; whether it is allowed. Whoever is over the limit costs no write."""
    with app.database.read() as conn:
        if limits.count(conn, kind, network, app.now) >= most:
            return False
    with app.database.begin() as conn:
        return limits.hit(conn, kind, network, app.now, window, most)
