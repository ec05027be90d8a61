"""OPML in and out."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicate.core import opml
from syndicate.core.opml import LeftOut, OpmlFeed
from syndicate.errors import ParseError

FIRST, SECOND = "https://river.example/rss", "https://bank.example/atom"


def listing(body: str, head: str = "") -> bytes:
    return f'<opml version="2.0"><head>{head}</head><body>{body}</body></opml>'.encode()


def test_the_scheme_feed_is_of_the_web() -> None:
    read = opml.read(
        listing(
            '<outline text="a" xmlUrl="feed://river.example/rss"/>'
            '<outline text="b" xmlUrl="FEED:https://bank.example/atom"/>'
        )
    )
    assert [feed.url for feed in read.feeds] == ["http://river.example/rss", SECOND]


def test_folders_nest_and_titles_are_found() -> None:
    read = opml.read(
        listing(
            f'<outline text="法治"><outline text="地方" title="县市">'
            f'<outline type="rss" text="河" xmlUrl="{FIRST}" htmlUrl="https://river.example/"/>'
            f'</outline></outline><outline title="岸" xmlUrl="{SECOND}" category="/law/county,/x"/>',
            "<title> 我的 订阅 </title>",
        )
    )
    assert read.title == "我的 订阅"
    assert read.left_out == ()
    assert read.feeds == (
        OpmlFeed("河", FIRST, "https://river.example/", ("法治", "县市")),
        OpmlFeed("岸", SECOND, "", ("law", "county")),
    )


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        pytest.param('<outline text="x"/>', "no xmlUrl", id="nothing to read"),
        pytest.param('<outline text="x" xmlUrl=""/>', "no xmlUrl", id="empty address"),
        pytest.param('<outline text="x" xmlUrl="ftp://a.example/"/>', "http", id="ftp"),
        pytest.param('<outline text="x" xmlUrl="javascript:alert(1)"/>', "http", id="script"),
        pytest.param('<outline text="x" xmlUrl="http://[::1/"/>', "http", id="broken address"),
        pytest.param(
            f'<outline text="x" type="include" xmlUrl="{SECOND}"/>', "'include'", id="include"
        ),
        pytest.param(f'<outline text="x" xmlUrl="{FIRST}"/>', "second time", id="twice"),
    ],
)
def test_what_cannot_be_taken_is_listed(outline: str, reason: str) -> None:
    read = opml.read(listing(f'<outline text="a" xmlUrl="{FIRST}"/>{outline}'))
    assert [feed.url for feed in read.feeds] == [FIRST]
    assert [left.title for left in read.left_out] == ["x"]
    assert reason in read.left_out[0].reason


def test_forgiven_spellings() -> None:
    data = (
        '<?xml version="1.0" encoding="gb18030"?><OPML><BODY>'
        f'<OUTLINE TEXT="岸 & 河" XMLURL="{FIRST}"/></OPML>'
    )
    assert opml.read(data.encode("gb18030")).feeds[0].url == FIRST


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "OPML", id="empty"),
        pytest.param(
            b'<opml><body><outline xmlUrl="https://a.example/"/><outl', "cut short", id="half"
        ),
        pytest.param(b"not xml at all", "OPML", id="text"),
        pytest.param(b"<rss><channel/></rss>", "no OPML: it holds <rss>", id="a feed"),
        pytest.param(b"<opml><head/></opml>", "no <body>", id="no body"),
        pytest.param(b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "entities", id="entities"),
        pytest.param(
            '<!DOCTYPE o [<!ENTITY a "b">]><opml/>'.encode("utf-16"), "entities", id="in UTF-16"
        ),
        pytest.param(listing("<outline text='a'>" * 60 + "</outline>" * 60), "deep", id="deep"),
    ],
)
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        opml.read(data)


def test_a_hundred_thousand_levels_end_soon() -> None:
    data = listing("<outline text='a'>" * 100_000)
    with contextlib.suppress(ParseError):
        opml.read(data)


def test_external_entities_are_not_fetched() -> None:
    data = b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/x.dtd">' + listing(
        f'<outline text="a" xmlUrl="{FIRST}"/>'
    )
    assert opml.read(data).feeds[0].url == FIRST


def test_the_order_of_folders_and_feeds_stays() -> None:
    feeds = (
        OpmlFeed("b", FIRST, "https://river.example/", ("law",)),
        OpmlFeed("a", SECOND),
        OpmlFeed("c", SECOND + "/2", "", ("law", "county")),
    )
    written = opml.write("清河 <&>", feeds, datetime(2026, 11, 24, tzinfo=UTC))
    assert written == opml.write("清河 <&>", feeds, datetime(2026, 11, 24, tzinfo=UTC))
    back = opml.read(written)
    assert back.title == "清河 <&>"
    assert back.feeds == (feeds[0], feeds[2], feeds[1])
    assert b"<dateCreated>Tue, 24 Nov 2026 00:00:00 +0000</dateCreated>" in written


words = st.text(min_size=1, max_size=12)


@given(words, st.lists(words, max_size=4), words)
def test_what_is_written_is_valid_and_comes_back(
    title: str, folders: list[str], query: str
) -> None:
    feed = OpmlFeed(title, f"{FIRST}?q={query}", "", tuple(folders))
    written = opml.write(title, (feed,))
    etree.fromstring(written)
    read = opml.read(written)
    assert len(read.feeds) + len(read.left_out) == 1


def test_left_out_has_a_title() -> None:
    read = opml.read(listing('<outline xmlUrl="ftp://a.example/"/>'))
    assert read.left_out[0] == LeftOut(
        "ftp://a.example/", "its address 'ftp://a.example/' is not one of http or https"
    )
