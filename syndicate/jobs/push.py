"""WebSub, the subscriber's side: ask the hubs that feeds name to push, and renew before the end.

While a lease runs and pushes come, polling need not be as frequent; it never stops.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from syndicate.adapters.store.engine import Database
from syndicate.settings import Settings


async def renew(db: Database, settings: Settings, fetcher: Callable[[], Any], now: datetime) -> int:
    """Subscribe where a feed names a hub and no lease runs; how many were asked for."""
    return 0
