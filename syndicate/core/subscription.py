"""Subscriptions: addresses, states and their steps, and who gets what of an edition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Digest

FREQUENCIES = ("edition", "daily", "weekly")
# RFC 6531 addresses: anything but what could break out of a header or an envelope
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_](?:[\w-]{0,61}[\w])", re.UNICODE
)

# The allowed steps of a subscription; nothing else changes a state
STEPS: dict[SubscriberState, frozenset[SubscriberState]] = {
    SubscriberState.UNCONFIRMED: frozenset(
        {SubscriberState.CONFIRMED, SubscriberState.UNSUBSCRIBED, SubscriberState.SUPPRESSED}
    ),
    SubscriberState.CONFIRMED: frozenset(
        {SubscriberState.UNSUBSCRIBED, SubscriberState.SUPPRESSED}
    ),
    SubscriberState.UNSUBSCRIBED: frozenset(
        {SubscriberState.UNCONFIRMED, SubscriberState.CONFIRMED, SubscriberState.SUPPRESSED}
    ),
    SubscriberState.SUPPRESSED: frozenset({SubscriberState.UNSUBSCRIBED}),
}


def may(state: SubscriberState, wanted: SubscriberState) -> bool:
    """Whether a subscription may take this step."""
    return state is wanted or wanted in STEPS[state]


def address(text: str) -> str | None:
    """A mail address as it is to be used, None where it is none; its domain in lower case."""
    text = unicodedata.normalize("NFC", text.strip())
    local, at, domain = text.rpartition("@")
    domain = domain.rstrip(".").lower()
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    return f"{local}@{domain}"


def key(email: str) -> str:
    """What two spellings of one address have in common: case folded, IDN in ASCII."""
    local, _, domain = email.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    return f"{local.casefold()}@{domain.lower()}"


@dataclass(frozen=True, slots=True)
class Served:
    """What is known of a digest's past for one subscriber.

    `since` is the number of the last edition that was served (0 for none), `on` its local date.
    """

    since: int
    on: date | None


def wants(person: Subscriber, digest: Digest) -> bool:
    """Whether a subscriber takes a digest; who named none takes all that are public."""
    return digest.id in person.digests if person.digests else digest.public


def is_served(person: Subscriber, served: Served, today: date, now: datetime) -> bool:
    """Whether an edition of `today` goes to a subscriber, or is kept for a later one.

    Paused: kept. Daily: once a local day. Weekly: seven days after the last. What is kept comes
    with the next one, so that a change of pace neither loses nor repeats anything.
    """
    if person.paused_until is not None and person.paused_until > now:
        return False
    if served.on is None or person.frequency == "edition":
        return True
    days = (today - served.on).days
    return days >= (7 if person.frequency == "weekly" else 1)


def selected(columns: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether an entry that stands in `columns` is among a subscriber's; none chosen: all."""
    return not chosen or any(column in chosen for column in columns)
