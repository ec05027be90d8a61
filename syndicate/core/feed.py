"""A column and its entries as RSS 2.0, Atom 1.0 and JSON Feed 1.1.

Every entry becomes one *fragment* a format; a document is a shell with its fragments joined in,
so that one new entry in a feed of fifty costs one fragment. No clock: a feed is as old as its
newest entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from syndicate.core import feed_json, feed_xml
from syndicate.core.outgoing import Outgoing, iri, line
from syndicate.settings import Settings

__all__ = ["Channel", "Tombstone", "channel", "emit", "fragment", "iri", "join", "split"]

Format = Literal["rss", "atom", "json"]
FORMATS: dict[Format, str] = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that Atom readers are told to forget (RFC 6721), and why."""

    ref: str
    when: datetime
    why: str = "taken down"


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed without its entries. `id` is for ever; `path` is relative to the site.

    `previous`, `next` are paths of archive pages (RFC 5005, 4); `current` is the path of the
    living feed where this one is an archive.
    """

    id: str
    title: str
    path: str
    home: str  # path of the page beside it
    description: str = ""
    language: str = "zh-CN"
    site: str = ""  # address, with a slash at the end
    name: str = ""  # of the site
    rights: str = ""
    hubs: tuple[str, ...] = ()
    previous: str | None = None
    next: str | None = None
    current: str | None = None
    tombstones: tuple[Tombstone, ...] = field(default=())

    @property
    def url(self) -> str:
        return self.site + self.path

    @property
    def home_url(self) -> str:
        return self.site + self.home


def channel(settings: Settings, column: str, path: str, authority: str) -> Channel:
    """The channel of a column ("" for the whole site) at a path of the published tree.

    `authority` (`host,year`, RFC 4151) is that of the site's first address, kept for ever.
    """
    site = settings.site
    found = settings.column(column)
    title = f"{found.title or found.id} - {site.name}" if found else site.name
    return Channel(
        id=f"tag:{authority}:{'column/' + column if column else 'site'}",
        title=line(title) or site.url,
        path=path,
        home=f"{column}/index.html" if column else "",
        description=line(found.description if found else site.sponsor) or line(title) or site.url,
        language=site.language,
        site=site.url,
        name=line(site.name) or site.url,
        rights=line(site.rights),
        hubs=settings.publish.hubs,
    )


def fragment(format: Format, out: Outgoing) -> bytes:
    """An entry in one format. Never raises, whatever is in it."""
    if format == "json":
        return feed_json.item(out)
    return feed_xml.rss_item(out) if format == "rss" else feed_xml.atom_entry(out)


def join(
    format: Format, channel: Channel, updated: Sequence[datetime], parts: Sequence[bytes]
) -> bytes:
    """A document from its entries' fragments, newest first, and their times of change."""
    newest = max((*updated, *(t.when for t in channel.tombstones)), default=_EPOCH)
    if format == "json":
        return feed_json.document(channel, parts)
    if format == "rss":
        return feed_xml.rss(channel, newest, parts)
    return feed_xml.atom(channel, newest, parts)


def split(format: Format, document: bytes) -> list[bytes]:
    """The fragments of a document that `join` made, in order."""
    return feed_json.split(document) if format == "json" else feed_xml.split(format, document)


def emit(format: Format, channel: Channel, entries: Sequence[Outgoing]) -> bytes:
    """A whole document at once."""
    made = [fragment(format, out) for out in entries]
    return join(format, channel, [out.updated for out in entries], made)
