"""Strict checks of what is emitted: RFC 4287 (appendix B), RSS 2.0 as the W3C validator reads it,
JSON Feed 1.1. Each returns what is wrong, in words; written apart from the code that emits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DCTERMS = "{http://purl.org/dc/terms/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
)
_MEDIA = re.compile(r"[^\s/;]+/[^\s/;]+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_REGISTERED = {"alternate", "related", "self", "enclosure", "via", "license", "hub", "current",
               "prev-archive", "next-archive"}  # fmt: skip


def _parse(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def _common(root: Any) -> Iterator[str]:
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        texts = [node.text or "", *node.attrib.values()]
        if any(_CONTROLS.search(text) for text in texts):
            yield f"control character in {node.tag}"
        language = node.get(_XML_LANG)
        if language is not None and not _LANGUAGE.fullmatch(language):
            yield f"xml:lang {language!r}"


# ---- Atom


def atom(data: bytes) -> list[str]:
    """RFC 4287, with RFC 4685's and RFC 6721's extensions left in peace."""
    root = _parse(data)
    if root.tag != ATOM + "feed":
        return [f"root {root.tag}"]
    return [*_common(root), *_atom_feed(root)]


def _atom_feed(feed: Any) -> Iterator[str]:
    once = ("generator", "icon", "logo", "id", "rights", "subtitle", "title", "updated")
    yield from _cardinality(feed, once, ("id", "title", "updated"))
    yield from _atom_parts(feed)
    links = [link for link in feed.findall(ATOM + "link") if link.get("rel") == "self"]
    if len(links) != 1:
        yield f"{len(links)} links to itself"
    entries = feed.findall(ATOM + "entry")
    seen = Counter((e.findtext(ATOM + "id"), e.findtext(ATOM + "updated")) for e in entries)
    yield from (f"twice: {key}" for key, count in seen.items() if count > 1)
    for entry in entries:
        yield from _atom_entry(entry, feed.find(ATOM + "author") is not None)
    for node in feed:
        if isinstance(node.tag, str) and node.tag.startswith("{http") and node.tag == _TOMBSTONE:
            if not _IRI.fullmatch(node.get("ref", "")):
                yield "deleted-entry without a ref"
            if not _RFC3339.fullmatch(node.get("when", "")):
                yield "deleted-entry without a time"


def _atom_entry(entry: Any, feed_has_author: bool) -> Iterator[str]:
    once = ("content", "id", "published", "rights", "source", "summary", "title", "updated")
    yield from _cardinality(entry, once, ("id", "title", "updated"))
    yield from _atom_parts(entry)
    has_content = entry.find(ATOM + "content") is not None
    alternates = [link for link in entry.findall(ATOM + "link") if _rel(link) == "alternate"]
    if not has_content and not alternates:
        yield "neither content nor an alternate"
    source = entry.find(ATOM + "source")
    if source is not None:
        yield from _cardinality(source, ("id", "title", "updated", "rights", "logo"),
                                ("id", "title", "updated"))  # fmt: skip
        yield from _atom_parts(source)
    has_author = entry.find(ATOM + "author") is not None
    if not (has_author or feed_has_author or entry.find(f"{ATOM}source/{ATOM}author") is not None):
        yield "no author"


def _cardinality(node: Any, once: tuple[str, ...], must: tuple[str, ...]) -> Iterator[str]:
    counts = Counter(child.tag for child in node if isinstance(child.tag, str))
    for name in once:
        if counts[ATOM + name] > 1:
            yield f"{counts[ATOM + name]} times {name} in {node.tag}"
    for name in must:
        if not counts[ATOM + name]:
            yield f"no {name} in {node.tag}"


def _atom_parts(node: Any) -> Iterator[str]:
    for child in node:
        name = child.tag.removeprefix(ATOM) if isinstance(child.tag, str) else ""
        if name in ("id", "icon", "logo") and not _IRI.fullmatch(child.text or ""):
            yield f"{name} {child.text!r} is no IRI"
        elif name in ("updated", "published") and not _is_date(child.text):
            yield f"{name} {child.text!r}"
        elif name in ("title", "subtitle", "rights", "summary", "content"):
            yield from _atom_text(name, child)
        elif name in ("author", "contributor"):
            yield from _atom_person(child)
        elif name == "category" and not child.get("term"):
            yield "category without a term"
    yield from _atom_links(node)


def _atom_text(name: str, node: Any) -> Iterator[str]:
    if node.get("type", "text") not in ("text", "html"):
        yield f"{name} of type {node.get('type')}"
    if len(node):
        yield f"{name} has elements"
    if name == "title" and not (node.text or "").strip():
        yield "an empty title"


def _atom_person(node: Any) -> Iterator[str]:
    yield from _cardinality(node, ("name", "uri", "email"), ("name",))
    if not (node.findtext(ATOM + "name") or "").strip():
        yield "a person without a name"
    uri, email = node.findtext(ATOM + "uri"), node.findtext(ATOM + "email")
    if uri is not None and not _IRI.fullmatch(uri):
        yield f"uri {uri!r}"
    if email is not None and not _MAIL.fullmatch(email):
        yield f"email {email!r}"


def _atom_links(node: Any) -> Iterator[str]:
    links = node.findall(ATOM + "link")
    for link in links:
        if not _IRI.fullmatch(link.get("href", "")):
            yield f"href {link.get('href')!r}"
        if _rel(link) not in _REGISTERED:
            yield f"rel {link.get('rel')!r}"
        if link.get("type") is not None and not _MEDIA.match(link.get("type")):
            yield f"type {link.get('type')!r}"
        if link.get("length") is not None and not link.get("length").isdigit():
            yield f"length {link.get('length')!r}"
    kinds = Counter((k.get("type"), k.get("hreflang")) for k in links if _rel(k) == "alternate")
    yield from (f"several alternates of {kind}" for kind, count in kinds.items() if count > 1)


def _rel(link: Any) -> str:
    return str(link.get("rel", "alternate"))


def _is_date(text: str | None) -> bool:
    if not text or not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# ---- RSS


def rss(data: bytes) -> list[str]:
    """RSS 2.0, with what the W3C validator warns of."""
    root = _parse(data)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ["no rss 2.0 with a channel"]
    return [*_common(root), *_rss_channel(channel)]


def _rss_channel(channel: Any) -> Iterator[str]:
    counts = Counter(node.tag for node in channel)
    for name in ("title", "link", "description"):
        if counts[name] != 1 or not (channel.findtext(name) or "").strip():
            yield f"channel: {name}"
    for name in ("language", "lastBuildDate", "pubDate", "generator", "docs", "copyright", "ttl"):
        if counts[name] > 1:
            yield f"channel: {counts[name]} times {name}"
    links = [link for link in channel.findall(ATOM + "link") if link.get("rel") == "self"]
    if len(links) != 1 or links[0].get("type") != "application/rss+xml":
        yield "channel: atom:link to itself"
    yield from _rfc822(channel.findtext("lastBuildDate"), "lastBuildDate")
    items = channel.findall("item")
    guids = Counter(item.findtext("guid") for item in items)
    yield from (f"guid twice: {guid}" for guid, count in guids.items() if count > 1)
    for item in items:
        yield from _rss_item(item)


def _rss_item(item: Any) -> Iterator[str]:
    counts = Counter(node.tag for node in item)
    for name in ("title", "link", "description", "author", "guid", "pubDate", "source", "enclosure",
                 "comments", _CONTENT, _DCTERMS + "modified"):  # fmt: skip
        if counts[name] > 1:
            yield f"item: {counts[name]} times {name}"
    for name in ("title", "link", "description", "guid", _CONTENT):
        if not (item.findtext(name) or "").strip():
            yield f"item: no {name}"
    link, guid = item.findtext("link") or "", item.find("guid")
    if not _is_web(link):
        yield f"item: link {link!r}"
    if guid is not None and guid.get("isPermaLink", "true") == "true" and not _is_web(guid.text):
        yield f"item: guid {guid.text!r} is no address"
    author = item.findtext("author")
    if author is not None and not re.fullmatch(r"\S+@\S+( \(.*\))?", author):
        yield f"item: author {author!r}"
    yield from _rfc822(item.findtext("pubDate"), "pubDate")
    yield from _rss_parts(item)


def _rss_parts(item: Any) -> Iterator[str]:
    source = item.find("source")
    if source is not None and not (_is_web(source.get("url")) and (source.text or "").strip()):
        yield "item: source"
    enclosure = item.find("enclosure")
    if enclosure is not None and not (
        _is_web(enclosure.get("url"))
        and enclosure.get("length", "").isdigit()
        and _MEDIA.fullmatch(enclosure.get("type", ""))
    ):
        yield "item: enclosure"
    modified = item.findtext(_DCTERMS + "modified")
    if modified is not None and not _is_date(modified):
        yield f"item: modified {modified!r}"
    for name in ("creator", "publisher", "rights", "source", "language"):
        if any(not (node.text or "").strip() for node in item.findall(_DC + name)):
            yield f"item: an empty dc:{name}"


def _rfc822(text: str | None, name: str) -> Iterator[str]:
    if text is None:
        return
    if not _RFC822.fullmatch(text):
        yield f"{name} {text!r}"
        return
    try:
        parsedate_to_datetime(text)
    except ValueError:
        yield f"{name} {text!r}"


def _is_web(url: str | None) -> bool:
    if not url or not _IRI.fullmatch(url):
        return False
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


# ---- JSON Feed

_ITEM: dict[str, type] = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "summary": str,
    "image": str, "date_published": str, "date_modified": str, "authors": list, "tags": list,
    "language": str, "attachments": list, "_syndicate": dict,
}  # fmt: skip


def json_feed(data: bytes) -> list[str]:
    """JSON Feed 1.1: types, what must be there, and no key that it does not know."""
    feed = json.loads(data)
    return list(_json_feed(feed))


def _json_feed(feed: dict[str, Any]) -> Iterator[str]:
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "version"
    if not feed.get("title"):
        yield "title"
    for name in ("home_page_url", "feed_url"):
        if not _is_web(feed.get(name)):
            yield name
    ids = Counter(item.get("id") for item in feed["items"])
    yield from (f"id twice: {id}" for id, count in ids.items() if count > 1)
    for item in feed["items"]:
        yield from _json_item(item)


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    for name, value in item.items():
        if name not in _ITEM or not isinstance(value, _ITEM[name]) or not value:
            yield f"{name}: {value!r}"
    if not item.get("id") or not item.get("content_html"):
        yield "an item without id or content"
    for name in ("url", "external_url", "image"):
        if name in item and not _is_web(item[name]):
            yield f"{name} {item[name]!r}"
    for name in ("date_published", "date_modified"):
        if name in item and not _is_date(item[name]):
            yield f"{name} {item[name]!r}"
    for author in item.get("authors", ()):
        if not author.get("name") or author.keys() - {"name", "url", "avatar"}:
            yield f"author {author!r}"
    for file in item.get("attachments", ()):
        if not _is_web(file.get("url")) or not _MEDIA.fullmatch(file.get("mime_type", "")):
            yield f"attachment {file!r}"
