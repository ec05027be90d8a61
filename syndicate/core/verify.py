"""Published files read back by parsers that are not ours, and compared with what was recorded.

Each reader gives, entry by entry, the fields of contract §6 as the file says them; `expected_*`
gives the same fields from the record. What differs is a Difference.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from syndicate.core.disclosures import SCHEME, SOURCE_TYPES

_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_CC = "{http://backend.userland.com/creativeCommonsRssModule}"
_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_AT = "{http://purl.org/atompub/tombstones/1.0}"
_SPACE = re.compile(r"\s+")
_TOKEN = re.compile(rb"articles/([a-z0-9]{12,})\.html")
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as it was recorded."""

    entry: str
    field: str
    stored: Any
    found: Any


def compare(
    read: Sequence[Fields], expected: Mapping[str, Fields], key: str
) -> Iterator[Difference]:
    """What a feed says against what it should: `expected` is entry id to fields, `key` the field
    by which entries are known there."""
    by_key = {fields[key]: id for id, fields in expected.items()}
    counts = Counter(fields[key] for fields in read)
    for fields in read:
        id = by_key.get(fields[key])
        if id is None:
            yield Difference("", "absence", None, fields[key])
            continue
        yield from differences(id, expected[id], fields)
    for value, id in by_key.items():
        if counts[value] != 1:
            yield Difference(id, "presence", 1, counts[value])


def differences(id: str, expected: Fields, found: Fields) -> Iterator[Difference]:
    """The fields that differ; a footer only has to hold all of its words."""
    for name, value in expected.items():
        if name.startswith("footer"):
            missing = [w for w in value if squeezed(w) not in found.get(name, "")]
            for word in missing:
                yield Difference(id, name, word, None)
        elif found.get(name) != value:
            yield Difference(id, name, value, found.get(name))


def words(record: Fields) -> list[str]:
    """What an attribution block has to show, in the words of the record."""
    source = record["source"]
    shown = [source["name"] or source["url"], *(p["name"] for p in record["authors"])]
    shown += [hop["name"] or hop["url"] for hop in record["via"]]
    shown += [each["name"] for each in record["also"]]
    shown += [record["rights"], *record["shown_notices"]]
    shown += [*record.get("shown_labels", ()), record.get("shown_title")]
    shown += [record.get("editor"), record.get("editor_of_record")]
    return [word for word in shown if word]


def squeezed(text: str) -> str:
    """Text without any white space, which templates may set as they like."""
    return _SPACE.sub("", text)


def visible(html: str) -> str:
    """The text that a page or fragment shows, squeezed."""
    tree = LexborHTMLParser(html)
    for node in tree.css("script, style, template, noscript"):
        node.decompose()
    return squeezed(tree.body.text() if tree.body else "")


def _moment(text: str | None) -> str | None:
    """The instant that a date means, or the text itself where it is none."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text


def _text(node: Any, tag: str) -> str | None:
    found = node.find(tag)
    return None if found is None else (found.text or "")


def _links(node: Any, rel: str) -> list[tuple[str | None, str | None]]:
    links = node.findall(_ATOM + "link")
    return [(link.get("title"), link.get("href")) for link in links if link.get("rel") == rel]


def parse_xml(data: bytes) -> Any:
    """A strict parse. etree.XMLSyntaxError where it is not well-formed."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


# ---- RSS


def read_rss(data: bytes) -> list[Fields]:
    return [_rss(item) for item in parse_xml(data).iterfind("channel/item")]


def _rss(item: Any) -> Fields:
    source = item.find("source")
    date = _text(item, "pubDate")
    return {
        "guid": _text(item, "guid"),
        "title": _text(item, "title"),
        "link": _text(item, "link"),
        "source.name": None if source is None else source.text,
        "source.feed": None if source is None else source.get("url"),
        "publisher": _text(item, _DC + "publisher"),
        "authors": [n.text for n in item.findall(_DC + "creator")],
        "author": _text(item, "author"),
        "original_url": _text(item, _DC + "source"),
        "published": _rfc822(date),
        "updated": _moment(_text(item, _TERMS + "modified")),
        "rights": _text(item, _DC + "rights"),
        "original_title": _text(item, _TERMS + "alternative"),
        "valid": _text(item, _TERMS + "valid"),
        "labels": _labels(item.findall("category"), "domain"),
        "licence": _text(item, _CC + "license"),
        "footer": visible(_text(item, _CONTENT) or _text(item, "description") or ""),
        "footer in description": visible(_text(item, "description") or ""),
    }


def _rfc822(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError):
        return text


def _as_rfc822(text: str | None) -> str | None:
    """As a reader of RFC 822 takes it, which has no years below 1000."""
    return _rfc822(format_datetime(datetime.fromisoformat(text))) if text else None


def expected_rss(record: Fields) -> Fields:
    source = record["source"]
    name = source["name"] or source["url"] or source["feed"]
    url = source["feed"] or source["url"] or record["original_url"]
    with_mail = next((p for p in record["authors"] if p["email"]), None)
    return {
        "guid": record["guid"],
        "title": record["title"],
        "link": record["link"],
        "source.name": name if url else None,
        "source.feed": url if name else None,
        "publisher": source["name"],
        "authors": [p["name"] for p in record["authors"]],
        "author": f"{with_mail['email']} ({with_mail['name']})" if with_mail else None,
        "original_url": record["original_url"],
        "published": _as_rfc822(record["date_published"]),
        "updated": record["date_modified"],
        "rights": _rights(record),
        "original_title": record.get("shown_title"),
        "valid": _valid(record),
        "labels": _expected_labels(record),
        "licence": _licence(record),
        "footer": _footer(record),
        "footer in description": _footer(record),
    }


def _labels(categories: Sequence[Any], where: str) -> list[tuple[str, str | None]]:
    """Kind and words of each label, then the digital source types."""
    found: list[tuple[str, str | None]] = []
    types: list[tuple[str, str | None]] = []
    for node in categories:
        named = node.get(where) or ""
        if named.startswith(SCHEME):
            kind = node.get("term") or named.rpartition(":")[2]
            text = node.text or node.get("label") or None
            found.append((kind, None if text == kind else text))
        elif named == SOURCE_TYPES:
            types.append(("source type", node.text or node.get("term")))
    return found + types


def _expected_labels(record: Fields) -> list[tuple[str, str | None]]:
    labels = record.get("labels", ())
    types = [("source type", label["url"]) for label in labels if label["url"]]
    return [(label["kind"], label["text"]) for label in labels] + types


def _valid(record: Fields) -> str | None:
    said = (("start", record.get("not_before")), ("end", record.get("expires")))
    parts = [f"{name}={at}" for name, at in said if at]
    return "; ".join([*parts, "scheme=W3C-DTF"]) if parts else None


def _rights(record: Fields) -> str | None:
    plain = None if _licence(record) else record["licence"]
    return " · ".join(filter(None, (record["rights"], plain))) or None


def _licence(record: Fields) -> str | None:
    licence = record["licence"] or ""
    return licence if licence.startswith(("http://", "https://")) else None


def _footer(record: Fields) -> list[str]:
    date = (record["published"] or "").replace("T", " ")
    return [w for w in (*words(record), record["original_url"], record["licence"], date) if w]


# ---- Atom


def read_atom(data: bytes) -> list[Fields]:
    return [_atom(entry) for entry in parse_xml(data).iterfind(_ATOM + "entry")]


def tombstones(data: bytes) -> list[str]:
    """The ids that a feed tells to forget (RFC 6721)."""
    return [n.get("ref") or "" for n in parse_xml(data).iterfind(_AT + "deleted-entry")]


def _atom(entry: Any) -> Fields:
    source = entry.find(_ATOM + "source")
    authors = [
        {
            "name": _text(a, _ATOM + "name"),
            "url": _text(a, _ATOM + "uri"),
            "email": _text(a, _ATOM + "email"),
        }
        for a in entry.findall(_ATOM + "author")
    ]
    found = {
        "id": _text(entry, _ATOM + "id"),
        "title": _text(entry, _ATOM + "title"),
        "link": next((href for _, href in _links(entry, "alternate")), None),
        "authors": authors,
        "published": _moment(_text(entry, _ATOM + "published")),
        "updated": _moment(_text(entry, _ATOM + "updated")),
        "rights": _text(entry, _ATOM + "rights"),
        "original_title": _text(entry, _TERMS + "alternative"),
        "valid": _text(entry, _TERMS + "valid"),
        "labels": _labels(entry.findall(_ATOM + "category"), "scheme"),
        "licence": next((href for _, href in _links(entry, "license")), None),
        "via": [href for _, href in _links(entry, "via")],
        "also": _links(entry, "related"),
        "footer": visible(_text(entry, _ATOM + "content") or ""),
        "source.name": None,
        "source.url": None,
        "source.feed": None,
    }
    if source is not None:
        found["source.name"] = _text(source, _ATOM + "title")
        found["source.url"] = next((href for _, href in _links(source, "alternate")), None)
        found["source.feed"] = next((href for _, href in _links(source, "self")), None)
    return found


def expected_atom(record: Fields) -> Fields:
    source = record["source"]
    hops = [hop["url"] for hop in record["via"] if hop["url"]]
    original = record["original_url"]
    return {
        "id": record["iri"],
        "title": record["title"],
        "link": record["link"],
        "authors": record["authors"],
        "published": record["date_published"],
        "updated": record["date_updated"],
        "rights": _rights(record),
        "original_title": record.get("shown_title"),
        "valid": _valid(record),
        "labels": _expected_labels(record),
        "licence": _licence(record),
        "via": [original, *hops] if original and original != record["link"] else hops,
        "also": [(each["name"], each["url"]) for each in record["also"]],
        "footer": _footer(record),
        "source.name": source["name"] or source["url"] or source["feed"],
        "source.url": source["url"],
        "source.feed": source["feed"],
    }


# ---- JSON Feed

_SAID = ("source", "rights", "licence", "via", "also", "notices", "editor", "original_id",
         "original_title", "published", "updated", "editor_of_record", "labels", "not_before",
         "expires")  # fmt: skip


def read_json(data: bytes) -> list[Fields]:
    return [_json(item) for item in json.loads(data)["items"]]


def _json(item: Fields) -> Fields:
    ours = item.get("_syndicate", {})
    return {
        "id": item.get("id"),
        "title": item.get("title"),
        "link": item.get("url"),
        "external_url": item.get("external_url"),
        "authors": item.get("authors", []),
        "date_published": _moment(item.get("date_published")),
        "date_modified": _moment(item.get("date_modified")),
        "footer": visible(item.get("content_html", "")),
        **{name: ours.get(name) for name in _SAID},
    }


def expected_json(record: Fields) -> Fields:
    original = record["original_url"]
    return {
        "id": record["iri"],
        "title": record["title"],
        "link": record["link"],
        "external_url": original if original != record["link"] else None,
        "authors": [_json_author(p) for p in record["authors"]],
        "date_published": record["date_published"],
        "date_modified": record["date_modified"],
        "footer": _footer(record),
        **{name: record[name] for name in _SAID if name in record},
    }


def _json_author(person: Fields) -> Fields:
    url = person["url"] or (f"mailto:{person['email']}" if person["email"] else None)
    return {"name": person["name"], **({"url": url} if url else {})}


# ---- pages


def page(data: bytes, id: str, record: Fields) -> Iterator[Difference]:
    """An entry's page: what its block shows, and where it links to, whatever template made it.

    The block is the element with the entry's id, else the page's `article`, `main` or body.
    """
    tree = LexborHTMLParser(data.decode("utf-8", "replace"))
    for node in tree.css("script, style, template, noscript"):
        node.decompose()
    found = (tree.css_first(where) for where in (f'[id="{id}"]', "article", "main", "body"))
    block = next((node for node in found if node is not None), None)
    text = squeezed(block.text()) if block is not None else ""
    links = {node.attributes.get("href") for node in block.css("a[href]")} if block else set()
    source = record["source"]
    shown = [
        ("title", [record["title"]]),
        ("source.name", [source["name"] or source["url"]]),
        ("authors", [p["name"] for p in record["authors"]]),
        ("published", [(record["published"] or "").replace("T", " ")]),
        ("updated", [(record["updated"] or "").replace("T", " ")]),
        ("via", [hop["name"] or hop["url"] for hop in record["via"]]),
        ("also", [each["name"] for each in record["also"]]),
        ("rights", [record["rights"]]),
        ("licence", [record["licence"]]),
        ("notices", record["shown_notices"]),
        ("labels", record.get("shown_labels", ())),
        ("original_title", [record.get("shown_title")]),
        ("editor", [record.get("editor"), record.get("editor_of_record")]),
    ]
    said = [(field, squeezed(value)) for field, values in shown for value in values if value]
    for field, value in said:
        # A source's name stands in its rights as well: it has to be there once more
        if text.count(value) < sum(other.count(value) for _, other in said):
            yield Difference(id, field, value, None)
    told = " ".join(n.attributes.get("content") or "" for n in tree.css('meta[name="robots"]'))
    for word in record.get("robots", ()):
        if word not in [each.strip() for each in told.split(",")]:
            yield Difference(id, "robots", word, told or None)
    targets = [("original_url", record["original_url"]), ("source.url", source["url"])]
    for field, url in targets:
        if url and url not in links:
            yield Difference(id, field, url, None)


def edition(
    data: bytes, said: Mapping[str, Fields], hidden: Iterable[str] = ()
) -> Iterator[Difference]:
    """An edition's page: every entry of it in a block of its own (`id="e-ENTRY"`), which shows
    and links to what was recorded of it; `hidden` ones are in none."""
    tree = LexborHTMLParser(data.decode("utf-8", "replace"))
    blocks = {str(n.attributes["id"])[2:]: n for n in tree.css("[id^='e-']")}
    for id, fields in said.items():
        if id not in blocks:
            yield Difference(id, "presence", 1, 0)
            continue
        yield from _block(id, fields, blocks[id])
    for id in blocks.keys() - (said.keys() - {*hidden}):
        yield Difference(id, "absence", None, "in the edition")
    for id in mentions(data, hidden) - blocks.keys():
        yield Difference(id, "absence", None, id)


def _block(id: str, said: Fields, block: Any) -> Iterator[Difference]:
    """All of it in the text of the block, wherever in it a template puts what."""
    text = squeezed(block.text())
    links = {node.attributes.get("href") for node in block.css("a[href]")}
    shown = [("title", [[said["title"], None]]), *said["rows"]]
    shown += [("notices", [[notice, None]]) for notice in said["notices"]]
    for field, parts in shown:
        for part, url in parts:
            if squeezed(part) not in text:
                yield Difference(id, field, part, None)
            if url and url not in links:
                yield Difference(id, field, url, None)


def mentions(data: bytes, forbidden: Iterable[str]) -> set[str]:
    """Which of these entries a file leads to."""
    return {token.decode() for token in _TOKEN.findall(data)} & set(forbidden)


def shows(data: bytes, title: str, text: str) -> str | None:
    """The title or opening of an entry, where a page that should not shows it."""
    seen = visible(data.decode("utf-8", "replace"))
    for piece in (squeezed(title), squeezed(text)[:80]):
        if len(piece) > 1 and piece in seen:
            return piece
    return None


READERS = {
    "rss": (read_rss, expected_rss, "guid"),
    "atom": (read_atom, expected_atom, "id"),
    "json": (read_json, expected_json, "id"),
}


def format_of(path: str) -> str:
    """Which format a feed's file has."""
    if path.endswith(".json"):
        return "json"
    return "rss" if path.endswith("rss.xml") else "atom"
