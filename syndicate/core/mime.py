"""The bytes of a message: what a variant has in common is made once, and the rest filled in.

Headers are those of contract §8. No value can bring a line break into them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from syndicate.core import tokens, urls, verp
from syndicate.core.message import EMAIL, MARK, PREFERENCES, UNSUBSCRIBE
from syndicate.settings import Settings, Site


@dataclass(frozen=True, slots=True)
class Rendered:
    """A variant ready to be filled in for each subscriber."""

    subject: str
    html: str
    text: str
    language: str
    text_only: bool
    digest: str
    digest_title: str
    kind: str  # digest | letter
    public: bool = True  # its digest has pages
    answers: str = ""  # Message-ID of the mail that a letter answers, in brackets
    reply_to: str = ""  # instead of mail.reply_to
    automatic: bool = False  # it answers by itself (RFC 3834, 5: auto-replied)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What differs from one message of a variant to the next."""

    email: str
    name: str
    message_id: str
    date: datetime
    unsubscribe: str  # web addresses; "" for a letter
    preferences: str
    unsubscribe_mail: str  # mailto: address, "" where no mailbox takes such mails
    edition: str


def message_id(edition: str, subscriber: str, secret: bytes, site: Site) -> str:
    """The Message-ID of an edition for a subscriber: the same on every retry."""
    digest = hashlib.blake2b(
        f"{edition}\0{subscriber}".encode(), key=secret[:64], digest_size=16
    ).hexdigest()
    return f"<{edition.replace(':', '.')}.{digest}@{urls.host(site.url) or 'localhost'}>"


def build(rendered: Rendered, to: Recipient, settings: Settings) -> bytes:
    """The whole message, with CRLF line ends, before any signature."""
    return prepare(rendered, settings).build(to).joined()


_MIME_LINE = 57  # bytes in a line of 76 characters of base64


class _Part:
    """A part of which only the end is a subscriber's own: what is before its first mark is
    encoded once."""

    def __init__(self, kind: str, text: str, *, markup: bool) -> None:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        first = text.find(MARK[0])
        fixed = text[: first if first >= 0 else len(text)].encode()
        whole = len(fixed) - len(fixed) % _MIME_LINE
        self._text, self._markup = fixed[whole:].decode("utf-8", "surrogateescape"), markup
        self._text += text[first:] if first >= 0 else ""
        self.head = (
            f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
        ).encode()
        self.fixed = _base64(fixed[:whole])

    def own(self, to: Recipient) -> bytes:
        """What comes after `fixed`."""
        own = _filled(self._text, to, markup=self._markup)
        return _base64(own.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Built:
    """A message in pieces: header lines, body, and the body's SHA-256 for a signature.

    The body is in the relaxed form of RFC 6376, 3.4.4: lines of base64, no run of spaces, none
    at a line's end, one CRLF at the end.
    """

    head: bytes
    body: tuple[bytes, ...]
    digest: bytes

    def joined(self, signature: bytes = b"") -> bytes:
        """The whole message, with CRLF line ends, behind the header line of its signature."""
        return b"".join((signature, self.head, b"\r\n", *self.body))


class Prepared:
    """A variant of which all that its messages have in common is made already."""

    def __init__(self, rendered: Rendered, settings: Settings) -> None:
        self._settings, self._rendered = settings, rendered
        self._common = _header_bytes(_common_headers(rendered, settings))
        self._text = _Part("text/plain", rendered.text, markup=False)
        both = bool(rendered.html) and not rendered.text_only
        self._html = _Part("text/html", rendered.html, markup=True) if both else None
        self._start, self._middle, self._end = self._frame()
        self._hashed = hashlib.sha256(self._start)  # copied for each: so far all are the same

    def _frame(self) -> tuple[bytes, bytes, bytes]:
        """What is before, between and after the recipient's own pieces; completes the header.

        No line of base64 begins with the boundary's `=_`, so that all messages may share it.
        """
        text, html = self._text, self._html
        if html is None:
            self._common += text.head
            return text.fixed, b"", b""
        mark = hashlib.blake2b(text.fixed, digest_size=15)
        mark.update(html.fixed)
        boundary = b"=_" + mark.hexdigest().encode()
        self._common += b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n' % boundary
        between = b"--%s\r\n" % boundary
        return (
            b"".join((between, text.head, b"\r\n", text.fixed)),
            b"".join((between, html.head, b"\r\n", html.fixed)),
            b"--%s--\r\n" % boundary,
        )

    def build(self, to: Recipient) -> Built:
        """The message to one recipient, before any signature."""
        head = _header_bytes(_own_headers(self._rendered, to, self._settings)) + self._common
        rest: tuple[bytes, ...] = (self._text.own(to),)
        if self._html is not None:
            rest = (rest[0], self._middle, self._html.own(to), self._end)
        hashed = self._hashed.copy()
        for piece in rest:
            hashed.update(piece)
        return Built(head, (self._start, *rest), hashed.digest())


def prepare(rendered: Rendered, settings: Settings) -> Prepared:
    """A variant ready to be made into messages."""
    return Prepared(rendered, settings)


def _base64(data: bytes) -> bytes:
    """In lines of 76 characters that end in CRLF (RFC 2045, 6.8)."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _filled(text: str, to: Recipient, *, markup: bool) -> str:
    for mark, value in (
        (UNSUBSCRIBE, to.unsubscribe),
        (PREFERENCES, to.preferences),
        (EMAIL, to.email),
    ):
        text = text.replace(mark, escape(value) if markup else value)
    return text


def _header_bytes(head: Sequence[tuple[str, str]]) -> bytes:
    lines = []
    for name, value in head:
        unfolded = value.replace("\r\n ", "")
        if "\r" in unfolded or "\n" in unfolded or "\0" in unfolded:
            raise ValueError(f"a line break in the header {name}")
        lines.append(f"{name}: {value}\r\n".encode())
    return b"".join(lines)


_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def _text_header(value: str, name: str) -> str:
    """Unstructured text as RFC 2047 wants it, folded."""
    value = _ONE_LINE.sub(" ", value).strip()
    if value.isascii() and len(value) + len(name) < 70 and "=?" not in value:
        return value
    return _encoded(value, len(name) + 2)


def _encoded(value: str, used: int) -> str:
    """Encoded words in folded lines of at most 76; `used` characters of the first are taken."""
    words: list[str] = []
    word, room = "", 45 - used // 4 * 3
    for character in value:
        if len((word + character).encode()) > room:
            words.append(word)
            word, room = "", 45
        word += character
    words.append(word)
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(each.encode()).decode()}?=" for each in words if each
    )


def _address(name: str, email: str) -> str:
    """`Name <address>` with the name encoded; the domain in ASCII, so that the header is, unless
    the local part has to be UTF-8."""
    name = re.sub(r'["\\<>]+', " ", _ONE_LINE.sub(" ", name)).strip()
    email = ascii_domain(re.sub(r"[\s<>]+", "", email))
    if not name:
        return email
    return f"{_phrase(name)} <{email}>"


def ascii_domain(address: str) -> str:
    """An address with its domain as DNS has it (RFC 5891)."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


@lru_cache(maxsize=16)  # an edition's is that of all its messages
def _date(date: datetime) -> str:
    return format_datetime(date)


def _own_headers(rendered: Rendered, to: Recipient, settings: Settings) -> list[tuple[str, str]]:
    """The headers that are one message's own."""
    head = [
        ("Date", _date(to.date)),
        ("To", _address(to.name, to.email)),
        ("Message-ID", to.message_id),
    ]
    if rendered.kind != "digest":
        return head
    ways = [f"<{to.unsubscribe}>"]
    if to.unsubscribe_mail:
        ways.append(f"<mailto:{to.unsubscribe_mail}>")
    host = urls.host(settings.site.url) or "localhost"
    return [
        *head,
        ("List-Unsubscribe", ",\r\n ".join(ways)),
        ("Feedback-ID", f"{to.edition}:{rendered.digest}:digest:{host}"),
    ]


def _common_headers(rendered: Rendered, settings: Settings) -> list[tuple[str, str]]:
    """The headers that all messages of a variant share."""
    site, mail = settings.site, settings.mail
    host = urls.host(site.url) or "localhost"
    head = [
        ("From", _address(site.name, mail.sender)),
        ("Subject", _text_header(rendered.subject, "Subject")),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-replied" if rendered.automatic else "auto-generated"),
    ]
    if reply_to := rendered.reply_to or mail.reply_to:
        head.append(("Reply-To", _address("", reply_to)))
    if rendered.answers:
        head += [("In-Reply-To", rendered.answers), ("References", rendered.answers)]
    if rendered.language:
        head.append(("Content-Language", rendered.language))
    if rendered.kind != "digest":
        return head
    archive = f"editions/{rendered.digest}/" if rendered.public else ""
    return [
        *head,
        ("List-Id", f"{_phrase(rendered.digest_title)} <{rendered.digest}.{host}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Archive", f"<{site.url}{archive}>"),
        ("Precedence", "bulk"),
    ]


def _phrase(text: str) -> str:
    """A name before an address in angle brackets (RFC 5322, 3.2.5), encoded where it must be."""
    text = _ONE_LINE.sub(" ", text).replace('"', "'").replace("\\", "/").strip()
    return f'"{text}"' if text.isascii() else _encoded(text, 0)


def addressed(
    settings: Settings,
    secret: bytes,
    *,
    subscriber: str,
    salt: str,
    email: str,
    name: str,
    message_id: str,
    date: datetime,
    edition: str,
    letter: bool = False,
) -> Recipient:
    """What is one subscriber's own in a message: address, links, Message-ID."""

    def link(purpose: str) -> str:
        return f"{settings.site.url}{purpose}/{tokens.make(secret, purpose, subscriber, salt)}"

    return Recipient(
        email=email,
        name=name,
        message_id=message_id,
        date=date,
        unsubscribe="" if letter else link("unsubscribe"),
        preferences="" if letter else link("preferences"),
        unsubscribe_mail="" if letter else _mailbox(settings, secret, subscriber),
        edition=edition,
    )


def _mailbox(settings: Settings, secret: bytes, subscriber: str) -> str:
    """Where an unsubscribe mail goes, with its subject, as the right side of a mailto:."""
    base = settings.mail.bounce or settings.mail.sender
    subject = verp.unsubscribe_subject(secret, subscriber).replace(" ", "%20")
    return f"{verp.unsubscribe_address(base, secret, subscriber)}?subject={subject}"


def shown(rendered: Rendered, to: Recipient) -> tuple[str, str]:
    """Both parts as this recipient gets them."""
    return (
        _filled(rendered.html, to, markup=True),
        _filled(rendered.text, to, markup=False),
    )
