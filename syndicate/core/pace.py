"""Paces: whom an edition serves, and when their message may leave.

Whoever is not served by an edition has it kept: what they have not had comes with the next that
serves them. So a pace, a pause and an hour only decide when something comes, never what.

A daily or weekly reader may have an hour: their message is made with the edition and leaves when
it is that hour where they live. An edition serves them if their hour comes before the next one,
so that of several a day it is the last before their hour, with all that came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from syndicate.core import schedule
from syndicate.model import Subscriber
from syndicate.settings import Digest

FREQUENCIES = ("edition", "daily", "weekly")
DAYS = {"daily": 1, "weekly": 7}  # at least, from one message to the next
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Served:
    """What is known of a digest's past for one subscriber.

    `since` is the number of the last edition that was served (0 for none), `on` the local date
    that its message counts for.
    """

    since: int
    on: date | None


@dataclass(frozen=True, slots=True)
class Turn:
    """An edition serves a subscriber: the message leaves not before `at`, and counts for `on`."""

    at: datetime
    on: date


@dataclass(frozen=True, slots=True)
class Times:
    """When an edition is composed, among the others of its digest.

    `day` is its local date, `due` the moment it stands for (that of composing, if it is composed
    before its time), `following` the next edition's. `previous` is such a moment of the one
    before it, and `awaited` the scheduled time after that one.
    """

    day: date
    due: datetime
    now: datetime
    following: datetime | None = None
    previous: datetime | None = None
    awaited: datetime | None = None


def times(
    digest: Digest, local: datetime, now: datetime, before: tuple[datetime, datetime] | None
) -> Times:
    """The times of the edition of a local time; `before` is when the last one was due, and when
    it was composed."""
    due = schedule.instant(local, digest.timezone)
    return Times(
        day=local.date(),
        due=min(due, now),
        now=now,
        following=_next(digest, due),
        previous=min(before) if before else None,
        awaited=_next(digest, before[0]) if before else None,
    )


def _next(digest: Digest, after: datetime) -> datetime | None:
    local = schedule.next_due(digest.schedule, digest.timezone, after)
    return schedule.instant(local, digest.timezone) if local else None


def turn(person: Subscriber, served: Served, edition: Times, zone: str) -> Turn | None:
    """Whether an edition serves a subscriber, and when; None: it is kept for a later one.

    Paused: kept. Daily: once a local day. Weekly: seven days after the last. `zone` is the site's,
    for who named none.
    """
    if person.paused_until is not None and person.paused_until > edition.now:
        return None
    if has_hour(person):
        assert person.hour is not None
        rest = timedelta(days=DAYS[person.frequency])
        earliest = served.on + rest if served.on else None
        offer = _offered(edition, person.hour, person.timezone or zone, earliest)
        found = offer.turn
        if found is None and offer.missed is not None and _was_there(person, offer.missed):
            found = offer.late
    else:
        found = Turn(edition.now, edition.day)
    if found is None or person.frequency == "edition" or served.on is None:
        return found
    return found if (found.on - served.on).days >= DAYS[person.frequency] else None


def has_hour(person: Subscriber) -> bool:
    """Whether an hour counts for a subscriber: who gets each edition gets it when it comes."""
    return person.hour is not None and person.frequency != "edition"


@dataclass(frozen=True, slots=True)
class _Offer:
    """What an edition offers to all who chose one hour in one zone."""

    turn: Turn | None  # their hour, before the next edition
    missed: datetime | None  # their hour, which came after the last edition and found none
    late: Turn


@lru_cache(maxsize=4096)
def _offered(edition: Times, hour: int, zone: str, earliest: date | None) -> _Offer:
    where = ZoneInfo(zone)

    def counted(at: datetime) -> Turn:
        return Turn(at, at.astimezone(where).date())

    begins = edition.due
    if earliest is not None:  # by their pace
        begins = max(begins, datetime.combine(earliest, time(), where).astimezone(begins.tzinfo))
    coming = at_hour(begins, hour, zone)
    in_time = edition.following is None or coming < edition.following
    return _Offer(
        turn=counted(max(coming, edition.now)) if in_time else None,
        missed=_missed(edition, hour, zone),
        late=counted(edition.now),
    )


def _missed(edition: Times, hour: int, zone: str) -> datetime | None:
    """The hour that the edition before this one left to another, which then was not composed."""
    if edition.previous is None or edition.awaited is None:
        return None
    left = at_hour(edition.previous, hour, zone)
    return left if edition.previous < left < edition.due and edition.awaited <= left else None


def _was_there(person: Subscriber, at: datetime) -> bool:
    joined, paused = person.joined, person.paused_until
    return (joined is None or joined <= at) and (paused is None or paused <= at)


def at_hour(moment: datetime, hour: int, zone: str) -> datetime:
    """The first moment, from this one on, at which it is that hour in a zone.

    An hour that comes twice at the end of summer time is the first of the two; one that summer
    time skips is the one after the gap.
    """
    where = ZoneInfo(zone)
    today = moment.astimezone(where).date()
    for day in (today, today + timedelta(days=1)):
        begins = datetime.combine(day, time(hour), where).astimezone(moment.tzinfo)
        if moment < begins + _HOUR:
            return max(moment, begins)
    raise AssertionError(f"no hour {hour} within a day of {moment}")


def not_before(person: Subscriber, zone: str, now: datetime) -> Turn:
    """When a message that waits may leave, by what its reader wishes now."""
    where = person.timezone or zone
    at = max(now, person.paused_until or now)
    if has_hour(person):
        assert person.hour is not None
        at = at_hour(at, person.hour, where)
    return Turn(at, at.astimezone(ZoneInfo(where)).date())


def standing(
    person: Subscriber, noted: Served | None, past: Sequence[tuple[int, datetime, str]]
) -> Served:
    """How far a subscriber was served with a digest: `noted` where something is kept for them,
    else up to the last of its editions (number, time of composing, local date; in order).

    What was composed before they joined, or joined again, is not theirs.
    """
    joined = person.joined
    if noted is None:
        if not past:
            return Served(0, None)
        last, composed, on = past[-1]
        return Served(last, None if joined and joined > composed else date.fromisoformat(on))
    before = [number for number, at, _ in past if joined and at <= joined]
    since = max((noted.since, *before))
    return Served(since, noted.on if since == noted.since else None)
