"""How many exchanges run at once: over all, with one host, and slower where a host asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

Sleep = Callable[[float], Awaitable[None]]

_FIRST_GAP = 0.5  # seconds between exchanges with a host that said 429 or 503
_LONGEST_GAP = 2.0


class _Lane:
    """One host: `per_host` at once; one at a time and with a gap once it complained."""

    def __init__(self, width: int) -> None:
        self.slots = asyncio.Semaphore(width)
        self.single = asyncio.Lock()
        self.gap = 0.0
        self.ready = 0.0


class Pace:
    """Slots for exchanges. A host's queue never holds a slot that others could use."""

    def __init__(self, concurrency: int, per_host: int, sleep: Sleep = asyncio.sleep) -> None:
        self._all = asyncio.Semaphore(concurrency)
        self._per_host, self._sleep = per_host, sleep
        self._lanes: dict[str, _Lane] = {}

    def _lane(self, host: str) -> _Lane:
        return self._lanes.setdefault(host, _Lane(self._per_host))

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Held during one exchange with `host`."""
        lane = self._lane(host)
        async with lane.slots:
            if not lane.gap:
                async with self._all:
                    yield
                return
            async with lane.single:
                await self._sleep(max(0.0, lane.ready - monotonic()))
                async with self._all:
                    try:
                        yield
                    finally:
                        lane.ready = monotonic() + lane.gap

    def complained(self, host: str) -> None:
        """`host` answered 429 or 503: its other feeds are still asked, more slowly."""
        lane = self._lane(host)
        lane.gap = min(_LONGEST_GAP, max(_FIRST_GAP, lane.gap * 2))
        lane.ready = monotonic() + lane.gap

    def answered(self, host: str) -> None:
        """`host` answered as it should: its pace recovers."""
        lane = self._lane(host)
        if lane.gap:
            lane.gap = lane.gap / 2 if lane.gap > _FIRST_GAP else 0.0

    def gap(self, host: str) -> float:
        """Seconds that lie between exchanges with `host` now."""
        return self._lane(host).gap
