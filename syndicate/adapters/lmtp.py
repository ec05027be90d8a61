"""An LMTP listener (RFC 2033): a mail server hands over what comes back.

LMTP knows no password: it is for a mail server on this machine, by a Unix socket or on loopback.
What is answered with 250 is safe, since whoever is given a mail returns only when it is; a failure
here is 451, so that the mail server keeps it and tries again. Everything is bounded: lines, mails,
recipients, connections, time. (aiosmtpd, which tests use, keeps an endless line in memory, and
answers too large a mail once for all recipients, where LMTP wants an answer for each.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from syndicate.errors import ParseError, SyndicateError, UsageError

Take = Callable[[bytes], Awaitable[None]]  # ParseError: it is of no use, now or later

_LINE = 4096  # bytes of a command
_PIECE = 65536  # of a body's line that are read at a time
_RECIPIENTS = 50
_CONNECTIONS = 20
_IDLE = 120.0  # seconds without a byte; RFC 5321, 4.5.3.2.7 has five minutes
_ERRORS = 20  # commands that are none, after which it is nobody to talk to
_PATH = re.compile(r"(FROM|TO):\s*<([^<>\x00-\x20\x7f]*)>((?: +[!-~]+)*)\s*", re.I)
_TCP = re.compile(r"(?://)?(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d{1,5})/?")


class _GoneError(Exception):
    """The other side closed the connection, or says nothing any more."""


def socket_at(where: str) -> socket.socket:
    """A bound socket for `lmtp:/path`, or `lmtp://127.0.0.1:2424`.

    Raises UsageError where it cannot be had. A socket file that nobody listens on is replaced;
    the new one may be used by its owner and group.
    """
    place = where.removeprefix("lmtp:")
    tcp = _TCP.fullmatch(place)
    try:
        return _tcp(tcp[1].strip("[]"), int(tcp[2])) if tcp else _unix(Path(place))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {place}: {why}", where="mail.inbox") from error


def _tcp(host: str, port: int) -> socket.socket:
    if port > 65535:
        raise OverflowError("a port is at most 65535")
    info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    opened = socket.socket(info[0], socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(opened, info[4])


def _unix(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
                asking.connect(str(path))
                raise UsageError(f"another process listens on {path}", where="mail.inbox")
            path.unlink()
    opened = _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
    os.chmod(path, 0o660)
    return opened


def _bound(opened: socket.socket, address: object) -> socket.socket:
    try:
        opened.bind(address)  # type: ignore[arg-type]
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    return opened


class Listener:
    """Takes mails on a socket until it is closed; `take` gets each with its envelope on top."""

    def __init__(self, take: Take, max_bytes: int) -> None:
        self._take, self._max_bytes = take, max_bytes
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._path = ""

    async def open(self, bound: socket.socket) -> None:
        if bound.family == socket.AF_UNIX:
            self._path = bound.getsockname()
            opening = asyncio.start_unix_server(self._serve, sock=bound, limit=_PIECE)
        else:
            opening = asyncio.start_server(self._serve, sock=bound, limit=_PIECE)
        self._server = await opening

    async def close(self, patience: float = 2.0) -> None:
        """No new connections; those there are may finish the mail that they are at."""
        if self._server is None:
            return
        self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._path:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            session = _Session(reader, writer, self._take, self._max_bytes)
            await session.run(busy=len(self._tasks) > _CONNECTIONS)
        except (_GoneError, OSError, TimeoutError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


@dataclass
class _Session:
    """One connection: commands in, answers out."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    take: Take
    max_bytes: int
    greeted: bool = False
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    errors: int = 0

    async def run(self, *, busy: bool) -> None:
        if busy:
            await self._say("421 4.3.2 too many connections; try again")
            return
        await self._say("220 syndicate LMTP")
        while self.errors < _ERRORS:
            line = await self._command()
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 2.0.0 bye")
                return
            step = getattr(self, f"_{verb.lower()}", None) if verb.upper() in _VERBS else None
            if step is None:
                await self._wrong("500 5.5.1 no such command")
            else:
                await step(rest)
        await self._say("421 4.7.0 too many errors")

    # --- commands ---------------------------------------------------------------------------

    async def _lhlo(self, rest: str) -> None:
        if not rest.strip():
            await self._wrong("501 5.5.4 LHLO wants a name")
            return
        self._reset()
        self.greeted = True
        await self._say(
            "250-syndicate",
            "250-PIPELINING",
            "250-ENHANCEDSTATUSCODES",
            "250-8BITMIME",
            "250-SMTPUTF8",
            f"250 SIZE {self.max_bytes}",
        )

    async def _mail(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if not self.greeted or self.sender is not None:
            await self._wrong("503 5.5.1 LHLO comes first, and one MAIL a mail")
        elif match is None or match[1].upper() != "FROM":
            await self._wrong("501 5.5.4 should be MAIL FROM:<address>")
        elif (size := re.search(r" SIZE=(\d{1,20})", match[3], re.I)) and (
            int(size[1]) > self.max_bytes
        ):
            await self._say(f"552 5.3.4 larger than {self.max_bytes} bytes")
        else:
            self.sender = match[2]
            await self._say("250 2.1.0 ok")

    async def _rcpt(self, rest: str) -> None:
        match = _PATH.fullmatch(rest)
        if self.sender is None:
            await self._wrong("503 5.5.1 MAIL comes first")
        elif match is None or match[1].upper() != "TO" or not match[2]:
            await self._wrong("501 5.5.4 should be RCPT TO:<address>")
        elif len(self.recipients) >= _RECIPIENTS:
            await self._say("452 4.5.3 too many recipients")
        else:
            self.recipients.append(match[2])
            await self._say("250 2.1.5 ok")

    async def _data(self, _rest: str) -> None:
        if not self.recipients:
            await self._wrong("503 5.5.1 RCPT comes first")
            return
        await self._say("354 go on")
        data = await self._body()
        answers = [await self._given(recipient, data) for recipient in self.recipients]
        self._reset()
        await self._say(*answers)

    async def _given(self, recipient: str, data: bytes | None) -> str:
        """The answer for one recipient (RFC 2033, 4.2)."""
        if data is None:
            return f"552 5.3.4 larger than {self.max_bytes} bytes"
        head = f"Return-Path: <{self.sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        try:
            await self.take(head + data)
        except ParseError as error:
            return f"554 5.6.0 {_words(error)}"
        except (SyndicateError, OSError) as error:
            return f"451 4.3.0 {_words(error)}"
        return "250 2.0.0 taken in"

    async def _rset(self, _rest: str) -> None:
        self._reset()
        await self._say("250 2.0.0 ok")

    async def _noop(self, _rest: str) -> None:
        await self._say("250 2.0.0 ok")

    async def _vrfy(self, _rest: str) -> None:
        await self._say("252 2.1.5 send, and see")

    def _reset(self) -> None:
        self.sender, self.recipients = None, []

    # --- lines ------------------------------------------------------------------------------

    async def _command(self) -> str:
        line = await self._line()
        if not line.endswith(b"\n") or len(line) > _LINE:
            await self._say("500 5.5.2 the line is too long")
            raise _GoneError
        return line.rstrip(b"\r\n").decode("utf-8", "replace")

    async def _line(self) -> bytes:
        """The next line, or as much of it as is read at a time."""
        try:
            async with asyncio.timeout(_IDLE):
                return await self.reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            return await self.reader.readexactly(max(error.consumed, 1))
        except (asyncio.IncompleteReadError, TimeoutError) as error:
            raise _GoneError from error

    async def _body(self) -> bytes | None:
        """What comes up to the line that is a dot, dots undone; None where it is too large."""
        pieces: list[bytes] = []
        size, ending = 0, b"\r\n"
        while (line := await self._line()) != b".\r\n" or ending != b"\r\n":
            begins = ending == b"\r\n"  # a bare LF ends no line (RFC 5321, 2.3.8)
            ending = (ending + line)[-2:]
            if begins and line.startswith(b"."):
                line = line[1:]
            size += len(line)
            if size <= self.max_bytes:
                pieces.append(line)
            elif size > 2 * self.max_bytes:
                raise _GoneError
            else:
                pieces.clear()
        return b"".join(pieces) if size <= self.max_bytes else None

    async def _wrong(self, answer: str) -> None:
        self.errors += 1
        await self._say(answer)

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        async with asyncio.timeout(_IDLE):
            await self.writer.drain()


_VERBS = frozenset({"LHLO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY"})


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
