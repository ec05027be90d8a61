"""A corpus of feeds on loopback, in a process of its own, with ETag, 304 and gzip.

Every answer is built before the first request, so that what is measured is the reader.
127.x.y.z stand for hosts: one for each feed.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_FIRST_ITEM = re.compile(rb"<(item|entry)[\s>].*?</\1>\s*", re.S)


@dataclass
class _Feed:
    etag: bytes
    modified: bytes
    kind: bytes
    whole: tuple[bytes, bytes]  # as it is, and packed
    shorter: tuple[bytes, bytes]  # without its newest entry


def _packed(body: bytes) -> tuple[bytes, bytes]:
    return body, gzip.compress(body, 6, mtime=0)


def _without_newest(body: bytes, is_json: bool) -> bytes:
    if is_json:
        feed = json.loads(body)
        return json.dumps({**feed, "items": feed["items"][1:]}, ensure_ascii=False).encode()
    return _FIRST_ITEM.sub(b"", body, count=1)


def _load(corpus: Path) -> list[_Feed]:
    feeds = []
    for row in json.loads((corpus / "manifest.json").read_text(encoding="utf-8")):
        body = (corpus / row["file"]).read_bytes()
        shorter = _without_newest(body, row["file"].endswith(".json"))
        head = (row["etag"].encode(), row["modified"].encode(), row["type"].encode())
        feeds.append(_Feed(*head, _packed(body), _packed(shorter)))
    return feeds


@dataclass
class _State:
    """How the server answers now: with validators or without, whole feeds or shorter ones."""

    feeds: list[_Feed]
    conditional: bool = True
    shorter: bool = False
    latency: float = 0.0


class _Http(asyncio.Protocol):
    def __init__(self, state: _State) -> None:
        self.state = state
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        if not transport.get_extra_info("peername")[0].startswith("127."):
            transport.close()  # bound wide only because 127.x.y.z stand for hosts

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head, self.rest = self.rest[:end], self.rest[end + 4 :]
            loop = asyncio.get_running_loop()
            loop.call_later(self.state.latency, self._send, self._answer(head))

    def _send(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)

    def _answer(self, head: bytes) -> bytes:
        lines = head.split(b"\r\n")
        pairs = (line.partition(b":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        number = lines[0].split(b" ")[1].rpartition(b"/")[2]
        if not number.isdigit() or int(number) >= len(self.state.feeds):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        return self._feed(self.state.feeds[int(number)], headers)

    def _feed(self, feed: _Feed, headers: dict[bytes, bytes]) -> bytes:
        state = self.state
        etag = feed.etag[:-1] + b'-s"' if state.shorter else feed.etag
        validators = b"ETag: %s\r\nLast-Modified: %s\r\n" % (etag, feed.modified)
        if not state.conditional:
            validators = b""
        elif headers.get(b"if-none-match") == etag:
            return b"HTTP/1.1 304 Not Modified\r\n" + validators + b"\r\n"
        packed = b"gzip" in headers.get(b"accept-encoding", b"")
        body = (feed.shorter if state.shorter else feed.whole)[packed]
        encoding = b"Content-Encoding: gzip\r\n" if packed else b""
        shape = (feed.kind, validators, encoding, len(body))
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s%sContent-Length: %d\r\n\r\n" % shape + body
        )


def _host(number: int) -> str:
    return f"127.{1 + number // 60000}.{number // 240 % 250}.{1 + number % 240}"


async def _serve(corpus: Path, pipe: Connection) -> None:
    state = _State(_load(corpus))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Http(state), "0.0.0.0", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    pipe.send(
        [
            f"http://127.{1 + n // 60000}.{n // 240 % 250}.{1 + n % 240}:{port}/f/{n}"
            for n in range(len(state.feeds))
        ]
    )
    over = asyncio.Event()

    def told() -> None:
        try:
            for name, value in pipe.recv().items():
                setattr(state, name, value)
            pipe.send("done")
        except EOFError:
            over.set()

    loop.add_reader(pipe.fileno(), told)
    await over.wait()


def _main(corpus: Path, pipe: Connection) -> None:
    asyncio.run(_serve(corpus, pipe))


class Server:
    """A running server: the addresses of its feeds, and how it is to answer."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.urls: list[str] = pipe.recv()

    def set(self, **how: float | bool) -> None:
        """`conditional`, `shorter` (without the newest entry of each feed), `latency` (s)."""
        self._pipe.send(how)
        self._pipe.recv()


@contextmanager
def serving(corpus: Path) -> Iterator[Server]:
    """Serves a corpus of `gen_feeds.py` until the end of the block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(corpus, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Server(ours)
    finally:
        ours.close()
        process.join(5)
        if process.is_alive():
            process.kill()
