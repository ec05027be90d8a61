"""The fetcher against real servers on loopback that do what real ones do, and worse."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from syndicate.adapters.http import Answer, Fetcher, Request, user_agent
from syndicate.core import addresses
from syndicate.errors import FetchError, ForbiddenAddress

FEED = b"<rss version='2.0'><channel><title>clear water</title></channel></rss>"
Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
Use = Callable[[Fetcher, "Server"], Awaitable[Any]]


@dataclass
class Server:
    """One server on loopback and what it was asked."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def visit(handler: Handler, use: Use, **options: Any) -> Any:
    """Run `use` against a server that answers each request head by `handler`."""

    async def main() -> Any:
        server = Server()
        serving: list[asyncio.Task[Any]] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.connections += 1
            task = asyncio.current_task()
            assert task is not None
            serving.append(task)
            try:
                await talk(reader, writer)
            finally:
                writer.transport.abort()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    server.asked.append(head)
                    await handler(head, writer)
                    await writer.drain()
            if not writer.is_closing():
                writer.close()
            await writer.wait_closed()

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        server.port = listener.sockets[0].getsockname()[1]
        permit = addresses.guard([f"127.0.0.1:{server.port}"])
        try:
            async with Fetcher(permit, **{"timeout": 5, **options}) as fetcher:
                return await use(fetcher, server)
        finally:
            listener.close()
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
            await asyncio.sleep(0)  # lets the transports close

    return asyncio.run(main())


def saying(raw: bytes, close: bool = True) -> Handler:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if close:
            await writer.drain()
            writer.close()

    return handler


def response(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8") + body


def get(raw: bytes | Handler, path: str = "/feed", **options: Any) -> Answer:
    handler = saying(raw) if isinstance(raw, bytes) else raw

    async def use(fetcher: Fetcher, server: Server) -> Answer:
        return await fetcher.fetch(Request(server.url + path))

    answer: Answer = visit(handler, use, **options)
    return answer


def test_a_feed_is_not_lost_for_a_link_that_is_no_address() -> None:
    answer = get(response(FEED, "Link: <//[bad>; rel=hub, <https://hub.example/>; rel=hub"))
    assert (answer.body, answer.link("hub")) == (FEED, "https://hub.example/")


def test_a_feed_is_read_with_what_is_needed_for_the_next_poll() -> None:
    answer = get(
        response(
            FEED,
            'ETag: W/"caf\u00e9"',
            "Last-Modified: Tue, 24 Nov 2026 00:00:00 GMT",
            "Set-Cookie: a=b",
            'Link: <https://hub.example/>; rel="hub", </feed>; rel=self',
        )
    )
    assert (answer.status, answer.body, answer.complete) == (200, FEED, True)
    assert answer.etag == 'W/"caf\u00e9"'.encode()
    assert answer.last_modified == b"Tue, 24 Nov 2026 00:00:00 GMT"
    assert answer.link("hub") == "https://hub.example/"
    assert (answer.link("self") or "").endswith("/feed")
    assert "set-cookie" not in answer.headers
    assert answer.moved_to is None


def test_validators_go_back_byte_for_byte_and_304_has_no_body() -> None:
    async def use(fetcher: Fetcher, server: Server) -> tuple[Answer, str]:
        request = Request(server.url, etag=b'W/"\xe9 odd"', last_modified=b"yesterday, we think")
        return await fetcher.fetch(request), server.asked[0]

    answer, head = visit(saying(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"), use)
    assert answer.not_modified
    assert answer.body == b""
    assert answer.failure is None
    assert 'If-None-Match: W/"\xe9 odd"' in head
    assert "If-Modified-Since: yesterday, we think" in head
    assert "Cookie" not in head


def test_the_user_agent_names_us_and_the_operator() -> None:
    assert user_agent().startswith("syndicate/")
    named = user_agent("https://news.example/about\r\nX: y")
    assert "+https://news.example/about X: y" in named
    assert "\n" not in named


def test_a_connection_is_used_again_and_renewed_when_the_server_closed_it() -> None:
    async def use(fetcher: Fetcher, server: Server) -> tuple[int, int]:
        for _ in range(3):
            await fetcher.fetch(Request(server.url))
        return server.connections, len(server.asked)

    assert visit(saying(response(FEED), close=False), use) == (1, 3)
    assert visit(saying(response(FEED), close=True), use) == (3, 3)


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


_GZ = gzip.compress(FEED)
_RAW = zlib.compressobj(wbits=-15)
_DEFLATED = _RAW.compress(FEED) + _RAW.flush()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(response(_GZ, "Content-Encoding: gzip"), id="gzip"),
        pytest.param(response(_GZ, "Content-Encoding: x-gzip"), id="x-gzip"),
        pytest.param(response(_GZ, "Content-Type: application/x-gzip"), id="gzip, not stated"),
        pytest.param(response(_GZ + b"\n", "Content-Encoding: gzip"), id="gzip and a newline"),
        pytest.param(
            response(gzip.compress(FEED[:9]) + gzip.compress(FEED[9:]), "Content-Encoding: gzip"),
            id="gzip in two members",
        ),
        pytest.param(response(FEED, "Content-Encoding: gzip"), id="marked gzip, is not"),
        pytest.param(response(zlib.compress(FEED), "Content-Encoding: deflate"), id="deflate"),
        pytest.param(response(_DEFLATED, "Content-Encoding: deflate"), id="raw deflate"),
        pytest.param(response(brotli.compress(FEED), "Content-Encoding: br"), id="brotli"),
        pytest.param(response(FEED, "Content-Encoding: utf-8"), id="charset as encoding"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + FEED, id="no length, until close"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked(FEED), id="chunked"
        ),
        pytest.param(b"\r\n\r\n" + response(FEED), id="empty lines before the status"),
        pytest.param(b"HTTP/1.1 200\r\n\r\n" + FEED, id="no reason phrase"),
        pytest.param(response(FEED, f"Content-Length: {len(FEED)}"), id="the same length twice"),
        pytest.param(response(FEED, "X-Long: " + "a" * 30_000), id="a header of 30 kB"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(FEED), id="early hints"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 3\n\n" + b"abc", id="bare newlines"),
    ],
)
def test_odd_answers_are_read(raw: bytes) -> None:
    answer = get(raw)
    assert answer.body in (FEED, b"abc")
    assert answer.complete
    assert not answer.problems


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 900\r\n\r\n" + FEED, id="short body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nETag: x\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" + FEED,
            id="short chunk",
        ),
        pytest.param(
            response(gzip.compress(FEED * 50)[:-9], "ETag: x", "Content-Encoding: gzip"),
            id="truncated gzip",
        ),
    ],
)
def test_what_broke_off_is_given_but_not_remembered(raw: bytes) -> None:
    answer = get(raw)
    assert answer.body.startswith(FEED[:30])
    assert not answer.complete
    assert answer.problems
    assert answer.etag is None


def test_a_broken_compressed_body_is_asked_for_plainly() -> None:
    broken = _GZ[:10] + b"\xff\xff\xff\xff" + _GZ[14:]

    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        plain = "Accept-Encoding: identity" in head
        writer.write(response(FEED) if plain else response(broken, "Content-Encoding: gzip"))

    assert get(handler).body == FEED
    with pytest.raises(FetchError, match="compressed body is broken"):
        get(response(broken, "Content-Encoding: gzip"))


async def _endless(head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"<item/>" * 5000)
        await writer.drain()


async def _endless_head(head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 1000)
        await writer.drain()


async def _drip(head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _silent(head: str, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def _bomb() -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [made.compress(b"\x00" * 1_000_000) for _ in range(200)]
    return b"".join([*pieces, made.flush()])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(_endless, "larger than 500000 bytes", id="endless"),
        pytest.param(_endless_head, "speak HTTP properly", id="endless headers"),
        pytest.param(_drip, "no complete answer within 0.3 seconds", id="drip"),
        pytest.param(_silent, "no complete answer within 0.3 seconds", id="silent"),
        pytest.param(response(b"x" * 600_000), "larger than 500000 bytes", id="large"),
        pytest.param(
            response(_bomb(), "Content-Encoding: gzip"), "when decompressed", id="gzip bomb"
        ),
        pytest.param(
            response(brotli.compress(b"\x00" * 50_000_000), "Content-Encoding: br"),
            "when decompressed",
            id="brotli bomb",
        ),
        pytest.param(
            response(FEED, "Content-Encoding: zstd"), "Content-Encoding 'zstd'", id="unknown coding"
        ),
        pytest.param(
            response(_GZ, "Content-Encoding: gzip, gzip, gzip"), "not known", id="codings in a row"
        ),
        pytest.param(b"hello there\r\n\r\n", "speak HTTP properly", id="no status line"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", "speak HTTP properly", id="garbage status"),
        pytest.param(b"\x00\x01\x02\x03" * 100, "speak HTTP properly", id="binary"),
        pytest.param(b"", "disconnected without", id="nothing at all"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            "speak HTTP properly",
            id="two lengths",
        ),
    ],
)
def test_hostile_answers_end_in_a_reason(raw: bytes | Handler, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        get(raw, timeout=0.3 if callable(raw) and raw in (_drip, _silent) else 5, max_bytes=500_000)


def _redirecting(steps: dict[str, tuple[str, str]]) -> Handler:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1]
        if path in steps:
            status, target = steps[path]
            writer.write(response(b"", f"Location: {target}", status=f"{status} Moved"))
        else:
            writer.write(response(FEED))

    return handler


@pytest.mark.parametrize(
    ("steps", "final", "moved"),
    [
        pytest.param({"/a": ("301", "/b")}, "/b", "/b", id="301"),
        pytest.param({"/a": ("308", "/b"), "/b": ("301", "/c")}, "/c", "/c", id="both permanent"),
        pytest.param({"/a": ("301", "/b"), "/b": ("302", "/c")}, "/c", "/b", id="then temporary"),
        pytest.param({"/a": ("302", "/b"), "/b": ("301", "/c")}, "/c", None, id="temporary first"),
        pytest.param({"/a": ("307", "b?q=\u6cd5")}, "/b?q=\u6cd5", None, id="relative, Chinese"),
    ],
)
def test_redirects(steps: dict[str, tuple[str, str]], final: str, moved: str | None) -> None:
    answer = get(_redirecting(steps), "/a")
    assert answer.body == FEED
    assert answer.url.endswith(final)
    assert (answer.moved_to or "").endswith(moved or "")
    assert bool(answer.moved_to) == bool(moved)


@pytest.mark.parametrize(
    ("steps", "error", "words"),
    [
        pytest.param({"/a": ("302", "/b"), "/b": ("302", "/a")}, FetchError, "ring", id="ring"),
        pytest.param({"/a": ("302", "/a")}, FetchError, "ring", id="to itself"),
        pytest.param(
            {f"/{'a' * n}": ("302", f"/{'a' * (n + 1)}") for n in range(1, 9)},
            FetchError,
            "more than 5 redirects",
            id="too many",
        ),
        pytest.param({"/a": ("302", "file:///etc/x")}, FetchError, "only http", id="file"),
        pytest.param({"/a": ("302", "gopher://x/")}, FetchError, "only http", id="gopher"),
        pytest.param(
            {"/a": ("302", "http://10.0.0.1/")}, ForbiddenAddress, "private", id="private"
        ),
        pytest.param(
            {"/a": ("302", "http://127.0.0.1:9/")}, ForbiddenAddress, "loopback", id="other port"
        ),
        pytest.param({"/a": ("302", "http://[::1/")}, FetchError, "redirects to", id="broken"),
    ],
)
def test_redirects_that_are_refused(
    steps: dict[str, tuple[str, str]], error: type[FetchError], words: str
) -> None:
    with pytest.raises(error, match=words):
        get(_redirecting(steps), "/a")


def test_a_chain_of_slow_redirects_has_one_time_limit() -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(response(b"", f"Location: {head.split()[1]}a", status="302 Found"))

    with pytest.raises(FetchError, match=r"within 0\.3 seconds"):
        get(handler, "/a", timeout=0.3)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("ftp://news.example/", "only http", id="ftp"),
        pytest.param("http:///feed", "no host name", id="no host"),
        pytest.param("http://news.example:99999/", "no address", id="port"),
        pytest.param("http://a..b/", "no host name", id="empty label"),
        pytest.param("http://a b/", "no host name", id="space"),
        pytest.param("nonsense", "only http", id="nonsense"),
    ],
)
def test_what_is_no_address(url: str, words: str) -> None:
    async def use(fetcher: Fetcher, server: Server) -> None:
        await fetcher.fetch(Request(url))

    with pytest.raises(FetchError, match=words):
        visit(saying(b""), use)


def test_a_login_goes_to_its_server_alone_and_into_no_report() -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        there = "GET /there" in head
        writer.write(response(FEED) if there else response(b"", "Location: /there", status="301 M"))

    async def use(fetcher: Fetcher, server: Server) -> tuple[Answer, list[str]]:
        url = f"http://me:p%40ss@127.0.0.1:{server.port}/feed"
        return await fetcher.fetch(Request(url)), server.asked

    answer, asked = visit(handler, use)
    assert all("Authorization: Basic bWU6cEBzcw==" in head for head in asked)
    assert "ss@" not in answer.url
    assert answer.moved_to is None

    async def elsewhere(fetcher: Fetcher, server: Server) -> list[str]:
        url = f"http://me:p%40ss@other.example:{server.port}/feed"
        await fetcher.fetch(Request(url))
        return server.asked

    async def away(head: str, writer: asyncio.StreamWriter) -> None:
        port = head.partition("Host: other.example:")[2].partition("\r")[0]
        to = f"Location: http://127.0.0.1:{port}/there"
        writer.write(response(FEED) if not port else response(b"", to, status="302 Found"))

    asked = visit(away, elsewhere, resolve=lookups(other=[["127.0.0.1"]]))
    assert ["Authorization" in head for head in asked] == [True, False]


def test_statuses_are_answers_with_words() -> None:
    answer = get(response(b"sorry", "Retry-After: 120", status="503 Busy"))
    assert answer.failure == "HTTP 503 Service Unavailable"
    assert answer.header("retry-after") == "120"
    assert answer.body == b""
    assert get(response(status="410 Gone")).failure == "HTTP 410 Gone"
    assert get(response(status="799 What")).failure == "HTTP 799"


def test_at_most_per_host_at_once_and_a_complaint_slows_its_host_without_silencing_it() -> None:
    at_once = [0, 0]
    waits: list[float] = []

    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.005)
        at_once[0] -= 1
        busy = "/busy" in head
        writer.write(response(status="429 Slow down") if busy else response(FEED))

    async def nap(seconds: float) -> None:
        waits.append(seconds)

    async def use(fetcher: Fetcher, server: Server) -> list[Answer]:
        calls = [fetcher.fetch(Request(f"{server.url}/{n}")) for n in range(8)]
        answers = list(await asyncio.gather(*calls))
        assert at_once[1] == 2
        assert not waits
        await fetcher.fetch(Request(f"{server.url}/busy"))
        gaps = [fetcher.pace.gap("127.0.0.1")]
        await fetcher.fetch(Request(f"{server.url}/busy"))
        gaps.append(fetcher.pace.gap("127.0.0.1"))
        assert all(shorter < longer for shorter, longer in pairwise(gaps))
        at_once[1] = 0
        calls = [fetcher.fetch(Request(f"{server.url}/{n}")) for n in range(4)]
        answers += await asyncio.gather(*calls)
        assert fetcher.pace.gap("127.0.0.1") < gaps[1]
        return answers

    answers = visit(handler, use, per_host=2, sleep=nap)
    assert [answer.status for answer in answers] == [200] * 12
    assert max(waits) > 0


# The address that is dialled


def lookups(**names: list[list[str]]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver: a name's answers in turn, the last one again and again."""

    async def resolve(name: str, port: int) -> list[str]:
        answers = names[name.partition(".")[0]]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return resolve


def dialled(url: str, **names: list[list[str]]) -> tuple[list[str], str]:
    """Which addresses are opened for a URL, and the error in words; nothing leaves the machine."""
    opened: list[str] = []

    async def dial(address: str, port: int) -> Any:
        opened.append(address)
        raise OSError("not here")

    async def main() -> str:
        permit = addresses.guard([])
        async with Fetcher(permit, resolve=lookups(**names), dial=dial) as fetcher:
            try:
                await fetcher.fetch(Request(url))
            except FetchError as error:
                return f"{type(error).__name__}: {error}"
        return ""

    return opened, asyncio.run(main())


SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0177.0x0.1",
    "127.0.0.1.",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0x0",
    "00000000",
    "0.1.2.3",
    "10.0.0.1",
    "10.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "0xac100001",
    "192.168.1.1",
    "192.168.257",
    "3232235777",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2001:db8::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[4000::1]",
    "[2607:f8b0::5efe:10.0.0.1]",
    "[2607:f8b0::200:5efe:7f00:1]",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_forbidden_address_is_opened(host: str) -> None:
    opened, error = dialled(f"http://{host}/feed")
    assert opened == []
    assert error.startswith("ForbiddenAddress")


def test_the_table_of_spellings_is_long_enough() -> None:
    assert len(SPELLINGS) == len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize(
    ("answers", "opens"),
    [
        pytest.param([["93.184.215.14"]], ["93.184.215.14"], id="public"),
        pytest.param([["127.0.0.1"]], [], id="loopback"),
        pytest.param([["93.184.215.14", "10.0.0.1"]], [], id="one of several"),
        pytest.param([["2606:2800::1", "::ffff:169.254.169.254"]], [], id="mapped"),
        pytest.param([["fe80::1%lo"]], [], id="with a zone"),
        pytest.param([["2606:2800::1", "93.184.215.14"]], ["2606:2800::1", "93.184.215.14"],
                     id="all are tried"),
        pytest.param([["93.184.215.14"], ["127.0.0.1"]], ["93.184.215.14"], id="rebinding"),
        pytest.param([[]], [], id="none"),
    ],
)  # fmt: skip
def test_names_are_judged_by_what_they_resolve_to(
    answers: list[list[str]], opens: list[str]
) -> None:
    opened, error = dialled("http://inside.example/", inside=answers)
    assert opened == opens
    assert error.startswith("FetchError" if opens or answers == [[]] else "ForbiddenAddress")


def test_a_name_that_changes_its_mind_is_checked_at_each_connection() -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", "Connection: close", "Location: /b", status="302 Found"))
        await writer.drain()
        writer.close()

    async def use(fetcher: Fetcher, server: Server) -> None:
        await fetcher.fetch(Request(f"http://inside.example:{server.port}/a"))

    with pytest.raises(ForbiddenAddress, match="private"):
        visit(handler, use, resolve=lookups(inside=[["127.0.0.1"], ["192.168.0.1"]]))


def test_a_name_that_cannot_be_resolved() -> None:
    async def resolve(name: str, port: int) -> list[str]:
        raise OSError("no such name")

    async def use(fetcher: Fetcher, server: Server) -> None:
        await fetcher.fetch(Request("http://nowhere.example/"))

    with pytest.raises(FetchError, match=r"nowhere\.example cannot be resolved"):
        visit(saying(b""), use, resolve=resolve)
