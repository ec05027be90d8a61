"""Conditional GET over HTTP, with limits on everything a server can make long.

One Fetcher serves one run. It speaks HTTP/1.1 through httpcore2, whose network side is ours
(`dial.py`), so that every address is checked when it is dialled. TLS is always verified; no
cookies; no proxies of the environment.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpcore2
from httpcore2 import AsyncHTTPConnection

from syndicate import __version__
from syndicate.adapters import decompress
from syndicate.adapters.dial import Dial, GuardedBackend, Permit, Resolve, SystemResolver
from syndicate.adapters.pace import Pace, Sleep
from syndicate.adapters.target import Target, redirected, target_of
from syndicate.errors import FetchError

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.3"
)
PAGES = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"
PICTURES = "image/webp, image/png, image/jpeg, image/gif, image/*;q=0.3"
_ACCEPT_ENCODING = b"gzip, deflate, br"
_MAX_REDIRECTS = 5
_KEEP_ALIVE = 30.0  # seconds
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_KEPT = frozenset(
    {
        "etag",
        "last-modified",
        "retry-after",
        "cache-control",
        "expires",
        "date",
        "content-type",
        "content-location",
        "content-language",
        "link",
        "x-robots-tag",
        "tdm-reservation",
        "tdm-policy",
    }
)
_PROVING = ("date", "last-modified", "etag", "content-type", "content-location")
_TERMS = ("x-robots-tag", "tdm-reservation", "tdm-policy")
_LINK = re.compile(r"<([^>]*)>([^,<]*)")
_REL = re.compile(r"""rel\s*=\s*"?([^";]+)""", re.I)


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for. `etag` and `last_modified` are sent back byte for byte; `max_bytes`
    after decompression, None for the Fetcher's own limit."""

    url: str
    etag: bytes | None = None
    last_modified: bytes | None = None
    accept: str = FEEDS
    max_bytes: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    form: bytes | None = None  # posted, urlencoded; None: a GET


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; `body` is empty but for 2xx.

    `url` is the address that answered, `moved_to` the one that permanent redirects alone (301,
    308) led to. `headers` has the names of interest, lower case, repeated ones joined by ", ".
    `wire_bytes` counts the body as it was sent. `complete` is False where the body broke off;
    its etag and date are then left out, so that the rest is asked for again.
    """

    status: int
    url: str
    headers: Mapping[str, bytes] = field(default_factory=dict)
    body: bytes = b""
    moved_to: str | None = None
    wire_bytes: int = 0
    complete: bool = True
    problems: tuple[str, ...] = ()

    @property
    def not_modified(self) -> bool:
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def ok(self) -> bool:
        """Whether there is something to read."""
        return 200 <= self.status < 300

    @property
    def failure(self) -> str | None:
        """The status in words where the exchange brought nothing: `HTTP 404 Not Found`."""
        if self.ok or self.not_modified:
            return None
        with suppress(ValueError):
            return f"HTTP {self.status} {HTTPStatus(self.status).phrase}"
        return f"HTTP {self.status}"

    @property
    def etag(self) -> bytes | None:
        return self.headers.get("etag")

    @property
    def last_modified(self) -> bytes | None:
        return self.headers.get("last-modified")

    def header(self, name: str) -> str | None:
        """A header as text."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def kept(self) -> tuple[tuple[str, str], ...]:
        """The headers that are kept with what came: of what and when it is, as the server says."""
        found = ((name, self.header(name)) for name in _PROVING)
        return tuple((name, value) for name, value in found if value is not None)

    @property
    def terms(self) -> dict[str, str]:
        """The headers that say what others may do with what was answered (core/terms.py)."""
        return {name: text for name in _TERMS if (text := self.header(name)) is not None}

    def link(self, rel: str) -> str | None:
        """The target of the `Link` header with this relation (RFC 8288), absolute."""
        for target, parameters in _LINK.findall(self.header("link") or ""):
            found = _REL.search(parameters)
            if found and rel in found[1].lower().split():
                with suppress(ValueError):  # no address: a feed is not lost for a bad hub
                    return str(urljoin(self.url, target))
        return None


@dataclass(slots=True)
class _Read:
    """A body on its way in."""

    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    wire: int = 0


class Fetcher:
    """Fetches, at most `concurrency` at once and `per_host` from one host.

    `permit` decides on each address dialled. `timeout` in seconds for a whole exchange with its
    redirects, waiting for a slot not counted. `resolve`, `dial`, `context` and `sleep` are for
    tests.
    """

    def __init__(
        self,
        permit: Permit,
        *,
        contact: str = "",
        concurrency: int = 32,
        per_host: int = 2,
        timeout: float = 30.0,
        max_bytes: int = 10_000_000,
        resolve: Resolve | None = None,
        dial: Dial | None = None,
        context: ssl.SSLContext | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._system = SystemResolver()
        self._backend = GuardedBackend(permit, resolve or self._system, dial)
        self._context = context
        self._timeout, self._max_bytes = timeout, max_bytes
        self.pace = Pace(concurrency, per_host, sleep)
        self._idle: deque[tuple[tuple[str, str, int], AsyncHTTPConnection]] = deque()
        self._most_idle = concurrency
        self._agent = user_agent(contact).encode()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        while self._idle:
            await self._idle.pop()[1].aclose()
        self._system.close()

    async def fetch(
        self, request: Request, ready: Callable[[], Awaitable[None]] | None = None
    ) -> Answer:
        """The answer to a GET (or POST of a form), redirects followed; any status is an answer.

        `ready` is awaited when its turn has come, before anything is sent.
        Raises FetchError with the reason in words, ForbiddenAddress where an address on the way
        may not be dialled.
        """
        spent = 0.0
        place = first = target_of(request.url)
        visited = {place.url}
        moved_to: str | None = None
        permanent, loop = True, asyncio.get_running_loop()
        for _ in range(_MAX_REDIRECTS + 1):
            async with self.pace.slot(place.host):
                if ready is not None:
                    await ready()
                started = loop.time()
                try:
                    async with asyncio.timeout(self._timeout - spent):
                        answer, location = await self._exchange(place, request)
                except TimeoutError:
                    raise FetchError(
                        f"no complete answer within {self._timeout:g} seconds", where=place.url
                    ) from None
                spent += loop.time() - started
            self._mark(place.host, answer.status)
            if location is None:
                # What is polled with a login stays where the operator wrote it
                return replace(answer, moved_to=None if first.login else moved_to)
            permanent = permanent and answer.status in _PERMANENT
            place = redirected(place, location, first.url)
            moved_to = place.url if permanent else moved_to
            if place.url in visited:
                raise FetchError("redirects in a ring", where=first.url)
            visited.add(place.url)
        raise FetchError(f"more than {_MAX_REDIRECTS} redirects", where=first.url)

    def _mark(self, host: str, status: int) -> None:
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            self.pace.complained(host)
        else:
            self.pace.answered(host)

    async def _exchange(self, place: Target, request: Request) -> tuple[Answer, bytes | None]:
        """One request, one answer, and where it redirects to. A body that is not what it is
        marked as is asked for once more, not compressed."""
        try:
            return await self._attempt(place, request, _ACCEPT_ENCODING)
        except decompress.Broken:
            pass
        try:
            return await self._attempt(place, request, b"identity")
        except decompress.Broken as error:
            raise FetchError(f"the compressed body is broken ({error})", where=place.url) from error

    async def _attempt(
        self, place: Target, request: Request, encoding: bytes
    ) -> tuple[Answer, bytes | None]:
        sent = self._request(place, request, encoding)
        async with self._answer(place, sent) as response:
            headers = _headers(response.headers)
            location = headers.get("location") if response.status in _REDIRECTS else None
            answer = Answer(
                response.status,
                place.url,
                {name: value for name, value in headers.items() if name in _KEPT},
            )
            if not answer.ok or location is not None:
                return answer, location
            limit = request.max_bytes or self._max_bytes
            coding = headers.get("content-encoding", b"").decode("latin-1")
            return await self._body(answer, response, coding, limit), None

    def _request(self, place: Target, request: Request, encoding: bytes) -> httpcore2.Request:
        headers = [
            (b"Host", place.authority.encode()),
            (b"User-Agent", self._agent),
            (b"Accept", request.accept.encode()),
            (b"Accept-Encoding", encoding),
        ]
        if request.etag:
            headers.append((b"If-None-Match", request.etag))
        if request.last_modified:
            headers.append((b"If-Modified-Since", request.last_modified))
        if place.login is not None:
            token = base64.b64encode(place.login.encode())
            headers.append((b"Authorization", b"Basic " + token))
        headers += request.headers
        if request.form is not None:
            headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
            headers.append((b"Content-Length", str(len(request.form)).encode()))
        url = httpcore2.URL(
            scheme=place.scheme.encode(),
            host=place.host.encode(),
            port=place.port,
            target=place.path.encode(),
        )
        method = b"GET" if request.form is None else b"POST"
        return httpcore2.Request(method, url, headers=headers, content=request.form)

    @asynccontextmanager
    async def _answer(
        self, place: Target, request: httpcore2.Request
    ) -> AsyncIterator[httpcore2.Response]:
        """The head of an answer; its connection is kept for the next one where that works."""
        try:
            connection, response = await self._send(place, request)
            try:
                yield response
            finally:
                await response.aclose()
                await self._keep(place, connection)
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise FetchError(_words(error), where=place.url) from error

    async def _send(
        self, place: Target, request: httpcore2.Request
    ) -> tuple[AsyncHTTPConnection, httpcore2.Response]:
        kept = await self._take(place)
        if kept is not None:
            try:
                return kept, await kept.handle_async_request(request)
            except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
                await kept.aclose()  # the server closed it while it was idle: once more, anew
        origin = httpcore2.Origin(place.scheme.encode(), place.host.encode(), place.port)
        connection = AsyncHTTPConnection(
            origin,
            ssl_context=self._tls() if place.scheme == "https" else None,
            keepalive_expiry=_KEEP_ALIVE,
            network_backend=self._backend,
        )
        return connection, await connection.handle_async_request(request)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    async def _take(self, place: Target) -> AsyncHTTPConnection | None:
        for index, (key, connection) in enumerate(self._idle):
            if key == place.key:
                del self._idle[index]
                if not connection.has_expired() and connection.is_available():
                    return connection
                await connection.aclose()
                return None
        return None

    async def _keep(self, place: Target, connection: AsyncHTTPConnection) -> None:
        if not connection.is_idle():
            await connection.aclose()
            return
        self._idle.appendleft((place.key, connection))
        while len(self._idle) > self._most_idle:
            await self._idle.pop()[1].aclose()

    async def _body(
        self, answer: Answer, response: httpcore2.Response, coding: str, limit: int
    ) -> Answer:
        decoder = decompress.decoder(coding)
        if decoder is None:
            raise FetchError(f"its Content-Encoding {coding!r} is not known", where=answer.url)
        read, problems = _Read(), []
        try:
            await _fill(read, response, decoder, limit, answer.url)
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
            if not read.size:
                raise
            problems.append(f"the body broke off ({_words(error)})")
        if not problems and read.wire and not decoder.complete:
            problems.append("the compressed body ends too early")
        headers = answer.headers
        if problems:
            cut = ("etag", "last-modified")
            headers = {name: value for name, value in headers.items() if name not in cut}
        return replace(
            answer,
            headers=headers,
            body=b"".join(read.pieces),
            wire_bytes=read.wire,
            complete=not problems,
            problems=tuple(problems),
        )


async def _fill(
    read: _Read, response: httpcore2.Response, decoder: decompress.Decoder, limit: int, url: str
) -> None:
    async for chunk in response.aiter_stream():
        read.wire += len(chunk)
        if read.wire > limit:
            raise FetchError(f"is larger than {limit} bytes", where=url)
        for piece in decoder.feed(chunk):
            read.size += len(piece)
            if read.size > limit:
                how = "" if read.size == read.wire else " when decompressed"
                raise FetchError(f"is larger than {limit} bytes{how}", where=url)
            read.pieces.append(piece)


def user_agent(contact: str = "") -> str:
    """How we introduce ourselves: name, version, and how to reach the operator."""
    contact = re.sub(r"[^\x21-\x7e]+", " ", contact).strip()
    reach = f"+{contact}; " if contact else ""
    return f"syndicate/{__version__} ({reach}feed reader)"


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        # Of repeated headers only the lists may be joined (RFC 9110, 5.3); of others the first
        if key in found and key in ("link", "cache-control", "x-robots-tag"):
            found[key] += b", " + value
        else:
            found.setdefault(key, value)
    return found


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore2.ConnectError):
        return f"cannot connect: {text}"
    if isinstance(error, httpcore2.ProtocolError):
        return f"the server does not speak HTTP properly: {text}"
    return f"the connection was lost: {text}"
