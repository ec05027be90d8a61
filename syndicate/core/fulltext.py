"""The article behind a link: a fetched page as an entry of its own, or to complete a feed's.

Runs in a worker process, like every reading of what strangers send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from syndicate.core import (
    article,
    compare,
    decode,
    disclosures,
    normalize,
    plaintext,
    received,
    sanitize,
    terms,
    urls,
)
from syndicate.core.compare import Compared, Side
from syndicate.core.listing import Listed
from syndicate.core.prepared import Prepared
from syndicate.errors import ParseError
from syndicate.model import Attribution, Evidence, Headers, Hop, ParsedEntry, Piece, Publisher
from syndicate.settings import Source

# Of these a page only fills what a feed leaves open
_FILLED = ("authors", "published", "updated", "editor", "rights", "licence", "original_title")
_PAGES = ("text/", "application/xhtml", "application/xml")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it was answered; `url` is the address that answered."""

    data: bytes
    content_type: str | None
    url: str
    headers: Headers = ()
    said: Mapping[str, str] = field(default_factory=dict)  # headers that core/terms.py reads

    def received(self) -> Piece:
        """Its bytes, to be kept."""
        return received.whole("page", self.data, self.url, self.headers)


@dataclass(frozen=True, slots=True)
class Article:
    """An article prepared, and how its page names the site that it is on ("" where it does not)."""

    prepared: Prepared
    site: str


def read(page: Fetched, listed: Listed, zone: str, selector: str = "") -> Article:
    """The article on a page that a listing page leads to.

    The listing's date and title stand in where the page states none. `selector` finds the body,
    "" leaves that to the reader. Raises ParseError where there is no article on it.
    """
    parsed, site = on_page(page, selector)
    said = parsed.attribution
    evidence = parsed.evidence
    if said.published is None and listed.date is not None:
        said = replace(said, published=listed.date)
        evidence = (*evidence, Evidence("published", "the listing page", str(listed.date)))
    if not parsed.title and listed.title:
        evidence = (*evidence, Evidence("title", "the listing page", listed.title))
    parsed = replace(
        parsed,
        title=parsed.title or listed.title,
        link=_link(parsed, listed.link),
        attribution=said,
        evidence=evidence,
    )
    prepared = normalize.prepare(parsed, zone=zone, base=page.url, local_id=listed.link)
    return Article(replace(prepared, received=(page.received(),)), site)


def complete(prepared: Prepared, page: Fetched, source: Source, site: str = "") -> Prepared:
    """A feed's entry with what the page behind its link adds: the longer text, and what the feed
    leaves open of its attribution, each with its evidence. What the feed states stays.

    Where the page is the original, and on another site than `site`, where the feed is from, what
    differs between them is found too. Raises ParseError where there is no article on the page.
    """
    parsed, _ = on_page(page, source.select.content)
    body = sanitize.clean(parsed.content_html, page.url)
    zone = source.timezone
    said, evidence = _filled(prepared.parsed, parsed)
    is_longer = len(sanitize.to_text(body)) > len(prepared.content_text)
    if is_longer:
        evidence = (*evidence, Evidence("text", BEHIND, page.url))
    own = prepared.parsed
    again = normalize.prepare(
        replace(
            own,
            content_html=body if is_longer else prepared.content_html,
            attribution=said,
            evidence=(*own.evidence, *evidence),
            notices=tuple(dict.fromkeys((*own.notices, *parsed.notices))),
            breadcrumb=own.breadcrumb or parsed.breadcrumb,
            thumbnail=own.thumbnail or parsed.thumbnail,
            labels=disclosures.merged((*own.labels, *parsed.labels)),
            embargo=own.embargo or parsed.embargo,
            expires=own.expires or parsed.expires,
            pictures=own.pictures or parsed.pictures,
            terms=terms.joined(parsed.terms, own.terms),
        ),
        zone=zone,
        base=page.url,
        feed_language=prepared.language or parsed.language,
    )
    return replace(
        again,
        summary=prepared.summary or again.summary,
        received=(*prepared.received, page.received()),
        compared=_beside(prepared, parsed, page, source, site),
    )


def _beside(
    prepared: Prepared, parsed: ParsedEntry, page: Fetched, source: Source, site: str
) -> Compared | None:
    """The feed's entry beside its original; None where the page is none of another hand."""
    own, stated = prepared.parsed, prepared.parsed.attribution.original_url
    is_original = not stated or urls.canonical(stated) == urls.canonical(own.link or "")
    if source.own or not is_original or urls.host(page.url) == urls.host(site):
        return None
    said = own.attribution
    authors = tuple(person.name for person in said.authors if person.name)
    text = prepared.content_text
    return compare.compare(
        Side(own.title, authors, said.published, text, said.original_title),
        side(parsed, page.url),
        zone=source.timezone,
        shorten_titles=source.shorten_titles,
        notices=tuple(notice.text for notice in own.notices),
    )


def side(parsed: ParsedEntry, base: str) -> Side:
    """What a page shows, to be compared."""
    said = parsed.attribution
    authors = tuple(name for p in said.authors if (name := sanitize.plain(p.name)))
    text = sanitize.to_text(sanitize.clean(parsed.content_html, base))
    return Side(sanitize.plain(parsed.title), authors, said.published, text)


BEHIND = "the page behind its link"


def is_complete(prepared: Prepared) -> bool:
    """Whether an entry has the text of the page behind its link."""
    return any(e.field == "text" and e.where == BEHIND for e in prepared.parsed.evidence)


def keeping(prepared: Prepared, html: str, text: str) -> Prepared:
    """An entry with the longer text that it had before: its page could not be read this time."""
    if is_complete(prepared) or len(text) <= len(prepared.content_text):
        return prepared
    return replace(prepared, content_html=html, content_text=text, draft=None)


def on_page(page: Fetched, selector: str = "") -> tuple[ParsedEntry, str]:
    """The article of a page without the hop that is the page's own site, and that site's name.

    Raises ParseError where there is no article on it.
    """
    kind = (page.content_type or "text/html").lower()
    if not kind.strip().startswith(_PAGES):
        raise ParseError(f"is no page but {kind.partition(';')[0]}", where=page.url)
    html, problems = decode.decode(page.data, page.content_type)
    parsed = article.read_page(html, page.url)
    if page.said:
        answered = terms.of_headers(page.said)
        parsed = replace(parsed, terms=terms.joined(answered, parsed.terms))
    if selector:
        body = _selected(html, selector, page.url)
        if body:
            parsed = replace(parsed, content_html=body)
        else:
            problems = (*problems, f"select.content {selector!r} finds nothing on {page.url}")
    if not plaintext.to_text(parsed.content_html).strip() and "<img" not in parsed.content_html:
        raise ParseError("there is no article on it", where=page.url)
    own = [hop for hop in parsed.attribution.via if _is_site(hop, page.url)]
    said = replace(
        parsed.attribution, via=tuple(hop for hop in parsed.attribution.via if hop not in own)
    )
    site = next((hop.name for hop in own if hop.name), "")
    return replace(parsed, attribution=said, problems=(*parsed.problems, *problems)), site or ""


def _selected(html: str, selector: str, url: str) -> str:
    try:
        nodes = LexborHTMLParser(html).css(selector)
    except SelectolaxError:
        what = f"{selector!r} is not a CSS selector"
        raise ParseError(what, where="sources.select.content") from None
    return sanitize.clean("".join(node.html or "" for node in nodes), url)


def _is_site(hop: Hop, page: str) -> bool:
    return bool(hop.url) and urls.host(hop.url) == urls.host(page)


def _link(parsed: ParsedEntry, listed: str) -> str:
    """Where an article's main link leads: to what the page states as the original, or to the page;
    not to a front page, which careless templates name as the canonical address of all pages."""
    if parsed.attribution.original_url:
        return parsed.attribution.original_url
    canonical = parsed.link or ""
    if not urls.is_web(canonical) or urlsplit(canonical).path in ("", "/"):
        return listed
    return canonical


def _filled(own: ParsedEntry, page: ParsedEntry) -> tuple[Attribution, tuple[Evidence, ...]]:
    said, other = own.attribution, page.attribution
    taken: dict[str, Any] = {
        name: getattr(other, name)
        for name in _FILLED
        if getattr(other, name) and not getattr(said, name)
    }
    states_origin = said.source.name or said.source.url or said.source.feed
    if not states_origin and (other.source.name or other.source.url):
        taken["source"] = Publisher(other.source.name, other.source.url)
        if not said.via and other.via:
            taken["via"] = other.via
    if other.original_url and not said.original_url:
        taken["original_url"] = other.original_url
    evidence = tuple(Evidence(name, BEHIND, _shown(value)) for name, value in taken.items())
    return replace(said, **taken), evidence


def _shown(value: Any) -> str:
    """A value as history shows it."""
    if isinstance(value, tuple):
        return "、".join(each.name or each.url or "" for each in value)
    return str(getattr(value, "name", value) or getattr(value, "url", ""))
