"""Reports and unsubscribe mails in, subscriptions changed.

Only a token of ours says who is meant: the return path that a report came to, the envelope or the
links of the message that came back, its Message-ID. A report without one changes nothing, so that
nobody can be unsubscribed, or made to look unreachable, by whoever knows an address.

Whatever is neither a report nor such a mail is offered to `Others`, for a mailbox may be for
claims, too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.mailbox import Mailbox
from syndicate.adapters.store import outbox
from syndicate.adapters.store import subscribers as store
from syndicate.adapters.store.engine import Database
from syndicate.core import bounce, subscription, tokens, verp
from syndicate.core.bounce import Kind, Mail, Report
from syndicate.errors import LimitError, ParseError
from syndicate.model import Subscriber

_WEB_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_ADDRESSES = 20  # of one report that are looked up
_LOGGED = "bounced"
_BATCH = 50  # mails between two acknowledgements
_MOST = 5000  # mails of one call


@dataclass
class Taken:
    """What came of the mails that were taken in.

    `suppressed` counts subscribers that get no mail any more because of them. `unknown` are
    reports without a valid token, `ignored` mails that are none (automatic replies, letters),
    `repeated` reports and mails that were counted before, `spam` what was marked as that and left
    alone. `claims` are new, `replies` go on about one. `full`: what came is more than a day may
    bring, and was left alone.
    """

    read: int = 0
    hard: int = 0
    soft: int = 0
    complaints: int = 0
    unsubscribed: int = 0
    suppressed: int = 0
    unknown: int = 0
    ignored: int = 0
    repeated: int = 0
    claims: int = 0
    replies: int = 0
    spam: int = 0
    full: bool = False
    problems: list[str] = field(default_factory=list)

    def add(self, more: Taken, where: str = "") -> None:
        """Count what else was taken in; its problems have their place before them."""
        for name, value in vars(more).items():
            if name != "problems":
                setattr(self, name, getattr(self, name) + value)
        self.full = bool(self.full)
        self.problems += [f"{where}: {text}" if where else text for text in more.problems]


@dataclass(frozen=True, slots=True)
class Others:
    """Whom else mails are for. `mail` gets each that is nothing of ours, with a note about it:
    `claim`, `reply`, `repeated`, `automatic`, `spam`, or None where it is nothing of theirs
    either. `report` gets reports that are about no subscriber: whether it is about something of
    theirs."""

    mail: Callable[[bytes, str], str | None]
    report: Callable[[Report], bool]


NOBODY = Others(lambda _data, _note: None, lambda _report: False)
_COUNTED = {
    "claim": "claims",
    "reply": "replies",
    "repeated": "repeated",
    "automatic": "ignored",
    "spam": "spam",
}


def take_in(
    db: Database,
    reports: Iterable[bytes],
    secret: bytes,
    now: datetime,
    others: Others = NOBODY,
) -> Taken:
    """Take in mails that came back or ask for something, each in a transaction of its own.

    What is malformed changes nothing and is among the problems, by its number (from 1).
    """
    taken = Taken()
    for data in reports:
        _take(db, data, secret, now, taken, others)
    return taken


def take_from(
    db: Database,
    mailbox: Mailbox,
    secret: bytes,
    now: datetime,
    others: Others = NOBODY,
) -> Taken:
    """Take in what is unread in a mailbox, and mark it as read: each batch once it is safe.

    What is malformed or too large is marked, too: it is reported once, and left there to be
    looked at; of what is too large, the others still get how it begins. Raises FetchError where
    the mailbox cannot be read.
    """
    taken = Taken()
    while batch := list(itertools.islice(mailbox.unread(_BATCH), _BATCH)):
        for letter in batch:
            if letter.data is None:
                taken.read += 1
                taken.problems.append(letter.error)
                if letter.head:
                    _offer(letter.head, letter.error.partition(": ")[2], others, taken, None)
            else:
                _take(db, letter.data, secret, now, taken, others)
        mailbox.acknowledge([letter.key for letter in batch])
        if len(batch) < _BATCH or taken.read >= _MOST:
            break
    return taken


def _take(
    db: Database, data: bytes, secret: bytes, now: datetime, taken: Taken, others: Others
) -> None:
    taken.read += 1
    try:
        read = bounce.read(data)
    except ParseError as error:
        taken.problems.append(f"mail {taken.read}: {error}")
        return
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The standard library fails in many ways on what was made to break it
        taken.problems.append(f"mail {taken.read}: cannot be read ({type(error).__name__})")
        return
    if isinstance(read, Report):
        with db.begin() as conn:
            known = _report(conn, read, secret, now, taken)
        if not known and not others.report(read):
            _offer(data, "", others, taken, "unknown")
        return
    with db.begin() as conn:
        known = _mail(conn, read, secret, now, taken)
    if not known:
        _offer(data, "", others, taken, "ignored")


def _offer(data: bytes, note: str, others: Others, taken: Taken, else_: str | None) -> None:
    """To the others; what is nothing of theirs is counted as `else_`."""
    try:
        what = others.mail(data, note)
    except (ParseError, LimitError) as error:
        taken.full |= isinstance(error, LimitError)
        taken.problems.append(f"mail {taken.read}: {error}")
        return
    counted = _COUNTED[what] if what else else_
    if counted:
        setattr(taken, counted, getattr(taken, counted) + 1)


# --- reports --------------------------------------------------------------------------------


def _report(conn: Connection, report: Report, secret: bytes, now: datetime, taken: Taken) -> bool:
    """Change what a report proves; False where it is about no subscriber."""
    person = _meant(conn, report, secret)
    if person is None:
        return False
    if not _note(conn, person, report, now):
        taken.repeated += 1
        return True
    if report.kind is Kind.COMPLAINT:
        taken.complaints += 1
        _unsubscribe(conn, person, now, "a complaint", taken)
    elif report.kind is Kind.HARD:
        taken.hard += 1
        _suppress(conn, person, now, report.reason or report.status, taken)
    else:
        taken.soft += 1
        score, last = store.bounce_score(conn, person.id)
        score = bounce.added(score, last, now)
        store.set_bounces(conn, person.id, score, now)
        if bounce.is_too_many(score):
            _suppress(conn, person, now, f"bounced too often: {report.reason}", taken)
    return True


def _meant(conn: Connection, report: Report, secret: bytes) -> Subscriber | None:
    """The subscriber whom a report proves to be about."""
    for place in report.places:
        for purpose in verp.Purpose:
            who = verp.find(place, secret, purpose)
            if who and (person := store.get(conn, who)) is not None:
                return person
        if (person := _by_link(conn, place, secret)) is not None:
            return person
    return _by_message(conn, report)


def _by_link(conn: Connection, text: str, secret: bytes) -> Subscriber | None:
    """The subscriber whose unsubscribe link stands in a text (List-Unsubscribe)."""
    for token in _WEB_TOKEN.findall(text):
        who = tokens.subject(token)
        person = store.get(conn, who) if who else None
        if person and tokens.holds(secret, "unsubscribe", token, person.token_salt):
            return person
    return None


def _by_message(conn: Connection, report: Report) -> Subscriber | None:
    """The subscriber to whom the message that came back was sent: its Message-ID, which cannot
    be guessed, together with an address that the report names."""
    if not report.returned:
        return None
    for address in report.addresses[:_ADDRESSES]:
        person = store.by_email(conn, subscription.key(address))
        if person is not None and outbox.was_sent(conn, person.id, report.returned):
            return person
    return None


def _note(conn: Connection, person: Subscriber, report: Report, now: datetime) -> bool:
    """Put a report on the subscriber's record; False where that very one is there already."""
    about = report.returned or report.id
    text = f"{report.kind.value} {report.status} <{about}> {report.reason}".replace("  ", " ")
    mark = f" <{about}> "
    if about and any(
        row["what"] == _LOGGED and row["text"].startswith(report.kind.value) and mark in row["text"]
        for row in store.record(conn, person.id)
    ):
        return False
    store.log(conn, person.id, now, _LOGGED, text)
    return True


# --- mails that ask -------------------------------------------------------------------------


def _mail(conn: Connection, mail: Mail, secret: bytes, now: datetime, taken: Taken) -> bool:
    """An unsubscribe mail: its address or its subject has the token for that. False for others."""
    texts = mail.to if mail.automatic else (*mail.to, mail.subject)
    for text in texts:
        who = verp.find(text, secret, verp.Purpose.UNSUBSCRIBE)
        person = store.get(conn, who) if who else _by_link(conn, text, secret)
        if person is not None:
            _unsubscribe(conn, person, now, "mail", taken)
            return True
    return False


def _unsubscribe(
    conn: Connection, person: Subscriber, now: datetime, by: str, taken: Taken
) -> None:
    left = subscription.leave(person)
    if left != person:
        store.save(conn, [(left, subscription.key(person.email))], now)
        store.log(conn, person.id, now, f"unsubscribed by {by}")
        taken.unsubscribed += 1
    outbox.drop_subscriber(conn, person.id, now, "unsubscribed")


def _suppress(
    conn: Connection, person: Subscriber, now: datetime, reason: str, taken: Taken
) -> None:
    gone = subscription.suppress(person)
    if gone != person:
        store.save(conn, [(gone, subscription.key(person.email))], now)
        store.log(conn, person.id, now, "suppressed", reason)
        taken.suppressed += 1
    outbox.drop_subscriber(conn, person.id, now, "suppressed")
