"""A claim that came by mail: bytes -> who writes, about what, to which claim; nothing is trusted.

Whether it is acknowledged follows RFC 3834, 2: never what no person wrote, what a list or a mass
mailing sent, what came from nowhere. Whether it is a claim at all is another question: a machine
may send takedown notices, but an out-of-office reply or a delivery report is never one.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

from syndicate.core import language, plaintext, subscription, urls
from syndicate.core.claims import LONGEST, Demand, Kind
from syndicate.core.newsletter import body_text, header, raw
from syndicate.errors import ParseError

_PARTS = 200  # looked at in one mail
_URLS = 20
_FIELD = 16_384  # characters of a field with addresses
_FILES = 20  # attachments that are named
_REFERRED = 50  # Message-IDs of one thread
_ID = re.compile(r"<([^<>\s]{1,250})>")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])C(\d{5,9})(?![A-Za-z0-9])", re.I)
_STOPS = r"\s<>\"'）)】》」\]，。；：！？、"
_URL = re.compile(rf"https?://[^{_STOPS}]{{1,2000}}", re.I)
_ASCII = re.compile(r"[\x21-\x7e]+")
_HREF = re.compile(r"""href\s*=\s*["'](https?://[^\s"'<>]{1,2000})""", re.I)
_TRAILING = ".,;:!?。，；：！？、…"
_ROYALTY = re.compile(
    r"royalt|稿酬|稿费|稿費|版税|报酬|報酬|使用费|使用費|remunerat|licen[cs]e fee|invoice|payment",
    re.I,
)
_TAKEDOWN = re.compile(
    r"take[ -]?(?:it |this |them )?down|remov|delet|infring|unauthori[sz]ed|cease|"
    r"撤下|撤除|撤稿|删除|刪除|下架|移除|停止(?:侵权|转载|使用)|侵权|侵權|未经(?:授权|许可)",
    re.I,
)
_VACATION = re.compile(
    r"^(?:re: *)?(?:out of (?:the )?office|auto(?:matic)?[ -]?(?:reply|response)|vacation\b|"
    r"自动回复|自動回覆|自动答复|休假|不在办公室)",
    re.I,
)
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|double-bounce)(?:[+@]|$)", re.I)
_MACHINE = re.compile(
    r"^(?:no-?reply|do-?not-?reply|bounces?|owner-.*|.*-(?:owner|request))$", re.I
)
_SPAM = re.compile(r"^\s*(?:yes|true)\b|^\*{5}", re.I)
_FORGED = re.compile(r"\bdmarc\s*=\s*fail\b", re.I)
_TO = ("To", "Cc")
_ENVELOPE = ("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-RcptTo")


class Nature(StrEnum):
    """What a mail is, by its headers."""

    WRITTEN = "written"  # may be acknowledged
    SENT = "sent by a machine or a list"  # may claim, and gets no mail
    AUTOMATIC = "an automatic reply"  # answers another mail, or reports on one; claims nothing
    SPAM = "marked as spam"


@dataclass(frozen=True, slots=True)
class ClaimMail:
    """A mail as far as claims are concerned.

    `mark` is the same for the same mail, however often it is handed over. `sender` is who From
    names, `answer_to` where an answer goes; "" where there is no usable address. `refers` are the
    Message-IDs that it answers, `numbers` those of claims in its subject, `attachments` named with
    type and size. `silent` says why it is not acknowledged, "" where it may be.
    """

    mark: str
    id: str
    nature: Nature
    silent: str
    sender: str
    name: str
    answer_to: str
    named: tuple[str, ...]  # whom it names as recipients
    reached: tuple[str, ...]  # whom the mail servers say that it was for
    subject: str
    text: str
    language: str
    kind: Kind
    urls: tuple[str, ...]
    refers: tuple[str, ...]
    numbers: tuple[int, ...]
    attachments: tuple[str, ...]
    is_list: bool


def read(data: bytes, site: str = "") -> ClaimMail:
    """A mail, read; `site` is our own address, which may stand without its scheme in a text.

    Raises ParseError where it is no mail, or cannot be read at all.
    """
    try:
        return _read(email.message_from_bytes(data, policy=email.policy.compat32), site)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The standard library's parser fails in many ways on what was made to break it
        raise ParseError(f"cannot be read ({type(error).__name__})") from error


def _read(message: Message, site: str) -> ClaimMail:
    if not message.keys() or not any(message.get(n) for n in ("From", "To", "Subject", "Date")):
        raise ParseError("is no mail: it has no headers")
    sender, name = _sender(message)
    own = _text(message)
    subject = header(message, "Subject")[:300]
    nature = _nature(message, sender)
    whole = f"{subject}\n{own}"
    return ClaimMail(
        mark=_mark(message, sender, whole),
        id=_own_id(message),
        nature=nature,
        silent=_silent(message, nature, sender),
        sender=sender,
        name=name or sender,
        answer_to=_answer_to(message) or sender,
        named=_addresses(message, _TO),
        reached=_addresses(message, _ENVELOPE),
        subject=subject,
        text=own,
        language=_language(whole),
        kind=_kind(whole),
        urls=tuple(_urls(whole, message, site)),
        refers=_refers(message),
        numbers=tuple(dict.fromkeys(int(n) for n in _NUMBER.findall(subject)))[:5],
        attachments=tuple(_attachments(message)),
        is_list=bool(message.get("List-Id") or message.get("List-Post")),
    )


def is_for(mail: ClaimMail, address: str) -> bool:
    """Whether a mail was sent to an address of ours, a tag behind `+` aside.

    What a list sent to all of its members is not, unless it names the address itself.
    """
    places = mail.named if mail.is_list else (*mail.named, *mail.reached)
    return any(_is_same(place, address) for place in places)


def is_from(mail: ClaimMail, own: Collection[str]) -> bool:
    """Whether we ourselves sent it: a loop."""
    return any(_is_same(mail.sender, address) for address in own if address)


def _is_same(address: str, ours: str) -> bool:
    local, _, domain = address.lower().rpartition("@")
    own, _, own_domain = ours.lower().rpartition("@")
    return domain == own_domain and (local == own or local.startswith(f"{own}+"))


def demand(mail: ClaimMail, note: str = "") -> Demand:
    """What a mail asks for; its text with subject and attachments, cut to what a claim may hold."""
    files = "\n".join(f"[{name}]" for name in (*mail.attachments, *((note,) if note else ())))
    room = LONGEST["text"] - len(files) - len(mail.subject) - 20
    text = mail.text if len(mail.text) <= room else f"{mail.text[:room]}\n[…]"
    return Demand(
        kind=mail.kind.value,
        name=mail.name[: LONGEST["name"]] or "?",
        email=mail.answer_to,
        url=mail.urls[0][: LONGEST["url"]] if mail.urls else "",
        text="\n\n".join(filter(None, (mail.subject, text, files))) or "-",
    )


# --- who, and whether a person ---------------------------------------------------------------


def _sender(message: Message) -> tuple[str, str]:
    """Address and name of From; "" for what is none."""
    given, address = next(iter(getaddresses([raw(message, "From")])), ("", ""))
    holder = Message()
    holder["X"] = given[:1000]
    shown = plaintext.plain(header(holder, "X")).strip("\"' ")[:200]
    return subscription.address(address) or "", shown


def _answer_to(message: Message) -> str:
    """The one address that Reply-To asks answers to; "" without, or with several."""
    found = [a for _, a in getaddresses([raw(message, "Reply-To")]) if a]
    return subscription.address(found[0]) or "" if len(found) == 1 else ""


def _nature(message: Message, sender: str) -> Nature:
    automatic = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    precedence = header(message, "Precedence").lower()
    is_reply = (
        automatic in ("auto-replied", "auto-notified")
        or message.get_content_type() == "multipart/report"
        or bool(message.get("X-Autoreply") or message.get("X-Autorespond"))
        or header(message, "Return-Path").replace(" ", "") == "<>"
        or precedence == "auto_reply"
        or bool(_DAEMON.match(sender))
        or bool(_VACATION.match(header(message, "Subject")))
    )
    if is_reply:
        return Nature.AUTOMATIC
    if any(
        _SPAM.search(header(message, name)) for name in ("X-Spam-Flag", "X-Spam", "X-Spam-Status")
    ):
        return Nature.SPAM
    lists = ("List-Id", "List-Post", "List-Unsubscribe", "Feedback-ID", "X-Auto-Response-Suppress")
    is_sent = (
        automatic not in ("", "no")
        or precedence in ("bulk", "junk", "list")
        or any(message.get(name) for name in lists)
    )
    return Nature.SENT if is_sent else Nature.WRITTEN


def _silent(message: Message, nature: Nature, sender: str) -> str:
    """Why it is not acknowledged."""
    if nature is not Nature.WRITTEN:
        return nature.value
    if not sender:
        return "it names no address"
    if _MACHINE.match(sender.partition("@")[0]):
        return "its address takes no answer"
    results = "\n".join(str(v) for v in message.get_all("Authentication-Results", []))
    return "its sender may be forged (DMARC)" if _FORGED.search(results) else ""


def _addresses(message: Message, names: Collection[str]) -> tuple[str, ...]:
    values = [str(value)[:_FIELD] for name in names for value in message.get_all(name, [])[:20]]
    return tuple(dict.fromkeys(a.lower() for _, a in getaddresses(values) if "@" in a))


# --- which mail, which thread ---------------------------------------------------------------


def _own_id(message: Message) -> str:
    found = _ID.search(" ".join(str(message.get("Message-ID") or "").split()))
    return found[1] if found else ""


def _mark(message: Message, sender: str, text: str) -> str:
    """By Message-ID and sender; without an id by all that does not change on the way."""
    parts = (_own_id(message), sender) if _own_id(message) else (
        sender, str(message.get("Date") or ""), text,
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _refers(message: Message) -> tuple[str, ...]:
    values = [str(v) for n in ("In-Reply-To", "References") for v in message.get_all(n, [])]
    found = list(dict.fromkeys(_ID.findall(" ".join(" ".join(values).split()))))
    return tuple(found[:1] + found[1:][-_REFERRED:])


# --- what it says ---------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= _PARTS:
            return
        yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _text(message: Message) -> str:
    """Its text as plain text: the plain part, else the HTML's."""
    html = ""
    for part in _parts(message):
        if part.is_multipart() or _is_attached(part):
            continue
        if part.get_content_type() == "text/plain" and (text := body_text(part).strip()):
            return _clean(text)
        if part.get_content_type() == "text/html" and not html:
            html = body_text(part)
    return _clean(plaintext.to_text(html)) if html else ""


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")[: 2 * LONGEST["text"]]
    shown = "".join(c for c in text if c in "\n\t" or c.isprintable() or c == "\u3000")
    return re.sub(r"\n{3,}", "\n\n", shown).strip()


def _attachments(message: Message) -> Iterator[str]:
    """Each attachment as `name (type, bytes)`; a mail within it is one, too."""
    count = 0
    for part in _parts(message):
        is_mail = part is not message and part.get_content_type() == "message/rfc822"
        if not is_mail and (part.is_multipart() or not _is_attached(part)):
            continue
        count += 1
        if count > _FILES:
            yield "…"
            return
        payload = part.get_payload(decode=True)
        size = f", {len(payload)} bytes" if isinstance(payload, bytes) else ""
        holder = Message()
        holder["X"] = part.get_filename() or "-"
        name = plaintext.plain(header(holder, "X"))[:120] or "-"
        yield f"{name} ({part.get_content_type()[:60]}{size})"


def _language(text: str) -> str:
    """The language of ours that it is written in; "" where that does not show."""
    if (found := language.of_text(text)) == "zh":
        return "zh-CN"
    letters = sum(c.isascii() and c.isalpha() for c in text[:2000])
    return "" if found or letters < 20 else "en"


def _kind(text: str) -> Kind:
    """A royalty where one is asked for and nothing is to go; else what is more urgent."""
    is_royalty = _ROYALTY.search(text) and not _TAKEDOWN.search(text)
    return Kind.ROYALTY if is_royalty else Kind.TAKEDOWN


def _urls(text: str, message: Message, site: str) -> Iterator[str]:
    """The addresses in a mail, in order, each once; ours also without a scheme."""
    found = [match.rstrip(_TRAILING) for match in _URL.findall(text)]
    host = urls.host(site)
    if host:
        bare = rf"(?<![\w/.@-]){re.escape(host)}/[^{_STOPS}]{{1,500}}"
        found += [f"https://{m.rstrip(_TRAILING)}" for m in re.findall(bare, text, re.I)]
    for part in _parts(message):
        if part.get_content_type() == "text/html" and not _is_attached(part):
            links = _HREF.findall(body_text(part)[:500_000])
            found += [link.replace("&amp;", "&") for link in links]
    # Chinese words often follow an address without a space; an address may have some, too
    cut = [_ASCII.match(url) for url in found]
    both = [
        each for url, short in zip(found, cut, strict=True) if short for each in (url, short[0])
    ]
    yield from list(dict.fromkeys(url for url in both if len(url) < LONGEST["url"]))[:_URLS]
