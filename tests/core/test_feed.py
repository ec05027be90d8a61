"""Feeds: every field in its place, and valid whatever an entry holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicate.core import feed
from syndicate.core.feed import Channel, Tombstone
from syndicate.core.outgoing import href, iri, outgoing
from syndicate.model import (
    Attribution,
    Enclosure,
    Entry,
    GivenDate,
    Hop,
    Notice,
    Person,
    Publisher,
)
from syndicate.settings import Column, Settings, Site, Source

A = "{http://www.w3.org/2005/Atom}"
AT = datetime(2026, 11, 24, tzinfo=UTC)
SETTINGS = Settings(
    site=Site("示例站", "https://news.example/"),
    file=Path("config.toml"),
    columns=(Column("law", "法治"),),
    sources=(
        Source("full", timezone="Asia/Shanghai", content="full"),
        Source("brief", timezone="Asia/Shanghai"),
        Source("link", timezone="Asia/Shanghai", content="link"),
        Source("home", type="folder", timezone="Asia/Shanghai", own=True),
    ),
)
CHANNEL = feed.channel(SETTINGS, "law", "law/atom.xml", "news.example,2026")


def an_entry(**changes: Any) -> Entry:
    made = Entry(
        id="abcdefghijklmnop", source="full", key="k", guid="17", title="标题", received=AT,
        attribution=Attribution(), content_html="<p>全文在此</p>", content_text="全文在此", summary="摘要在此",
    )  # fmt: skip
    return replace(made, **changes)


def emitted(entry: Entry) -> tuple[Any, Any, dict[str, Any]]:
    out = outgoing(entry, SETTINGS)
    rss = etree.fromstring(feed.emit("rss", CHANNEL, [out])).find("channel/item")
    atom = etree.fromstring(feed.emit("atom", CHANNEL, [out])).find(A + "entry")
    return rss, atom, json.loads(feed.emit("json", CHANNEL, [out]))["items"][0]


@pytest.mark.parametrize(
    ("source", "full", "summary"),
    [("full", True, True), ("brief", False, True), ("link", False, False), ("home", True, True)],
)
def test_no_more_goes_out_than_the_source_allows(source: str, full: bool, summary: bool) -> None:
    out = outgoing(an_entry(source=source), SETTINGS)
    for format in feed.FORMATS:
        text = feed.emit(format, CHANNEL, [out]).decode()
        assert ("全文在此" in text) == full
        assert ("摘要在此" in text) == summary


def test_ids_are_iris_in_atom_and_json_and_stay_when_the_site_moves() -> None:
    rss, atom, item = emitted(an_entry())
    assert rss.findtext("guid") == "17"
    assert rss.find("guid").get("isPermaLink") == "false"
    known = {"authority": "first.example,2026"}  # as it was kept at the first publishing
    assert iri(outgoing(an_entry(), SETTINGS, **known)) == (
        "tag:first.example,2026:abcdefghijklmnop"
    )
    assert atom.findtext(A + "id") == item["id"] == iri(outgoing(an_entry(), SETTINGS))
    assert item["id"].startswith("tag:")
    assert "news.example" not in item["id"]
    _, atom, item = emitted(an_entry(guid="https://daily.example/1"))
    assert atom.findtext(A + "id") == item["id"] == "https://daily.example/1"


def test_what_has_no_link_and_no_date_has_its_page_and_its_reception() -> None:
    rss, atom, item = emitted(an_entry())
    page = "https://news.example/articles/abcdefghijklmnop.html"
    assert rss.findtext("link") == page
    assert rss.find("pubDate") is None
    assert item["url"] == page
    assert "date_published" not in item
    assert atom.findtext(A + "updated") == "2026-11-24T08:00:00+08:00"
    assert atom.find(A + "published") is None


def test_a_day_becomes_midnight_in_the_sources_zone() -> None:
    rss, atom, item = emitted(an_entry(attribution=Attribution(published=GivenDate("2022-06-24"))))
    assert rss.findtext("pubDate") == "Fri, 24 Jun 2022 00:00:00 +0800"
    assert atom.findtext(A + "published") == item["date_published"] == "2022-06-24T00:00:00+08:00"
    assert item["_syndicate"]["published"] == "2022-06-24"


def test_fragments_can_be_found_again() -> None:
    outs = [
        outgoing(an_entry(id=f"entry{n:09}", title=f"<item>{n}</item>"), SETTINGS) for n in range(3)
    ]
    for format in feed.FORMATS:
        whole = feed.emit(format, CHANNEL, outs)
        assert feed.split(format, whole) == [feed.fragment(format, out) for out in outs]
        assert feed.split(format, feed.emit(format, CHANNEL, [])) == []


def test_an_archive_says_what_it_is() -> None:
    channel = replace(
        CHANNEL, current="law/atom.xml", previous="law/archive/2026-10.atom.xml",
        tombstones=(Tombstone("tag:x.example,2026:1", AT + timedelta(1)),),
    )  # fmt: skip
    root = etree.fromstring(feed.emit("atom", channel, []))
    assert root.find("{http://purl.org/syndication/history/1.0}archive") is not None
    rels = {link.get("rel") for link in root.findall(A + "link")}
    assert rels == {"alternate", "self", "current", "prev-archive"}
    assert root.findtext(A + "updated") == "2026-11-25T00:00:00+00:00"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x y", "https://a.example/x%20y"),
        ("https://a.example/中文?q=<b>", "https://a.example/中文?q=%3Cb%3E"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/a[1]", "https://a.example/a%5B1%5D"),
        ("javascript:alert(1)", None),
        ("//a.example/x", None),
        ("https://[broken", None),
        ("", None),
        (None, None),
    ],
)
def test_href(url: str | None, expected: str | None) -> None:
    assert href(url) == expected


texts = st.text(max_size=40) | st.sampled_from(
    ["", "\x00\x01\x1f", "]]>", "<item>", "</entry>\n<entry>", "\ufffe\uffff", "\ud800", "שלום‏", "😀" * 9,
     "<script>alert(1)</script>", "&amp;&#0;", "x" * 5000, "李　明", "a\nb\r\nc\u2028d"]
)  # fmt: skip
urls = texts | st.sampled_from(
    ["https://a.example/1", "http://[::1]/x", "javascript:x", "https://a.example/ %zz \"'<", "//x"]
)
dates = st.sampled_from(["0001-01-01", "9999-12-31", "2022", "2022-06", "2022-06-24T09:30+08:00",
                         "9999-12-31T23:59:59-11:00", "0001-01-01T00:00+14:00"])  # fmt: skip
people = st.builds(Person, texts, urls, texts)
attributions = st.builds(
    Attribution,
    source=st.builds(
        Publisher,
        texts,
        urls,
        urls,
        texts,
        dates.map(GivenDate),
        st.lists(people, max_size=2).map(tuple),
        texts,
        urls,
    ),
    authors=st.lists(people, max_size=3).map(tuple),
    original_url=urls,
    original_id=texts,
    published=st.none() | dates.map(GivenDate),
    updated=st.none() | dates.map(GivenDate),
    rights=texts,
    licence=urls,
    via=st.lists(st.builds(Hop, texts, urls), max_size=2).map(tuple),
)
entries = st.builds(
    an_entry, source=st.sampled_from(["full", "brief", "link", "home", "unknown"]), guid=texts, title=texts,
    attribution=attributions, url=urls, content_html=texts, content_text=texts, summary=texts, language=texts,
    categories=st.lists(texts, max_size=3).map(tuple), notices=st.lists(st.builds(Notice, texts), max_size=2).map(tuple),
    enclosures=st.lists(st.builds(Enclosure, urls, texts, st.none() | st.integers(0, 10**12), texts), max_size=2).map(tuple),
    thumbnail=urls,
)  # fmt: skip


def check_atom(root: Any) -> None:
    """The rules of RFC 4287 that a program can get wrong."""
    for node in (root, *root.findall(A + "entry"), *root.iter(A + "source")):
        for name in ("id", "title", "updated"):
            found = node.findall(A + name)
            assert len(found) == 1, name
            assert name == "title" or found[0].text
        assert ":" in node.findtext(A + "id")
        assert datetime.fromisoformat(node.findtext(A + "updated")).tzinfo
    for link in root.iter(A + "link"):
        assert link.get("href", "").startswith(("http://", "https://"))
    for author in root.iter(A + "author"):
        assert author.findtext(A + "name")
    for entry in root.findall(A + "entry"):
        alternates = [x for x in entry.findall(A + "link") if x.get("rel") == "alternate"]
        assert len(alternates) == 1
        for name in ("published", "rights", "content", "summary", "source"):
            assert len(entry.findall(A + name)) <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entries, max_size=3))
def test_any_entry_gives_valid_feeds(found: list[Entry]) -> None:
    outs = [outgoing(entry, SETTINGS) for entry in found]
    rss = etree.fromstring(feed.emit("rss", CHANNEL, outs))
    items = rss.findall("channel/item")
    assert len(items) == len(outs)
    for item in items:
        assert item.findtext("title")
        assert item.findtext("description")
        assert item.findtext("link", "").startswith("http")
        assert item.findtext("guid")
    atom = etree.fromstring(feed.emit("atom", CHANNEL, outs))
    assert len(atom.findall(A + "entry")) == len(outs)
    check_atom(atom)
    read = json.loads(feed.emit("json", CHANNEL, outs))
    assert read["version"] == "https://jsonfeed.org/version/1.1"
    for entry in read["items"]:
        assert entry["id"]
        assert entry["content_html"]
    for format in feed.FORMATS:
        whole = feed.emit(format, CHANNEL, outs)
        assert whole == feed.emit(format, CHANNEL, outs)
        assert len(feed.split(format, whole)) == len(outs)


def test_a_channel_needs_nothing_but_its_address() -> None:
    empty = Channel(
        id="tag:x.example,2026:site",
        title="x",
        path="rss.xml",
        home="",
        description="x",
        site="https://x.example/",
        name="x",
    )
    for format in feed.FORMATS:
        assert feed.emit(format, empty, [])
