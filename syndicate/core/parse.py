"""Feed bytes to a ParsedFeed, whatever the format: RSS 0.9x-2.0, RDF, Atom, JSON Feed.

Decoded first (decode.py), refused where dangerous, then read by lxml where it is well-formed and
by feedparser where it is not. Nothing is ever fetched: no entity, no DTD.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from syndicate.core import decode, parse_json, parse_loose, parse_xml
from syndicate.errors import ParseError
from syndicate.model import ParsedFeed

_ENTITY = re.compile(r"<!ENTITY", re.I)
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^<>\[]*(?:\[.*?\]\s*)?>", re.I | re.S)
_HTML = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!DOCTYPE\s+html|html|head|body)\b", re.I | re.S)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_TAGS = re.compile(r"<(/?)([A-Za-z_][^\s/>]*)[^<>]*?(/?)>")
DEEPEST = 200  # levels; no feed is deeper, and parsers are quadratic in depth
# HTML entities that feeds use without declaring them
_UNDECLARED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z]\w{1,31});")


def parse(data: bytes, *, content_type: str | None = None, url: str | None = None) -> ParsedFeed:
    """The feed in `data`; `url` is the address it finally came from, for relative links.

    Raises ParseError with the reason where it is empty, a page, dangerous, or no feed.
    """
    text, problems = decode.decode(data, content_type)
    text = text.strip()
    if not text:
        raise ParseError("it is empty")
    if text[0] in "{[":
        return _with(parse_json.parse(text, url), problems)
    _refuse_dangerous(text)
    if _HTML.match(text):
        raise ParseError("it is a web page, not a feed", remedy="`syndicate add` finds its feeds")
    feed = _xml(text, url)
    if feed is None:
        raise ParseError("it is not a feed")
    return _with(feed, problems)


def _with(feed: ParsedFeed, problems: tuple[str, ...]) -> ParsedFeed:
    return replace(feed, problems=(*feed.problems, *problems)) if problems else feed


def _xml(text: str, url: str | None) -> ParsedFeed | None:
    bare = prepared(text)
    try:
        feed = parse_xml.parse(bare, url)
    except etree.XMLSyntaxError:
        return parse_loose.parse(text, url)
    return feed


def prepared(text: str) -> str:
    """The text without its XML declaration (it is UTF-8 now) and with HTML's entities resolved."""
    import html

    bare = _DECLARATION.sub("", text, count=1)
    bare = _DOCTYPE.sub("", bare, count=1) if "<!DOCTYPE" in bare[:2000] else bare
    if "&" in bare:
        bare = _UNDECLARED.sub(lambda m: html.unescape(m[0]) if m[0] != html.unescape(m[0]) else "&amp;" + m[1] + ";", bare)
    return bare


def _refuse_dangerous(text: str) -> None:
    head = text[: text.find("<rss") if "<rss" in text[:100_000] else 100_000]
    if _ENTITY.search(head) and "<!DOCTYPE" in head.upper():
        raise ParseError("it declares entities, which feeds do not need and bombs are made of")
    deepest = nesting(text)
    if deepest > DEEPEST:
        raise ParseError(f"its elements are nested more than {DEEPEST} deep")


def nesting(text: str) -> int:
    """How deep the elements of an XML text are nested, at most; a linear scan, CDATA aside."""
    if text.count("</") < DEEPEST and text.count("<") < 2 * DEEPEST:
        return 0
    bare = re.sub(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", "", text, flags=re.S) if "<!" in text else text
    depth = deepest = 0
    for match in _TAGS.finditer(bare):
        if match[1]:
            depth -= 1
        elif not match[3]:
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > DEEPEST:
                    return deepest
    return deepest
