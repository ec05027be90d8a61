"""Which sources this process reads, where several share one PostgreSQL database.

Sources that are due are claimed in batches, each under a lease by the real clock that is renewed
while it is read. What a killed process held is free for the others when its lease is over.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.errors import StoreError

LEASE = 25.0  # seconds; renewed three times as often
BATCH = 64  # sources claimed at once
_WINDOW = 512  # due sources among which a batch is looked for


def _clock() -> datetime:
    return datetime.now(UTC)


def _name() -> str:
    return f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@dataclass
class Leases:
    """The leases of one run. `owner` is nobody else's, ever: it is the fence as well."""

    db: Database
    now: datetime  # what is due then is taken
    lease: float = field(default_factory=lambda: LEASE)
    owner: str = field(default_factory=_name)

    def claim(self, due: Sequence[str], always: Sequence[str], limit: int) -> list[str]:
        """Take the next batch of these due sources; `always` may be taken due or not."""
        span = timedelta(seconds=self.lease)
        for start in range(0, len(due), _WINDOW):
            some = due[start : start + _WINDOW]
            with self.db.begin() as conn:
                taken = store.claim(conn, some, self.owner, _clock(), span, limit, self.now, always)
            if taken:
                return taken
        return []

    def others_hold(self, due: Sequence[str]) -> bool:
        """Whether another still has one of these; it is done soon, or its lease is over soon."""
        with self.db.read() as conn:
            return store.leased(conn, due, _clock())

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Leases are renewed meanwhile, and what is still held at the end is given back."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(StoreError):  # they run out by themselves
                await asyncio.to_thread(self._release)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.lease / 3)
            with suppress(StoreError):  # what is lost is not stored: `held` asks
                await asyncio.to_thread(self._hold_on)

    def _hold_on(self) -> None:
        with self.db.begin() as conn:
            store.renew(conn, self.owner, _clock() + timedelta(seconds=self.lease))

    def _release(self) -> None:
        with self.db.begin() as conn:
            store.release(conn, self.owner)
