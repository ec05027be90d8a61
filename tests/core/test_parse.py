"""Every field of the contract's section 6, from wherever feeds put it; and what is refused."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.core import parse
from syndicate.errors import ParseError
from syndicate.model import Hop, ParsedEntry, ParsedFeed, Person

URL = "https://feeds.example/dir/rss"
NS = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:cc="http://backend.userland.com/creativeCommonsRssModule" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def feed_of(text: str, url: str | None = URL) -> ParsedFeed:
    return parse.parse(text.encode(), url=url)


def item(inner: str, channel: str = "") -> ParsedEntry:
    """The entry of an RSS item."""
    text = f'<rss version="2.0" {NS}><channel>{channel}<item>{inner}</item></channel></rss>'
    (entry,) = feed_of(text).entries
    return entry


def entry(inner: str, feed: str = "", attributes: str = "") -> ParsedEntry:
    """The entry of an Atom feed."""
    text = (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {NS} {attributes}>{feed}'
        f"<entry>{inner}</entry></feed>"
    )
    (found,) = feed_of(text).entries
    return found


def field(found: ParsedEntry, path: str) -> Any:
    """`a.source.feed` is attribution.source.feed."""
    value: Any = found
    for name in path.split("."):
        value = getattr(value, {"a": "attribution"}.get(name, name))
    return value.text if hasattr(value, "text") and hasattr(value, "has_time") else value


@pytest.mark.parametrize(
    ("inner", "path", "value"),
    [
        pytest.param(
            '<source url="https://o.example/f">源</source>', "a.source.name", "源", id="s"
        ),
        pytest.param(
            '<source url="https://o.example/f">源</source>',
            "a.source.feed",
            "https://o.example/f",
            id="source-url-is-the-feed",
        ),
        pytest.param("<dc:source>某日报</dc:source>", "a.source.name", "某日报", id="dc-source"),
        pytest.param(
            "<dc:source>https://o.example/1</dc:source>",
            "a.original_url",
            "https://o.example/1",
            id="dc-source-url",
        ),
        pytest.param(
            "<dc:publisher>出版者</dc:publisher>", "a.source.name", "出版者", id="publisher"
        ),
        pytest.param(
            "<dc:creator>甲乙</dc:creator><dc:creator>丙丁</dc:creator>",
            "a.authors",
            (Person("甲乙"), Person("丙丁")),
            id="creators-in-order",
        ),
        pytest.param(
            "<author>a@x.example (Ann Lee)</author>",
            "a.authors",
            (Person("Ann Lee", email="a@x.example"),),
            id="author-with-address",
        ),
        pytest.param(
            "<dc:creator>佚名</dc:creator>", "a.authors", (Person("佚名"),), id="anonymous"
        ),
        pytest.param(
            "<itunes:author>Ann Lee</itunes:author>", "a.authors", (Person("Ann Lee"),), id="itunes"
        ),
        pytest.param(
            "<media:credit role='author'>Bo Li</media:credit>",
            "a.authors",
            (Person("Bo Li"),),
            id="media-credit",
        ),
        pytest.param("<dc:rights>© 某社</dc:rights>", "a.rights", "© 某社", id="dc-rights"),
        pytest.param("<media:copyright>© m</media:copyright>", "a.rights", "© m", id="media-c"),
        pytest.param(
            "<cc:license>https://l.example/by</cc:license>",
            "a.licence",
            "https://l.example/by",
            id="creative-commons",
        ),
        pytest.param(
            '<atom:link rel="license" href="https://l.example/"/>',
            "a.licence",
            "https://l.example/",
            id="link-license",
        ),
        pytest.param(
            '<atom:link rel="via" title="甲站" href="https://a.example/"/>'
            '<atom:link rel="via" title="乙站" href="https://b.example/"/>',
            "a.via",
            (Hop("甲站", "https://a.example/"), Hop("乙站", "https://b.example/")),
            id="via-in-order",
        ),
        pytest.param(
            "<link>https://p.example/1</link>"
            "<feedburner:origLink>https://o.example/1</feedburner:origLink>",
            "a.original_url",
            "https://o.example/1",
            id="orig-link",
        ),
        pytest.param("<guid isPermaLink='false'>17</guid>", "id", "17", id="guid"),
        pytest.param(
            "<guid isPermaLink='false'>https://x.example/</guid>", "link", None, id="no-l"
        ),
        pytest.param("<guid>https://x.example/1</guid>", "link", "https://x.example/1", id="perma"),
        pytest.param("<link>../a</link>", "link", "https://feeds.example/a", id="relative"),
        pytest.param("<pubDate>2022年6月24日</pubDate>", "a.published", "2022-06-24", id="chinese"),
        pytest.param(
            "<pubDate>前天</pubDate>", "raw_dates", (("published", "前天"),), id="raw-date-kept"
        ),
        pytest.param(
            "<dcterms:modified>2022-06-24</dcterms:modified>", "a.updated", "2022-06-24", id="mod"
        ),
        pytest.param("<title>A &amp;amp; B &amp;lt;</title>", "title", "A & B <", id="entities"),
        pytest.param("<title>&lt;b&gt;粗&lt;/b&gt;体</title>", "title", "粗体", id="markup"),
        pytest.param("<title>caf&eacute;</title>", "title", "café", id="undeclared-entity"),
        pytest.param("<title>don&#146;t</title>", "title", "don’t", id="windows-character"),
        pytest.param("<description>a</description>", "content_html", "a", id="description"),
        pytest.param(
            "<description>a</description><content:encoded>b</content:encoded>",
            "summary_html",
            "a",
            id="summary-beside-content",
        ),
        pytest.param(
            "<category>法治</category><dc:subject>人大</dc:subject>",
            "categories",
            ("法治", "人大"),
            id="categories",
        ),
        pytest.param(
            '<media:thumbnail url="t.png"/>', "thumbnail", "https://feeds.example/dir/t.png", id="t"
        ),
        pytest.param("<dc:language>en</dc:language>", "language", "en", id="language"),
        pytest.param(
            "<media:group><media:description>a &lt; b</media:description></media:group>",
            "content_html",
            "a &lt; b",
            id="media-description",
        ),
    ],
)
def test_rss(inner: str, path: str, value: object) -> None:
    assert field(item(inner), path) == value


def test_enclosure() -> None:
    (found,) = item('<enclosure url="a.mp3" length="12" type="audio/mpeg"/>').enclosures
    assert (found.url, found.length, found.type) == (
        "https://feeds.example/dir/a.mp3",
        12,
        "audio/mpeg",
    )


def test_the_feed_is_no_stated_source() -> None:
    found = item("<title>x</title>", "<title>Feed</title><copyright>c</copyright>")
    assert found.attribution.source.name is None


WHOLE = """<source><id>urn:s</id><title>源</title><updated>2022-06-24T00:00:00Z</updated>
<link href="https://s.example/"/><link rel="self" href="https://s.example/f"/>
<author><name>社</name></author><rights>©</rights><logo>l.png</logo></source>"""


@pytest.mark.parametrize(
    ("inner", "path", "value"),
    [
        pytest.param(WHOLE, "a.source.id", "urn:s", id="source-id"),
        pytest.param(WHOLE, "a.source.name", "源", id="source-title"),
        pytest.param(WHOLE, "a.source.url", "https://s.example/", id="source-link"),
        pytest.param(WHOLE, "a.source.feed", "https://s.example/f", id="source-self"),
        pytest.param(WHOLE, "a.source.rights", "©", id="source-rights"),
        pytest.param(WHOLE, "a.source.logo", "https://feeds.example/dir/l.png", id="source-logo"),
        pytest.param(WHOLE, "a.source.updated", "2022-06-24T00:00:00Z", id="source-updated"),
        pytest.param(WHOLE, "a.authors", (Person("社"),), id="authors-of-the-source"),
        pytest.param("<id>1</id>", "id", "1", id="id-is-never-resolved"),
        pytest.param('<title type="text">a &lt;b></title>', "title", "a <b>", id="text-title"),
        pytest.param('<title type="html">a &lt;b>c&lt;/b></title>', "title", "a c", id="html"),
        pytest.param(
            '<title mode="base64" type="text/html">PGI+55SyPC9iPg==</title>',
            "title",
            "甲",
            id="b64",
        ),
        pytest.param(
            "<author><uri>https://a.example/</uri></author>",
            "a.authors",
            (Person("https://a.example/", "https://a.example/"),),
            id="author-with-address-alone",
        ),
        pytest.param(
            '<link xml:base="https://b.example/x/" href="y"/>',
            "link",
            "https://b.example/x/y",
            id="xml-base-of-the-link-itself",
        ),
        pytest.param(
            '<content type="html" xml:base="https://b.example/x/">&lt;a href="y"&gt;</content>',
            "content_html",
            '<a href="https://b.example/x/y">',
            id="xml-base",
        ),
        pytest.param('<rights type="text">© &lt;x></rights>', "a.rights", "© <x>", id="rights"),
        pytest.param('<category term="law" label="法"/>', "categories", ("法",), id="label"),
    ],
)
def test_atom(inner: str, path: str, value: object) -> None:
    assert field(entry(inner), path) == value


def test_authors_of_the_feed_are_inherited() -> None:
    assert entry("<id>1</id>", "<author><name>社</name></author>").attribution.authors == (
        Person("社"),
    )


def test_language_of_the_nearest_element() -> None:
    assert entry("<id>1</id>", attributes='xml:lang="zh-CN"').language == "zh-CN"


def test_rdf() -> None:
    found = feed_of(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel><title>T</title></channel>'
        "<image><url>i.png</url></image>"
        '<item rdf:about="https://x.example/1"><title>a</title></item></rdf:RDF>'
    )
    assert (found.format, found.logo) == ("rdf", "https://feeds.example/dir/i.png")
    assert found.entries[0].link == found.entries[0].id == "https://x.example/1"


def test_cdf() -> None:
    found = feed_of(
        '<CHANNEL HREF="/"><TITLE>频道</TITLE><ITEM HREF="a" LASTMOD="2022-06-24">'
        "<TITLE>甲</TITLE><ABSTRACT>a &lt; b</ABSTRACT></ITEM></CHANNEL>"
    )
    assert (found.format, found.title, found.url) == ("cdf", "频道", "https://feeds.example/")
    (only,) = found.entries
    assert (only.title, only.link) == ("甲", "https://feeds.example/dir/a")
    assert only.content_html == "a &lt; b"


def test_json_feed_with_our_extension() -> None:
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "items": [
            {
                "id": 1,
                "url": "/a",
                "title": "a &amp; b",
                "content_text": "x < y\n\nz",
                "authors": [{"name": "甲", "url": "https://a.example/"}],
                "date_published": "2022-06-24",
                "tags": ["法"],
                "attachments": [{"url": "m", "mime_type": "audio/x", "size_in_bytes": 3}],
                "_syndicate": {
                    "source": {"name": "源", "url": None, "feed": "https://s.example/f"},
                    "via": [
                        {"name": "一", "url": None},
                        {"name": "二", "url": "https://2.example"},
                    ],
                    "rights": "©",
                    "licence": "https://l.example/",
                },
            }
        ],
    }
    found = feed_of(json.dumps(data))
    (only,) = found.entries
    assert (only.id, only.link) == ("1", "https://feeds.example/a")
    assert only.content_html == "<p>x &lt; y</p><p>z</p>"
    a = only.attribution
    assert (a.source.name, a.source.feed, a.rights) == ("源", "https://s.example/f", "©")
    assert a.via == (Hop("一"), Hop("二", "https://2.example"))
    assert a.authors == (Person("甲", "https://a.example/"),)
    assert only.enclosures[0].length == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \n", "empty", id="blank"),
        pytest.param(b"<!doctype html><html></html>", "web page", id="page"),
        pytest.param(b"<opml/>", "not a feed", id="other-xml"),
        pytest.param(b"nothing of the kind", "not a feed", id="text"),
        pytest.param(b"{}", "no items", id="json"),
        pytest.param(b"[" * 100_000, "JSON", id="json-deep"),
        pytest.param(
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>',
            "entities",
            id="external-entity",
        ),
        pytest.param(
            b'<?xml version="1.0"?><!-- c --><!doctype r [<!entity a "b">]><rss/>',
            "entities",
            id="lower-case",
        ),
        pytest.param("<!DOCTYPE r [<!ENTITY a 'b'>]><rss/>".encode("utf-16"), "entit", id="utf-16"),
        pytest.param(b"<rss><channel>" + b"<a>" * 100_000, "nested", id="nested"),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse.parse(data, url=URL)


def test_an_article_about_entities_is_no_bomb() -> None:
    text = "<![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]>"
    assert "ENTITY" in item(f"<description>{text}</description>").content_html


def test_broken_xml_is_read() -> None:
    found = feed_of(
        "<rss><channel><title>T</title><item><guid>7</guid><link>/a</link>"
        "<title>Tom & Jerry <b></title><pubDate>2022年6月24日</pubDate></item></channel></rss>"
    )
    (only,) = found.entries
    assert (only.id, only.link) == ("7", "https://feeds.example/a")
    assert str(only.attribution.published) == "2022-06-24"
    assert found.problems


def test_the_language_hint_is_the_last_resort() -> None:
    data = b"<rss><channel><item><title>x</title></item></channel></rss>"
    assert parse.parse(data, language_hint="zh-CN").entries[0].language == "zh-CN"


def test_values_can_be_sent_to_another_process() -> None:
    found = feed_of(f"<rss {NS}><channel><item><guid>1</guid></item></channel></rss>")
    assert pickle.loads(pickle.dumps(found)) == found


SAMPLE = (
    f"<rss {NS}><channel><title>T</title><link>https://x.example/</link>"
    "<item><guid>1</guid><title>a &amp; b</title><description><![CDATA[<p>甲</p>]]></description>"
    '<dc:creator>乙</dc:creator><enclosure url="u" length="1"/></item></channel></rss>'
).encode()


@settings(max_examples=150, deadline=2000)
@given(st.data())
def test_mangled_documents_end_in_a_feed_or_a_reason(data: st.DataObject) -> None:
    document = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(document)))
        length = data.draw(st.integers(0, 30))
        document[start : start + length] = data.draw(
            st.sampled_from([b"", b"<", b">", b"&", b"]]>", b"<![CDATA[", b"\xff", b"<item>", b'"'])
        )
    try:
        found = parse.parse(bytes(document), url=URL)
    except ParseError:
        return
    assert found == parse.parse_new(bytes(document), url=URL)[0]


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        pytest.param("<dc:date>2022-06-24</dc:date>", "a.published", "2022-06-24", id="one-date"),
        pytest.param("<guid isPermaLink='false'>urn:1</guid>", "link", None, id="id-is-no-link"),
        pytest.param("<dc:creator>甲乙</dc:creator>", "a.authors", (Person("甲乙"),), id="creator"),
        pytest.param("<dc:source>某日报</dc:source>", "a.source.name", "某日报", id="source"),
    ],
)
def test_broken_feeds_are_read_as_others(text: str, path: str, value: object) -> None:
    assert field(item(text + "<title>a & b</title>"), path) == field(item(text), path) == value


def test_entities_that_stand_for_markup_do_not_become_markup() -> None:
    data = b"<rss version='2.0'><channel><item><title>3 &LT; 5 &AMP; c&nbsp;d &what;</title>"
    feed = parse.parse(data + b"</item></channel></rss>")
    assert feed.problems == ()
    assert feed.entries[0].title == "3 < 5 & c d &what;"


def test_lines_of_a_json_feeds_text_stay_lines() -> None:
    items = [{"id": "1", "content_text": "来源：某报\r\n正文 <第一行>\n\n\n第二段"}]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": items}
    (entry,) = feed_of(json.dumps(document)).entries
    assert entry.content_html == "<p>来源：某报<br>正文 &lt;第一行&gt;</p><p>第二段</p>"
