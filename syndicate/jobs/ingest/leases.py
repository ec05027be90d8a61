"""Which sources this process reads, where several share one PostgreSQL database.

Sources that are due are claimed in batches, each under a lease by the real clock that is renewed
while it is read. What a killed process held is free for the others when its lease is over, on its
own machine at once.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.errors import StoreError

LEASE = 15.0  # seconds; renewed three times as often
BATCH = 64  # sources claimed at once


def _clock() -> datetime:
    return datetime.now(UTC)


def _name() -> str:
    return f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def _is_dead(owner: str) -> bool:
    """Whether an owner was a process of this machine that has ended."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != os.uname().nodename or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@dataclass
class Leases:
    """The leases of one run. `owner` is nobody else's, ever: it is the fence as well."""

    db: Database
    now: datetime  # what is due then is taken
    lease: float = field(default_factory=lambda: LEASE)
    owner: str = field(default_factory=_name)
    others: list[str] = field(default_factory=list)

    def enrol(self, addresses: dict[str, str]) -> None:
        """Only these sources are taken; whatever else has a row is left alone."""
        with self.db.begin() as conn:
            self.others = store.enrol(conn, addresses)
        self._free_dead()

    def claim(self, limit: int, always: Sequence[str] = ()) -> list[str]:
        """Take the next batch of what is due; when nothing is, of `always`, which need not be."""
        span = timedelta(seconds=self.lease)
        with self.db.begin() as conn:
            taken = store.claim_due(
                conn, self.owner, _clock(), span, limit, due=self.now, exclude=self.others
            )
            return taken or store.claim(conn, always, self.owner, _clock(), span, limit)

    def others_hold(self, ids: Iterable[str]) -> bool:
        """Whether another has one of these; it is done soon, or its lease is over soon."""
        self._free_dead()
        with self.db.read() as conn:
            return store.leased(conn, ids, _clock())

    def _free_dead(self) -> None:
        """What processes of this machine held that are no more is free at once.

        Where that is a mistake, nothing is lost: who has lost a lease does not store.
        """
        with self.db.read() as conn:
            dead = [owner for owner in store.owners(conn, _clock()) if _is_dead(owner)]
        for owner in dead:
            with self.db.begin() as conn:
                store.release(conn, owner)

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
