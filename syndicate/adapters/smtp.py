"""Mail routes out: SMTP(S), LMTP, sendmail, Maildir; one interface, one message at a time.

`smtp://` takes STARTTLS where it is offered and demands it
unless the host is loopback or the URL ends in `?tls=none`; a password never goes without TLS;
certificates are always checked (contract §4).
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from syndicate.adapters.smtp_client import (
    Answer,
    Client,
    ConnectionLost,
    Envelope,
    Following,
    refusal,
)
from syndicate.errors import MailError, PermanentMailError, TemporaryMailError

__all__ = ["Connection", "ConnectionLost", "Envelope", "Route", "route"]

_TIMEOUT = 60.0
_LINE = 65536  # bytes that an answer's line may have


class Connection(Protocol):
    """One way to the mail server; `send` raises PermanentMailError, TemporaryMailError, or
    ConnectionLost, after which it is of no use any more.

    `following` gives the message that comes next, if there is one, for those that can make use
    of it; whoever took one must be sent it next.
    """

    async def send(self, envelope: Envelope, following: Following | None = None) -> None: ...

    async def close(self) -> None: ...


class Route(Protocol):
    """Where mail goes out; `connect` raises MailError where it cannot be used at all."""

    @property
    def many(self) -> bool:
        """Whether several connections make sense."""
        ...

    async def connect(self) -> Connection: ...


def route(url: str, password: str = "", context: ssl.SSLContext | None = None) -> Route:
    """The route that `mail.route` names; MailError where it names none."""
    scheme = url.partition(":")[0]
    if scheme == "maildir":
        return MaildirRoute(Path(url.removeprefix("maildir:")))
    if scheme == "sendmail":
        return SendmailRoute(url.removeprefix("sendmail:"))
    if scheme in ("smtp", "smtps"):
        return SmtpRoute.of(url, password, context)
    if scheme == "lmtp":
        return LmtpRoute(url.removeprefix("lmtp:").removeprefix("//"))
    raise MailError(f"{url!r} is no mail route", where="mail.route")


_NEVER = "a password never goes without TLS"

# --- SMTP and LMTP --------------------------------------------------------------------------


@dataclass(frozen=True)
class SmtpRoute:
    """An SMTP server, by submission with STARTTLS or with TLS from the start."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool
    demand_tls: bool
    offer_tls: bool
    context: ssl.SSLContext | None = None
    many: bool = True

    @staticmethod
    def of(url: str, password: str, context: ssl.SSLContext | None = None) -> SmtpRoute:
        parts = urlsplit(url)
        implicit = parts.scheme == "smtps"
        without = "none" in parse_qs(parts.query).get("tls", [])
        try:
            port = parts.port or (465 if implicit else 587 if parts.username else 25)
        except ValueError as error:
            raise MailError(str(error), where="mail.route") from error
        if not parts.hostname:
            raise MailError(f"{url!r} names no host", where="mail.route")
        if parts.username and without and not implicit:
            remedy = "leave out the user, or ?tls=none"
            raise MailError(_NEVER, where="mail.route", remedy=remedy)
        return SmtpRoute(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=password or unquote(parts.password or ""),
            implicit_tls=implicit,
            demand_tls=not implicit and not without and not _is_loopback(parts.hostname),
            offer_tls=not without,
            context=context,
        )

    async def connect(self) -> Connection:
        where = f"{self.host}:{self.port}"
        opening = asyncio.open_connection(
            self.host,
            self.port,
            limit=_LINE,
            ssl=self._tls() if self.implicit_tls else None,
            server_hostname=self.host if self.implicit_tls else None,
        )
        client = await _opened(opening, where)
        async with _closed_on_failure(client, where):
            _welcome(await client.answer())
            await client.greet("EHLO", _hostname())
            await self._secure(client, where)
            if self.user:
                await _log_in(client, self.user, self.password, where)
        return client

    def _tls(self) -> ssl.SSLContext:
        return self.context or ssl.create_default_context()

    async def _secure(self, client: Client, where: str) -> None:
        secure = self.implicit_tls
        if not secure and self.offer_tls and "STARTTLS" in client.extensions:
            await client.start_tls(self._tls(), self.host)
            await client.greet("EHLO", _hostname())
            secure = True
        if self.demand_tls and not secure:
            raise MailError(
                "it does not offer STARTTLS, without which no mail goes there",
                where=where,
                remedy="end the URL in ?tls=none if that is wanted",
            )
        if self.user and not secure:
            raise MailError(_NEVER, where=where)


async def _opened(
    opening: Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]], where: str
) -> Client:
    try:
        reader, writer = await asyncio.wait_for(opening, _TIMEOUT)
    except ssl.SSLError as error:
        raise MailError(_words(error), where=where, remedy="see mail.route") from error
    except (OSError, TimeoutError) as error:
        raise TemporaryMailError(_words(error), where=where, remedy="see mail.route") from error
    return Client(reader, writer)


@asynccontextmanager
async def _closed_on_failure(client: Client, where: str) -> AsyncIterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        await client.close()
        raise MailError(_words(error), where=where, remedy="see mail.route") from error
    except (MailError, OSError, TimeoutError) as error:
        await client.close()
        if isinstance(error, MailError) and error.where:
            raise
        kind = MailError if isinstance(error, PermanentMailError) else TemporaryMailError
        raise kind(_words(error), where=where, remedy="see mail.route") from error


def _welcome(answer: Answer) -> None:
    if not answer.is_good:
        raise refusal(answer)


async def _log_in(client: Client, user: str, password: str, where: str) -> None:
    try:
        await client.login(user, password)
    except PermanentMailError as error:
        raise MailError(f"the password is refused: {error}", where=where) from error


@dataclass(frozen=True)
class LmtpRoute:
    """An LMTP server on a Unix socket or host:port (RFC 2033)."""

    where: str
    many: bool = True

    async def connect(self) -> Connection:
        where = f"lmtp:{self.where}"
        if self.where.startswith("/"):
            opening = asyncio.open_unix_connection(self.where, limit=_LINE)
        else:
            host, _, port = self.where.rpartition(":")
            if not port.isdigit():
                host, port = self.where, "24"
            opening = asyncio.open_connection(host.strip("[]"), int(port), limit=_LINE)
        client = await _opened(opening, where)
        async with _closed_on_failure(client, where):
            _welcome(await client.answer())
            await client.greet("LHLO", _hostname())
        return client


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hostname() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text or type(error).__name__


# --- local ways -----------------------------------------------------------------------------


@dataclass(frozen=True)
class MaildirRoute:
    """A Maildir on this machine: each message a file of its own, durable when it is there."""

    path: Path
    many: bool = False

    async def connect(self) -> Connection:
        try:
            for folder in ("tmp", "new", "cur"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MailError(f"{error.strerror}", where=str(error.filename)) from error
        return _MaildirConnection(self.path)


class _MaildirConnection:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, envelope: Envelope, following: Following | None = None) -> None:
        """The name comes from Message-ID and recipient: the same mail is the same file, so that
        a delivery that is repeated after a crash replaces itself."""
        key = f"{envelope.message_id}\0{envelope.recipient}".encode()
        name = f"{hashlib.blake2b(key, digest_size=16).hexdigest()}.syndicate"
        if any((self._path / "cur").glob(f"{name}*")):
            return
        head = f"Return-Path: <{envelope.sender}>\nDelivered-To: {envelope.recipient}\n".encode()
        data = head + envelope.data.replace(b"\r\n", b"\n")
        try:
            _write(self._path / "tmp" / name, data)
            os.replace(self._path / "tmp" / name, self._path / "new" / name)
        except OSError as error:
            raise TemporaryMailError(f"{error.strerror}", where=str(self._path)) from error

    async def close(self) -> None:
        return


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class SendmailRoute:
    """A program that takes a message on standard input, as sendmail does."""

    program: str
    many: bool = False

    async def connect(self) -> Connection:
        if not os.access(self.program, os.X_OK):
            raise MailError("is no program that can be run", where=self.program)
        return _SendmailConnection(self.program)


# sysexits.h: what a mail program says is final
_FINAL = frozenset({64, 65, 67, 68, 77, 78})


class _SendmailConnection:
    def __init__(self, program: str) -> None:
        self._program = program

    async def send(self, envelope: Envelope, following: Following | None = None) -> None:
        words: Sequence[str] = ("-i", "-f", envelope.sender, "--", envelope.recipient)
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            data = envelope.data.replace(b"\r\n", b"\n")
            _, said = await asyncio.wait_for(process.communicate(data), _TIMEOUT)
        except (OSError, TimeoutError) as error:
            raise TemporaryMailError(_words(error), where=self._program) from error
        if process.returncode:
            text = f"status {process.returncode} {said.decode('utf-8', 'replace').strip()[:300]}"
            if process.returncode in _FINAL:
                raise PermanentMailError(text, where=self._program)
            raise TemporaryMailError(text, where=self._program)

    async def close(self) -> None:
        return
