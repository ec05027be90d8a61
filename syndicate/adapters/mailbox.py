"""Mailboxes that are read: a Maildir on this machine, or a folder over IMAP.

What is not marked as seen is read and left as it is; `acknowledge` marks it, once whatever came
of it is safe. A message that was read and not acknowledged is read again.
"""

from __future__ import annotations

import base64
import imaplib
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from syndicate import __version__
from syndicate.errors import FetchError, ForbiddenAddress

Permit = Callable[[str, int], str | None]  # address, port -> why not, or None
_PORTS = {"imap": 143, "imaps": 993}
_HEAD = 262_144  # bytes of a message that is too large
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was not seen yet; None `data` where it is left alone, `error` saying why.

    `head` is how one that is too large begins: its header, and what fits.
    """

    key: str
    data: bytes | None
    error: str = ""
    head: bytes = b""


class Mailbox(Protocol):
    """A mailbox that can be read."""

    def unread(self, limit: int) -> Iterator[Letter]:
        """Up to `limit` messages that are not marked as seen, oldest first.

        Raises FetchError where the mailbox cannot be read.
        """

    def acknowledge(self, keys: Sequence[str]) -> None:
        """Mark these messages as seen. Raises FetchError where that fails."""


def open_mailbox(
    where: str,
    password: str = "",
    *,
    permit: Permit | None = None,
    timeout: float = 30.0,
    max_bytes: int = 10_000_000,
    context: ssl.SSLContext | None = None,
) -> Mailbox:
    """The mailbox at `maildir:PATH`, a path, or `imaps://user@host[:port]/FOLDER`.

    `imap://` goes on with STARTTLS or not at all: a password never goes without TLS. `permit`
    decides on each address dialled. Nothing is opened or dialled before it is read.
    """
    if re.match(r"imaps?://", where):
        return Imap(where, password, permit, timeout, max_bytes, context)
    return Maildir(Path(where.removeprefix("maildir:")), max_bytes)


# --- Maildir --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Maildir:
    """A Maildir; seen is what lies in `cur` with the flag S (https://cr.yp.to/proto/maildir.html).

    A message's key is its place, such as `new/1700000000.M1P2.host`.
    """

    path: Path
    max_bytes: int = 10_000_000

    def unread(self, limit: int) -> Iterator[Letter]:
        try:
            places = sorted(self._places(), key=lambda place: place[:2])
        except OSError as error:
            what = "there is no Maildir" if not self.path.is_dir() else f"{error.strerror}"
            raise FetchError(what, where=str(self.path), remedy="check its path") from error
        for _, key in places[:limit]:
            with suppress(FileNotFoundError):  # another program took it meanwhile
                yield self._letter(key)

    def _places(self) -> Iterator[tuple[int, str]]:
        for folder in ("new", "cur"):
            for entry in os.scandir(self.path / folder):
                seen = folder == "cur" and "S" in entry.name.partition(":2,")[2]
                if not seen and not entry.name.startswith(".") and entry.is_file():
                    yield entry.stat().st_mtime_ns, f"{folder}/{entry.name}"

    def _letter(self, key: str) -> Letter:
        try:
            with open(self.path / key, "rb") as file:
                data = file.read(self.max_bytes + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            return Letter(key, None, f"{key}: cannot be read: {error.strerror}")
        if len(data) > self.max_bytes:
            why = f"{key}: is larger than {self.max_bytes} bytes"
            return Letter(key, None, why, data[: min(_HEAD, self.max_bytes)])
        return Letter(key, data)

    def acknowledge(self, keys: Sequence[str]) -> None:
        for key in keys:
            base, _, flags = key.partition("/")[2].partition(":2,")
            marked = "".join(sorted({*flags, "S"}))
            try:
                os.rename(self.path / key, self.path / "cur" / f"{base}:2,{marked}")
            except FileNotFoundError:
                continue
            except OSError as error:
                what = f"messages cannot be marked as read: {error.strerror}"
                raise FetchError(what, where=str(self.path)) from error


# --- IMAP -----------------------------------------------------------------------------------


class _Connection(imaplib.IMAP4):
    """imaplib over a socket whose address was checked, with TLS from the start or by STARTTLS."""

    def __init__(
        self, place: SplitResult, permit: Permit | None, timeout: float, context: ssl.SSLContext
    ) -> None:
        self._permit, self._context = permit, context
        self._wrapped = place.scheme == "imaps"
        port = place.port or _PORTS[place.scheme]
        super().__init__(place.hostname or "", port, timeout)
        if not self._wrapped:
            if "STARTTLS" not in self.capabilities:
                self.shutdown()
                raise FetchError("the server offers no STARTTLS, and a password goes only over TLS")
            self.starttls(context)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = _dial(self.host, int(self.port), timeout, self._permit)
        if not self._wrapped:
            return plain
        return self._context.wrap_socket(plain, server_hostname=self.host)


def _dial(host: str, port: int, timeout: float | None, permit: Permit | None) -> socket.socket:
    """A connection to the first address that answers; ForbiddenAddress if one may not be."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    for address in addresses:
        if permit and (why := permit(address, port)):
            raise ForbiddenAddress(f"{host} leads to {why}")
    last: OSError = OSError(f"{host} has no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            last = error
    raise last


@dataclass(frozen=True, slots=True)
class Imap:
    """A folder over IMAP4rev1; seen is what has the flag \\Seen. A key is UIDVALIDITY:UID."""

    url: str
    password: str = ""
    permit: Permit | None = None
    timeout: float = 30.0
    max_bytes: int = 10_000_000
    context: ssl.SSLContext | None = None

    def unread(self, limit: int) -> Iterator[Letter]:
        with self._folder() as (connection, validity):
            _, found = connection.uid("SEARCH", "UNSEEN")
            for uid in (found[0] or b"").decode().split()[:limit]:
                yield self._letter(connection, f"{validity}:{uid}", uid)

    def _letter(self, connection: imaplib.IMAP4, key: str, uid: str) -> Letter:
        _, answer = connection.uid("FETCH", uid, "(RFC822.SIZE)")
        told = next((_SIZE.search(part) for part in answer if isinstance(part, bytes)), None)
        if told and int(told[1]) > self.max_bytes:
            error = f"message {uid}: is larger than {self.max_bytes} bytes"
            head = _body(connection, uid, f"<0.{min(_HEAD, self.max_bytes)}>")
            return Letter(key, None, error, head or b"")
        body = _body(connection, uid)
        if body is None:
            return Letter(key, None, f"message {uid}: the server does not give it out")
        return Letter(key, body)

    def acknowledge(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        with self._folder() as (connection, validity):
            # With another UIDVALIDITY these numbers mean other messages (RFC 3501, 2.3.1.1)
            uids = [uid for v, _, uid in (key.partition(":") for key in keys) if v == validity]
            for start in range(0, len(uids), 100):
                chosen = ",".join(uids[start : start + 100])
                connection.uid("STORE", chosen, "+FLAGS.SILENT", r"(\Seen)")

    @contextmanager
    def _folder(self) -> Iterator[tuple[imaplib.IMAP4, str]]:
        """The selected folder, and its UIDVALIDITY; closed at the end."""
        place = urlsplit(self.url)
        shown = f"{place.scheme}://{place.hostname}{place.path}"
        try:
            context = self.context or ssl.create_default_context()
            with _Connection(place, self.permit, self.timeout, context) as connection:
                self._login(connection, place)
                yield connection, _select(connection, place)
        except FetchError as error:
            raise type(error)(error.what, where=shown, remedy=error.remedy) from error
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise FetchError(f"the mailbox cannot be read: {error}", where=shown) from error

    def _login(self, connection: imaplib.IMAP4, place: SplitResult) -> None:
        user = unquote(place.username or "")
        password = self.password or unquote(place.password or "")
        try:
            if "AUTH=PLAIN" in connection.capabilities:  # carries what is not ASCII, too
                answer = f"\0{user}\0{password}".encode()
                connection.authenticate("PLAIN", lambda _: answer)
            else:
                connection.login(user, password)
        except imaplib.IMAP4.error as error:
            what = f"the login was refused: {_words(error)}"
            raise FetchError(what, remedy="check user and password") from None
        if "ID" in connection.capabilities:  # 163 and 126 refuse SELECT without it (RFC 2971)
            connection.xatom("ID", f'("name" "syndicate" "version" "{__version__}")')


def _body(connection: imaplib.IMAP4, uid: str, part: str = "") -> bytes | None:
    """A message, or a part of it such as `<0.1000>`; None where the server gives nothing."""
    _, answer = connection.uid("FETCH", uid, f"(BODY.PEEK[]{part})")
    return next((piece[1] for piece in answer if isinstance(piece, tuple)), None)


def _select(connection: imaplib.IMAP4, place: SplitResult) -> str:
    folder = unquote(place.path.lstrip("/")) or "INBOX"
    answer, data = connection.select(folder_name(folder))
    if answer != "OK":
        raise FetchError(f"there is no folder {folder!r} ({_words(data[0])})")
    _, validity = connection.response("UIDVALIDITY")
    return validity[0].decode() if validity and validity[0] else "0"


def _words(answer: object) -> str:
    if isinstance(answer, Exception):
        answer = answer.args[0] if answer.args else ""
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)


def folder_name(name: str) -> str:
    """A folder's name, quoted, in modified UTF-7 (RFC 3501, 5.1.3)."""
    pieces = re.split(r"([^\x20-\x7e]+)", name.replace("&", "&-"))
    return '"' + "".join(map(_utf7, pieces)).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(piece: str) -> str:
    if piece.isascii() and piece.isprintable():
        return piece
    coded = base64.b64encode(piece.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{coded}-"
