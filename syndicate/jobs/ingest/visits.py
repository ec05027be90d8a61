"""Visits to web pages: as robots.txt allows them, no faster than it asks for.

For listing and article pages; feeds are made to be fetched by programs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from syndicate.adapters.http import PAGES, Answer, Fetcher, Request
from syndicate.core import robots
from syndicate.core.robots import Robots
from syndicate.errors import FetchError

MAX_BYTES = 5_000_000  # of a page; what is larger is no article
_LONGEST_DELAY = 60.0  # seconds between two visits, whatever a site asks for


class Visitor:
    """Fetches pages for one run; what a host's robots.txt says is asked once."""

    def __init__(
        self,
        fetcher: Fetcher,
        max_bytes: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        accept: str = PAGES,
    ) -> None:
        self._fetcher, self._sleep, self._accept = fetcher, sleep, accept
        self._max_bytes = min(max_bytes, MAX_BYTES) if accept == PAGES else max_bytes
        self._robots: dict[str, asyncio.Task[tuple[Robots, str]]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._visited: set[str] = set()

    async def fetch(
        self, url: str, etag: bytes | None = None, last_modified: bytes | None = None
    ) -> Answer:
        """The answer for a page, whatever its status.

        Raises FetchError, also where robots.txt does not let us fetch it or what it redirects to.
        """
        rules = await self._allowed(url)
        request = Request(url, etag, last_modified, accept=self._accept, max_bytes=self._max_bytes)
        if rules.delay:
            answer = await self._in_turn(request, min(rules.delay, _LONGEST_DELAY))
        else:
            answer = await self._fetcher.fetch(request)
        if robots.address(answer.url) != robots.address(url):
            await self._allowed(answer.url)
        return answer

    async def delay(self, url: str) -> float:
        """Seconds that the host of a page wants between two visits."""
        rules, _ = await self._rules(url)
        return min(rules.delay or 0.0, _LONGEST_DELAY)

    async def _in_turn(self, request: Request, delay: float) -> Answer:
        host = urlsplit(request.url).netloc
        async with self._turns.setdefault(host, asyncio.Lock()):
            if host in self._visited:
                await self._sleep(delay)
            self._visited.add(host)
            return await self._fetcher.fetch(request)

    async def _allowed(self, url: str) -> Robots:
        rules, trouble = await self._rules(url)
        if not rules.allows(url):
            what = f"robots.txt cannot be read ({trouble})" if trouble else "robots.txt forbids it"
            raise FetchError(what, where=url)
        return rules

    async def _rules(self, url: str) -> tuple[Robots, str]:
        place = robots.address(url)
        task = self._robots.get(place)
        if task is None:
            task = self._robots[place] = asyncio.create_task(self._ask(place))
        return await asyncio.shield(task)

    async def _ask(self, place: str) -> tuple[Robots, str]:
        """The rules of a host, and why there are none where it did not answer."""
        try:
            answer = await self._fetcher.fetch(Request(place, accept="text/plain, */*;q=0.5"))
        except FetchError as error:
            return robots.decide(None, b""), error.what
        rules = robots.decide(answer.status, answer.body)
        return rules, (answer.failure or "") if rules == robots.NOTHING else ""
