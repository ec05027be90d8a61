"""Mails that are claims, or go on about one: each makes its claim, or its step, exactly once.

Mail, claim, acknowledgement and history are one transaction, keyed by the mail's own mark: what
is killed before it is done again from the mailbox, what is handed over twice changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.engine import Connection

from syndicate.adapters.store import claims as store
from syndicate.adapters.store import limits
from syndicate.adapters.store.engine import Database
from syndicate.core import claim_mail, identity, mime, verp
from syndicate.core.bounce import Report
from syndicate.core.claim_mail import ClaimMail, Nature
from syndicate.core.claims import Claim
from syndicate.errors import LimitError, UsageError
from syndicate.jobs.claims import handling
from syndicate.settings import Settings

_ACKNOWLEDGED = "claim-mail"
_MOST = 5  # acknowledgements to one address before an editor answered it
_DAY = timedelta(days=1)
_OF_ONE = 20  # new claims by mail that one address may make a day
_OF_ALL = 200
_MAILS = 2000  # mails about claims of a day, replies included
_KEPT = 100_000_000  # bytes of mails, as they are kept, of a day
_LONGEST = 20_000  # characters of a reply that are in the history; the mail is kept whole besides
_OURS = re.compile(r"letter\.(claim-(\d{1,9})[a-z0-9-]*)\.[0-9a-f]{32}@[^<>\s]+")


class What(StrEnum):
    """What came of a mail."""

    CLAIM = "claim"
    REPLY = "reply"
    REPEATED = "repeated"
    AUTOMATIC = "automatic"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mail, and the claim that it is of; 0 for none."""

    what: What
    number: int = 0


def take_mail(
    db: Database,
    settings: Settings,
    data: bytes,
    *,
    secret: bytes,
    now: datetime,
    every: bool = False,
    note: str = "",
) -> Outcome | None:
    """What a mail says of claims; None where it is not for them, and nothing was done.

    A mail in the thread of a claim goes to its history, wherever it came. Another is a new claim
    where it was sent to mail.claims, or `every` mail is for claims. `note` is put beside its
    attachments. Raises ParseError where it cannot be read, LimitError beyond a day's measure.
    """
    mail = claim_mail.read(data, settings.site.url)
    if mail.nature is not Nature.WRITTEN and _is_ours(mail, settings):
        return None
    with db.begin() as conn:
        claim = _thread(conn, mail, secret, settings)
        is_for = every or bool(
            settings.mail.claims and claim_mail.is_for(mail, settings.mail.claims)
        )
        if claim is None and (not is_for or mail.nature is Nature.AUTOMATIC):
            return None
        if claim is None and mail.nature is Nature.SPAM:
            return Outcome(What.SPAM)
        if not store.take_mail(conn, mail.mark, mail.id, now, _kept(conn, data, now)):
            return Outcome(What.REPEATED)
        if store.count_mails(conn, now - _DAY) > _MAILS:
            raise LimitError(f"more than {_MAILS} mails about claims in a day")
        if claim is not None:
            outcome = _reply(conn, settings, claim, mail, now)
        else:
            outcome = _claim(conn, settings, mail, secret, now, note)
        store.file_mail(conn, mail.mark, outcome.number)
        return outcome


def _is_ours(mail: ClaimMail, settings: Settings) -> bool:
    own = settings.mail
    return claim_mail.is_from(mail, (own.claims, own.sender, own.bounce))


def _kept(conn: Connection, data: bytes, now: datetime) -> bytes | None:
    """The mail itself, with what is attached, as long as the day's room lasts."""
    return data if store.bytes_kept(conn, now - _DAY) + len(data) <= _KEPT else None


def _claim(
    conn: Connection, settings: Settings, mail: ClaimMail, secret: bytes, now: datetime, note: str
) -> Outcome:
    who = identity.keyed(secret, identity.mark("email", mail.sender))
    if not (
        limits.hit(conn, _ACKNOWLEDGED, who, now, _DAY, _OF_ONE)
        and limits.hit(conn, _ACKNOWLEDGED, b"", now, _DAY, _OF_ALL)
    ):
        raise LimitError(
            f"more than {_OF_ONE} claims of one address, or {_OF_ALL} of all, in a day",
            where=mail.sender or "?",
        )
    demand = claim_mail.demand(mail, note)
    claim = handling.record(conn, settings, demand, now=now, language=mail.language)
    claim = _about(conn, claim, mail)
    silent = mail.silent or ("it is our own address" if _is_ours(mail, settings) else "")
    if not silent and not limits.may_write(
        conn, _ACKNOWLEDGED, handling.address_mark(claim, secret), now, timedelta(0), _MOST
    ):
        silent = f"{_MOST} mails went to its address unanswered"
    told = f"not acknowledged: {silent}" if silent else ""
    store.log(conn, claim.number, now, mail.sender or "claimant", "received by mail", told)
    if not silent:
        handling.acknowledge(conn, settings, claim, secret, now, mail.id)
    return Outcome(What.CLAIM, claim.number)


def _about(conn: Connection, claim: Claim, mail: ClaimMail) -> Claim:
    """The first address in the mail that is an article's says what it is about; others of ours
    that it names are told in the history."""
    found = {entry: url for url in reversed(mail.urls) if (entry := handling.about(conn, url))}
    if not found:
        return claim
    first, *others = sorted(found, key=lambda entry: mail.urls.index(found[entry]))
    store.change(conn, claim.number, entry=first, url=found[first])
    if others:
        names = " ".join(others)
        store.log(conn, claim.number, claim.at, "syndicate", "names more articles", names)
    return handling.known(conn, claim.number)


def _reply(
    conn: Connection, settings: Settings, claim: Claim, mail: ClaimMail, now: datetime
) -> Outcome:
    """To the claim's history; what nobody wrote opens nothing."""
    text = "\n".join(filter(None, (mail.text[:_LONGEST], *(f"[{f}]" for f in mail.attachments))))
    by = mail.sender or "claimant"
    if mail.nature is Nature.WRITTEN:
        handling.reopen(conn, settings, claim, now, by, text)
        return Outcome(What.REPLY, claim.number)
    store.log(conn, claim.number, now, by, f"was sent {_KINDS[mail.nature]}", text)
    return Outcome(What.AUTOMATIC, claim.number)


_KINDS = {
    Nature.AUTOMATIC: "an automatic reply",
    Nature.SENT: "a mail by a machine",
    Nature.SPAM: "a mail marked as spam",
}


# --- threads --------------------------------------------------------------------------------


def _thread(conn: Connection, mail: ClaimMail, secret: bytes, settings: Settings) -> Claim | None:
    """The claim that a mail goes on about: it answers a mail of ours, whose Message-ID proves
    itself, or one of the same thread, or has the number in its subject."""
    numbers = [n for id in mail.refers if (n := _of_ours(id, secret, settings))]
    if not numbers and mail.refers and (found := store.of_thread(conn, mail.refers)):
        numbers = [found]
    for number in (*numbers, *mail.numbers):
        try:
            return handling.known(conn, number)
        except UsageError:
            continue
    return None


def _of_ours(message_id: str, secret: bytes, settings: Settings) -> int:
    """The claim whose letter has this Message-ID; 0 where it is not one that we made."""
    match = _OURS.fullmatch(message_id)
    if not match:
        return 0
    made = mime.message_id(f"letter:{match[1]}", f"claim-{match[2]}", secret, settings.site)
    is_ours = made.partition("@")[0] == f"<{message_id}".partition("@")[0]  # site.url may change
    return int(match[2]) if is_ours else 0


def came_back(db: Database, report: Report, *, secret: bytes, now: datetime) -> int:
    """Note in a claim's history that a mail about it did not arrive; its number, 0 where the
    report proves to be about none."""
    for place in report.places:
        who = verp.find(place, secret, verp.Purpose.BOUNCE) or ""
        if not (match := re.fullmatch(r"claim-(\d{1,9})", who)):
            continue
        number, text = int(match[1]), f"{report.kind.value} {report.status} {report.reason}"
        with db.begin() as conn:
            if store.get(conn, number) is None:
                return 0
            mark = f"report:{report.returned or report.id or text}"
            if store.take_mail(conn, mark, report.id, now, None):
                store.file_mail(conn, mark, number)
                store.log(
                    conn, number, now, "syndicate", "a mail came back", " ".join(text.split())
                )
        return number
    return 0


def mails_of(db: Database, number: int) -> list[store.Kept]:
    """The mails of a claim as they came, oldest first; UsageError where there is no such claim."""
    with db.read() as conn:
        handling.known(conn, number)
        return [kept for kept in store.mails(conn, number) if kept.data is not None]
