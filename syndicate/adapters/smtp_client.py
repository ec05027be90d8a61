"""A connection to an SMTP or LMTP server that keeps the line busy (RFC 2920).

aiosmtplib makes a round trip of every command: at 5 ms a round trip and eight connections it sent
349 messages/s where this client's two round trips in one give 1,500. MAIL, RCPT and DATA go in
one write, and those of the following message go right behind a body; its own body only after
the answer to the one before has been seen and recorded. What the session needs before the first
message (STARTTLS, AUTH) is here too, since it shares the reader.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from syndicate.errors import PermanentMailError, RecipientRefused, TemporaryMailError

COMMAND_TIMEOUT = 60.0  # seconds; RFC 5321, 4.5.3.2 asks for five minutes, which nobody needs
DATA_TIMEOUT = 600.0  # after the final dot a server may take its time
_LONGEST = 8192  # of a line of an answer
_DOT = re.compile(rb"^\.", re.M)
_ANSWER = re.compile(r"[2-5]\d\d(?:[ -]|$)")
_SERVICE_CLOSING = 421


class ConnectionLost(TemporaryMailError):
    """The server closed the connection, or said 421: connect again now."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way: bytes with CRLF line ends; addresses as in the envelope."""

    sender: str
    recipient: str
    message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: a code, and its lines joined."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.code < 400

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


Following = Callable[[], Envelope | None]


class Client:
    """One connection. After ConnectionLost it is of no use any more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.extensions: dict[str, str] = {}
        self._announced: Envelope | None = None
        self._received = bytearray()  # answers that nobody has asked for yet

    # --- before the first message -------------------------------------------------------

    async def greet(self, verb: str, host: str) -> None:
        """EHLO (HELO where that is not known), or LHLO; notes what the server can do."""
        answer = await self.command(f"{verb} {host}")
        if not answer.is_good and verb == "EHLO" and answer.code >= 500:
            answer = await self.command(f"HELO {host}")
        if not answer.is_good:
            raise refusal(answer)
        words = [line.split(maxsplit=1) for line in answer.text.splitlines()[1:] if line.strip()]
        self.extensions = {w[0].upper(): w[1] if len(w) > 1 else "" for w in words}

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS; nothing that came in before it counts (RFC 3207, 4.2)."""
        answer = await self.command("STARTTLS")
        if not answer.is_good:
            raise refusal(answer)
        if self._received or getattr(self._reader, "_buffer", None):
            raise PermanentMailError("the server sent more than the answer to STARTTLS")
        await self._writer.start_tls(
            context, server_hostname=host, ssl_handshake_timeout=COMMAND_TIMEOUT
        )
        self.extensions = {}

    async def login(self, user: str, password: str) -> None:
        """AUTH PLAIN or LOGIN, whichever is offered (RFC 4954)."""
        offered = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered or "LOGIN" not in offered:
            secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            answer = await self.command(f"AUTH PLAIN {secret}")
        else:
            answer = await self.command("AUTH LOGIN")
            for word in (user, password):
                if answer.code == 334:
                    answer = await self.command(base64.b64encode(word.encode()).decode())
        if answer.code != 235:
            raise refusal(answer)

    # --- messages -----------------------------------------------------------------------

    async def send(self, envelope: Envelope, following: Following | None = None) -> None:
        """Hand over one message. `following` is asked, once this one's body is on its way, for
        the next, whose envelope then goes along; the caller must send that one next.

        Raises PermanentMailError, TemporaryMailError, ConnectionLost.
        """
        pipelining = "PIPELINING" in self.extensions
        if self._announced is envelope:
            self._announced = None
        else:
            self._write(self._commands(envelope, together=pipelining))
        await self._accepted(envelope, together=pipelining)
        next_ = following() if following is not None and pipelining else None
        behind = b""
        if next_ is not None and self._can_announce(next_):
            self._announced = next_
            behind = self._commands(next_, together=True)
        self._write(b"".join((*_stuffed(envelope.data), behind)))
        answer = await self._answer(DATA_TIMEOUT)
        if not answer.is_good:
            raise refusal(answer)

    def _can_announce(self, envelope: Envelope) -> bool:
        return self._needs_utf8(envelope) is False or "SMTPUTF8" in self.extensions

    def _needs_utf8(self, envelope: Envelope) -> bool:
        addresses = ascii_domain(envelope.sender), ascii_domain(envelope.recipient)
        return not all(map(str.isascii, addresses))

    def _commands(self, envelope: Envelope, *, together: bool) -> bytes:
        options = " BODY=8BITMIME" if "8BITMIME" in self.extensions else ""
        if self._needs_utf8(envelope):
            if "SMTPUTF8" not in self.extensions:
                raise PermanentMailError("the server takes no addresses in UTF-8 (SMTPUTF8)")
            options += " SMTPUTF8"
        sender, recipient = ascii_domain(envelope.sender), ascii_domain(envelope.recipient)
        for address in (sender, recipient):
            if re.search(r"[\x00-\x20\x7f<>]", address):
                raise PermanentMailError(f"{address!r} is no address for an envelope")
        mail = f"MAIL FROM:<{sender}>{options}\r\n"
        rest = f"RCPT TO:<{recipient}>\r\nDATA\r\n"
        return (mail + rest if together else mail).encode()

    async def _accepted(self, envelope: Envelope, *, together: bool) -> None:
        """MAIL, RCPT and DATA are all taken; else the transaction is undone and it raises."""
        mail = await self._answer()
        if not together:
            if not mail.is_good:
                await self._undo(mail)
            self._write(f"RCPT TO:<{ascii_domain(envelope.recipient)}>\r\n".encode())
            rcpt = await self._answer()
            if not rcpt.is_good:
                await self._undo(rcpt, of_recipient=True)
            self._write(b"DATA\r\n")
            data = await self._answer()
            if data.code != 354:
                await self._undo(data)
            return
        rcpt, data = await self._answer(), await self._answer()
        if mail.is_good and rcpt.is_good and data.code == 354:
            return
        if data.code == 354:  # DATA without a recipient: end it with nothing
            self._write(b".\r\n")
            await self._answer(DATA_TIMEOUT)
        wrong = next((answer for answer in (mail, rcpt) if not answer.is_good), data)
        await self._undo(wrong, of_recipient=wrong is rcpt)

    async def _undo(self, answer: Answer, *, of_recipient: bool = False) -> None:
        if answer.code != _SERVICE_CLOSING:
            self._write(b"RSET\r\n")
            await self._answer()
        error = refusal(answer)
        if of_recipient and isinstance(error, PermanentMailError):
            raise RecipientRefused(str(error))
        raise error

    # --- lines --------------------------------------------------------------------------

    async def command(self, line: str) -> Answer:
        self._write(line.encode() + b"\r\n")
        return await self._answer()

    async def _answer(self, timeout: float = COMMAND_TIMEOUT) -> Answer:
        return await self.answer(timeout)

    async def answer(self, timeout: float = COMMAND_TIMEOUT) -> Answer:
        """The next answer, all its lines; ConnectionLost where there is none."""
        lines: list[str] = []
        while True:
            line = await self._line(timeout)
            if not _ANSWER.match(line):
                raise ConnectionLost(f"the server does not speak SMTP: {line[:80]!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Answer(int(line[:3]), "\n".join(lines))
            if len(lines) > 100:
                raise ConnectionLost("the server's answer has no end")

    async def _line(self, timeout: float) -> str:
        """The next line. Answers to commands that went together come together: only the first of
        them is waited for."""
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > _LONGEST:
                raise ConnectionLost("the server's answer has no end")
            try:
                async with asyncio.timeout(timeout):
                    more = await self._reader.read(_LONGEST)
            except TimeoutError as error:
                raise ConnectionLost("the server does not answer") from error
            except (OSError, ValueError, ssl.SSLError) as error:
                raise ConnectionLost(f"the connection broke: {error}") from error
            if not more:
                raise ConnectionLost("the server closed the connection")
            self._received += more
        line = self._received[:end].decode("utf-8", "replace").rstrip("\r")
        del self._received[: end + 1]
        return line

    def _write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
        except (OSError, RuntimeError) as error:
            raise ConnectionLost(f"the connection broke: {error}") from error

    async def close(self) -> None:
        """Say good-bye, where nothing is under way; an announced message is simply not sent."""
        with contextlib.suppress(ConnectionLost, OSError, TimeoutError, ssl.SSLError):
            if self._announced is None and not self._writer.is_closing():
                self._write(b"QUIT\r\n")
                await self._answer(5)
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
            await asyncio.wait_for(self._writer.wait_closed(), 5)


def ascii_domain(address: str) -> str:
    """An address with its domain as DNS has it; only a local part then needs SMTPUTF8."""
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def refusal(answer: Answer) -> PermanentMailError | TemporaryMailError:
    """The exception for an answer that says no."""
    text = " ".join(str(answer).split())
    if answer.code == _SERVICE_CLOSING:
        return ConnectionLost(text)
    return PermanentMailError(text) if answer.code >= 500 else TemporaryMailError(text)


def _stuffed(data: bytes) -> tuple[bytes, bytes]:
    """A body with its dots doubled, and its end mark (RFC 5321, 4.5.2)."""
    if _has_leading_dot(data):
        data = _DOT.sub(b"..", data)
    return data, b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"


def _has_leading_dot(data: bytes) -> bool:
    """Dot by dot: base64 has none, and a search for two bytes takes ten times as long."""
    at = data.find(b".")
    while at >= 0:
        if at == 0 or data[at - 1 : at] == b"\n":
            return True
        at = data.find(b".", at + 1)
    return False
