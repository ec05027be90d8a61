"""What is remembered of the sources of a run, loaded as their turn comes.

All states at once are 9 kB a source: half a gigabyte for 50,000, of which a run uses some dozens
at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState

AHEAD = 100  # states loaded by one query


class States:
    """The states of these sources (id to configured address), to be taken in about this order."""

    def __init__(self, db: Database, addresses: Mapping[str, str]) -> None:
        self._db = db
        self._addresses = addresses
        self._waiting = deque(addresses)
        self._loaded: dict[str, SourceState] = {}
        self._turn = asyncio.Lock()

    async def take(self, id: str) -> SourceState:
        """The state of a source, a new one where nothing is remembered; each once."""
        async with self._turn:
            while id not in self._loaded:
                some = [self._waiting.popleft() for _ in range(min(AHEAD, len(self._waiting)))]
                self._loaded |= await asyncio.to_thread(self._load, some)
        return self._loaded.pop(id)

    def _load(self, ids: list[str]) -> dict[str, SourceState]:
        addresses = {id: self._addresses[id] for id in ids}
        with self._db.read() as conn:
            known = store.load(conn, addresses)
        return {id: known.get(id) or SourceState(id, addresses[id]) for id in ids}
