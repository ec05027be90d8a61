"""A rightsholder's claim: what it must say, when it is due, which steps it may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from syndicate.core import subscription
from syndicate.settings import Settings

NEAR = timedelta(days=7)  # before its date the editor is reminded
LONGEST = {"name": 200, "url": 2000, "text": 20_000}


class Kind(StrEnum):
    """What a rightsholder asks for."""

    TAKEDOWN = "takedown"
    ROYALTY = "royalty"


class State(StrEnum):
    """Where a claim stands; an answered one may be answered again."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands. `entry` is the id of the article it names, where that is known."""

    number: int
    at: datetime
    due: datetime
    kind: Kind
    name: str
    email: str
    url: str
    text: str
    entry: str = ""
    state: State = State.OPEN
    language: str = ""
    reminded: bool = False

    def is_near(self, now: datetime) -> bool:
        """Whether it is open and its date is near, or past."""
        return self.state is State.OPEN and self.due <= now + NEAR


@dataclass(frozen=True, slots=True)
class Demand:
    """What was filled in, or written; nothing in it is trusted."""

    kind: str
    name: str
    email: str
    url: str
    text: str


def is_complete(demand: Demand, *, reachable: bool = True) -> bool:
    """Whether a demand says enough to be answered (by mail, unless it need not be `reachable`),
    and no more than a person would write."""
    return (
        demand.kind in tuple(Kind)
        and bool(demand.name and demand.text)
        and (not reachable or subscription.address(demand.email) is not None)
        and all(len(getattr(demand, field)) <= most for field, most in LONGEST.items())
    )


def lengths() -> str:
    """How much a demand may say."""
    return ", ".join(f"{field} of at most {most} characters" for field, most in LONGEST.items())


def due(settings: Settings, now: datetime) -> datetime:
    """Until when we answer: the end of the day, `takedown_days` from now, in the site's zone."""
    zone = ZoneInfo(settings.site.timezone)
    day = now.astimezone(zone).date() + timedelta(days=settings.site.notices.takedown_days)
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)


def due_day(claim: Claim, settings: Settings) -> date:
    """The day that stands in mails and on pages."""
    return claim.due.astimezone(ZoneInfo(settings.site.timezone)).date()
