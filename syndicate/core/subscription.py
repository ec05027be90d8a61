"""Subscriptions: addresses, states and their steps, and who gets what of an edition."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syndicate.core.pace import FREQUENCIES
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Digest, Settings

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_HOUR = re.compile(r"(?:0?\d|1\d|2[0-3])(?::00)?")
_NAME_LENGTH = 200
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
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local.casefold()}@{domain.lower()}"


def wants(person: Subscriber, digest: Digest) -> bool:
    """Whether a subscriber takes a digest; who named none takes all that are public."""
    return digest.id in person.digests if person.digests else digest.public


def selected(columns: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether an entry that stands in `columns` is among a subscriber's; none chosen: all."""
    return not chosen or any(column in chosen for column in columns)


# --- signing up -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; None where it was left open: the default, or what it was before.

    `hour` is text, such as `7` or `07:00`; "" for none.
    """

    digests: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    frequency: str | None = None
    language: str | None = None
    timezone: str | None = None
    hour: str | None = None
    name: str | None = None
    text_only: bool | None = None


def problems(wish: Wish, settings: Settings, *, public: bool) -> list[str]:
    """What is wrong with a wish. `public`: digests that not everyone may choose do not exist."""
    digests = [digest.id for digest in settings.digests if digest.public or not public]
    columns = [column.id for column in settings.columns]
    found = [f"no digest {id!r}" for id in wish.digests or () if id not in digests]
    found += [f"no column {id!r}" for id in wish.columns or () if id not in columns]
    if wish.frequency is not None and wish.frequency not in FREQUENCIES:
        found.append(f"frequency {wish.frequency!r} is none of {', '.join(FREQUENCIES)}")
    if wish.language and not _LANGUAGE.fullmatch(wish.language):
        found.append(f"{wish.language!r} is no language tag")
    if wish.timezone and not is_zone(wish.timezone):
        found.append(f"{wish.timezone!r} is no time zone")
    if wish.hour and not _HOUR.fullmatch(wish.hour):
        found.append(f"hour {wish.hour!r} is none of 0 to 23")
    if wish.name and (len(wish.name) > _NAME_LENGTH or not wish.name.isprintable()):
        found.append("the name is too long, or has control characters")
    return found


def is_zone(name: str) -> bool:
    """Whether a name is one of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def fulfil(person: Subscriber, wish: Wish) -> Subscriber:
    """A subscriber with what is wished for; what was left open stays."""
    return replace(
        person,
        digests=person.digests if wish.digests is None else wish.digests,
        columns=person.columns if wish.columns is None else wish.columns,
        frequency=wish.frequency or person.frequency,
        language=person.language if wish.language is None else wish.language,
        timezone=person.timezone if wish.timezone is None else wish.timezone,
        hour=person.hour if wish.hour is None else _hour(wish.hour),
        name=person.name if wish.name is None else wish.name,
        text_only=person.text_only if wish.text_only is None else wish.text_only,
    )


def _hour(text: str) -> int | None:
    return int(text.partition(":")[0]) if text else None


class Letter(StrEnum):
    """Which mail answers a sign-up."""

    NONE = "none"
    CONFIRM = "confirm"  # the link that confirms
    KNOWN = "known"  # is subscribed already: the link to the preferences


def sign_up(person: Subscriber, wish: Wish) -> tuple[Subscriber, Letter]:
    """What a sign-up by anybody does to the subscriber of that address, and which mail goes out.

    Nothing that only its owner may do: whoever is confirmed keeps everything, whoever is
    suppressed is not mailed.
    """
    if person.state is SubscriberState.SUPPRESSED:
        return person, Letter.NONE
    if person.state is SubscriberState.CONFIRMED:
        return person, Letter.KNOWN
    fresh = replace(person, digests=(), columns=(), frequency="edition", hour=None)
    return replace(fulfil(fresh, wish), state=SubscriberState.UNCONFIRMED), Letter.CONFIRM


def confirm(person: Subscriber, now: datetime) -> Subscriber | None:
    """The subscriber as confirmed; None where the link does not do that (any more)."""
    if person.state is SubscriberState.CONFIRMED:
        return person
    if person.state is not SubscriberState.UNCONFIRMED:
        return None
    consent = person.consent or f"double opt-in, {now.isoformat(timespec='seconds')}"
    return replace(
        person, state=SubscriberState.CONFIRMED, joined=now, paused_until=None, consent=consent
    )


def leave(person: Subscriber) -> Subscriber:
    """The subscriber as unsubscribed. Who is suppressed is so for good reason, and stays."""
    if person.state is SubscriberState.SUPPRESSED:
        return person
    return replace(person, state=SubscriberState.UNSUBSCRIBED, paused_until=None)


def suppress(person: Subscriber) -> Subscriber:
    """The subscriber as one to whom mail does not arrive; as before where that is no step."""
    if not may(person.state, SubscriberState.SUPPRESSED):
        return person
    return replace(person, state=SubscriberState.SUPPRESSED)
