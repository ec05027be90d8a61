"""Where a value stands in what came, and what is said where it stands nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import evidence

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:a="http://www.w3.org/2005/Atom"><channel>
<title>云溪日报</title><link>https://hop.example/</link>
<item><title>甲</title><link>https://origin.example/1?a=1&amp;b=2</link>
<source url="https://origin.example/rss">云溪日报</source>
<dc:creator>周望舒</dc:creator>
<a:link rel="via" href="https://qinghe.example/1" title="清河转载"/></item>
</channel></rss>"""
JSON = """{"title": "河口", "items": [{"id": "1", "_syndicate": {"source": {"name": "云溪日报"},
"via": [{"name": "清河转载"}]}}]}"""
PAGE = """<!doctype html><html><head><meta name="author" content="周望舒">
<link rel="canonical" href="https://origin.example/1"></head>
<body><p class="info">来源：<a href="https://origin.example/">云溪日报</a></p>
<p>本文经清河转载，另见云溪日报社。</p></body></html>"""
NOTE = "标题: 甲\n来源: 云溪日报\n\n正文说到清河转载。"


@pytest.mark.parametrize(
    ("text", "value", "where"),
    [
        pytest.param(RSS, "云溪日报", "source of the item", id="the item before its feed"),
        pytest.param(RSS, "https://hop.example/", "link of the feed", id="of the feed"),
        pytest.param(RSS, "https://origin.example/1?a=1&b=2", "link of the item", id="escaped"),
        pytest.param(RSS, "https://origin.example/rss", "source of the item", id="an attribute"),
        pytest.param(RSS, "清河转载", "atom:link rel=via of the item", id="any prefix"),
        pytest.param(RSS, "周 望舒", "dc:creator of the item", id="spaces"),
        pytest.param(RSS, "望舒", None, id="part of a name is none"),
        pytest.param(JSON, "云溪日报", "_syndicate.source.name of the item", id="json"),
        pytest.param(JSON, "河口", "title of the feed", id="json, of the feed"),
        pytest.param(PAGE, "周望舒", "meta name=author of the page", id="meta"),
        pytest.param(PAGE, "https://origin.example/1", "link rel=canonical of the page", id="link"),
        pytest.param(PAGE, "云溪日报", "text of the page (a)", id="text"),
        pytest.param(PAGE, "清河转载", None, id="in a sentence is no statement"),
        pytest.param(NOTE, "云溪日报", "line 2", id="front matter"),
        pytest.param(NOTE, "清河转载", None, id="not in a line of its own"),
        pytest.param("", "云溪日报", None, id="nothing"),
    ],
)
def test_places(text: str, value: str, where: str | None) -> None:
    found = evidence.locate(text.encode(), None, [value]).get(value)
    assert (found.where if found else None) == where


def test_it_is_shown_as_it_stands() -> None:
    found = evidence.locate(RSS.encode(), None, ["云溪日报", ""])
    shown = '<source url="https://origin.example/rss">云溪日报</source>'
    assert found == {"云溪日报": evidence.Found("source of the item", shown)}


@pytest.mark.parametrize("data", [b"<?xml?>", b"<?xml version='1.0'?> ", b"<?xml?>\x00"])
def test_a_declaration_alone_states_nothing(data: bytes) -> None:
    assert evidence.locate(data, None, ["0"]) == {}


@given(st.binary(max_size=300), st.text(min_size=1, max_size=5))
def test_any_bytes(data: bytes, value: str) -> None:
    for around in (data, b"<rss><item>" + data + b"</item></rss>", b"<html>" + data):
        evidence.locate(around, None, [value])
