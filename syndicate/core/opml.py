"""OPML 2.0: lists of feeds in and out, with the folders they are filed in.

Reading is forgiving about what programs write (no title, `text` for `title`, feeds within
feeds), and says of each outline that it leaves out, why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from lxml import etree

from syndicate.core import urls
from syndicate.errors import ParseError

MAX_BYTES = 20_000_000
MAX_DEPTH = 50
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES = frozenset({"", "rss", "atom", "rdf", "feed", "link", "json", "rss1", "rss2"})


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """One feed of a list: `folders` from the outside in; `site` its page, "" where unknown."""

    title: str
    url: str
    site: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An outline that cannot be taken, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Opml:
    """A list as it was read."""

    title: str
    feeds: tuple[OpmlFeed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def read(data: bytes) -> Opml:
    """A list of feeds from OPML 1.0 or 2.0 of any encoding; ParseError where it is none."""
    root = _root(data)
    body = next((node for node in root if _name(node) == "body"), None)
    if body is None:
        raise ParseError("has no <body>, so it lists nothing", where="OPML")
    feeds: dict[str, OpmlFeed] = {}
    left_out: list[LeftOut] = []
    for title, url, site, kind, folders in _outlines(body, ()):
        reason = _refusal(url, kind) or ("is listed a second time" if _key(url) in feeds else None)
        if reason:
            left_out.append(LeftOut(title or url, reason))
        else:
            feeds[_key(url)] = OpmlFeed(title, url, site, folders)
    return Opml(_heading(root), tuple(feeds.values()), tuple(left_out))


def _root(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise ParseError(f"is larger than {MAX_BYTES} bytes", where="OPML")
    flat = data.replace(b"\x00", b"")  # UTF-16 is seen as well
    if re.search(rb"<!ENTITY", flat, re.I):
        raise ParseError("declares entities, which is refused", where="OPML")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"is not XML ({error})", where="OPML") from None
    if root is None or _name(root) != "opml":
        name = "nothing" if root is None else f"<{_name(root)}>"
        raise ParseError(f"is no OPML: it holds {name}", where="OPML")
    if not re.search(rb"</(?:[\w.-]+:)?opml\s*>|<opml[^>]*/>", flat, re.I):
        raise ParseError("is cut short: there is no </opml>", where="OPML")
    return root


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""


def _heading(root: etree._Element) -> str:
    for node in root.iter():
        if _name(node) == "title":
            return " ".join((node.text or "").split())
    return ""


def _outlines(
    node: etree._Element, folders: tuple[str, ...]
) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    if len(folders) > MAX_DEPTH:
        raise ParseError(f"its folders are nested more than {MAX_DEPTH} deep", where="OPML")
    for child in node:
        if _name(child) != "outline":
            continue
        values = {str(key).lower(): str(value).strip() for key, value in child.attrib.items()}
        title = " ".join((values.get("title") or values.get("text") or "").split())
        url = urls.without_feed_scheme(values.get("xmlurl", ""))
        kind = values.get("type", "").lower()
        if url or not len(child):
            yield title, url, values.get("htmlurl", ""), kind, _filed(folders, values)
        if len(child):
            yield from _outlines(child, folders if url or not title else (*folders, title))


def _filed(folders: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    """The folders; where there are none, the first of `category` ("/a/b,/c"; OPML 2.0)."""
    first = values.get("category", "").partition(",")[0]
    return folders or tuple(part.strip() for part in first.split("/") if part.strip())


def _refusal(url: str, kind: str) -> str | None:
    if not url:
        return "has no xmlUrl, so there is nothing to read"
    if kind not in _TYPES:
        return f"is of type {kind!r}, which is no feed"
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    return None if usable else f"its address {url!r} is not one of http or https"


def _key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path or '/'}?{parts.query}"


def write(title: str, feeds: Sequence[OpmlFeed], made: datetime | None = None) -> bytes:
    """OPML 2.0 in UTF-8. Feeds keep their order, folders come where their first feed does; the
    same feeds give the same bytes. `made` is the date to state, None for none."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines.append(f"    <title>{_text(title)}</title>")
    if made is not None:
        lines.append(f"    <dateCreated>{format_datetime(made)}</dateCreated>")
    lines += ["  </head>", "  <body>", *_written(list(feeds), 0), "  </body>", "</opml>", ""]
    return "\n".join(lines).encode()


def _written(feeds: list[OpmlFeed], depth: int) -> Iterator[str]:
    pad = "  " * (depth + 2)
    folders: dict[str, list[OpmlFeed]] = {}
    for feed in feeds:
        if len(feed.folders) > depth:
            folders.setdefault(feed.folders[depth], []).append(feed)
    done: set[str] = set()
    for feed in feeds:
        if len(feed.folders) <= depth:
            yield f"{pad}{_outline(feed)}"
            continue
        name = feed.folders[depth]
        if name not in done:
            done.add(name)
            yield f"{pad}<outline text={_attribute(name)} title={_attribute(name)}>"
            yield from _written(folders[name], depth + 1)
            yield f"{pad}</outline>"


def _outline(feed: OpmlFeed) -> str:
    title = _attribute(feed.title or feed.url)
    site = f" htmlUrl={_attribute(feed.site)}" if feed.site else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={_attribute(feed.url)}{site}/>'


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _text(text: str) -> str:
    return _ILLEGAL.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
