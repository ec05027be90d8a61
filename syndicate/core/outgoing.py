"""An entry as it goes out: what may be shown of it, its dates, its ids, its links.

All formats, the pages and the record for `verify` are made from this one value, so that they
cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.core import disclosures, gate, identity, terms, words
from syndicate.core.plaintext import shorten, xml_text
from syndicate.model import Entry, GivenDate
from syndicate.settings import Settings, Site, Source

Shown = Literal["full", "summary", "link"]
_NOT_IN_IRI = re.compile(r"%(?![0-9A-Fa-f]{2})|[\s<>\"{}|\\^`]")  # RFC 3987, 2.2
_SPACE = re.compile(r"[ \t\r\n\f\v\x85\u2028\u2029]+")  # 李　明 keeps its wide space
_TITLE = 60


@dataclass(frozen=True, slots=True)
class Also:
    """Another member of the same story, where it can be read, and our own page of it."""

    name: str
    url: str
    page: str = ""


@dataclass(frozen=True)  # without slots: what is derived is kept, as five formats ask for it
class Outgoing:
    """An entry with all that its published forms depend on besides it."""

    entry: Entry
    site: Site
    zone: tzinfo  # of the source's dates
    shown: Shown = "summary"
    own: bool = False
    also: tuple[Also, ...] = ()
    notices: tuple[str, ...] = ()  # of the site itself, where they apply
    link: Literal["original", "page"] = "original"
    editor: str = ""  # who answers for it here
    authority: str = ""  # of its `tag:` URIs; only feeds ask for it
    pictures: Literal["link", "copy", "none"] = "link"
    copies: Mapping[str, str] = field(default_factory=dict)  # a picture's address to its file here

    @property
    def page(self) -> str:
        """The address of the entry's own page."""
        return page_url(self.site, self.entry.id)

    @cached_property
    def original(self) -> str | None:
        """Where the article stands at its origin; None where that is not known, or here."""
        stated = self.entry.attribution.original_url
        return href(stated or ("" if self.own else self.entry.url))

    @property
    def main_link(self) -> str:
        if self.link == "page":
            return self.page
        return self.original or self.page

    @cached_property
    def title(self) -> str:
        """The title; without one the opening of the text, as a feed must have something there."""
        entry = self.entry
        return title_of(entry.title, entry.summary or entry.content_text, self.site.language)

    def may_show(self, text: str) -> str:
        """As much of a summary as its source lets be shown; "" where that is nothing."""
        if self.shown == "link":
            return ""
        limit = terms.snippet(self.entry.terms) if self.entry.terms else None
        if limit is None:
            return text
        return shorten(line(text), limit) if limit else ""

    @cached_property
    def summary(self) -> str:
        """The summary as far as it may be shown."""
        return self.may_show(self.entry.summary)

    @cached_property
    def original_title(self) -> str:
        """The title that it has at its origin, where ours is another; else ""."""
        original = line(self.entry.attribution.original_title or "")
        return original if original != self.title else ""

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What it is marked as, in words of the site's language where it has none of its own."""
        told = words.of(self.site.language)
        shown = (line(disclosures.shown(label, told)) for label in self.entry.labels)
        return tuple(dict.fromkeys(text for text in shown if text))

    @cached_property
    def expires(self) -> datetime | None:
        return self._local(self.entry.expires)

    @cached_property
    def not_before(self) -> datetime | None:
        return self._local(self.entry.not_before)

    def _local(self, at: datetime | None) -> datetime | None:
        try:
            return at.astimezone(self.zone).replace(microsecond=0) if at else None
        except OverflowError:
            return at

    @cached_property
    def published(self) -> datetime | None:
        return self._moment(self.entry.attribution.published)

    @cached_property
    def modified(self) -> datetime | None:
        return self._moment(self.entry.attribution.updated)

    @cached_property
    def said(self) -> dict[str, Any]:
        """The attribution as `statement` gives it; not to be changed."""
        return statement(self)

    @cached_property
    def updated(self) -> datetime:
        """Atom's `updated`: updated, else published, else received (contract §6)."""
        received = self.entry.received.astimezone(ZoneInfo(self.site.timezone))
        return (self.modified or self.published or received).replace(microsecond=0)

    def _moment(self, given: GivenDate | None) -> datetime | None:
        return moment(given, self.zone) if given else None


def title_of(title: str, text: str, language: str) -> str:
    """A title; without one the opening of a text, else a word of the site's language for none."""
    opening = line(title) or shorten(line(text), _TITLE)
    return opening or ("无题" if language.startswith("zh") else "Untitled")


def moment(given: GivenDate, zone: tzinfo) -> datetime:
    """The instant to emit: 00:00 of the zone where no time was given (contract §6).

    Local mean times of long ago have offsets with seconds, which RFC 3339 and 822 cannot write.
    """
    at = given.earliest(zone)
    minutes = round((at.utcoffset() or timedelta()) / timedelta(minutes=1))
    return at.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=0)


def utc(at: datetime) -> datetime:
    """An instant in UTC; at the ends of the calendar, where there is none, its own clock's."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def outgoing(
    entry: Entry,
    settings: Settings,
    members: Sequence[Entry] = (),
    authority: str = "",
    copies: Mapping[str, str] | None = None,
) -> Outgoing:
    """An entry as these settings let it out; `members` are all published ones of its story,
    `copies` the files that stand for its pictures, by their addresses."""
    source = settings.source(entry.source) or Source(entry.source)
    reprint = not source.own
    return Outgoing(
        entry=bare(entry),
        site=settings.site,
        zone=ZoneInfo(source.timezone or settings.site.timezone),
        shown=shown(source, entry),
        own=source.own,
        also=tuple(also(each, settings) for each in members if each.id != entry.id),
        notices=settings.site.notices.texts() if reprint else (),
        link=settings.publish.link,
        editor=editor(entry, source, settings),
        authority=authority or identity.NO_AUTHORITY,
        pictures=source.pictures or "link",
        copies=(copies or {}) if source.pictures == "copy" else {},
    )


def bare(entry: Entry) -> Entry:
    """An entry without its pictures and files, where nothing but the link of it goes out."""
    return replace(entry, thumbnail=None, enclosures=()) if entry.link_only else entry


def editor(entry: Entry, source: Source | None, settings: Settings) -> str:
    """Who answers for an entry here, as its column names them; of our own articles with an
    editor that is said already."""
    if source is not None and source.own and entry.attribution.editor:
        return ""
    return line(gate.editor_of_record(settings.columns, entry.column))


def shown(source: Source, entry: Entry) -> Shown:
    """How much of an entry goes out (contract §4): without a right to more, the summary; the
    link alone where its columns ask for that of its origin, or its source forbids snippets."""
    if entry.link_only:
        return "link"
    allowed = source.content or _by_right(source)
    if allowed == "summary" and entry.terms and terms.snippet(entry.terms) == 0:
        return "link"
    return allowed


def _by_right(source: Source) -> Shown:
    if source.own or source.type == "folder" or source.licence or source.permission:
        return "full"
    return "summary"


def also(entry: Entry, settings: Settings) -> Also:
    said = entry.attribution
    hand = said.via[-1].name if said.via else None  # who published it, not where it is from
    name = line(hand or said.source.name or "") or line(entry.title) or entry.source
    page = page_url(settings.site, entry.id)
    return Also(name, href(said.original_url or entry.url) or page, page)


def page_url(site: Site, entry: str) -> str:
    return f"{site.url}articles/{entry}.html"


def line(text: str) -> str:
    """Text for one line of XML: no control characters, single spaces."""
    if text.isprintable() and "  " not in text:  # so are nearly all
        return text.strip(" ")
    return _SPACE.sub(" ", xml_text(text)).strip()


@lru_cache(maxsize=8192)
def href(url: str | None) -> str | None:
    """A web address as an attribute may hold it, percent-encoded where it must be; else None."""
    if not url:
        return None
    cleaned = _NOT_IN_IRI.sub(lambda found: quote(found[0]), line(url))
    try:
        parts = urlsplit(cleaned)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        assert parts.port != -1  # reading it raises where it is no number
    except ValueError:
        return None
    return _without_brackets(cleaned) if usable else None


def _without_brackets(url: str) -> str:
    """Brackets belong round an IPv6 host and nowhere else."""
    head, mark, tail = url.partition("//")
    host, slash, path = tail.partition("/")
    return head + mark + host + slash + path.replace("[", "%5B").replace("]", "%5D")


def guid(out: Outgoing) -> str:
    """The id in RSS: as it came, which need not be an IRI; else as in Atom."""
    return line(out.entry.guid) or iri(out)


def iri(out: Outgoing) -> str:
    """The id in Atom and JSON Feed: the emitted guid where it is an absolute IRI, else a `tag:`.

    It depends on nothing but what an entry and a site keep for ever (RFC 4287, 4.2.6), so that
    neither a move between columns nor another site address changes it.
    """
    own = line(out.entry.guid)
    return own if identity.is_iri(own) else identity.tag(out.entry.id, out.authority)


def date_text(given: GivenDate | None) -> str | None:
    return given.text if given else None


def statement(out: Outgoing) -> dict[str, Any]:
    """The attribution in the JSON shape of contract §3, cleaned: as feeds and the record say it."""
    said = out.entry.attribution
    source = said.source
    return {
        "source": {
            "name": line(source.name or "") or None,
            "url": href(source.url),
            "feed": href(source.feed),
        },
        "authors": [
            {"name": line(p.name), "url": href(p.url), "email": mail(p.email)}
            for p in said.authors
            if line(p.name)
        ],
        "original_url": out.original,
        "original_id": line(said.original_id or "") or None,
        "original_title": line(said.original_title or "") or None,
        "published": date_text(said.published),
        "updated": date_text(said.updated),
        "rights": line(said.rights or "") or None,
        "licence": line(said.licence or "") or None,
        "editor": line(said.editor or "") or None,
        "via": [
            {"name": line(hop.name or "") or None, "url": href(hop.url)}
            for hop in (() if out.own else said.via)
            if line(hop.name or "") or href(hop.url)
        ],
        "also": [{"name": each.name, "url": each.url} for each in out.also],
        "notices": [
            {"text": xml_text(notice.text).strip(), "from": notice.origin.value}
            for notice in (() if out.own else out.entry.notices)
            if xml_text(notice.text).strip()
        ],
        "editor_of_record": out.editor or None,
        "labels": [
            {"kind": label.kind, "text": line(label.text) or None, "url": label.url}
            for label in out.entry.labels
        ],
        "not_before": out.not_before.isoformat() if out.not_before else None,
        "expires": out.expires.isoformat() if out.expires else None,
    }


def mail(address: str | None) -> str | None:
    """An address as RSS and Atom want it, None where it is none."""
    cleaned = line(address or "")
    return cleaned if re.fullmatch(r"[^@\s<>()\",;:]+@[^@\s<>()\",;:]+", cleaned) else None
