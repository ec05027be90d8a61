"""Reports that come back: bytes -> what they say of whom; anything else is no report.

Standard ones first (RFC 3464 delivery status, RFC 5965 feedback reports), then what flufl.bounce
knows, then the texts of providers that follow neither. Who is meant is not decided here: a report
only names places where a token may stand, and an address alone proves nothing.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

from syndicate.core import plaintext
from syndicate.core.bounce_words import classify
from syndicate.core.newsletter import body_text, header, message_id
from syndicate.errors import ParseError

_PARTS = 50
_FIELD = 16_384  # characters of a field with addresses
_TEXT = 200_000  # characters of a report's text that are looked at
_ADDRESS = re.compile(r"[A-Za-z0-9._%+=~/{}|^!#$&'*-]{1,128}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_WHERE_TO = (
    "To",
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-RcptTo",
    "Cc",
)
_RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
_STATUSES = ("message/delivery-status", "message/global-delivery-status")
_LOOKS = re.compile(
    r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|microsoftexchange|邮件系统|退信", re.I
)
_SUBJECTS = re.compile(
    r"undeliver|returned mail|delivery (?:status notification|failure|has failed|report)|"
    r"failure notice|mail delivery failed|delivery failed|could ?n.t be delivered|"
    r"退信|退回|无法(?:投递|送达|发送)|未(?:能)?(?:送达|投递)|投递失败|发送失败|傳遞失敗|無法傳遞",
    re.I,
)
_VACATION = re.compile(
    r"out of (?:the )?office|auto(?:matic)?[ -]?(?:reply|response|respon)|vacation|away from|"
    r"自动回复|自動回覆|自动答复|休假|不在办公室|外出",
    re.I,
)
# Feedback that complains; `not-spam` takes one back, authentication failures are another matter
_COMPLAINTS = frozenset(
    {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"}
)


class Kind(StrEnum):
    """What a report says: never again; not this time; please never again."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says.

    `addresses` are those that it names as failed or complaining. `places` are texts in which a
    token may stand: whom the report was sent to, the envelope and links of what was returned.
    `returned` is the Message-ID of what was returned. `reason` is for people.
    """

    kind: Kind
    id: str
    addresses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    returned: str | None = None
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is no report: whom it was sent to and what it asks for.

    `automatic` is one that nobody wrote: out of office, acknowledgements.
    """

    to: tuple[str, ...]
    subject: str
    automatic: bool


def read(data: bytes) -> Report | Mail:
    """What a mail is. Raises ParseError where it is none, or a report that says nothing."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if not message.keys() or not any(message.get(n) for n in ("From", "To", "Subject", "Date")):
        raise ParseError("is no mail: it has no headers")
    found = _feedback(message) or _delivery_status(message)
    if found is None and _is_report(message):
        raise ParseError("is a report without a status that can be read")
    if found is None and not _is_automatic(message):
        found = _known_form(message)
    return found or Mail(_to(message), header(message, "Subject"), _is_automatic(message))


def _is_report(message: Message) -> bool:
    """Whether a mail claims to be one of the standard reports about something that failed."""
    kind = str(message.get_param("report-type") or "").lower()
    is_report = message.get_content_type() == "multipart/report"
    has_part = any(part.get_content_type() in (*_STATUSES, _FEEDBACK) for part in _parts(message))
    return is_report and kind in ("delivery-status", "feedback-report", "") and not has_part


def _is_automatic(message: Message) -> bool:
    """Whether nobody wrote a mail (RFC 3834 and its older relatives)."""
    automatic = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    if automatic == "auto-replied" and not _LOOKS.search(header(message, "From")):
        return True
    if message.get("X-Autoreply") or message.get("X-Autorespond"):
        return True
    precedence = header(message, "Precedence").lower()
    return precedence == "auto_reply" or bool(_VACATION.search(header(message, "Subject")))


# --- what any report holds ------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number < _PARTS:
            yield part


def _to(message: Message) -> tuple[str, ...]:
    values = [str(v)[:_FIELD] for name in _WHERE_TO for v in message.get_all(name, [])[:20]]
    return tuple(dict.fromkeys(a for _, a in getaddresses(values) if "@" in a))


def _returned(message: Message) -> Message | None:
    """The headers of the message that came back, where the report has them."""
    for part in _parts(message):
        if part is message or part.get_content_type() not in _RETURNED:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            return payload[0]
        text = body_text(part)
        if text.strip():
            return email.message_from_string(text.lstrip())
    return None


def _report(message: Message, kind: Kind, text: str, *, status: str, reason: str) -> Report:
    """A report with every place in which a token may stand."""
    inner = _returned(message)
    places = [*_to(message), *map(str, message.get_all("In-Reply-To", []))]
    returned = message_id(inner) if inner is not None else None
    if inner is not None:
        names = ("Return-Path", "Sender", "Errors-To", "List-Unsubscribe", "X-Original-From")
        places += [header(inner, name) for name in names if inner.get(name)]
    places += [a for a in _ADDRESS.findall(text) if "+" in a or "=" in a]
    if returned is None:
        quoted = re.search(r"^\s*Message-ID:\s*<([^<>\s]+)>", text, re.I | re.M)
        returned = quoted[1] if quoted else None
    return Report(
        kind=kind,
        id=message_id(message) or "",
        places=tuple(dict.fromkeys(place for place in places if place)),
        returned=returned,
        status=status,
        reason=plaintext.plain(reason)[:300],
    )


def _text(message: Message) -> str:
    """All text of a report, what came back with it not included."""
    found: list[str] = []
    for part in _own_parts(message):
        if part.get_content_maintype() != "text":
            continue
        text = body_text(part)
        is_html = part.get_content_subtype() == "html"
        found.append(plaintext.to_text(text) if is_html else text)
    return "\n".join(found)[:_TEXT]


def _own_parts(message: Message) -> Iterator[Message]:
    """The parts of a report without those of the message that came back."""
    stack = [message]
    for _ in range(_PARTS):
        if not stack:
            return
        part = stack.pop(0)
        if part is not message and part.get_content_type() in _RETURNED:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            stack = [*(each for each in payload if isinstance(each, Message)), *stack]
        else:
            yield part


def _addresses(texts: Sequence[str]) -> tuple[str, ...]:
    found = (a.strip(".") for text in texts for a in _ADDRESS.findall(text))
    return tuple(dict.fromkeys(address.lower() for address in found))


# --- RFC 5965 -------------------------------------------------------------------------------

_FEEDBACK = "message/feedback-report"


def _feedback(message: Message) -> Report | Mail | None:
    """A complaint in the Abuse Reporting Format; other feedback is no report of ours."""
    for part in _parts(message):
        if part.get_content_type() != _FEEDBACK:
            continue
        fields = _fields(part)
        kind = str(fields.get("Feedback-Type") or "").strip().lower()
        if not kind:
            raise ParseError("is a feedback report without a Feedback-Type")
        if kind not in _COMPLAINTS:
            return Mail(_to(message), header(message, "Subject"), automatic=True)
        made = _report(
            message, Kind.COMPLAINT, _text(message), status="", reason=f"complaint: {kind}"
        )
        named = [
            str(v) for n in ("Original-Rcpt-To", "Removal-Recipient") for v in fields.get_all(n, [])
        ]
        sender = str(fields.get("Original-Mail-From") or "")
        return replace(made, addresses=_addresses(named), places=(*made.places, sender))
    return None


def _fields(part: Message) -> Message:
    """The fields of a part that is itself like a header."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return email.message_from_string(body_text(part).lstrip())


# --- RFC 3464, RFC 6533 ---------------------------------------------------------------------


_RECIPIENT = ("Final-Recipient", "Original-Recipient", "Action")


def _delivery_status(message: Message) -> Report | Mail | None:
    for part in _parts(message):
        if part.get_content_type() in _STATUSES:
            blocks = [b for b in _blocks(part) if any(b.get(name) for name in _RECIPIENT)]
            if not blocks:
                raise ParseError("is a delivery report that names no recipient")
            return _of_blocks(message, blocks)
    return None


def _blocks(part: Message) -> list[Message]:
    """The blocks of fields in a status. The stdlib takes only the older type apart; of others it
    makes one message whose headers are the first block."""
    payload = part.get_payload()
    messages = [m for m in payload if isinstance(m, Message)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/delivery-status" and messages:
        return messages
    text = "\n\n".join(map(_as_text, messages)) or body_text(part)
    return [
        email.message_from_string(block)
        for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip())
        if block.strip()
    ]


def _as_text(message: Message) -> str:
    fields = "\n".join(f"{name}: {value}" for name, value in message.items())
    return f"{fields}\n\n{message.get_payload()}"


def _of_blocks(message: Message, blocks: Sequence[Message]) -> Report | Mail:
    """The gravest of what a report says of its recipients: one message has one of ours."""
    text = _text(message)
    found: list[Report] = []
    for block in blocks:
        action = header(block, "Action").lower().partition(" ")[0].strip(".;")
        status = _STATUS.search(header(block, "Status"))
        told = header(block, "Diagnostic-Code").partition(";")[2] or header(
            block, "Diagnostic-Code"
        )
        if action in ("delivered", "relayed", "expanded"):
            continue
        code = ".".join(status.groups()) if status else ""
        verdict = _verdict(action, code, told, text)
        if verdict is None:
            continue
        made = _report(message, verdict, text, status=code, reason=told or code or action)
        names = [header(block, name) for name in ("Original-Recipient", "Final-Recipient")]
        found.append(replace(made, addresses=_addresses(names)))
    found.sort(key=lambda report: report.kind is not Kind.HARD)
    return found[0] if found else Mail(_to(message), header(message, "Subject"), automatic=True)


def _verdict(action: str, status: str, told: str, text: str) -> Kind | None:
    if action == "delayed" or status.startswith("4."):
        return Kind.SOFT
    if status.startswith("2."):
        return None
    return Kind(classify(status, told, text if not told else ""))


# --- other forms ----------------------------------------------------------------------------


def _known_form(message: Message) -> Report | None:
    """A bounce by flufl.bounce's detectors, or by what it says where it looks like one."""
    text = _text(message)
    looks = bool(_LOOKS.search(header(message, "From"))) or header(message, "Return-Path") == "<>"
    names_it = bool(_SUBJECTS.search(header(message, "Subject")))
    if not looks and not names_it:
        return None
    temporary, permanent = _detected(message)
    status = _STATUS.search(text)
    code = ".".join(status.groups()) if status and status[1] != "2" else ""
    kind = classify(code, text, "", unknown="")
    if not kind and (temporary or permanent):
        kind = Kind.HARD if permanent else Kind.SOFT
    if not kind and looks and names_it and (reply := _REPLY.search(text)):
        kind = Kind.HARD if reply[1] == "5" else Kind.SOFT
    if not kind and looks and names_it:
        kind = Kind.SOFT  # it came back, for a reason that is not understood
    if not kind:
        return None
    made = _report(message, Kind(kind), text, status=code, reason=_why(text))
    named = [*temporary, *permanent] or list(_addresses([text]))
    return replace(made, addresses=tuple(dict.fromkeys(named)))


def _detected(message: Message) -> tuple[list[str], list[str]]:
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(message)
    except Exception:  # its detectors are old and meet odd mails; what they cannot read is unknown
        return [], []
    return tuple(  # type: ignore[return-value]
        sorted(address.decode("ascii", "replace").lower() for address in each)
        for each in (temporary, permanent)
    )


def _why(text: str) -> str:
    """The line of a report that says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if classify("", line, "", unknown="")), "")


# --- counting -------------------------------------------------------------------------------

_HALF_LIFE = timedelta(days=30)
_TOO_MANY = 5.0


def added(score: float, last: datetime | None, now: datetime) -> float:
    """The count of soft bounces with one more, the earlier ones decayed by half every 30 days."""
    passed = max(timedelta(0), now - last) if last is not None else timedelta(0)
    return float(score * 0.5 ** (passed / _HALF_LIFE) + 1.0)


def is_too_many(score: float) -> bool:
    """Whether an address is given up: five times at once, six days of daily mails, six weeks of
    weekly ones; now and then, never."""
    return score >= _TOO_MANY - 1e-9
