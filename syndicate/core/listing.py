"""Listing pages without a feed: which articles they list, by CSS selectors or by their shape.

Without selectors a list is recognised by what all of them have: several blocks of one shape, each
with one link of its own and most with a date, or with a day (11-24, 昨天) where there are more
of them. What is no such list is none; nothing is guessed from links alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from syndicate.core import dates, decode, nesting, plaintext, urls
from syndicate.errors import ParseError
from syndicate.model import GivenDate
from syndicate.settings import Selectors

_FEWEST = 3  # blocks of one shape that make a list
_FEWEST_DAYS = 5  # of them where the dates have no year
_SHORTEST = 6  # characters; a shorter link text is a category or a button
_CANDIDATES = 5000  # links that are looked at
_MANY = ""  # stands for "several links" where one address is kept
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
    r"(?:[T\s]*\d{1,2}\s*[:：]\s*\d{2}(?:\s*[:：]\s*\d{2})?)?"
)
_ENGLISH = re.compile(
    r"\b(?:\d{1,2}\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}|[A-Z][a-z]{2,8}\.?\s+\d{1,2},?\s+\d{4})\b"
)
# A day without its year, or said from today: no date that is known, but a sign of a list
_DAY = re.compile(
    r"(?<![\d.:/-])(?:0?[1-9]|1[0-2])\s*[-/月]\s*(?:0?[1-9]|[12]\d|3[01])\s*日?(?![\d.:/%-])"
    r"|(?:今|昨|前)天|刚刚|\d+\s*(?:小时|分钟|天)前"
)
_NEXT = re.compile(
    r"(?:下一?[页頁]|next(?: page)?|older(?: (?:posts|entries))?)\s*[>»›→]*|[>»›→]", re.I
)
_APART = frozenset({"nav", "header", "footer", "aside", "form"})
_APART_CLASS = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|breadcrumb|crumbs?|footer|sidebar|side|rank|hot|related|pager|"
    r"pagination|links)(?:$|[\s_-])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One article as a listing page shows it; `link` is absolute."""

    link: str
    title: str
    date: GivenDate | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing page: its articles in its order, the page after it, and the name of its site."""

    items: tuple[Listed, ...]
    next: str | None = None
    site: str = ""


def describe(html: str, url: str, selectors: Selectors) -> tuple[Listed, ...]:
    """The articles that a page lists; () where nothing is, or no list is recognised.

    Raises ParseError for a selector that is none.
    """
    return _read(html, url, selectors).items


def read(data: bytes, content_type: str | None, url: str, selectors: Selectors) -> Listing:
    """A fetched listing page. Raises ParseError where no list of articles is found on it."""
    html, _ = decode.decode(data, content_type)
    found = _read(html, url, selectors)
    if not found.items:
        how = "sources.select.items finds nothing" if selectors.items else "no list is recognised"
        remedy = "set sources.select to CSS selectors; `check --network` shows what they find"
        raise ParseError(f"{how} on the page", where=url, remedy=remedy)
    return found


def _read(html: str, url: str, selectors: Selectors) -> Listing:
    if nesting.depth(html) > nesting.DEPTH_LIMIT:
        raise ParseError("it is nested too deeply", where=url)
    tree = LexborHTMLParser(html)
    base = _base(tree, url)
    finds = _Finds(base, url)
    blocks = (
        [(block, None) for block in _css(tree.root, selectors.items, "items")]
        if selectors.items
        else _recognised(tree, finds)
    )
    items: dict[str, Listed] = {}
    for block, anchor in blocks:
        if (listed := finds.listed(block, anchor, selectors)) is not None:
            items.setdefault(urls.canonical(listed.link), listed)
    return Listing(tuple(items.values()), _next(tree, finds, selectors), _title(tree))


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    href = node.attributes.get("href") if node is not None else None
    try:
        return urljoin(url, (href or "").strip())
    except ValueError:  # no address: browsers pass it over (HTML, 4.2.3)
        return url


def _css(node: LexborNode | None, selector: str, key: str) -> list[LexborNode]:
    if node is None:
        return []
    try:
        return list(node.css(selector))
    except SelectolaxError:
        raise ParseError(
            f"{selector!r} is not a CSS selector", where=f"sources.select.{key}"
        ) from None


def problems(selectors: Selectors) -> Iterator[tuple[str, str]]:
    """The keys that are no CSS selectors, each with what is wrong."""
    nothing = LexborHTMLParser("<p></p>").root
    for key in (each.name for each in fields(selectors)):
        if selector := getattr(selectors, key):
            try:
                _css(nothing, selector, key)
            except ParseError as error:
                yield key, error.what


def _title(tree: LexborHTMLParser) -> str:
    """The name of the site, where the page states it; `<title>` is that of the list."""
    for selector in ('meta[property="og:site_name"]', 'meta[name="SiteName" i]'):
        node = tree.css_first(selector)
        if node is not None and (stated := (node.attributes.get("content") or "").strip()):
            return plaintext.plain(stated)
    return ""


def _text(node: LexborNode | None) -> str:
    return plaintext.plain(" ".join(node.text().split())) if node is not None else ""


@dataclass(frozen=True, slots=True)
class _Finds:
    """What is found in a block of a page; links are resolved against `base`."""

    base: str
    page: str

    def link(self, node: LexborNode | None) -> str | None:
        """Where an element leads: an absolute web address other than this page."""
        href = ((node.attributes.get("href") or "") if node is not None else "").strip()
        if not href or href.startswith("#"):
            return None
        try:
            address = urldefrag(urljoin(self.base, href))[0] if "#!" not in href else href
        except ValueError:
            return None
        if not urls.is_web(address) or urls.canonical(address) == urls.canonical(self.page):
            return None
        return address.replace(" ", "%20")

    def listed(
        self, block: LexborNode, anchor: LexborNode | None, selectors: Selectors
    ) -> Listed | None:
        where = self._anchor(block, anchor, selectors)
        link = self.link(where)
        if where is None or link is None:
            return None
        chosen = _css(block, selectors.title, "title") if selectors.title else []
        title = _text(chosen[0]) if chosen else _name(where)
        return Listed(link, title, _dated(block, selectors))

    def _anchor(
        self, block: LexborNode, anchor: LexborNode | None, selectors: Selectors
    ) -> LexborNode | None:
        if anchor is not None and not selectors.link:
            return anchor
        if selectors.link:
            found = _css(block, selectors.link, "link")
            inner = [n if n.tag == "a" else n.css_first("a[href]") for n in found]
        else:
            inner = [block] if block.tag == "a" else list(block.css("a[href]"))
        leading = [n for n in inner if n is not None and self.link(n) is not None]
        if selectors.link:
            return leading[0] if leading else None
        # Without a selector the link with the longest text: not its picture, not "more"
        return max(leading, key=lambda n: len(_text(n)), default=None)


def _name(anchor: LexborNode) -> str:
    """A link's text without a date at its edges; its title where the text was cut short."""
    text = _text(anchor)
    for pattern in (_DATE, _ENGLISH):
        for match in pattern.finditer(text):
            if match.start() == 0 or match.end() == len(text):
                text = (text[: match.start()] + " " + text[match.end() :]).strip(" []()（）·|-")
                break
    given = plaintext.plain(anchor.attributes.get("title") or "").strip()
    cut = text.rstrip(".…")
    return given if given and (not text or (cut != text and given.startswith(cut))) else text


def _dated(block: LexborNode, selectors: Selectors) -> GivenDate | None:
    """The date of a block: of the element that the selector names, of `<time>`, else in its text.
    One without a year (11-24) is unknown."""
    if selectors.date:
        chosen = _css(block, selectors.date, "date")
    else:
        chosen = [n for n in block.css("time") if n.tag == "time"]
    for node in chosen:
        stated = node.attributes.get("datetime") or node.attributes.get("content") or ""
        for text in (stated, _text(node)):
            if (found := dates.read_date(text) or date_in(text)) is not None:
                return found
    return None if selectors.date else date_in(_text(block))


def date_in(text: str) -> GivenDate | None:
    """The last whole date that stands in a line of text."""
    for pattern in (_DATE, _ENGLISH):
        for match in reversed(list(pattern.finditer(text))):
            if (found := dates.read_date(match[0].strip())) is not None:
                return found
    return None


# --- recognised by shape --------------------------------------------------------------------


def _recognised(
    tree: LexborHTMLParser, finds: _Finds
) -> Sequence[tuple[LexborNode, LexborNode | None]]:
    """The blocks of the list that the page is about, each with its link."""
    groups: dict[tuple[str, ...], list[tuple[LexborNode, LexborNode]]] = {}
    for block, anchor in _blocks(tree, finds):
        groups.setdefault(_shape(block), []).append((block, anchor))
    best = max(groups.values(), key=_weight, default=[])
    return best if _weight(best) > 0 else []


def _blocks(tree: LexborHTMLParser, finds: _Finds) -> Iterator[tuple[LexborNode, LexborNode]]:
    """Each link with the largest block that has no other one in it."""
    anchors = []
    for node in tree.css("a[href]")[:_CANDIDATES]:
        address = finds.link(node)
        if address and _is_near(address, finds.page) and len(_text(node)) >= _SHORTEST:
            anchors.append((node, address))
    only = _only_links(anchors)
    seen: set[str] = set()
    for node, address in anchors:
        if address in seen:
            continue
        seen.add(address)
        block = node
        while block.parent is not None and only.get(block.parent.mem_id) == address:
            block = block.parent
        yield block, node


def _only_links(anchors: Sequence[tuple[LexborNode, str]]) -> dict[int, str]:
    """For each element above a link its only address, or _MANY. Each is passed twice at most."""
    only: dict[int, str] = {}
    for anchor, address in anchors:
        node: LexborNode | None = anchor
        while node is not None:
            known = only.setdefault(node.mem_id, address)
            if known == _MANY:
                break
            if known != address:
                only[node.mem_id] = _MANY
            node = node.parent
    return only


def _is_near(address: str, page: str) -> bool:
    """Whether an address is on the page's own site, or one above or below it."""
    theirs, ours = urls.host(address), urls.host(page)
    return theirs == ours or theirs.endswith("." + ours) or ours.endswith("." + theirs)


def _shape(block: LexborNode) -> tuple[str, ...]:
    """What blocks of one list have in common: tags and classes of a block and what it is in.

    The classes of the block itself are often odd/even or first/last, so its tag alone counts.
    """
    steps = [block.tag or ""]
    node = block.parent
    for _ in range(2):
        if node is None:
            break
        steps.append(f"{node.tag}.{node.attributes.get('class') or ''}")
        node = node.parent
    return tuple(steps)


def _weight(group: Sequence[tuple[LexborNode, LexborNode]]) -> float:
    """How much a group of blocks looks like the list of a page; 0 for what is none."""
    if len(group) < _FEWEST or _is_apart(group[0][0]):
        return 0.0
    dated = sum(_dated(block, Selectors()) is not None for block, _ in group)
    if dated < _FEWEST:
        dated = sum(_DAY.search(_text(block)) is not None for block, _ in group)
        dated = dated if dated >= _FEWEST_DAYS else 0
    if dated < _FEWEST or dated * 2 < len(group):
        return 0.0
    average = sum(len(_name(anchor)) for _, anchor in group) / len(group)
    return float(dated * math.sqrt(average))


def _is_apart(node: LexborNode | None) -> bool:
    while node is not None and node.tag not in ("body", "html"):
        if node.tag in _APART:
            return True
        named = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        if _APART_CLASS.search(named):
            return True
        node = node.parent
    return False


# --- the page after it ----------------------------------------------------------------------


def _next(tree: LexborHTMLParser, finds: _Finds, selectors: Selectors) -> str | None:
    """The address of the next page, on this site."""
    if selectors.next:
        found = _css(tree.root, selectors.next, "next")
        chosen = [n if n.tag == "a" else n.css_first("a[href]") for n in found]
    else:
        chosen = [*tree.css('link[rel~="next"]'), *tree.css('a[rel~="next"]')]
        chosen += [n for n in tree.css("a[href]") if _NEXT.fullmatch(_text(n))]
    for node in chosen:
        if (address := finds.link(node)) and urls.host(address) == urls.host(finds.page):
            return address
    return None
