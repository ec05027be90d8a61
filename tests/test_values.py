"""Values changed and pickled by the short way are what the long way makes of them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syndicate.core import desk, document
from syndicate.model import Attribution, Entry, GivenDate, Person
from syndicate.settings import Site, Source
from syndicate.values import replaced

SITE = Site("站", "https://a.example/")
NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ENTRY = Entry("a", "s", "k", "g", "标题", Attribution(authors=(Person("李　明"),)), NOW)
FEED = """<rss version="2.0"><channel><title>T</title><link>https://a.example/</link>
<item><title>一</title><guid>1</guid><link>/1</link><description>&lt;p&gt;字&lt;/p&gt;</description>
<pubDate>Sat, 06 Jun 2026 21:17:00 +0000</pubDate><category>x</category></item>
<item><title>Two</title><guid>2</guid><source url="https://b.example/f">B</source></item>
</channel></rss>""".encode()


def test_a_changed_value_is_as_replace_makes_it() -> None:
    changes = {"column": "law", "columns": ("law", "all"), "url": "https://a.example/1"}
    assert replaced(ENTRY, **changes) == replace(ENTRY, **changes)  # type: ignore[arg-type]
    assert replaced(GivenDate("2026"), text="2027") == GivenDate("2027")


def test_a_field_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        replaced(ENTRY, colour="red")


def test_a_document_comes_back_as_it_was_sent() -> None:
    source = Source(id="s", url="https://a.example/feed", timezone="UTC")
    made = desk.desk(SITE, (), {}, None, NOW)
    read = document.unpacked(desk.read_feed(made, source, FEED, None, source.url))
    assert len(read.entries) == 2
    assert all(each.draft for each in read.entries)
    came = pickle.loads(pickle.dumps(read, pickle.HIGHEST_PROTOCOL))
    assert came == read
    assert repr(came.entries) == repr(read.entries)
    first = came.entries[0]
    assert first.draft.entry.content_html is first.content_html  # sent once


def test_what_a_document_is_read_as_does_not_depend_on_drafts() -> None:
    source = Source(id="s", url="https://a.example/feed", timezone="UTC")
    made = desk.desk(SITE, (), {}, None, NOW)
    drafted = document.unpacked(desk.read_feed(made, source, FEED, None, source.url))
    plain = document.read_feed(FEED, None, source.url, source.timezone)
    assert tuple(replace(each, draft=None) for each in drafted.entries) == plain.entries
