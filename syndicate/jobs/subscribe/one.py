"""Sign-up, confirmation, preferences, unsubscribing, erasure of one address.

Every change and the record of the consent to it are one transaction. Mails go into the outbox in
the same transaction, so that neither is without the other.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import limits, outbox
from syndicate.adapters.store import subscribers as store
from syndicate.adapters.store.engine import Database
from syndicate.core import identity, letters, mime, pace, subscription, tokens
from syndicate.core.subscription import Letter, Wish
from syndicate.core.words import of as words_of
from syndicate.errors import UsageError
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Settings

# One confirmation mail an address and day, three ever that nobody answered
_WAIT = timedelta(days=1)
_MOST = 3
_MAIL = "confirmation"


@dataclass(frozen=True, slots=True)
class Added:
    """The subscriber as it is now; whether anything changed; whether an invitation goes out."""

    person: Subscriber
    changed: bool
    invited: bool


def mark(email: str, secret: bytes) -> bytes:
    """The keyed hash that stands for an address where the address itself is not kept."""
    return identity.keyed(secret, identity.mark("email", subscription.key(email)))


def _address(text: str) -> str:
    email = subscription.address(text)
    if email is None:
        raise UsageError(f"{text!r} is no mail address")
    return email


def new(email: str, state: SubscriberState = SubscriberState.UNCONFIRMED) -> Subscriber:
    """A subscriber of that address, with an id and a salt of its own."""
    return Subscriber(secrets.token_hex(8), email, state, token_salt=secrets.token_hex(8))


# --- by its owner ---------------------------------------------------------------------------


def sign_up(
    db: Database,
    settings: Settings,
    email: str,
    wish: Wish,
    *,
    secret: bytes,
    now: datetime,
    network: str = "",
) -> None:
    """What anybody may do for any address: ask its owner. Whoever asks learns nothing.

    `network` is where it came from, hashed; it goes into the record of consent. Raises
    UsageError for what is no address, or a wish that cannot be.
    """
    email = _address(email)
    wrong = subscription.problems(wish, settings, public=True)
    if wrong:
        raise UsageError("; ".join(wrong))
    with db.begin() as conn:
        ask(conn, settings, email, wish, secret, now, "signed up", network)


def ask(
    conn: Connection,
    settings: Settings,
    email: str,
    wish: Wish,
    secret: bytes,
    now: datetime,
    what: str,
    network: str,
) -> bool:
    """Send the opt-in mail, or the one to whom is known; whether one goes out.

    The mail is allowed first: of two sign-ups at one moment the second then sees what the first
    has done.
    """
    may_mail = limits.may_write(conn, _MAIL, mark(email, secret), now, _WAIT, _MOST)
    found = store.by_email(conn, subscription.key(email))
    if found is None and not may_mail:
        return False
    person, letter = subscription.sign_up(found or new(email), wish)
    if person != found:
        store.save(conn, [(person, subscription.key(email))], now)
    if not may_mail or letter is Letter.NONE:
        return False
    store.log(conn, person.id, now, what, "", network)
    _write(conn, settings, person, letter, secret, now)
    return True


def _write(
    conn: Connection,
    settings: Settings,
    person: Subscriber,
    letter: Letter,
    secret: bytes,
    now: datetime,
) -> None:
    words = words_of(person.language or settings.site.language)
    purpose = "confirm" if letter is Letter.CONFIRM else "preferences"
    link = (
        f"{settings.site.url}{purpose}/{tokens.make(secret, purpose, person.id, person.token_salt)}"
    )
    if letter is Letter.CONFIRM:
        titles = tuple(d.title or d.id for d in settings.digests if subscription.wants(person, d))
        written = letters.confirmation(settings, words, link, titles)
    else:
        written = letters.known(settings, words, link)
    key = f"{purpose}-{now:%Y%m%d%H%M%S}"
    outbox.add_letter(
        conn,
        key=key,
        subscriber=person.id,
        email=person.email,
        name=person.name,
        subject=written.subject,
        text=written.text,
        language=words.language,
        message_id=mime.message_id(f"letter:{key}", person.id, secret, settings.site),
        now=now,
    )


def holder(db: Database, token: str, purpose: str, secret: bytes) -> Subscriber | None:
    """Whose token this is, if it is one for this purpose."""
    who = tokens.subject(token)
    if who is None:
        return None
    with db.read() as conn:
        person = store.get(conn, who)
    salt = person.token_salt if person else ""
    return person if tokens.holds(secret, purpose, token, salt) else None


def confirm(
    db: Database, id: str, *, secret: bytes, now: datetime, network: str = ""
) -> Subscriber | None:
    """Double opt-in: the owner of the address said yes. None where there is nothing to confirm."""
    with db.begin() as conn:
        person = store.get(conn, id)
        confirmed = person and subscription.confirm(person, now)
        if person is None or confirmed is None:
            return None
        if confirmed != person:
            store.save(conn, [(confirmed, subscription.key(person.email))], now)
            store.log(conn, id, now, "confirmed", "", network)
        known = mark(person.email, secret)
        limits.answered(conn, _MAIL, known)
        store.remember(conn, known)
        return confirmed


def unsubscribe(
    db: Database, id: str, *, now: datetime, by: str, network: str = ""
) -> Subscriber | None:
    """Nothing is sent to this subscriber any more, not even what is queued; None: no such one."""
    with db.begin() as conn:
        return _leave(conn, store.get(conn, id), now, by, network)


def _leave(
    conn: Connection, person: Subscriber | None, now: datetime, by: str, network: str
) -> Subscriber | None:
    if person is None:
        return None
    left = subscription.leave(person)
    if left != person:
        store.save(conn, [(left, subscription.key(person.email))], now)
        store.log(conn, person.id, now, f"unsubscribed by {by}", "", network)
    outbox.drop_subscriber(conn, person.id, now, "unsubscribed")
    return left


def change(
    db: Database,
    settings: Settings,
    id: str,
    wish: Wish,
    *,
    paused_until: datetime | None,
    now: datetime,
    by: str,
    network: str = "",
) -> Subscriber | None:
    """Other digests, columns, pace, language; `paused_until` in the past or None: not paused.

    Raises UsageError for a wish that cannot be. Digests that the operator gave may be kept,
    public or not.
    """
    with db.begin() as conn:
        person = store.get(conn, id)
        if person is None:
            return None
        mine = set(person.digests)
        asked = replace(wish, digests=tuple(d for d in wish.digests or () if d not in mine) or None)
        wrong = subscription.problems(asked, settings, public=True)
        if wrong:
            raise UsageError("; ".join(wrong))
        paused = paused_until if paused_until is not None and paused_until > now else None
        changed = replace(subscription.fulfil(person, wish), paused_until=paused)
        if changed != person:
            store.save(conn, [(changed, subscription.key(person.email))], now)
            store.log(conn, id, now, f"changed by {by}", _difference(person, changed), network)
            _put_off(conn, settings, person, changed, now)
        return changed


def _put_off(
    conn: Connection, settings: Settings, before: Subscriber, after: Subscriber, now: datetime
) -> None:
    """What waits for an hour, or has not left yet, follows another hour, pace, zone, or a pause."""
    names = ("frequency", "hour", "timezone", "paused_until")
    if any(getattr(before, name) != getattr(after, name) for name in names):
        turn = pace.not_before(after, settings.site.timezone, now)
        moved = outbox.put_off(conn, after.id, turn.at)
        edition_store.count_for(conn, after.id, moved, turn.on.isoformat())


def _difference(before: Subscriber, after: Subscriber) -> str:
    names = (
        *("digests", "columns", "frequency", "language", "timezone", "hour", "text_only"),
        "paused_until",
    )
    return "; ".join(
        f"{name}: {getattr(before, name)} -> {getattr(after, name)}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    )


def data_of(db: Database, person: Subscriber) -> dict[str, Any]:
    """All that is kept of a subscriber, for the one whom it is about."""
    with db.read() as conn:
        record = store.record(conn, person.id)
    return {
        "email": person.email,
        "name": person.name or None,
        "state": person.state.value,
        "digests": list(person.digests),
        "columns": list(person.columns),
        "frequency": person.frequency,
        "language": person.language or None,
        "timezone": person.timezone or None,
        "hour": person.hour,
        "text_only": person.text_only,
        "joined": person.joined.isoformat() if person.joined else None,
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
        "consent": person.consent or None,
        "record": [
            {"at": row["at"].isoformat(), "what": row["what"], "text": row["text"] or None}
            for row in record
        ],
    }


# --- by the operator ------------------------------------------------------------------------


def add(
    db: Database,
    settings: Settings,
    email: str,
    wish: Wish = Wish(),  # noqa: B008 - a frozen value
    *,
    consent: str = "",
    invite: bool = False,
    secret: bytes,
    now: datetime,
    by: str = "operator",
) -> Added:
    """Confirmed at once on the operator's word, which is logged; `invite`: the opt-in mail.

    Adding somebody again changes only what is named. Raises UsageError for an address that is
    none, that is suppressed, or whose owner had it erased (who may be invited).
    """
    email = _address(email)
    wrong = subscription.problems(wish, settings, public=False)
    if wrong:
        raise UsageError("; ".join(wrong))
    with db.begin() as conn:
        found = store.by_email(conn, subscription.key(email))
        if found is not None and found.state is SubscriberState.SUPPRESSED:
            raise UsageError(
                "mail to it came back, or was complained about: it is suppressed",
                where=email,
                remedy="`syndicate subscribers remove` lifts that",
            )
        if invite:
            return _invite(conn, settings, email, wish, secret, now, by)
        if found is None and store.is_forgotten(conn, mark(email, secret)):
            raise UsageError(
                "its owner had it erased", where=email, remedy="--invite asks for a new consent"
            )
        return _add(conn, settings, found, email, wish, consent, now, by)


def _invite(
    conn: Connection,
    settings: Settings,
    email: str,
    wish: Wish,
    secret: bytes,
    now: datetime,
    by: str,
) -> Added:
    before = store.by_email(conn, subscription.key(email))
    if before is not None and before.state is SubscriberState.CONFIRMED:
        return Added(before, changed=False, invited=False)
    sent = ask(conn, settings, email, wish, secret, now, f"invited by {by}", "")
    after = store.by_email(conn, subscription.key(email))
    if after is None:
        raise UsageError(
            "it was written to less than a day ago, or three times in vain", where=email
        )
    return Added(after, changed=after != before, invited=sent)


def _add(
    conn: Connection,
    settings: Settings,
    found: Subscriber | None,
    email: str,
    wish: Wish,
    consent: str,
    now: datetime,
    by: str,
) -> Added:
    person = subscription.fulfil(found or new(email), wish)
    if person.state is not SubscriberState.CONFIRMED:
        joined = replace(person, state=SubscriberState.CONFIRMED, joined=now, paused_until=None)
        person = replace(joined, consent=consent or person.consent)
    if person == found:
        return Added(person, changed=False, invited=False)
    store.save(conn, [(person, subscription.key(email))], now)
    store.log(conn, person.id, now, f"added by {by}", consent)
    if found is not None:
        _put_off(conn, settings, found, person, now)
    return Added(person, changed=True, invited=False)


def remove(db: Database, email: str, *, now: datetime, by: str = "operator") -> Subscriber:
    """Unsubscribe on the operator's word; lifts a suppression too. UsageError: no such one."""
    with db.begin() as conn:
        found = store.by_email(conn, subscription.key(_address(email)))
        if found is None:
            raise UsageError("there is no such subscriber", where=email)
        left = replace(found, state=SubscriberState.UNSUBSCRIBED, paused_until=None)
        if left != found:
            store.save(conn, [(left, subscription.key(found.email))], now)
            store.log(conn, found.id, now, f"removed by {by}")
        outbox.drop_subscriber(conn, found.id, now, "unsubscribed")
        return left


def forget(db: Database, email: str, *, secret: bytes, now: datetime) -> bool:
    """Erase a person, and keep a keyed hash that stops a re-import; whether anyone was there."""
    address = subscription.address(email)
    if address is None:
        raise UsageError(f"{email!r} is no mail address")
    with db.begin() as conn:
        found = store.by_email(conn, subscription.key(address))
        if found is not None:
            outbox.erase(conn, found.id, now)
        store.forget(conn, found.id if found else "", mark(address, secret), now)
        return found is not None
