"""Feed bytes to a ParsedFeed, whatever the format: RSS 0.9x-2.0, RDF, Atom, JSON Feed.

Decoded first (decode.py), refused where dangerous, then read by lxml where it is well-formed and
by feedparser where it is not. Nothing is ever fetched: no entity, no DTD.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container
from dataclasses import replace

from lxml import etree

from syndicate.core import decode, parse_json, parse_loose, parse_xml, split
from syndicate.errors import ParseError
from syndicate.model import ParsedFeed

_ENTITY = re.compile(r"<!ENTITY", re.I)
_DOCTYPE = re.compile(
    r"^((?:\s|<\?.*?\?>|<!--.*?-->)*)<!DOCTYPE\s[^<>\[]*(?:\[.*?\]\s*)?>", re.I | re.S
)
_HTML = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!DOCTYPE\s+html|html|head|body)\b", re.I | re.S
)
_WINDOWS = re.compile(r"&#1(?:2[89]|[345]\d);")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|(\d+));")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_TAGS = re.compile(r"<(/?)([A-Za-z_][^\s/>]*)[^<>]*?(/?)>")
_ROOT = re.compile(r"<(?:[\w-]+:)?(?:rss|feed|rdf|channel|item|entry)[\s>]", re.I)
_ASIDE = re.compile(f"{split.CDATA}|{split.COMMENT}")
DEEPEST = 200  # levels; no feed is deeper, and parsers are quadratic in depth
# HTML entities that feeds use without declaring them
_UNDECLARED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z]\w{1,31});")


def parse(
    data: bytes, *, content_type: str | None = None, url: str | None = None, language_hint: str = ""
) -> ParsedFeed:
    """The feed in `data`; `url` is the address it finally came from, for relative links.

    `language_hint` is the language where neither feed nor server says one. Raises ParseError with
    the reason where it is empty, a page, dangerous, or no feed.
    """
    text, problems = _checked(data, content_type)
    feed = parse_json.parse(text, url) if text[0] in "{[" else _xml(text, url)
    return _with(feed, problems, language_hint)


def parse_new(
    data: bytes,
    *,
    content_type: str | None = None,
    url: str | None = None,
    known: Container[bytes] = frozenset(),
    language_hint: str = "",
) -> tuple[ParsedFeed, tuple[bytes, ...]]:
    """As `parse`, with only those entries whose items are not in `known`, and all items' hashes.

    Each entry is the very one that `parse` gives. Items are known by their text where they can
    be told apart for sure, and are then not read at all; else all are read, and are known by what
    was read. Raises ParseError as `parse` does.
    """
    text, problems = _checked(data, content_type)
    if text[0] in "{[":
        feed, hashes = parse_json.parse_new(text, url, known)
    else:
        feed, hashes = _xml_new(text, url, known)
    return _with(feed, problems, language_hint), hashes


def _checked(data: bytes, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of what may be a feed, and what was wrong with its encoding."""
    text, problems = decode.decode(data, content_type)
    text = text.strip().lstrip("\ufeff")
    if not text:
        raise ParseError("it is empty")
    if text[0] in "{[":
        return text, problems
    _refuse_dangerous(text)
    if _HTML.match(text):
        raise ParseError("it is a web page, not a feed", remedy="`syndicate add` finds its feeds")
    return without_impossible(text), problems


def _xml_new(
    text: str, url: str | None, known: Container[bytes]
) -> tuple[ParsedFeed, tuple[bytes, ...]]:
    parts = split.split(text, url or "")
    fresh = parts.without(known) if parts is not None else None
    if parts is None or fresh is None:
        return _xml_known(text, url, known)
    document, count = fresh
    _refuse_deep(document)
    try:
        feed = parse_xml.parse(prepared(document), url)
    except (etree.XMLSyntaxError, ValueError):
        return _xml_known(text, url, known)
    if feed is None or len(feed.entries) != count:
        return _xml_known(text, url, known)
    return feed, parts.hashes


def _xml_known(
    text: str, url: str | None, known: Container[bytes]
) -> tuple[ParsedFeed, tuple[bytes, ...]]:
    """The whole document read: what one of its items is may depend on the others."""
    feed = _xml(text, url)
    hashes = tuple(
        split.digest(f"{split.READER} {entry!r}{entry.conditions}") for entry in feed.entries
    )
    new = tuple(e for e, h in zip(feed.entries, hashes, strict=True) if h not in known)
    return replace(feed, entries=new), hashes


def _with(feed: ParsedFeed, problems: tuple[str, ...], language_hint: str) -> ParsedFeed:
    if language_hint and not feed.language:
        entries = tuple(
            e if e.language else replace(e, language=language_hint) for e in feed.entries
        )
        feed = replace(feed, language=language_hint, entries=entries)
    return replace(feed, problems=(*feed.problems, *problems)) if problems else feed


def _xml(text: str, url: str | None) -> ParsedFeed:
    """With lxml where it is well-formed, else with feedparser."""
    _refuse_deep(text)
    try:
        feed = parse_xml.parse(prepared(text), url)
    except (etree.XMLSyntaxError, ValueError):
        feed = parse_loose.parse(text, url)
    if feed is None:
        raise ParseError("it is not a feed")
    return feed


def prepared(text: str) -> str:
    """The text without its XML declaration (it is UTF-8 now) and with HTML's entities resolved."""
    bare = _DECLARATION.sub("", text, count=1)
    bare = _DOCTYPE.sub(r"\1", bare, count=1)
    if "&#1" in bare:  # Windows characters by their bytes, as browsers read them
        bare = _WINDOWS.sub(lambda m: html.unescape(m[0]), bare)
    if "&" in bare:
        bare = _UNDECLARED.sub(_declared, bare)
    return bare


def without_impossible(text: str) -> str:
    """The text without references to what no XML may hold (`&#8;`, `&#xD800;`): one of them
    would cost the whole document."""
    return _REFERENCE.sub(_possible, text) if "&#" in text else text


def _possible(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    code = int(digits, 16 if match[1] else 10) if len(digits) < 9 else -1
    fine = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return match[0] if fine or 0x10000 <= code < 0x110000 else ""


def _declared(match: re.Match[str]) -> str:
    """The character that HTML's entity stands for; what HTML does not know is text."""
    text = html.unescape(match[0])
    return f"&amp;{match[1]};" if text == match[0] else html.escape(text, quote=False)


def _refuse_dangerous(text: str) -> None:
    root = _ROOT.search(text)
    prologue = text[: root.start()] if root else text
    if _ENTITY.search(prologue) and "<!DOCTYPE" in prologue.upper():
        raise ParseError("it declares entities, which feeds do not need and bombs are made of")


def _refuse_deep(text: str) -> None:
    """Before a parser sees it. What is cut out because it is known was seen by this once."""
    if nesting(text) > DEEPEST:
        raise ParseError(f"its elements are nested more than {DEEPEST} deep")


def nesting(text: str) -> int:
    """How deep the elements of an XML text are nested, at most; a linear scan, CDATA aside."""
    if text.count("</") < DEEPEST and text.count("<") < 2 * DEEPEST:
        return 0
    bare = _ASIDE.sub("", text) if "<!" in text else text
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
