"""Feeds that are not well-formed, with feedparser, which reads what no XML parser does.

Only its texts are taken: its dates are wrong for what is not in its table (2022年6月24日 becomes
another day), so that the raw strings go through dates.py. It gets our own UTF-8, never a URL, and
neither resolves nor sanitises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from syndicate.core import dates, names, parse_xml, urls
from syndicate.core.parse_xml import absolute
from syndicate.core.plaintext import plain
from syndicate.model import (
    Attribution,
    Enclosure,
    GivenDate,
    Hop,
    ParsedEntry,
    ParsedFeed,
    Person,
    Publisher,
)

_BROKEN = "it is not well-formed XML and was read as well as can be"
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(text: str, url: str | None) -> ParsedFeed | None:
    """The feed that feedparser finds in a text; None where it finds none."""
    import feedparser

    # Without an address of its own, feedparser leaves ids and links as they are
    headers = {"content-type": "application/xml; charset=utf-8"}
    data = '<?xml version="1.0" encoding="utf-8"?>' + _DECLARED.sub("", text)
    try:
        found = feedparser.parse(
            BytesIO(data.encode("utf-8", "replace")),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError):
        # Mangled documents find its own faults (`media:player` that was never opened)
        recovered = _recovered(text, url)
        return replace(recovered, problems=(_BROKEN,)) if recovered else None
    version = str(found.get("version") or "")
    if not version and not found.get("entries"):
        return None
    kind = "atom" if version.startswith("atom") else "rdf" if version == "rss10" else "rss"
    head = found.get("feed") or {}
    feed = ParsedFeed(
        format=kind,
        title=plain(head.get("title") or ""),
        url=_join(url, head.get("link")),
        feed_url=_rel(head, "self"),
        id=None,
        language=head.get("language"),
        description=plain(head.get("subtitle") or ""),
        rights=plain(head.get("rights") or "") or None,
        licence=head.get("license"),
        logo=_join(url, (head.get("image") or {}).get("href") or head.get("logo")),
        updated=dates.read_date(head.get("updated")),
        authors=tuple(_people(head)),
        hub=_rel(head, "hub"),
        ttl_minutes=int(head["ttl"]) if str(head.get("ttl", "")).isdigit() else None,
        problems=(_BROKEN,),
    )
    base = url or ""
    entries = tuple(_settled(_entry(each, base), feed) for each in found.get("entries", ()))
    return replace(feed, entries=_with_raw_ids(entries, text, url))


def _settled(entry: ParsedEntry, feed: ParsedFeed) -> ParsedEntry:
    """As the reader of well-formed feeds has it: an id that is no address is no link, Atom's
    authors are inherited (RFC 4287, 4.2.1), and the only date of RSS is the publication's."""
    said = entry.attribution
    if entry.link == entry.id and not urls.is_web(entry.link):
        entry = replace(entry, link=None)
    if feed.format == "atom":
        return replace(entry, attribution=replace(said, authors=said.authors or feed.authors))
    if said.published is None and not any(field == "published" for field, _ in entry.raw_dates):
        said = replace(said, published=said.updated, updated=None)
    return replace(entry, attribution=said)


def _recovered(text: str, url: str | None) -> ParsedFeed | None:
    """What lxml makes of a broken document; None where that is nothing."""
    try:
        root = parse_xml.root_of(_DECLARED.sub("", text), recover=True)
        return parse_xml.read(root, url) if root is not None else None
    except ValueError:  # tags that are no names
        return None


def _with_raw_ids(
    entries: tuple[ParsedEntry, ...], text: str, url: str | None
) -> tuple[ParsedEntry, ...]:
    """The entries with their ids as written (feedparser resolves them against `xml:base`), and
    with their labels and times, of which it knows little."""
    raw = _recovered(text, url)
    if raw is None or len(raw.entries) != len(entries):
        return entries
    conditioned = [
        replace(
            e,
            labels=r.labels,
            embargo=r.embargo,
            expires=r.expires,
            raw_dates=(*e.raw_dates, *(d for d in r.raw_dates if d[0] in ("embargo", "expires"))),
        )
        for e, r in zip(entries, raw.entries, strict=True)
    ]
    return tuple(
        replace(e, id=r.id, attribution=replace(e.attribution, original_id=r.id)) if r.id else e
        for e, r in zip(conditioned, raw.entries, strict=True)
    )


def _rel(holder: Any, rel: str) -> str | None:
    for link in holder.get("links", ()):
        if link.get("rel") == rel:
            return link.get("href") or None
    return None


def _people(holder: Any) -> Iterator[Person]:
    for author in holder.get("authors", ()):
        name = plain(author.get("name") or "")
        if name or author.get("email"):
            for person in names.read_people(name) or (Person(author.get("email") or ""),):
                yield Person(person.name, author.get("href"), author.get("email") or person.email)


def _entry(item: Any, base: str) -> ParsedEntry:
    raw: list[tuple[str, str]] = []
    contents = [c.get("value") or "" for c in item.get("content", ())]
    summary = item.get("summary") or ""
    html = next(filter(None, contents), "") or summary
    link = _join(base, item.get("link"))
    identity = item.get("id") or None
    dc_source = item.get("dc_source") or ""
    return ParsedEntry(
        id=identity,
        link=link,
        title=plain(item.get("title") or ""),
        content_html=absolute(html, base),
        summary_html=absolute(summary, base) if summary != html else "",
        attribution=Attribution(
            source=_source(item, dc_source),
            authors=tuple(dict.fromkeys(_people(item))),
            original_url=next(
                (u for u in (item.get("feedburner_origlink"), dc_source) if urls.is_web(u)), None
            ),
            original_id=identity,
            published=_date(item, "published", raw),
            updated=_date(item, "updated", raw),
            rights=plain(item.get("rights") or "") or None,
            licence=item.get("license") or _rel(item, "license"),
            via=tuple(
                Hop(link.get("title") or None, link.get("href"))
                for link in item.get("links", ())
                if link.get("rel") == "via"
            ),
        ),
        categories=tuple(
            dict.fromkeys(
                text
                for tag in item.get("tags", ())
                if (text := tag.get("label") or tag.get("term"))
            )
        ),
        language=(item.get("title_detail") or {}).get("language"),
        enclosures=tuple(_files(item, base)),
        thumbnail=_join(base, next((t.get("url") for t in item.get("media_thumbnail", ())), None)),
        raw_dates=tuple(raw),
    )


def _categories(item: Any) -> Iterator[str]:
    found = (tag.get("label") or tag.get("term") for tag in item.get("tags", ()))
    yield from dict.fromkeys(text for text in found if text)


def _source(item: Any, dc_source: str) -> Publisher:
    source = item.get("source") or {}
    name = source.get("title") or (dc_source if not urls.is_web(dc_source) else "")
    return Publisher(
        name=plain(name or item.get("publisher") or "") or None,
        url=source.get("link"),
        feed=source.get("href") or _rel(source, "self"),
        id=source.get("id"),
        rights=source.get("rights"),
        logo=source.get("logo"),
    )


def _date(item: Any, field: str, raw: list[tuple[str, str]]) -> GivenDate | None:
    text = dict.get(item, field)  # its own get() gives the one date for the other
    if not text:
        return None
    found = dates.read_date(text)
    if found is None:
        raw.append((field, text))
    return found


def _join(base: str | None, url: str | None) -> str | None:
    try:
        return urls.join(base or "", url.strip()) if url and url.strip() else None
    except ValueError:
        return url


def _files(item: Any, base: str) -> Iterator[Enclosure]:
    for each in item.get("enclosures", ()):
        url = _join(base, each.get("href") or each.get("url"))
        if url:
            length = str(each.get("length") or "")
            yield Enclosure(url, each.get("type"), int(length) if length.isdigit() else None)
