"""Feeds behind a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import discover
from syndicate.core.discover import Found

PAGE = "https://river.example/news/index.html"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        pytest.param(
            '<link rel="alternate" type="application/rss+xml" title="清河 要闻" href="/rss.xml">',
            [Found("https://river.example/rss.xml", "清河 要闻", "link tag (RSS)")], id="link tag",
        ),
        pytest.param(
            '<LINK REL="Alternate Home" TYPE="application/atom+xml; charset=utf-8" HREF=a.atom>',
            [Found("https://river.example/news/a.atom", "", "link tag (Atom)")], id="odd spelling",
        ),
        pytest.param(
            '<base href="https://cdn.example/x/"><link rel=feed href=f>',
            [Found("https://cdn.example/x/f", "", "link tag")], id="base and rel=feed",
        ),
        pytest.param(
            '<link rel=alternate type=application/rss+xml href=/c title="Comments">'
            '<link rel=alternate type=application/feed+json href=/j>',
            [Found("https://river.example/j", "", "link tag (JSON Feed)"),
             Found("https://river.example/c", "Comments", "link tag (RSS)")], id="comments last",
        ),
        pytest.param('<link rel=alternate hreflang=en href=/en>', [], id="a translation"),
        pytest.param(
            '<a href="/out.xml">RSS订阅</a>',
            [Found("https://river.example/out.xml", "RSS订阅", "link called “RSS订阅”")],
            id="a link in Chinese",
        ),
        pytest.param(
            '<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>', [], id="wp-json"
        ),
        pytest.param(
            '<script type="application/ld+json">{"@graph":[{"@type":"DataFeed","name":"N",'
            '"url":"/ld.xml"},{"encodingFormat":"application/rss+xml","contentUrl":"/e"}]}</script>',
            [Found("https://river.example/ld.xml", "N", "JSON-LD"),
             Found("https://river.example/e", "", "JSON-LD")], id="JSON-LD",
        ),
        pytest.param('<script type="application/ld+json">{"@type":</script>', [], id="broken JSON"),
        pytest.param(
            '<a href="/feeds/">all</a> <a href="feed:https://x.example/y">y</a>',
            [Found("https://river.example/feeds/", "all", "link on the page"),
             Found("https://x.example/y", "y", "link on the page")], id="anchors by name",
        ),
        pytest.param('<a href="/index.php">首页</a><a href="/feedback">意见</a>', [], id="no feeds"),
        pytest.param(
            '<a href="/list/12">RSS 订阅源</a><a href="/about">关于</a>',
            [Found("https://river.example/list/12", "RSS 订阅源", "link called “RSS 订阅源”")],
            id="anchor by word",
        ),
        pytest.param(
            '<link rel=alternate type=application/rss+xml href="javascript:alert(1)">'
            '<a href="ftp://x/rss.xml">x</a><a href="http://[::1/rss.xml">y</a>', [], id="no address",
        ),
        pytest.param(
            '<link rel=alternate type=application/rss+xml href=/r><a href="/r#top">rss</a>',
            [Found("https://river.example/r", "", "link tag (RSS)")], id="each once",
        ),
    ],
)  # fmt: skip
def test_links(html: str, found: list[Found]) -> None:
    assert list(discover.links(html, PAGE)) == found


def test_guesses_begin_beside_the_page() -> None:
    tried = discover.guesses("https://river.example/blog/")
    assert tried[0] == "https://river.example/blog/feed/"
    assert "https://river.example/rss.xml" in tried
    assert len(tried) == len(set(tried))
    assert discover.guesses("https://river.example")[0] == "https://river.example/feed/"


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        pytest.param(b"<?xml version='1.0'?><rss version='2.0'>", True, id="rss"),
        pytest.param(b"\xef\xbb\xbf<!-- x --><feed xmlns='a'>", True, id="atom"),
        pytest.param(b"<rdf:RDF xmlns:rdf='x'>", True, id="rdf"),
        pytest.param("<rss version='2.0'>".encode("utf-16"), True, id="utf-16"),
        pytest.param(b'{"version": "https://jsonfeed.org/version/1.1"}', True, id="json"),
        pytest.param(b"<!doctype html><html><p>&lt;rss>", False, id="page"),
        pytest.param(b"<html><body><feed >", False, id="page with a feed element"),
        pytest.param(b'{"a": 1}', False, id="other json"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_is_feed(body: bytes, is_one: bool) -> None:
    assert discover.is_feed(body) is is_one


@given(st.text(max_size=200))
def test_it_never_raises(text: str) -> None:
    discover.links(f'<link rel=feed href="{text}"><a href="{text}">rss</a>{text}', PAGE)
    discover.is_feed(text.encode())
