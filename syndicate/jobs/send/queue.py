"""Claimed messages in the order in which they leave, and how fast."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from syndicate.adapters.smtp import Envelope
from syndicate.adapters.store.outbox import Message


@dataclass(slots=True)
class Job:
    """One claimed message."""

    message: Message
    domain: str
    lost: int = 0
    envelope: Envelope | None = None  # made when its turn comes: bodies are large


class Fair:
    """Messages by domain: the next one is of the domain with the fewest under way, in turn, so
    that one slow domain does not hold the others."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Job]] = {}
        self._under_way: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, job: Job) -> None:
        self._queues.setdefault(job.domain, deque()).append(job)
        self._count += 1

    def put_back(self, job: Job) -> None:
        """Taken, but not settled: it comes next, as its variant then is."""
        self.finished(job)
        job.envelope = None
        self._queues.setdefault(job.domain, deque()).appendleft(job)
        self._count += 1

    def take(self) -> Job | None:
        if not self._queues:
            return None
        under_way = self._under_way
        domain = next((name for name in self._queues if name not in under_way), None)
        if domain is None:
            domain = min(self._queues, key=lambda name: under_way.get(name, 0))
        waiting = self._queues.pop(domain)
        job = waiting.popleft()
        if waiting:
            self._queues[domain] = waiting  # behind the others
        self._count -= 1
        self._under_way[domain] = self._under_way.get(domain, 0) + 1
        return job

    def finished(self, job: Job) -> None:
        left = self._under_way.pop(job.domain, 1) - 1
        if left > 0:
            self._under_way[job.domain] = left


class Pace:
    """At most so many messages a second over all connections; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self.limited = rate > 0
        self._step = 1 / rate if rate > 0 else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        if not self.limited:
            return
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._step
        await asyncio.sleep(at - now)
