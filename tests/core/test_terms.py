"""What sources forbid and reserve: read from pages, headers and feeds, joined, passed on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from syndicate.core import article, feed, parse, terms
from syndicate.core.outgoing import Outgoing, outgoing
from syndicate.model import Attribution, Entry, Picture, Terms
from syndicate.settings import Settings, Site, Source

SITE = Site("清河观察", "https://news.example/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("noindex, NOFOLLOW", ("noindex", "nofollow"), id="two"),
        pytest.param("none", ("noindex", "nofollow"), id="none is two"),
        pytest.param("index, follow, all", (), id="what allows is no term"),
        pytest.param("noai,noimageai", ("noai", "noimageai"), id="against training"),
        pytest.param("max-snippet: 20, max-image-preview:large", ("max-snippet:20", "max-image-preview:large"), id="with values"),
        pytest.param("unavailable_after: 2027-01-01", ("unavailable_after:2027-01-01",), id="until"),
        pytest.param('noarchive, "><script>, max-snippet:x', ("noarchive",), id="nonsense is left out"),
        pytest.param("noarchive, noarchive", ("noarchive",), id="each once"),
        pytest.param("", (), id="nothing"),
    ],
)  # fmt: skip
def test_robots_directives(text: str, found: tuple[str, ...]) -> None:
    assert terms.directives(text) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        pytest.param("noarchive", ("noarchive",), id="for everyone"),
        pytest.param("googlebot: noindex, nofollow", (), id="for one crawler"),
        pytest.param("noai, otherbot: noindex", ("noai",), id="for all, then for one"),
        pytest.param("max-snippet:10", ("max-snippet:10",), id="a value is no crawler"),
    ],
)  # fmt: skip
def test_the_robots_header_of_a_page(header: str, found: tuple[str, ...]) -> None:
    assert terms.of_headers({"x-robots-tag": header}).robots == found


@pytest.mark.parametrize(("text", "said"), [("1", True), ("0", False), ("2", None), (None, None)])
def test_tdm_reservation_is_one_or_zero_or_unset(text: str | None, said: bool | None) -> None:
    assert terms.reservation(text) is said


def test_statements_together_forbid_all_that_each_forbids() -> None:
    page = Terms(("noai",), tdm=True, tdm_policy="https://a.example/p")
    whole = Terms(("noarchive", "noai"), tdm=False, policy="https://a.example/odrl")
    made = terms.joined(page, whole)
    assert made.robots == ("noai", "noarchive")
    assert (made.tdm, made.tdm_policy, made.policy) == (
        True, "https://a.example/p", "https://a.example/odrl",
    )  # fmt: skip
    assert terms.joined(Terms(), Terms()) == Terms()


PAGE = """<html><head><title>题</title>
<meta name="robots" content="noarchive, noai"><meta name="tdm-reservation" content="1">
<meta name="tdm-policy" content="https://s.example/tdm.json">
<link rel="license" type="application/rsl+xml" href="/license.xml">
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "题",
 "image": [{"@type": "ImageObject", "url": "https://s.example/a.jpg", "caption": "大桥",
            "creditText": "周望舒 摄", "copyrightNotice": "© 日报"}]}</script>
<script type="application/ld+json">{"@context": "http://www.w3.org/ns/odrl.jsonld",
 "@type": "Set", "uid": "https://s.example/p/1",
 "permission": [{"action": "display", "target": "https://s.example/1"}]}</script>
</head><body><article><h1>题</h1><p>这是一篇足够长的文章，讲的是清河上的大桥。</p></article></body></html>"""


def test_a_page_with_all_of_it() -> None:
    parsed = article.read_page(PAGE, "https://s.example/1")
    assert parsed.terms.robots == ("noarchive", "noai")
    assert (parsed.terms.tdm, parsed.terms.tdm_policy) == (True, "https://s.example/tdm.json")
    assert parsed.terms.policy == "https://s.example/license.xml"
    assert parsed.terms.policy_type == "application/rsl+xml"
    assert json.loads(parsed.terms.expression)["uid"] == "https://s.example/p/1"
    assert parsed.pictures == (Picture("https://s.example/a.jpg", "大桥", "周望舒 摄", "© 日报"),)


RSS = """<rss version="2.0" xmlns:xhtml="http://www.w3.org/1999/xhtml"
 xmlns:access="http://www.bloglines.com/about/specs/fac-1.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:o="http://www.w3.org/ns/odrl/2/" xmlns:rsl="https://rslstandard.org/rsl" xmlns:atom="http://www.w3.org/2005/Atom">
{around}<channel><title>源</title><link>https://s.example/</link>{head}
<item><title>一</title><link>https://s.example/1</link><description>文</description>{item}</item>
</channel></rss>"""


@pytest.mark.parametrize(
    ("parts", "of_feed", "of_entry"),
    [
        pytest.param({}, Terms(), Terms(), id="nothing"),
        pytest.param(
            {"head": '<xhtml:meta name="robots" content="noindex"/>'}, Terms(("noindex",)), Terms(),
            id="robots of the feed",
        ),
        pytest.param(
            {"around": '<access:restriction relationship="deny"/>'}, Terms(terms.DENIED), Terms(),
            id="access denied, beside the channel",
        ),
        pytest.param(
            {"around": '<access:restriction relationship="allow"/>'}, Terms(), Terms(),
            id="access allowed",
        ),
        pytest.param(
            {"item": '<xhtml:meta name="robots" content="noai"/><xhtml:meta name="tdm-reservation" content="1"/>'},
            Terms(), Terms(("noai",), tdm=True), id="of an item",
        ),
        pytest.param(
            {"item": '<atom:link rel="license" type="application/odrl+xml" href="/odrl.xml"/>'}, Terms(),
            Terms(policy="https://s.example/odrl.xml", policy_type="application/odrl+xml"), id="a policy",
        ),
        pytest.param(
            {"item": '<atom:link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/"/>'},
            Terms(), Terms(), id="a licence for people is no policy",
        ),
    ],
)  # fmt: skip
def test_a_feed(parts: dict[str, str], of_feed: Terms, of_entry: Terms) -> None:
    text = RSS.format(**{"around": "", "head": "", "item": "", **parts})
    parsed = parse.parse(text.encode(), url="https://s.example/rss.xml")
    assert parsed.terms == of_feed
    # What an item links to stands relative to the feed
    found = parsed.entries[0].terms
    assert found == of_entry


def test_policies_in_xml_are_kept_and_stand_in_our_feeds() -> None:
    for policy in (
        '<o:Policy type="http://www.w3.org/ns/odrl/2/Set" uid="https://s.example/p"><o:permission/></o:Policy>',
        '<rsl:content url="/1"><rsl:license><rsl:prohibits type="usage">ai-train</rsl:prohibits></rsl:license></rsl:content>',
    ):  # fmt: skip
        text = RSS.format(around="", head="", item=policy)
        said = parse.parse(text.encode()).entries[0].terms
        assert said.expression.startswith("<")
        for format in ("rss", "atom"):
            channel = feed.Channel("tag:x", "T", "f.xml", "", "D", site="https://news.example/")
            root = etree.fromstring(feed.emit(format, channel, [an_out(said)]))  # type: ignore[arg-type]
            assert (
                len(root.xpath("//*[local-name()='permission' or local-name()='prohibits']")) == 1
            )


MEDIA = """<media:group><media:content url="/a.jpg" medium="image"><media:description>大桥</media:description>
<media:credit role="photographer">周望舒</media:credit></media:content>
<media:content url="https://s.example/v.mp4" type="video/mp4"/><media:copyright>© 日报</media:copyright></media:group>
<media:thumbnail url="https://s.example/t.png"/><media:credit>通讯社</media:credit>"""


def test_pictures_have_what_stands_nearest_to_them() -> None:
    text = RSS.format(around="", head="", item=MEDIA)
    parsed = parse.parse(text.encode(), url="https://s.example/rss.xml").entries[0]
    assert parsed.pictures == (
        Picture("https://s.example/a.jpg", "大桥", "周望舒", "© 日报"),
        Picture("https://s.example/t.png", "", "通讯社", ""),
    )


def an_entry(said: Terms) -> Entry:
    return Entry(
        "a" * 16, "s", "k", "https://s.example/1", "题", Attribution(),
        datetime(2026, 11, 24, tzinfo=UTC), url="https://s.example/1", summary="这是摘要的全部文字",
        content_html="<p>全文</p>", content_text="全文", terms=said,
    )  # fmt: skip


def an_out(said: Terms) -> Outgoing:
    return Outgoing(an_entry(said), SITE, ZoneInfo("Asia/Shanghai"), "full")


def test_terms_travel_from_our_json_feed_to_the_next_reader() -> None:
    said = Terms(
        ("noai",), True, "https://s.example/t", "https://s.example/p", "application/rsl+xml", "{}"
    )
    channel = feed.Channel("tag:x", "T", "feed.json", "", site="https://news.example/")
    again = parse.parse(feed.emit("json", channel, [an_out(said)]))
    assert again.entries[0].terms == said


@pytest.mark.parametrize(
    ("said", "content", "shown", "summary"),
    [
        pytest.param(Terms(), "summary", "summary", "这是摘要的全部文字", id="nothing forbidden"),
        pytest.param(Terms(("nosnippet",)), "summary", "link", "", id="no snippet: a link"),
        pytest.param(Terms(("nosnippet",)), "full", "full", "", id="with permission the text, no teaser"),
        pytest.param(Terms(("max-snippet:0",)), "summary", "link", "", id="a snippet of nothing"),
        pytest.param(Terms(("max-snippet:5",)), "summary", "summary", "这是摘要…", id="a short snippet"),
        pytest.param(Terms(("max-snippet:-1",)), "summary", "summary", "这是摘要的全部文字", id="no limit"),
        pytest.param(Terms(("noarchive",)), "full", "full", "这是摘要的全部文字", id="passed on only"),
    ],
)  # fmt: skip
def test_how_much_is_shown(said: Terms, content: str, shown: str, summary: str) -> None:
    from pathlib import Path

    source = Source("s", content=content, timezone="Asia/Shanghai")  # type: ignore[arg-type]
    out = outgoing(an_entry(said), Settings(SITE, Path("c"), sources=(source,)))
    assert out.shown == shown
    assert out.summary == summary


def test_who_took_a_picture_did_not_write_the_article_and_its_caption_is_no_summary() -> None:
    picture = '<media:content url="/a.jpg" medium="image"><media:description>大桥</media:description><media:credit>周望舒</media:credit></media:content>'
    body = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>全文</content:encoded>"
    text = RSS.replace("<description>文</description>", body).format(
        around="", head="", item=picture
    )
    entry = parse.parse(text.encode()).entries[0]
    assert entry.attribution.authors == ()
    assert entry.summary_html == ""
    assert entry.pictures[0].credit == "周望舒"
