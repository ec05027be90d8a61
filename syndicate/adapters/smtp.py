"""Mail routes out: SMTP(S), LMTP, sendmail, Maildir; one interface, one message at a time.

aiosmtplib speaks SMTP and LMTP. `smtp://` takes STARTTLS where it is offered and demands it
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from syndicate.errors import MailError, PermanentMailError, TemporaryMailError

_TIMEOUT = 60.0
_CONNECTION_LOST = 421


class ConnectionLost(TemporaryMailError):
    """The server closed the connection, or said 421: connect again now."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way: bytes with CRLF line ends; addresses as in the envelope."""

    sender: str
    recipient: str
    message_id: str
    data: bytes


class Connection(Protocol):
    """One way to the mail server; `send` raises PermanentMailError, TemporaryMailError, or
    ConnectionLost, after which it is of no use any more."""

    async def send(self, envelope: Envelope) -> None: ...

    async def close(self) -> None: ...


class Route(Protocol):
    """Where mail goes out; `connect` raises MailError where it cannot be used at all."""

    many: bool  # whether several connections make sense

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
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            timeout=_TIMEOUT,
            use_tls=self.implicit_tls,
            start_tls=False,
            tls_context=self.context or ssl.create_default_context(),
            local_hostname=_hostname(),
        )
        where = f"{self.host}:{self.port}"
        try:
            await client.connect()
            await client.ehlo()
            await self._secure(client, where)
            if self.user:
                await client.login(self.user, self.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailError(f"the password is refused: {error.message}", where=where) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            client.close()
            raise MailError(_words(error), where=where, remedy="see mail.route") from error
        return _SmtpConnection(client)

    async def _secure(self, client: aiosmtplib.SMTP, where: str) -> None:
        secure = self.implicit_tls
        if not secure and self.offer_tls and client.supports_extension("starttls"):
            await client.starttls()
            await client.ehlo()
            secure = True
        if self.demand_tls and not secure:
            raise MailError(
                "it does not offer STARTTLS, without which no mail goes there",
                where=where,
                remedy="end the URL in ?tls=none if that is wanted",
            )
        if self.user and not secure:
            raise MailError("a password never goes without TLS", where=where)


class _SmtpConnection:
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def send(self, envelope: Envelope) -> None:
        options = []
        if self._client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        recipient = _ascii_domain(envelope.recipient)
        if not (recipient.isascii() and envelope.sender.isascii()):
            if not self._client.supports_extension("smtputf8"):
                raise PermanentMailError("the server takes no addresses in UTF-8 (SMTPUTF8)")
            options.append("SMTPUTF8")
        try:
            encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
            await self._client.mail(envelope.sender, options=options, encoding=encoding)
            await self._client.rcpt(recipient, encoding=encoding)
            await self._client.data(envelope.data)
        except aiosmtplib.SMTPResponseException as error:
            await self._refused(error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise ConnectionLost(_words(error)) from error

    async def _refused(self, error: aiosmtplib.SMTPResponseException) -> None:
        text = f"{error.code} {' '.join(error.message.split())}"
        if error.code == _CONNECTION_LOST:
            raise ConnectionLost(text) from error
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._client.close()
        if 500 <= error.code < 600:
            raise PermanentMailError(text) from error
        if not self._client.is_connected:
            raise ConnectionLost(text) from error
        raise TemporaryMailError(text) from error

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._client.quit(), 5)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._client.close()


@dataclass(frozen=True)
class LmtpRoute:
    """An LMTP server on a Unix socket or host:port (RFC 2033)."""

    where: str
    many: bool = True

    async def connect(self) -> Connection:
        try:
            if self.where.startswith("/"):
                client = _Lmtp(socket_path=self.where, timeout=_TIMEOUT, start_tls=False)
            else:
                host, _, port = self.where.rpartition(":")
                if not host:
                    host, port = self.where, "24"
                client = _Lmtp(hostname=host, port=int(port), timeout=_TIMEOUT, start_tls=False)
            await client.connect()
            await client.lhlo()
        except (aiosmtplib.SMTPException, OSError, ValueError, TimeoutError) as error:
            raise MailError(_words(error), where=f"lmtp:{self.where}") from error
        return _SmtpConnection(client)


class _Lmtp(aiosmtplib.SMTP):
    """aiosmtplib greets with LHLO: with one recipient a message, the rest of LMTP is the same."""

    async def lhlo(self) -> None:
        response = await self.execute_command(b"LHLO", _hostname().encode())
        if response.code != 250:
            raise aiosmtplib.SMTPHeloError(response.code, response.message)
        self.esmtp_extensions = {
            line.split()[0].lower(): " ".join(line.split()[1:])
            for line in response.message.splitlines()[1:]
            if line.split()
        }
        self.last_ehlo_response = response


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


def _ascii_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


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

    async def send(self, envelope: Envelope) -> None:
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

    async def send(self, envelope: Envelope) -> None:
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
