"""Real feeds and two other parsers' suites: what stands beside each file is what is read.

A difference needs a reason here, by file; a file that differs without one fails the test, and so
does a reason that explains nothing any more.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syndicate.core import dates, decode, parse
from syndicate.errors import ParseError
from syndicate.model import ParsedEntry, ParsedFeed

URL = "http://127.0.0.1:8097/x"  # where feedparser's suite serves its files

# --- feedparser's suite ---------------------------------------------------------------------

FEEDPARSER = {
    r"base/.*content_location": "the header Content-Location is no base: the final address is",
    r"base/.*_id_base_": "ids are kept as written, never resolved",
    r"/amp/": "titles are plain text: & for &amp;, without the markup",
    r"(atom|atom10)/.*(title|rights|copyright|tagline|subtitle).*(inline|escaped)_markup": "texts "
    "are plain, without the markup",
    r"title_base64|rights_base64|subtitle_base64|copyright_base64|tagline_base64|base64": "markup is"
    " taken out of texts; in Atom 1.0 (4.1.3.3) base64 is for attachments, which are no text",
    r"(summary|content).*inline_markup|content_application_xml|content_div_escaped": "the div stays",
    r"text_plain_brackets": "text becomes HTML, escaped",
    r"entry_content_src": "content elsewhere is the link",
    r"category_(scheme|term)|item_category_(domain|multiple)": "a category is named by its label; "
    "schemes are not kept",
    r"entry_source_(category|contributor|generator|subtitle|link_)": "not kept of a source",
    r"qna|tag_in_attr": "titles are plain text",
    r"channel_image_(height|link|title|width)": "of a picture the address is kept",
    r"entity_in_doctype|doctype_contains_entity_decl": "declared entities are refused",
    r"item_dc_date": "dc:date is the day of publication",
    r"item_description_br": "<br/> for <br />",
    r"item_madeup_tags": "an element that nobody defined",
    r"item_summary_and_description": "an element that RSS does not have",
    r"namespace/(atom|rss2\.0)(math|svg)": "attributes in another order; cleaned later, by nh3",
    r"unknown-namespace": "an element that nobody defined",
    r"itunes_channel_(image_url|link_image)": "attributes that itunes:image does not have",
    r"itunes_core_element_uppercase|itunes_item_category_scheme": "names that nobody else writes",
    r"demoronize|charref_uppercase": "characters as HTML has them, cleaned later",
    r"entities/": "white space in titles is folded; lang and rang are HTML5's characters",
    r"contributor_url_base_docuri": "Atom has no element item",
    r"always_strip_doctype": "a page that calls itself one",
}
_EXPECT = re.compile(
    r"(entries\[(\d+)\]|not bozo and feed|feed)((?:\[[^\]]*\])+)\s*==\s*"
    r"(u?\"[^\"]*\"|u?'[^']*'|\d+)\s*(?:-->|\n|and |$)"
)
_UNTOLD = {"type", "base", "language", "mode", "rel", "version"}  # of detail, which is not kept


def _people(people: Any) -> list[str | None]:
    return [x for p in people for x in (p.name, p.url, p.email, f"{p.name} ({p.email})")]


def _date(found: ParsedEntry, field: str) -> str | None:
    date = getattr(found.attribution, field)
    return date.text if date else dict(found.raw_dates).get(field)


def _of_entry(e: ParsedEntry) -> dict[str, Any]:
    """What we have under feedparser's names; a list where any of it will do."""
    a = e.attribution
    s = a.source
    html = [e.summary_html, e.content_html]
    source = [s.name, s.url, s.feed, s.id, s.rights, s.logo, s.updated and s.updated.text]
    return {
        "title": e.title, "title_detail": e.title, "id": e.id, "guid": e.id, "link": e.link,
        "published": _date(e, "published"), "updated": _date(e, "updated"), "rights": a.rights,
        "license": a.licence, "language": e.language, "summary": html, "description": html,
        "content": html, "summary_detail": html, "tags": list(e.categories),
        "category": list(e.categories), "author": _people(a.authors),
        "authors": _people(a.authors), "author_detail": _people(a.authors),
        "enclosures": [x for c in e.enclosures for x in (c.url, c.type, str(c.length))],
        "source": source + _people(s.authors), "media_thumbnail": [e.thumbnail],
        "media_content": [c.url for c in e.enclosures], "media_credit": _people(a.authors),
        "publisher": [s.name], "dc_source": [a.original_url, s.name],
    }  # fmt: skip


def _of_feed(f: ParsedFeed) -> dict[str, Any]:
    updated = f.updated.text if f.updated else None
    people = _people(f.authors)
    return {
        "title": f.title, "title_detail": f.title, "id": f.id, "guid": f.id, "link": f.url,
        "subtitle": f.description, "description": f.description, "tagline": f.description,
        "subtitle_detail": f.description, "rights": f.rights, "copyright": f.rights,
        "language": f.language, "license": f.licence, "updated": updated, "published": updated,
        "modified": updated, "ttl": str(f.ttl_minutes), "author": people, "authors": people,
        "author_detail": people, "logo": f.logo, "icon": f.logo, "image": [f.logo],
    }  # fmt: skip


def _expected(data: bytes) -> tuple[int | None, str, str] | None:
    """Entry (None: the feed), field and value that a file's comment expects, where we keep such."""
    text, _ = decode.decode(data, None)
    comment = re.search(r"Expect:(.*?)(?:-->|\n\s*\n|\n\w+:)", text, re.S)
    match = _EXPECT.search(comment[1].strip() + "\n") if comment else None
    names = re.findall(r"\[['\"](\w+)['\"]\]", match[3]) if match else []
    if not match or not names or names[-1] in _UNTOLD:
        return None
    value = str(ast.literal_eval(match[4]))
    return (int(match[2]) if match[2] else None), names[0], value


def _differs(data: bytes, expected: tuple[int | None, str, str]) -> str | None:
    """How a file differs from what is expected; None where it does not, or is not kept."""
    where, name, value = expected
    try:
        feed = parse.parse(data, url=URL)
    except ParseError as error:
        return str(error)
    if where is not None and where >= len(feed.entries):
        return "no such entry"
    have = _of_feed(feed) if where is None else _of_entry(feed.entries[where])
    if name not in have:
        return None
    date = dates.read_date(value)
    wanted = {value, re.sub("<[^>]+>", "", value).strip(), date.text if date else value}
    found = have[name] if isinstance(have[name], list) else [have[name] or ""]
    return None if wanted & set(map(str, found)) else f"{name}: {value!r}, not {found!r}"


def test_feedparser_suite(shared: Path) -> None:
    root = shared / "corpora" / "feeds-feedparser"
    used, unexplained, compared = set(), [], 0
    for path in sorted(root.rglob("*.xml")):
        data = path.read_bytes()
        expected = _expected(data)
        difference = _differs(data, expected) if expected else None
        compared += expected is not None
        if difference is None:
            continue
        name = path.relative_to(root).as_posix()
        reasons = [pattern for pattern in FEEDPARSER if re.search(pattern, name)]
        used.update(reasons)
        if not reasons:
            unexplained.append((name, difference))
    assert not unexplained
    assert compared > 700
    assert set(FEEDPARSER) == used


# --- gofeed's cases -------------------------------------------------------------------------

GOFEED = {
    r"markup|base64|title_xml_base|relative_uri_inherit": "texts are plain, without the markup; "
    "the div of XHTML stays",
    r"entry_id_xml_base": "ids are kept as written, never resolved",
    r"entry_source_(category|contributor|generator|link_(rel|title)|subtitle)": "not kept of a "
    "source",
    r"rdf_item_description": "rdf:about is the id",
    r"rss_channel_item_links": "the first link counts",
}


def _rows(feed: ParsedFeed, wanted: Any) -> Iterator[tuple[str, Any, Any]]:
    """(field, what is wanted, what we have), of a feed in gofeed's names."""
    items = wanted.get("items") or wanted.get("entries") or []
    yield "title", wanted.get("title"), feed.title
    yield "language", wanted.get("language"), feed.language
    yield "description", wanted.get("description") or wanted.get("subtitle"), feed.description
    yield "rights", wanted.get("copyright") or wanted.get("rights"), feed.rights
    yield "entries", len(items), len(feed.entries)
    for item, entry in zip(items, feed.entries, strict=False):
        yield from _item_rows(item, entry)


def _item_rows(item: Any, e: ParsedEntry) -> Iterator[tuple[str, Any, Any]]:
    a = e.attribution
    guid = item.get("guid")
    yield "item title", item.get("title"), e.title
    yield "item id", guid.get("value") if isinstance(guid, dict) else guid or item.get("id"), e.id
    if isinstance(item.get("link"), str):
        yield "item link", item["link"], e.link
    content = item.get("content")
    content = content.get("value") if isinstance(content, dict) else content
    for text in (item.get("description") or item.get("summary"), content):
        have = (e.content_html, e.summary_html)
        yield "item text", text, text if not text or text in have else have
    lists: tuple[tuple[tuple[str, ...], object], ...] = (
        (("authors", "author"), a.authors),
        (("categories",), e.categories),
        (("enclosures", "enclosure"), e.enclosures),
        (("pubDate", "published"), a.published or e.raw_dates),
        (("updated",), a.updated or e.raw_dates),
        (("source",), a.source if a.source != type(a.source)() else None),
    )
    for names, kept in lists:
        stated = any(item.get(name) for name in names)
        yield f"item {names[0]}", stated, stated and bool(kept)


def test_gofeed_cases(shared: Path) -> None:
    root = shared / "corpora" / "feed-cases"
    used, unexplained, compared = set(), [], 0
    for path in sorted(root.rglob("*.xml")):
        beside = path.with_suffix(".json")
        if not beside.exists():
            continue
        compared += 1
        feed = parse.parse(path.read_bytes())
        wanted = json.loads(beside.read_text("utf-8"))
        differences = [r for r in _rows(feed, wanted) if (r[1] or "") != (r[2] or "")]
        if not differences:
            continue
        reasons = [pattern for pattern in GOFEED if re.search(pattern, path.name)]
        used.update(reasons)
        if not reasons:
            unexplained.append((path.name, differences))
    assert not unexplained
    assert compared > 100
    assert set(GOFEED) == used


# --- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["feeds", "feeds-rust-syndication"])
def test_each_feed_is_read_or_has_a_reason(shared: Path, folder: str) -> None:
    failed = {}
    for path in sorted((shared / "corpora" / folder).rglob("*")):
        if path.is_file():
            try:
                parse.parse(path.read_bytes(), url=URL)
            except ParseError as error:
                failed[path.name] = str(error)
    for name, reason in failed.items():
        assert re.search(r"\.serde\.json$|\.opml$|\.md$|^RSParser-ScriptingNews\.json$", name), (
            reason
        )


@pytest.mark.parametrize("kind", ["xxe"])
def test_hostile_documents_are_refused(shared: Path, kind: str) -> None:
    for path in sorted((shared / "corpora" / "hostile" / kind).rglob("*")):
        if path.is_file():
            with pytest.raises(ParseError):
                parse.parse(path.read_bytes(), url=URL)
