"""Well-formed RSS 0.9x-2.0, RDF, Atom 0.3/1.0 and CDF with lxml: every field of contract §6.

Elements are known by a short prefix for their namespace and their local name (`dc:creator`,
`atom:link`; RSS's own have none), in whatever prefix and place a feed has them. lxml reads
1.2 MB in 3.5 ms where feedparser takes 72; what is not well-formed goes to feedparser
(parse_loose.py).
"""

from __future__ import annotations

import base64
import html as markup
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from syndicate.core import (
    dates,
    disclosures,
    names,
    parse_cdf,
    parse_rights,
    terms,
    timing,
    urls,
)
from syndicate.core.plaintext import plain, xml_text
from syndicate.model import (
    NO_TERMS,
    Attribution,
    Enclosure,
    GivenDate,
    Hop,
    Label,
    ParsedEntry,
    ParsedFeed,
    Person,
    Picture,
    Publisher,
    Terms,
)

Element = Any  # lxml has no types

_PREFIXES = {
    "": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://cyber.law.harvard.edu/rss": "",
    "http://backend.userland.com/rss": "",
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/net/rss1.1#": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/elements/1.0/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/DTDs/Podcast-1.0.dtd": "itunes",
    "http://backend.userland.com/creativeCommonsRssModule": "cc",
    "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://creativecommons.org/ns#": "cc",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://purl.org/syndication/thread/1.0": "thr",
    "https://www.w3.org/2005/Atom": "atom",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://prismstandard.org/namespaces/basic/2.1/": "prism",
    "http://prismstandard.org/namespaces/basic/3.0/": "prism",
    "http://prismstandard.org/namespaces/prismusagerights/2.1/": "pur",
    "http://prismstandard.org/namespaces/prismusagerights/3.0/": "pur",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "iptc",
    "http://www.bloglines.com/about/specs/fac-1.0": "access",
    "http://www.w3.org/ns/odrl/2/": "odrl",
    "http://w3.org/ns/odrl/2": "odrl",
    "https://rslstandard.org/rsl": "rsl",
}
_FOLDED = {space.lower(): prefix for space, prefix in _PREFIXES.items()}
_ATOM = "{http://www.w3.org/2005/Atom}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_XHTML_OPEN = re.compile(r"<(/?)[A-Za-z0-9]+:")
_XMLNS = re.compile(r'\sxmlns(:\w+)?="[^"]*"')


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for an element from those around it: base address and language."""

    base: str
    language: str | None

    def of(self, element: Element) -> Scope:
        base, language = element.get(_XML + "base"), element.get(_XML + "lang")
        if base is None and language is None:
            return self
        joined = _join(self.base, base) if base else self.base
        return Scope(joined or self.base, language if language is not None else self.language)


def name_of(element: Element) -> str:
    """`prefix:local` of an element, or `local` alone for RSS's own."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""  # a comment or processing instruction
    known = _NAMES.get(tag)
    if known is None:
        space, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
        prefix = _PREFIXES.get(space) if space in _PREFIXES else _FOLDED.get(space.lower(), "?")
        known = _NAMES[tag] = f"{prefix}:{local}" if prefix else local
        if len(_NAMES) > 5000:
            _NAMES.clear()
    return known


_NAMES: dict[str, str] = {}


class Fields:
    """The children of an element by name, in their order."""

    __slots__ = ("all", "has_media", "scope")

    def __init__(self, element: Element, scope: Scope) -> None:
        self.scope = scope.of(element)
        self.all: dict[str, list[Element]] = {}
        for child in element:
            name = name_of(child)
            if name:
                self.all.setdefault(name, []).append(child)
        self.has_media = any(name.startswith("media:") for name in self.all)

    def first(self, *wanted: str) -> Element | None:
        for name in wanted:
            if name in self.all:
                return self.all[name][0]
        return None

    def each(self, *wanted: str) -> Sequence[Element]:
        if len(wanted) == 1:
            return self.all.get(wanted[0], ())
        return [element for name in wanted if name in self.all for element in self.all[name]]

    def text(self, *wanted: str) -> str | None:
        """The text of the first of these that has any."""
        for name in wanted:
            for element in self.all.get(name, ()):
                if text := text_of(element):
                    return text
        return None

    def texts(self, *wanted: str) -> list[str]:
        return [text for element in self.each(*wanted) if (text := text_of(element))]


def text_of(element: Element) -> str:
    """All the text in an element, its markup aside."""
    if len(element):
        return "".join(element.itertext()).strip()
    return (element.text or "").strip()


def parse(text: str, url: str | None) -> ParsedFeed | None:
    """The feed that a well-formed document is, None where it is no feed; lxml's XMLSyntaxError
    where it is not well-formed."""
    return read(root_of(text), url)


def root_of(text: str, *, recover: bool = False) -> Element:
    """The root element; nothing is fetched or expanded. `recover`: of a broken text, what can be
    read (None where that is nothing)."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_pis=True,
        strip_cdata=False,
        recover=recover,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        if recover:  # of an empty text lxml says so all the same
            return None
        raise


def read(root: Element, url: str | None) -> ParsedFeed | None:
    """A feed from its root element."""
    scope = Scope(url or "", None)
    name = name_of(root)
    if name == "atom:feed":
        return atom_feed(root, scope)
    if name == "atom:entry":
        entry = atom_entry(root, scope, None)
        return ParsedFeed("atom", entries=(entry,))
    local = name.rpartition(":")[2].lower()
    if local == "feed":  # Atom in no namespace, or in one that nobody knows
        return atom_feed(_moved(root, _ATOM), scope)
    if local == "rss":
        root = _moved(root, "") if name.startswith("?") else root
        return rss_feed(root, scope, "rss")
    if name == "rdf:RDF":
        return rss_feed(root, scope, "rdf")
    if local == "channel" and any(name_of(c) == "item" for c in root):
        return rss_feed(root, scope, "rss", channel=root)
    if local == "channel" and not name.startswith("?"):
        return parse_cdf.read(root, url)
    return None


def _moved(root: Element, target: str) -> Element:
    """The tree with the elements of the root's name space, or of none, in `target` instead."""
    own = root.tag.rpartition("}")[0]
    for element in root.iter(etree.Element):
        space, _, local = element.tag.rpartition("}")
        if space in ("", own):
            element.tag = target + local
    return root


# --- parts that all formats share -----------------------------------------------------------


def _join(base: str, url: str | None) -> str | None:
    url = (url or "").strip()
    if not url:
        return None
    if not base or _SCHEME.match(url):
        return url
    try:
        return urls.join(base, url)
    except ValueError:
        return url


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def _date(raw: list[tuple[str, str]], field: str, text: str | None) -> GivenDate | None:
    if not text:
        return None
    found = dates.read_date(text)
    if found is None:
        raw.append((field, text))
    return found


def _people(texts: Iterable[str]) -> tuple[Person, ...]:
    found = [person for text in texts for person in names.read_people(plain(text))]
    return tuple(dict.fromkeys(person for person in found if person.name))


def _merged(people: Iterable[Person]) -> tuple[Person, ...]:
    """People in order; one named twice once, with what is known of the address."""
    found: dict[str, Person] = {}
    for person in people:
        known = found.get(person.name)
        if known is None:
            found[person.name] = person
        else:
            found[person.name] = Person(
                person.name, known.url or person.url, known.email or person.email
            )
    return tuple(found.values())


def _licence(fields: Fields) -> str | None:
    element = fields.first("cc:license", "cc:licence", "dcterms:license")
    if element is None:
        return None
    return text_of(element) or element.get(_RDF + "resource")


def _rights(fields: Fields) -> str | None:
    text = fields.text("dc:rights", "copyright", "dcterms:rights", "media:copyright")
    return plain(text) or None if text else None


def _html(element: Element) -> str:
    """Embedded HTML: escaped text as it is, inline XHTML written out."""
    if len(element):
        inner = (element.text or "") + "".join(
            etree.tostring(child, encoding="unicode") for child in element
        )
        return _XMLNS.sub("", _XHTML_OPEN.sub(r"<\1", inner)).strip()
    return (element.text or "").strip()


def absolute(html: str, base: str) -> str:
    """HTML with its relative links and pictures made absolute against `base`."""
    if not base or ("href" not in html and "src" not in html):
        return html

    def resolve(match: re.Match[str]) -> str:
        joined = _join(base, markup.unescape(match[3])) or match[3]
        return f"{match[1]}{match[2]}{markup.escape(joined)}{match[2]}"

    return _LINKS.sub(resolve, html)


_LINKS = re.compile(
    r"""(\s(?:href|src|poster|cite)\s*=\s*)(["'])((?![a-zA-Z][a-zA-Z0-9+.-]*:|#)[^"']*)\2"""
)


def _media(fields: Fields) -> Iterator[Element]:
    """Media RSS elements of an item, those within groups and contents too."""
    if not fields.has_media:
        return
    for group in (*fields.each("media:group"), *fields.each("media:content")):
        yield from group
    for name, elements in fields.all.items():
        if name.startswith("media:"):
            yield from elements


def _thumbnail(fields: Fields) -> str | None:
    for element in _media(fields):
        if name_of(element) == "media:thumbnail" and element.get("url"):
            return _join(fields.scope.of(element).base, element.get("url"))
    for element in fields.each("itunes:image"):
        if element.get("href"):
            return _join(fields.scope.of(element).base, element.get("href"))
    for element in _media(fields):
        if name_of(element) == "media:content" and element.get("url"):
            kind = element.get("medium") or element.get("type") or ""
            if kind.startswith("image"):
                return _join(fields.scope.of(element).base, element.get("url"))
    return None


def _media_files(fields: Fields) -> Iterator[Enclosure]:
    for element in _media(fields):
        if name_of(element) == "media:content" and element.get("url"):
            url = _join(fields.scope.of(element).base, element.get("url"))
            if url:
                yield Enclosure(url, element.get("type"), _length(element.get("fileSize")))


def _media_description(fields: Fields) -> str:
    """What a video or picture is said to show, as HTML: plain text unless `type` says html."""
    for element in _media(fields):
        if name_of(element) == "media:description" and (text := text_of(element)):
            return text if element.get("type") == "html" else markup.escape(text, quote=False)
    return ""


def _length(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isdigit() and len(text) < 16 else None


def _credits(fields: Fields) -> list[str]:
    return [
        text_of(element)
        for element in _media(fields)
        if name_of(element) == "media:credit"
        and not parse_rights.is_picture(element.getparent())
        and (element.get("role") or "author").lower() in ("author", "writer", "reporter")
        and text_of(element)
    ]


def _labels(fields: Fields) -> Iterator[Label]:
    """What categories and a digital source type mark an entry as."""
    for element in fields.each("category", "atom:category"):
        text, term = text_of(element) or element.get("label") or "", element.get("term") or ""
        if made := disclosures.source_type(term or text):
            yield made
        elif _is_ours(element):
            kind = term or (element.get("domain") or "").rpartition(":")[2]
            if kind in disclosures.KINDS:
                yield Label(kind, "" if text == kind else text)
        else:
            yield from disclosures.categories(filter(None, (text, term)))
    for element in fields.each("iptc:DigitalSourceType", "iptc:digitalSourceType"):
        resource = element.get(_RDF + "resource") or text_of(element)
        yield from filter(None, [disclosures.source_type(resource)])


def _is_ours(element: Element) -> bool:
    """Whether a category is a label of ours, and none of its source's words."""
    named = element.get("scheme") or (element.get("domain") or "")
    return bool(named) and named.startswith((disclosures.SCHEME, disclosures.SOURCE_TYPES))


_Times = tuple[GivenDate | None, GivenDate | None]


def _times(fields: Fields, raw: list[tuple[str, str]]) -> _Times:
    """Embargo and end: `dcterms:valid` (as Media RSS has it), PRISM, `dcterms:available`."""
    valid = fields.text("dcterms:valid")
    begins, ends = timing.period(valid)
    if valid and not (begins or ends):
        raw.append(("expires", valid))
    stated = fields.text("pur:embargoDate", "prism:embargoDate", "dcterms:available")
    expires = fields.text("pur:expirationDate", "prism:expirationDate")
    return (
        begins or _date(raw, "embargo", stated),
        ends or _date(raw, "expires", expires),
    )


def _update_minutes(fields: Fields) -> int | None:
    ttl = (fields.text("ttl") or "").strip()
    if ttl.isdigit() and len(ttl) < 8:
        return int(ttl)
    period = (fields.text("sy:updatePeriod") or "").strip().lower()
    frequency = (fields.text("sy:updateFrequency") or "1").strip()
    if period in _PERIODS and frequency.isdigit() and int(frequency) > 0:
        return max(1, _PERIODS[period] // int(frequency))
    return None


def _hub(fields: Fields) -> str | None:
    for element in fields.each("atom:link"):
        if (element.get("rel") or "").lower() == "hub":
            return _join(fields.scope.of(element).base, element.get("href"))
    return None


def _link(fields: Fields, *rels: str) -> str | None:
    for element in fields.each("atom:link"):
        if (element.get("rel") or "alternate").lower() in rels:
            found = _join(fields.scope.of(element).base, element.get("href") or text_of(element))
            if found:
                return found
    return None


def _terms(fields: Fields) -> Terms:
    if parse_rights.NONE.issuperset(fields.all):
        return NO_TERMS
    return parse_rights.read_terms(fields.all, lambda url: _join(fields.scope.base, url))


def _pictures(fields: Fields) -> tuple[Picture, ...]:
    if not fields.has_media:
        return ()
    return parse_rights.read_pictures(fields.all, lambda url: _join(fields.scope.base, url))


def _licence_link(fields: Fields) -> str | None:
    """A licence for people; what machines read is a policy (`_terms`)."""
    for element in fields.each("atom:link"):
        kind = (element.get("type") or "").partition(";")[0].strip().lower()
        if (element.get("rel") or "").lower() == "license" and kind not in terms.POLICY_TYPES:
            return _join(fields.scope.of(element).base, element.get("href"))
    return None


# --- RSS and RDF ----------------------------------------------------------------------------


def rss_feed(root: Element, scope: Scope, kind: str, channel: Element = None) -> ParsedFeed:
    """RSS 0.9x, 2.0 and RDF: items in the channel, or beside it."""
    scope = scope.of(root)
    if channel is None:
        channel = next((c for c in root if name_of(c).rpartition(":")[2] == "channel"), root)
    fields = Fields(channel, scope)
    items = [c for c in channel if name_of(c) == "item"]
    items += [c for c in root if name_of(c) == "item" and channel is not root]
    for holder in fields.each("items"):
        items += [c for c in holder if name_of(c) == "item"]
    feed = rss_head(fields, kind)
    if channel is not root:  # Feed Access Control stands beside the channel
        around = _terms(Fields(root, scope))
        feed = replace(feed, terms=terms.joined(feed.terms, around)) if around else feed
    if feed.logo is None and kind == "rdf":
        images = (Fields(c, fields.scope).text("url") for c in root if name_of(c) == "image")
        feed = replace(feed, logo=_join(fields.scope.base, next(images, None)))
    whole = Scope(_join(fields.scope.base, "") or fields.scope.base, feed.language)
    return replace(feed, entries=tuple(rss_item(item, whole) for item in items))


def rss_head(fields: Fields, kind: str) -> ParsedFeed:
    """What a channel says of itself."""
    raw: list[tuple[str, str]] = []
    image = fields.first("image")
    logo = Fields(image, fields.scope).text("url") if image is not None else None
    image = fields.first("itunes:image")
    logo = logo or (image.get("href") if image is not None else None)
    problems = ()
    updated = _date(raw, "updated", fields.text(*_CHANNEL_DATES))
    link = fields.text("link") or _link(fields, "alternate")
    return ParsedFeed(
        format=kind,
        title=plain(fields.text("title", "dc:title") or ""),
        url=_join(fields.scope.base, link),
        feed_url=_link(fields, "self"),
        language=fields.text("language", "dc:language") or fields.scope.language,
        description=plain(fields.text("description", "itunes:summary", "itunes:subtitle") or ""),
        rights=_rights(fields),
        licence=_licence(fields) or _licence_link(fields),
        logo=_join(fields.scope.base, logo),
        updated=updated,
        authors=_people(fields.texts(*_CHANNEL_AUTHORS)),
        hub=_hub(fields),
        ttl_minutes=_update_minutes(fields),
        skip_hours=tuple(_skip_hours(fields)),
        skip_days=tuple(_skip_days(fields)),
        problems=problems,
        terms=_terms(fields),
    )


_CHANNEL_DATES = ("lastBuildDate", "pubDate", "dc:date", "dcterms:modified", "dcterms:issued")
_CHANNEL_AUTHORS = ("managingEditor", "dc:creator", "author", "dc:author", "itunes:author")


def _skip_hours(fields: Fields) -> Iterator[int]:
    for holder in fields.each("skipHours"):
        for text in Fields(holder, fields.scope).texts("hour"):
            if text.isdigit() and int(text) <= 24:
                yield int(text) % 24


def _skip_days(fields: Fields) -> Iterator[str]:
    for holder in fields.each("skipDays"):
        yield from Fields(holder, fields.scope).texts("day")


_CONTENTS = (
    "content:encoded", "xhtml:body", "xhtml:div", "body", "fullitem", "fullText", "fulltext"
)  # fmt: skip
_SUMMARIES = ("description", "dc:description", "atom:summary", "itunes:summary", "summary")


def rss_item(item: Element, scope: Scope) -> ParsedEntry:
    """One item, with what the modules that feeds really use say of it."""
    fields = Fields(item, scope)
    raw: list[tuple[str, str]] = []
    guid, link = _guid_and_link(item, fields)
    content = fields.first(*_CONTENTS)
    description = fields.first(*_SUMMARIES)
    atom_content = fields.first("atom:content")
    html = _html(content) if content is not None else ""
    if not html and atom_content is not None:
        html = _atom_html(atom_content, fields.scope)
    summary = _html(description) if description is not None else ""
    if not html and not summary:
        summary = _media_description(fields)
    base = fields.scope.base or link or ""
    if not html:
        html, summary = summary, ""
    published = fields.text("pubDate", "dc:date", "dcterms:issued", "dcterms:created", "pubdate")
    published = published or fields.text(
        "atom:published", "atom:issued", "dcterms:available", "date"
    )
    embargo, expires = _times(fields, raw)
    return ParsedEntry(
        id=guid,
        link=link,
        title=_rss_title(fields),
        content_html=absolute(html, base),
        summary_html=absolute(summary, base),
        attribution=Attribution(
            source=_rss_source(fields, link),
            authors=_rss_authors(fields),
            original_url=_original(fields, link),
            original_id=guid,
            published=_date(raw, "published", published),
            updated=_date(raw, "updated", fields.text("dcterms:modified", "atom:updated")),
            rights=_rights(fields),
            licence=_licence(fields) or _licence_link(fields),
            editor=None,
            via=tuple(_vias(fields)),
        ),
        categories=tuple(_rss_categories(fields)),
        language=fields.text("dc:language") or item.get(_XML + "lang") or fields.scope.language,
        enclosures=tuple(dict.fromkeys(_rss_files(fields))),
        thumbnail=_thumbnail(fields),
        labels=disclosures.merged(_labels(fields)),
        embargo=embargo,
        expires=expires,
        raw_dates=tuple(raw),
        pictures=_pictures(fields),
        terms=_terms(fields),
    )


def _rss_title(fields: Fields) -> str:
    element = fields.first("title", "dc:title", "atom:title", "media:title", "itunes:title")
    return _plain_title(text_of(element)) if element is not None else ""


def _plain_title(text: str) -> str:
    """A title of RSS, which may or may not hold escaped HTML: nobody ever said which."""
    return plain(text)


def _guid_and_link(item: Element, fields: Fields) -> tuple[str | None, str | None]:
    guid_element = fields.first("guid", "atom:id", "dc:identifier", "id")
    guid = (text_of(guid_element) or None) if guid_element is not None else None
    about = item.get(_RDF + "about")
    link = fields.text("link")
    if not link:  # <link href=…/> and atom:link
        element = fields.first("link")
        link = element.get("href") if element is not None else None
    link = _join(fields.scope.base, link or _link(fields, "alternate"))
    if not link and guid_element is not None and name_of(guid_element) == "guid":
        permanent = (guid_element.get("isPermaLink") or "true").lower() != "false"
        link = guid if permanent and urls.is_web(guid) else None
    if about and not link and urls.is_web(about):
        link = about
    return guid or about or None, link


def _original(fields: Fields, link: str | None) -> str | None:
    for text in fields.texts("feedburner:origLink", "dc:source"):
        if urls.is_web(text) and text != link:
            return text
    return None


def _rss_source(fields: Fields, link: str | None) -> Publisher:
    """`source` (its url is the feed), `atom:source`, `dc:source` in words, `dc:publisher`.

    RSS demands the url: who knows no feed writes the article's own address there, as we do.
    """
    whole = fields.first("atom:source")
    if whole is not None:
        return atom_source(whole, fields.scope)
    element = fields.first("source")
    stated = plain(text_of(element)) or None if element is not None else None
    feed = _join(fields.scope.of(element).base, element.get("url")) if element is not None else None
    feed = None if feed == link else feed
    words = [
        t for t in fields.texts("dc:source") if not urls.is_web(t) and not t.startswith("urn:")
    ]
    name = stated or next(iter(map(plain, words)), None) or fields.text("dc:publisher")
    return Publisher(name=plain(name) if name else None, feed=feed)


def _rss_authors(fields: Fields) -> tuple[Person, ...]:
    """`dc:creator`, each; then `author`, which adds an address; else what other modules say."""
    stated = fields.texts("dc:creator", "dc:author")
    creators = [person for text in stated for person in _creator(text)]
    authors = [p for text in fields.texts("author") for p in names.read_people(plain(text))]
    authors += [atom_person(element, fields.scope) for element in fields.each("atom:author")]
    named = _merged(p for p in (*creators, *authors) if p.name)
    if named:
        return named
    others = fields.texts("dcterms:creator", "itunes:author", "dc:contributor") or _credits(fields)
    return _people(others)


def _creator(text: str) -> tuple[Person, ...]:
    return names.read_people(plain(text))


def _vias(fields: Fields) -> Iterator[Hop]:
    for element in fields.each("atom:link"):
        if (element.get("rel") or "").lower() == "via":
            url = _join(fields.scope.of(element).base, element.get("href"))
            title = (element.get("title") or "").strip() or None
            if url or title:
                yield Hop(title, url)


def _rss_categories(fields: Fields) -> Iterator[str]:
    own = [c for c in fields.each("category") if not _is_ours(c)]
    found = [*map(text_of, own), *fields.texts("dc:subject", "media:category")]
    found += [c.get("term") or "" for c in fields.each("atom:category") if not _is_ours(c)]
    for element in fields.each("itunes:category"):
        found += [c.get("text") or "" for c in element.iter(etree.Element)]
    for holder in fields.each("itunes:keywords", "media:keywords"):
        found += text_of(holder).split(",")
    yield from dict.fromkeys(text.strip() for text in found if text.strip())


def _rss_files(fields: Fields) -> Iterator[Enclosure]:
    for element in fields.each("enclosure"):
        url = _join(fields.scope.of(element).base, element.get("url"))
        if url:
            yield Enclosure(url, element.get("type") or None, _length(element.get("length")))
    yield from _atom_files(fields)
    yield from _media_files(fields)


# --- Atom -----------------------------------------------------------------------------------


def atom_feed(root: Element, scope: Scope) -> ParsedFeed:
    """Atom 1.0 and 0.3."""
    fields = Fields(root, scope)
    feed = atom_head(fields)
    entries = tuple(atom_entry(e, fields.scope, feed) for e in fields.each("atom:entry"))
    return replace(feed, entries=entries)


def atom_head(fields: Fields) -> ParsedFeed:
    """What a feed says of itself."""
    raw: list[tuple[str, str]] = []
    logo = fields.text("atom:logo", "atom:icon")
    return ParsedFeed(
        format="atom",
        title=_atom_text(fields.first("atom:title")),
        url=_link(fields, "alternate"),
        feed_url=_link(fields, "self"),
        id=fields.text("atom:id"),
        language=fields.scope.language or fields.text("dc:language"),
        description=_atom_text(fields.first("atom:subtitle", "atom:tagline")),
        rights=_atom_text(fields.first("atom:rights", "atom:copyright")) or _rights(fields),
        licence=_licence_link(fields) or _licence(fields),
        logo=_join(fields.scope.base, logo),
        updated=_date(raw, "updated", fields.text("atom:updated", "atom:modified", "dc:date")),
        authors=tuple(_atom_people(fields, "atom:author")),
        hub=_hub(fields),
        ttl_minutes=_update_minutes(fields),
        terms=_terms(fields),
    )


def _atom_text(element: Element | None) -> str:
    """A text construct (RFC 4287, 3.1) as plain text: only `type` says whether it is markup."""
    if element is None:
        return ""
    kind = (element.get("type") or "text").lower()
    if element.get("mode") == "base64":
        return plain(_unpacked(element))
    if len(element) or kind in ("xhtml", "application/xhtml+xml"):
        return " ".join(text_of(element).split())
    text = element.text or ""
    if kind in ("html", "text/html") or element.get("mode") == "escaped":
        return plain(text)
    return " ".join(text.split())


def _unpacked(element: Element) -> str:
    """Text in base64, as Atom 0.3 allowed; "" where it is none."""
    try:
        data = base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError:
        return ""
    return xml_text(data.decode("utf-8", "replace")).strip()


def _atom_html(element: Element, scope: Scope) -> str:
    kind = (element.get("type") or "text").lower()
    own = scope.of(element)
    if element.get("src"):
        return ""
    if element.get("mode") == "base64":
        html = _unpacked(element) if "htm" in kind or kind.startswith("text") else ""
    elif kind in ("xhtml", "application/xhtml+xml") or len(element):
        html = _html(element)
    elif kind in ("html", "text/html") or element.get("mode") == "escaped":
        html = (element.text or "").strip()
    elif kind.startswith("text") or kind == "text":
        text = (element.text or "").strip()
        html = markup.escape(text, quote=False) if text else ""
        if "\n\n" in html:
            html = "".join(f"<p>{part.strip()}</p>" for part in html.split("\n\n") if part.strip())
    else:
        html = ""  # a picture in base64, another format
    return absolute(html, own.base)


def atom_person(element: Element, scope: Scope) -> Person:
    fields = Fields(element, scope)
    name = plain(fields.text("atom:name") or "")
    if not name and not len(element):
        return names.read_person(plain(text_of(element)))
    url = _join(fields.scope.base, fields.text("atom:uri", "atom:url", "atom:homepage"))
    email = fields.text("atom:email")
    return Person(name or email or url or "", url, email)


def _atom_people(fields: Fields, *wanted: str) -> Iterator[Person]:
    for element in fields.each(*wanted):
        person = atom_person(element, fields.scope)
        if person.name:
            yield person


def atom_source(element: Element, scope: Scope) -> Publisher:
    """A whole `atom:source` (RFC 4287, 4.2.11)."""
    fields = Fields(element, scope)
    raw: list[tuple[str, str]] = []
    return Publisher(
        name=_atom_text(fields.first("atom:title")) or None,
        url=_link(fields, "alternate"),
        feed=_link(fields, "self"),
        id=fields.text("atom:id"),
        updated=_date(raw, "updated", fields.text("atom:updated")),
        authors=tuple(_atom_people(fields, "atom:author")),
        rights=_atom_text(fields.first("atom:rights")) or None,
        logo=_join(fields.scope.base, fields.text("atom:logo", "atom:icon")),
    )


def atom_entry(element: Element, scope: Scope, feed: ParsedFeed | None) -> ParsedEntry:
    """One entry; the feed's authors are its own where it and its source name none (4.1.2)."""
    fields = Fields(element, scope)
    raw: list[tuple[str, str]] = []
    holder = fields.first("atom:source")
    source = atom_source(holder, fields.scope) if holder is not None else Publisher()
    content, summary = fields.first("atom:content"), fields.first("atom:summary")
    html = _atom_html(content, fields.scope) if content is not None else ""
    short = _atom_html(summary, fields.scope) if summary is not None else ""
    if not html:
        html, short = short, ""
    if not html:
        html = _media_description(fields)
    published = fields.text("atom:published", "atom:issued", "atom:created", "dc:date")
    updated = fields.text("atom:updated", "atom:modified", "dcterms:modified")
    identity = fields.text("atom:id", "dc:identifier")
    link = _link(fields, "alternate") or (
        _join(fields.scope.base, content.get("src")) if content is not None else None
    )
    if holder is None and any(True for _ in fields.each("dc:source", "dc:publisher")):
        source = replace(_rss_source(fields, link), feed=None)
    embargo, expires = _times(fields, raw)
    return ParsedEntry(
        id=identity,
        link=link,
        title=_atom_text(fields.first("atom:title", "dc:title", "media:title")),
        content_html=html,
        summary_html=short,
        attribution=Attribution(
            source=source,
            authors=_atom_authors(fields, source, feed),
            original_url=_original(fields, link),
            original_id=identity,
            published=_date(raw, "published", published),
            updated=_date(raw, "updated", updated),
            rights=_atom_text(fields.first("atom:rights", "atom:copyright")) or _rights(fields),
            licence=_licence_link(fields) or _licence(fields),
            via=tuple(_vias(fields)),
        ),
        categories=tuple(_atom_categories(fields)),
        language=fields.scope.language or fields.text("dc:language"),
        enclosures=tuple(dict.fromkeys((*_atom_files(fields), *_media_files(fields)))),
        thumbnail=_thumbnail(fields),
        labels=disclosures.merged(_labels(fields)),
        embargo=embargo,
        expires=expires,
        raw_dates=tuple(raw),
        pictures=_pictures(fields),
        terms=_terms(fields),
    )


def _atom_authors(fields: Fields, source: Publisher, feed: ParsedFeed | None) -> tuple[Person, ...]:
    stated = [*_atom_people(fields, "atom:author")]
    stated += [p for text in fields.texts("dc:creator") for p in _creator(text)]
    if not stated:
        stated += list(_people(_credits(fields)))
    return _merged(stated) or source.authors or (feed.authors if feed else ())


def _atom_categories(fields: Fields) -> Iterator[str]:
    own = [c for c in fields.each("atom:category") if not _is_ours(c)]
    found = [c.get("label") or c.get("term") or text_of(c) for c in own]
    found += fields.texts("dc:subject", "media:category")
    yield from dict.fromkeys(text.strip() for text in found if text and text.strip())


def _atom_files(fields: Fields) -> Iterator[Enclosure]:
    for element in fields.each("atom:link"):
        if (element.get("rel") or "").lower() == "enclosure" and element.get("href"):
            url = _join(fields.scope.of(element).base, element.get("href"))
            if url:
                yield Enclosure(
                    url,
                    element.get("type") or None,
                    _length(element.get("length")),
                    element.get("title") or None,
                )
