"""Finding the feeds behind a page: what it links to, and where feeds commonly are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MAX_BYTES = 2_000_000  # of a page that is looked through
_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RSS",
    "application/feed+json": "JSON Feed",
    "application/json": "JSON Feed",
    "application/xml": "XML",
    "text/xml": "XML",
}
_GUESSES = (
    "feed/", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json", "rss", "feeds/",
    "feed.atom", "rss/index.xml", "rss2.xml", "index.rdf", "?feed=rss2",
)  # fmt: skip
_NAMED = re.compile(
    r"(^|/)(rss|atom|feeds?)(2|10|20)?\.(xml|rdf|json|atom|rss|php|aspx?|jsp)$"
    r"|(^|/)index\.(xml|rdf|atom)$"
    r"|(^|/)(rss|atom|feeds?)/?$|\.(rss|atom|rdf)$|[?&](feed|format|type)=(rss2?|atom|json)\b",
    re.I,
)
_WORDS = re.compile(r"(?<![A-Za-z])(rss|atom|feed)(?![A-Za-z])|订阅|訂閱|聚合", re.I)
_COMMENTS = re.compile(r"comments?|评论", re.I)
_FEED_HEAD = re.compile(rb"<(?:[\w.-]+:)?(rss|feed|RDF)[\s>]", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that may be behind a page: its address, title, and `how` it was found, in words."""

    url: str
    title: str = ""
    how: str = ""


def links(html: str, url: str) -> tuple[Found, ...]:
    """The feeds that a page names, the surest first: link tags, then JSON-LD, then anchors.

    Feeds of comments come last of their kind. Addresses are absolute, http and https only, each
    once. Never raises.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html[:MAX_BYTES])
    base = _base(tree, url)
    found: dict[str, Found] = {}
    for each in (*_link_tags(tree), *_json_ld(tree), *_anchors(tree)):
        address = _absolute(base, each.url)
        if address is not None and address not in found and address != url:
            found[address] = Found(address, " ".join(each.title.split())[:200], each.how)
    return tuple(found.values())


def guesses(url: str) -> tuple[str, ...]:
    """Addresses to try where a page names no feed: beside it, then at the top of its site."""
    parts = urlsplit(url)
    top = f"{parts.scheme}://{parts.netloc}/"
    here = urljoin(url, ".") if not parts.path.endswith("/") else f"{top}{parts.path[1:]}"
    tried = [urljoin(folder, guess) for folder in dict.fromkeys((here, top)) for guess in _GUESSES]
    return tuple(dict.fromkeys(tried))


def is_feed(body: bytes) -> bool:
    """Whether bytes look like a feed at their beginning (the parser has the last word)."""
    head = body[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"{"):
        return b"jsonfeed.org/version" in head or (b'"items"' in body and b'"version"' in head)
    match = _FEED_HEAD.search(head)
    page = re.search(rb"<html[\s>]", head, re.I)
    return match is not None and (page is None or match.start() < page.start())


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    href = node.attributes.get("href") if node is not None else None
    return _absolute(url, href or "") or url


def _absolute(base: str, href: str) -> str | None:
    href = re.sub(r"^feed:(//)?(?=https?:)", "", href.strip(), flags=re.I)
    href = re.sub(r"^feed://", "http://", href, flags=re.I)
    try:
        address = urljoin(base, href).partition("#")[0]
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    if not href or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return address


def _link_tags(tree: LexborHTMLParser) -> list[Found]:
    found: list[Found] = []
    for node in tree.css("link[href][rel]"):
        values = {name: value or "" for name, value in node.attributes.items()}
        rel = values["rel"].lower().split()
        kind = _TYPES.get(values.get("type", "").partition(";")[0].strip().lower())
        if "feed" in rel or ("alternate" in rel and kind and "stylesheet" not in rel):
            if kind == "JSON Feed" and "wp-json" in values["href"]:
                continue  # WordPress announces its own interface as application/json
            how = f"link tag ({kind})" if kind else "link tag"
            found.append(Found(values["href"], values.get("title", ""), how))
    return sorted(found, key=lambda each: bool(_COMMENTS.search(each.url + each.title)))


def _json_ld(tree: LexborHTMLParser) -> list[Found]:
    found: list[Found] = []
    for node in tree.css('script[type="application/ld+json"]')[:20]:
        try:
            document = json.loads(node.text() or "")
        except (ValueError, RecursionError):
            continue
        found += [Found(url, title, "JSON-LD") for url, title in _feeds_in(document)]
    return found


def _feeds_in(document: Any) -> Iterator[tuple[str, str]]:
    """DataFeed and encodings of a feed's type, wherever they stand in a document of JSON-LD."""
    open_: list[Any] = [document]
    steps = 0
    while open_ and steps < 10_000:
        steps += 1
        value = open_.pop()
        if isinstance(value, list):
            open_ += reversed(value)
        elif isinstance(value, dict):
            open_ += reversed(list(value.values()))
            kind = str(value.get("encodingFormat") or value.get("fileFormat") or "").lower()
            feed = value.get("@type") == "DataFeed" or _TYPES.get(kind) in ("RSS", "Atom")
            url = value.get("contentUrl") or value.get("url")
            if feed and isinstance(url, str):
                yield url, str(value.get("name") or "")


def _anchors(tree: LexborHTMLParser) -> list[Found]:
    named: list[Found] = []
    worded: list[Found] = []
    for node in tree.css("a[href]"):
        href = node.attributes.get("href") or ""
        text = node.text(strip=True)[:200] or node.attributes.get("title") or ""
        if _NAMED.search(href.partition("#")[0]) or href.lower().startswith("feed:"):
            named.append(Found(href, text, "link on the page"))
        elif _WORDS.search(text) and len(text) <= 40:
            worded.append(Found(href, text, f"link called “{text}”"))
    return [*sorted(named, key=lambda each: bool(_COMMENTS.search(each.url))), *worded]
