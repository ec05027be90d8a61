"""Values that travel through Syndicate: frozen, typed, made once at the edge."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Any

_GIVEN = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)


@lru_cache(maxsize=4096)
def _first_instant(text: str) -> datetime:
    """The first instant that a date can mean, naive where it states no offset.

    Raises ValueError for what is no date.
    """
    match = _GIVEN.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day, hour, minute, second, offset = match.groups()
    day_ = date(int(year), int(month or 1), int(day or 1))
    time_ = time(int(hour or 0), int(minute or 0), int(second or 0))
    if offset:
        return datetime.fromisoformat(
            f"{day_.isoformat()}T{time_.isoformat()}{offset.replace('Z', '+00:00')}"
        )
    return datetime.combine(day_, time_)


@dataclass(frozen=True, slots=True)
class GivenDate:
    """A date with the precision it was given with: ISO 8601, from `2022` to seconds and offset.

    `text` is `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM[:SS][±HH:MM]`. A time without
    an offset is one whose zone the source did not say; `normalize` gives it the source's.
    """

    text: str

    def __post_init__(self) -> None:
        _first_instant(self.text)  # a day that no calendar has is refused here

    def __str__(self) -> str:
        return self.text

    @property
    def has_time(self) -> bool:
        return "T" in self.text

    def after(self, zone: tzinfo) -> datetime:
        """The first instant that it can no longer mean: a moment as it is, the end of a day,
        month or year, in `zone`."""
        start = self.earliest(zone)
        if self.has_time:
            return start
        month = start.month if len(self.text) > 4 else 12
        if len(self.text) > 7:
            return start + timedelta(days=1)
        return start.replace(year=start.year + month // 12, month=month % 12 + 1)

    @property
    def has_offset(self) -> bool:
        return self.has_time and (self.text.endswith("Z") or self.text[-6] in "+-")

    def earliest(self, zone: tzinfo) -> datetime:
        """The first instant that it can mean; what is not said is 00:00 of the first day, in
        `zone`."""
        first = _first_instant(self.text)
        return first if first.tzinfo is not None else first.replace(tzinfo=zone)

    def in_zone(self, zone: tzinfo) -> GivenDate:
        """The same, a time without offset being given that of `zone` at that moment."""
        if not self.has_time or self.has_offset:
            return self
        offset = self.earliest(zone).isoformat()[19:25]
        return GivenDate(self.text + offset)


@dataclass(frozen=True, slots=True)
class Person:
    """An author, contributor or editor, as named; never guessed, never replaced (佚名 stays)."""

    name: str
    url: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who published an entry first (来源): what `atom:source`, RSS `source`, a label tell of it."""

    name: str | None = None
    url: str | None = None  # its site
    feed: str | None = None  # its feed
    id: str | None = None  # atom:source/id
    updated: GivenDate | None = None
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    logo: str | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One hand that an entry came through on the way from its origin to us."""

    name: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who published it first, who wrote it, where, when, under what rights, by which hands.

    `via` runs from the origin towards us. What is not known is None or ().
    """

    source: Publisher = Publisher()
    authors: tuple[Person, ...] = ()
    original_url: str | None = None
    original_id: str | None = None
    original_title: str | None = None
    published: GivenDate | None = None
    updated: GivenDate | None = None
    rights: str | None = None
    licence: str | None = None
    editor: str | None = None
    via: tuple[Hop, ...] = ()

    @property
    def stated(self) -> int:
        """Which of `STATED` are known, as bits in their order: for reports."""
        known = (
            self.source.name or self.source.url,
            self.authors,
            self.original_url,
            self.published,
            self.rights,
            self.licence,
            self.editor,
        )
        return sum(1 << bit for bit, value in enumerate(known) if value)


# What a report counts of an attribution; the order is that of the bits in the database
STATED = ("source", "author", "original_url", "published", "rights", "licence", "editor")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a source says of a picture outside the text (Media RSS, JSON-LD): never guessed."""

    url: str
    caption: str = ""
    credit: str = ""
    rights: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a source's machine-readable words let others do with an entry; passed on as they are.

    `robots` has directives of the robots meta tag in lower case (`noarchive`, `max-snippet:20`).
    `tdm` is TDMRep's tdm-reservation, None where it is not said. `policy` is the address of an
    ODRL, RightsML or RSL document with its media type, `expression` one that was embedded, as
    JSON or XML.
    """

    robots: tuple[str, ...] = ()
    tdm: bool | None = None
    tdm_policy: str | None = None
    policy: str | None = None
    policy_type: str = ""
    expression: str = ""

    def __bool__(self) -> bool:
        said = self.robots or self.tdm is not None or self.tdm_policy
        return bool(said or self.policy or self.expression)

    def forbids(self, directive: str) -> bool:
        """Whether a directive such as `noindex` is among them."""
        return directive in self.robots


NO_TERMS = Terms()


class NoticeFrom(StrEnum):
    """Where a notice stands: in the entry, on the site it was copied from, or of its source."""

    ENTRY = "entry"
    SITE = "site"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that goes with a reprint, word for word."""

    text: str
    origin: NoticeFrom = NoticeFrom.ENTRY


@dataclass(frozen=True, slots=True)
class Label:
    """What a text is marked as and must stay marked as on its way: 广告, AI-generated, 更正 …

    `kind` is one of `advertisement sponsored ai correction label` (the last: any other words);
    `text` is word for word as it was given, "" where only an element said it; `url` is what
    names it (an IPTC digital source type).
    """

    kind: str
    text: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an entry; `length` in bytes."""

    url: str
    type: str | None = None
    length: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a field was found when it was not plainly stated: `where` in words for an editor."""

    field: str
    where: str
    text: str = ""


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A response, file or letter, as far as it is kept.

    `kind` is `feed`, `page`, `file` or `letter`. `size` and `sha256` are those of all that came,
    `data` what is kept of it (zlib), whose first `head` bytes and those from `tail` on stood
    around its items.
    """

    kind: str
    url: str
    headers: Headers
    size: int
    sha256: bytes
    head: int
    tail: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry's own bytes: `start` to `end` of what is kept of a body."""

    body: Body
    start: int
    end: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry as a source said it: nothing resolved against config, HTML not yet cleaned.

    URLs are absolute where a base was known. Dates may lack an offset. `attribution.source`
    is only what the entry itself states; None in it means that it states nothing.
    `title` is plain text. `content_html`/`summary_html` are HTML as received. What is not in
    its repr was not always read: hashes of what has none of it stay as they were.
    """

    id: str | None = None
    link: str | None = None
    title: str = ""
    content_html: str = ""
    summary_html: str = ""
    attribution: Attribution = Attribution()
    categories: tuple[str, ...] = ()
    breadcrumb: tuple[str, ...] = ()  # names of columns upstream, outermost first, 首页 left out
    column: str | None = None  # stated for us (front matter): an id or a title
    notices: tuple[Notice, ...] = ()
    language: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    thumbnail: str | None = None
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[str, ...] = ()  # what was found wrong or not understood
    raw_dates: tuple[tuple[str, str], ...] = ()  # field, text as given, where it could not be read
    labels: tuple[Label, ...] = field(default=(), repr=False)
    embargo: GivenDate | None = field(default=None, repr=False)  # not to be seen before
    expires: GivenDate | None = field(default=None, repr=False)  # to be seen until, that day too
    # Not in the repr, of which hashes are made: what was known before they were read stays known
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    terms: Terms = field(default=NO_TERMS, repr=False)

    @property
    def conditions(self) -> str:
        """Labels and times as a text to be hashed; "" where there are none."""
        said = (self.labels, self.embargo, self.expires)
        return repr(said) if any(said) else ""


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What the feed or page that entries were read from says of itself; all optional."""

    title: str | None = None
    url: str | None = None
    feed: str | None = None
    id: str | None = None
    logo: str | None = None
    rights: str | None = None
    licence: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document as it stands. `format` is `rss`, `rdf`, `atom`, `json` or `cdf`."""

    format: str
    title: str = ""
    url: str | None = None  # the site
    feed_url: str | None = None  # rel=self
    id: str | None = None
    language: str | None = None
    description: str = ""
    rights: str | None = None
    licence: str | None = None
    logo: str | None = None
    updated: GivenDate | None = None
    authors: tuple[Person, ...] = ()
    hub: str | None = None
    ttl_minutes: int | None = None  # RSS ttl, or sy:updatePeriod/updateFrequency
    skip_hours: tuple[int, ...] = ()  # GMT
    skip_days: tuple[str, ...] = ()  # English names
    complete: bool = True
    entries: tuple[ParsedEntry, ...] = ()
    problems: tuple[str, ...] = ()
    terms: Terms = NO_TERMS  # of all its entries


EMBARGOED = "embargoed until "  # how `held_for` begins where time alone is waited for


class Status(StrEnum):
    """Where an entry stands."""

    PUBLISHED = "published"
    HELD = "held"
    REJECTED = "rejected"
    RETRACTED = "retracted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as one source brought it, as we know it.

    `id` is ours, for ever. `key` is its identity within its source. `guid` is the id emitted in
    feeds. `url` is its main link (the original), "" where it has none. `content_html` is clean
    and complete; what may be shown of it is decided at publishing. Times are aware, UTC.
    """

    id: str
    source: str
    key: str
    guid: str
    title: str
    attribution: Attribution
    received: datetime
    url: str = ""
    content_html: str = ""
    content_text: str = ""
    summary: str = ""
    language: str = ""
    categories: tuple[str, ...] = ()
    breadcrumb: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    thumbnail: str | None = None
    published_at: datetime | None = None  # attribution.published as an instant
    changed: datetime | None = None  # when we last saw its text change
    status: Status = Status.PUBLISHED
    held_for: str = ""  # why it is held, rejected or retracted
    story: str = ""  # id of its story
    lead: bool = True
    column: str = ""
    columns: tuple[str, ...] = ()  # all, the main one first
    content_hash: str = ""  # of all that a source said of it
    stale_after: datetime | None = None  # its date as first read; None: exempt from max_age
    labels: tuple[Label, ...] = ()
    not_before: datetime | None = None  # an embargo: in no output before
    expires: datetime | None = None  # in no output from then on
    link_only: bool = False  # nothing but title, attribution and link of it goes out
    pictures: tuple[Picture, ...] = ()
    terms: Terms = NO_TERMS

    @property
    def sort_at(self) -> datetime:
        """Published where known, else received (contract §5)."""
        return self.published_at or self.received

    @property
    def due(self) -> datetime | None:
        """When time alone makes something else of it: its embargo ends, or its term."""
        if self.status is Status.PUBLISHED:
            return self.expires
        return self.not_before if self.is_embargoed else None

    @property
    def is_embargoed(self) -> bool:
        """Whether nothing but its embargo keeps it back."""
        return self.status is Status.HELD and self.held_for.startswith(EMBARGOED)

    def is_out(self, now: datetime) -> bool:
        """Whether it may be in any output at this moment: published, and within its time."""
        if self.status is not Status.PUBLISHED:
            return False
        begun = self.not_before is None or self.not_before <= now
        return begun and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about an entry, with its reason, written when it was made."""

    entry: str
    at: datetime
    what: str  # identity | date | story | column | status | attribution | title | feed | edition …
    by: str  # "syndicate", "editor", "source ID"
    reason: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class Filed:
    """In which columns an entry goes, by what, and the words that decided."""

    column: str
    rule: str  # editor, fixed, stated, breadcrumb, category, "rule N", model or rest
    evidence: tuple[str, ...] = ()
    also: tuple[str, ...] = ()  # further columns


class SubscriberState(StrEnum):
    """Whether mail may go to an address."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who gets which digests. Empty `columns` means all of a digest's columns."""

    id: str
    email: str
    state: SubscriberState
    digests: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    frequency: str = "edition"  # edition | daily | weekly
    language: str = ""
    timezone: str = ""
    hour: int | None = None  # at which a daily or weekly message comes, there
    name: str = ""
    text_only: bool = False
    joined: datetime | None = None  # when it was confirmed
    paused_until: datetime | None = None
    token_salt: str = ""  # changes when its tokens are revoked
    consent: str = ""


class EditionState(StrEnum):
    """Where an edition stands."""

    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class MessageState(StrEnum):
    """Where a message stands; `STEPS` has the allowed moves."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    DROPPED = "dropped"


class Health(StrEnum):
    """How a source is doing (contract §3)."""

    OK = "ok"
    FAILING = "failing"
    PAUSED = "paused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Move:
    """A permanent redirect that a source answered with: where to, since when, how many polls."""

    url: str
    since: datetime
    polls: int = 1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A source's past as far as its next poll depends on it.

    `url` is the address that is polled, "" for the configured one. `interval` is what was
    learned last. `arrivals` are the times of its newest entries, oldest first. `next` is None
    for what was never polled, and for what is gone.
    """

    url: str = ""
    health: Health = Health.OK
    error: str | None = None
    failures: int = 0
    last: datetime | None = None
    next: datetime | None = None
    interval: timedelta = timedelta(hours=1)
    arrivals: tuple[datetime, ...] = ()
    move: Move | None = None
