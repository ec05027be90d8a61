"""RSS 2.0 and Atom 1.0: the document by feedgen, its entries by ourselves.

feedgen gives the skeleton and checks what is required of a feed. Of an entry it can write too
little (its links lose their `rel`, its `atom:source` lacks id and updated, its dates set the
process's locale: its formatRFC2822), and takes 0.35 ms where a rebuild of a large
site has 0.1: an entry is an lxml element of ours, and a test has feedgen's own checks pass on
what comes out. Atom elements are made without a namespace, as feedgen makes them: the feed
around them has it as its default.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from syndicate.core import content, feed_rights, pictures, timing
from syndicate.core.disclosures import SCHEME, SOURCE_TYPES
from syndicate.core.outgoing import Outgoing, guid, href, iri, line, mail, moment, utc

if TYPE_CHECKING:
    from syndicate.core.feed import Channel, Format

_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "media": "http://search.yahoo.com/mrss/",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_AROUND = {**_NAMESPACES, "atom": _ATOM[1:-1], "content": _CONTENT[1:].split("}")[0]}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_TAGS: dict[str, tuple[bytes, bytes]] = {
    "rss": (b"item", b"</channel>"),
    "atom": (b"entry", b"</feed>"),
}
_VERSION = "1.0"


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _add(parent: Any, tag: str, text: str | None, **attributes: str) -> None:
    if text is not None:
        name = _name(tag) if ":" in tag and tag[0] != "{" else tag
        etree.SubElement(parent, name, attributes).text = text


class _Namespaces(BaseExtension):  # type: ignore[misc]
    def __init__(self) -> None:
        self.atom: Callable[[Any], None] = lambda _: None
        self.rss: Callable[[Any], None] = lambda _: None

    def extend_ns(self) -> dict[str, str]:
        return dict(_NAMESPACES)

    def extend_atom(self, feed: Any) -> Any:
        self.atom(feed)
        return feed

    def extend_rss(self, feed: Any) -> Any:
        self.rss(feed)
        return feed


def _generator() -> tuple[FeedGenerator, _Namespaces]:
    generator = FeedGenerator()
    generator.register_extension("syn", _Namespaces)
    generator.generator("Syndicate", version=_VERSION)
    generator.docs("https://www.rssboard.org/rss-specification")
    return generator, generator.syn


def _holder() -> Any:
    """What stands for the feed around a fragment, with all of its namespaces."""
    return etree.Element("holder", nsmap=_AROUND)


def _inside(holder: Any) -> bytes:
    """The bytes of what is in it, without the namespaces of its surroundings."""
    written = etree.tostring(holder, encoding="UTF-8")
    return bytes(written[written.index(b">", written.index(b"<holder")) + 1 : -len(b"</holder>")])


# ---- one entry


def atom_entry(out: Outgoing) -> bytes:
    """An `entry` element, its namespaces left to the feed around it."""
    holder, said = _holder(), out.said
    entry = etree.SubElement(holder, "entry")
    _add(entry, "id", iri(out))
    _add(entry, "title", out.title)
    _add(entry, "updated", out.updated.isoformat())
    for person in said["authors"]:
        _person(entry, person["name"], person["url"], person["email"])
    _add(entry, "content", content.whole(out), type="html")
    _extend_atom(entry, out, said)
    return _inside(holder)


def _extend_atom(entry: Any, out: Outgoing, said: dict[str, Any]) -> None:
    if _LANGUAGE.fullmatch(out.entry.language):
        entry.set(_LANG, out.entry.language)
    for attributes in _links(out, said):
        etree.SubElement(entry, "link", attributes)
    if out.shown == "full" and content.summary(out):
        _add(entry, "summary", content.summary(out), type="text")
    for word in dict.fromkeys(filter(None, map(line, out.entry.categories))):
        etree.SubElement(entry, "category", {"term": word})
    for label in said["labels"]:
        shown = {"label": label["text"]} if label["text"] else {}
        etree.SubElement(entry, "category", {"term": label["kind"], "scheme": SCHEME, **shown})
        if label["url"]:
            etree.SubElement(entry, "category", {"term": label["url"], "scheme": SOURCE_TYPES})
    if out.published:
        _add(entry, "published", out.published.isoformat())
    _conditions(entry, out)
    _add(entry, "rights", rights(said))
    _source(entry, out, said)
    _thumbnail(entry, out)
    feed_rights.extend(entry, out, "link")


def _conditions(parent: Any, out: Outgoing) -> None:
    """The title that it has at its origin, and the time for which it may be shown."""
    _add(parent, "dcterms:alternative", out.original_title or None)
    _add(parent, "dcterms:valid", timing.to_period(out.not_before, out.expires))


def rights(said: dict[str, Any]) -> str | None:
    """The rights, with a licence that has no address of its own."""
    licence = said["licence"] if not href(said["licence"]) else None
    return " · ".join(filter(None, (said["rights"], licence))) or None


def _links(out: Outgoing, said: dict[str, Any]) -> list[dict[str, str]]:
    found = [{"rel": "alternate", "href": out.main_link}]
    if out.original and out.original != out.main_link:
        found.append({"rel": "via", "href": out.original, "title": out.title})
    found += [
        {"rel": "via", "href": hop["url"], "title": hop["name"] or hop["url"]}
        for hop in said["via"]
        if hop["url"]
    ]
    found += [
        {"rel": "related", "href": each["url"], "title": each["name"]} for each in said["also"]
    ]
    if licence := href(said["licence"]):
        found.append({"rel": "license", "href": licence})
    for enclosure in pictures.enclosures(out):
        if url := href(enclosure.url):
            link = {"rel": "enclosure", "href": url, "type": content.mime(enclosure.type)}
            found.append(link | ({"length": str(enclosure.length)} if enclosure.length else {}))
    return found


def _source(entry: Any, out: Outgoing, said: dict[str, Any]) -> None:
    """`atom:source` whole: id, title and updated are derived where they were not stated."""
    stated, known = said["source"], out.entry.attribution.source
    if not any(stated.values()):
        return
    source = etree.SubElement(entry, "source")
    _add(source, "id", source_id(out, said))
    _add(source, "title", stated["name"] or stated["url"] or stated["feed"])
    updated = moment(known.updated, out.zone) if known.updated else out.updated
    _add(source, "updated", updated.isoformat())
    people = [p for p in known.authors if line(p.name)]
    for person in people:
        _person(source, line(person.name), href(person.url), mail(person.email))
    if not people:  # else a reader would take the whole feed's author for the entry's
        _person(source, stated["name"] or stated["url"] or stated["feed"], stated["url"], None)
    if stated["url"]:
        etree.SubElement(source, "link", {"rel": "alternate", "href": stated["url"]})
    if stated["feed"]:
        etree.SubElement(source, "link", {"rel": "self", "href": stated["feed"]})
    _add(source, "rights", line(known.rights or "") or None)
    _add(source, "logo", href(known.logo))


def source_id(out: Outgoing, said: dict[str, Any]) -> str:
    """The upstream feed's id, else its address, else its site's, else a tag of its name."""
    from syndicate.core import identity

    stated = line(out.entry.attribution.source.id or "")
    if identity.is_iri(stated):
        return stated
    known = said["source"]["feed"] or said["source"]["url"]
    mark = identity.mark("source", said["source"]["name"] or "").hex()
    return known or identity.tag(f"source/{mark}", out.authority)


def _person(parent: Any, name: str, uri: str | None, address: str | None) -> None:
    author = etree.SubElement(parent, "author")
    _add(author, "name", name)
    _add(author, "uri", uri)
    _add(author, "email", address)


def _thumbnail(parent: Any, out: Outgoing) -> None:
    if url := href(pictures.address(out, out.entry.thumbnail)):
        etree.SubElement(parent, _name("media:thumbnail"), {"url": url})


def rss_item(out: Outgoing) -> bytes:
    """An `item` element, its namespaces left to the feed around it."""
    holder = _holder()
    item = etree.SubElement(holder, "item")
    _add(item, "title", out.title)
    _add(item, "link", out.main_link)
    _add(item, "description", content.short(out))
    _add(item, _CONTENT, content.whole(out))
    own = guid(out)
    _add(item, "guid", own, isPermaLink="true" if own == out.main_link else "false")
    for word in dict.fromkeys(filter(None, map(line, out.entry.categories))):
        _add(item, "category", word)
    for label in out.said["labels"]:
        _add(item, "category", label["text"] or label["kind"], domain=f"{SCHEME}:{label['kind']}")
        if label["url"]:
            _add(item, "category", label["url"], domain=SOURCE_TYPES)
    _extend_rss(item, out, out.said)
    return _inside(holder)


def _extend_rss(item: Any, out: Outgoing, said: dict[str, Any]) -> None:
    if out.published:
        _add(item, "pubDate", email.utils.format_datetime(out.published))
    _rss_people(item, said)
    source = said["source"]
    url = source["feed"] or source["url"] or out.original
    name = source["name"] or source["url"] or source["feed"]
    if name and url:
        _add(item, "source", name, url=url)
    _add(item, "dc:publisher", source["name"])
    _add(item, "dc:source", out.original)
    _add(item, "dc:rights", rights(said))
    _add(item, "creativeCommons:license", href(said["licence"]))
    if _LANGUAGE.fullmatch(out.entry.language):
        _add(item, "dc:language", out.entry.language)
    _conditions(item, out)
    _add(item, "dcterms:modified", out.modified.isoformat() if out.modified else None)
    for hop in said["via"]:
        if hop["url"]:
            attributes = {"rel": "via", "href": hop["url"], "title": hop["name"] or hop["url"]}
            etree.SubElement(item, _ATOM + "link", attributes)
    for each in said["also"]:
        attributes = {"rel": "related", "href": each["url"], "title": each["name"]}
        etree.SubElement(item, _ATOM + "link", attributes)
    _rss_files(item, out)
    feed_rights.extend(item, out)


def _rss_people(item: Any, said: dict[str, Any]) -> None:
    for person in said["authors"]:
        _add(item, "dc:creator", person["name"])
    with_address = next((p for p in said["authors"] if p["email"]), None)
    if with_address:
        _add(item, "author", f"{with_address['email']} ({with_address['name']})")


def _rss_files(item: Any, out: Outgoing) -> None:
    files = [(href(e.url), e) for e in pictures.enclosures(out) if href(e.url)]
    for number, (url, enclosure) in enumerate(files):
        attributes = {"url": str(url), "type": content.mime(enclosure.type)}
        if number == 0:  # RSS has one; the others are Media RSS
            length = str(enclosure.length or 0)
            etree.SubElement(item, "enclosure", attributes | {"length": length})
        else:
            etree.SubElement(item, _name("media:content"), attributes)
    _thumbnail(item, out)


# ---- the document around


def rss(channel: Channel, newest: datetime, parts: Sequence[bytes]) -> bytes:
    generator, extension = _shell(channel, newest)
    extension.rss = lambda root: _channel_links(root[0], channel, _ATOM, "application/rss+xml")
    if channel.rights:
        generator.copyright(channel.rights)
    return _filled("rss", channel, generator.rss_str(), parts)


def atom(channel: Channel, newest: datetime, parts: Sequence[bytes]) -> bytes:
    generator, extension = _shell(channel, newest)
    extension.atom = lambda root: _atom_head(root, channel)
    if channel.rights:
        generator.rights(channel.rights)
    return _filled("atom", channel, generator.atom_str(), parts)


def _shell(channel: Channel, newest: datetime) -> tuple[FeedGenerator, _Namespaces]:
    generator, extension = _generator()
    generator.id(channel.id)
    generator.title(channel.title)
    generator.description(channel.description)
    generator.subtitle(channel.description)
    generator.link(href=channel.home_url, rel="alternate", type="text/html")
    generator.language(channel.language)
    generator.updated(utc(newest))
    generator.author(name=channel.name, uri=channel.site)
    generator.managingEditor(None)
    return generator, extension


def _atom_head(root: Any, channel: Channel) -> None:
    _channel_links(root, channel, "", "application/atom+xml")
    if channel.current:
        etree.SubElement(root, _name("fh:archive"))
    for tombstone in channel.tombstones:
        when = utc(tombstone.when).isoformat(timespec="seconds")
        deleted = etree.SubElement(
            root, _name("at:deleted-entry"), {"ref": tombstone.ref, "when": when}
        )
        etree.SubElement(deleted, _name("at:comment")).text = tombstone.why


def _channel_links(parent: Any, channel: Channel, prefix: str, type: str) -> None:
    links = [{"rel": "self", "href": channel.url, "type": type}]
    links += [{"rel": "hub", "href": hub} for hub in channel.hubs if not channel.current]
    related = (
        ("current", channel.current),
        ("prev-archive", channel.previous),
        ("next-archive", channel.next),
    )
    links += [{"rel": rel, "href": channel.site + path} for rel, path in related if path]
    for attributes in links:
        etree.SubElement(parent, prefix + "link", attributes)


def _filled(format: Format, channel: Channel, shell: bytes, parts: Sequence[bytes]) -> bytes:
    end = shell.rindex(_TAGS[format][1])
    start = shell.index(b"?>") + 2
    depth = channel.path.count("/")
    style = f'\n<?xml-stylesheet type="text/css" href="{"../" * depth}feed.css"?>'.encode()
    declaration = b"<?xml version='1.0' encoding='UTF-8'?>"
    return b"".join(
        (declaration, style, shell[start:end], b"\n", b"\n".join(parts), b"\n", shell[end:], b"\n")
    )


def split(format: str, document: bytes) -> list[bytes]:
    tag = _TAGS[format][0]
    closing = b"</" + tag + b">\n"
    first = re.search(b"\n<" + tag + b"[ >]", document)
    if first is None:
        return []
    body = document[first.start() + 1 : document.rindex(closing) + len(closing)]
    parts = body.split(closing)[:-1]
    return [part + closing[:-1] for part in parts]
