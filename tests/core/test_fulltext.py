"""The page behind a link: as an entry of its own, and as what completes a feed's."""

from __future__ import annotations

import pytest

from syndicate.core import fulltext, normalize
from syndicate.core.fulltext import Fetched
from syndicate.core.listing import Listed
from syndicate.core.prepared import Prepared
from syndicate.errors import ParseError
from syndicate.model import Attribution, GivenDate, ParsedEntry, Person, Publisher
from syndicate.settings import Source

ZONE = "Asia/Shanghai"
SOURCE = Source("s", timezone=ZONE, own=True)
URL = "https://paper.example/2026/1.html"
BODY = (
    "<p>县里的图书馆昨日重新开放，馆长说新馆藏书比从前多出一倍，读者可以在网上预约座位。</p>"
    "<p>记者在现场看到，儿童阅览区坐满了孩子，志愿者正在给他们讲故事，老人们在报刊区读报。</p>"
    '<p><img src="pic/1.jpg">据介绍，图书馆每周开放六天，周一闭馆整理。</p>'
)


def page(
    *, title: str = "图书馆重新开放", info: str = "", head: str = "", body: str = BODY
) -> Fetched:
    html = (
        f'<html><head><title>{title}</title><meta property="og:site_name" content="青河在线">{head}'
        f'</head><body><h1>{title}</h1><div class="info">{info}</div><div id="c">{body}</div></body></html>'
    )
    return Fetched(html.encode(), "text/html; charset=utf-8", URL)


def read(fetched: Fetched, date: str | None = "2026-11-20", selector: str = "") -> ParsedEntry:
    listed = Listed(URL, "列表中的标题", GivenDate(date) if date else None)
    return fulltext.read(fetched, listed, ZONE, selector).prepared.parsed


def test_the_list_stands_in_for_what_the_page_leaves_out() -> None:
    parsed = read(page())
    assert parsed.title == "图书馆重新开放"
    assert str(parsed.attribution.published) == "2026-11-20"
    assert ("published", "the listing page") in [(e.field, e.where) for e in parsed.evidence]
    assert read(page(title="")).title == "列表中的标题"


def test_the_page_is_believed_before_the_list() -> None:
    parsed = read(page(info="2026-11-19 08:30　来源：青河日报"))
    assert str(parsed.attribution.published) == "2026-11-19T08:30+08:00"
    assert parsed.attribution.source.name == "青河日报"
    assert parsed.attribution.via == ()  # its own site is no hand on the way to itself


def test_the_site_of_a_page() -> None:
    assert fulltext.read(page(), Listed(URL, ""), ZONE).site == "青河在线"


@pytest.mark.parametrize(
    ("head", "info", "link"),
    [
        pytest.param("", "", URL, id="its own"),
        pytest.param(f'<link rel="canonical" href="{URL}?x=1">', "", f"{URL}?x=1", id="canonical"),
        pytest.param(
            '<link rel="canonical" href="https://paper.example/">', "", URL, id="front page"
        ),
        pytest.param(
            "",
            '<a href="https://first.example/9">原文链接</a>',
            "https://first.example/9",
            id="stated",
        ),
    ],
)
def test_where_it_leads(head: str, info: str, link: str) -> None:
    assert read(page(head=head, info=info)).link == link


def test_a_selector_finds_the_body() -> None:
    listed = Listed(URL, "")
    own = page(body=BODY + '<div class="own"><p>只要这段。</p><img src="/a.png"></div>')
    prepared = fulltext.read(own, listed, ZONE, ".own").prepared
    assert prepared.content_text.strip() == "只要这段。"
    assert 'src="https://paper.example/a.png"' in prepared.content_html
    missing = fulltext.read(own, listed, ZONE, ".none").prepared
    assert "志愿者" in missing.content_text
    assert any(".none" in problem for problem in missing.parsed.problems)
    with pytest.raises(ParseError, match=r"sources\.select\.content"):
        fulltext.read(own, listed, ZONE, "a[")


@pytest.mark.parametrize(
    "fetched",
    [
        pytest.param(Fetched(b"%PDF-1.7", "application/pdf", URL), id="a pdf"),
        pytest.param(Fetched(b"", "text/html", URL), id="empty"),
        pytest.param(Fetched(b"<html><body></body></html>", None, URL), id="no article"),
    ],
)
def test_what_is_no_article(fetched: Fetched) -> None:
    with pytest.raises(ParseError):
        read(fetched)


_NOTHING = Attribution()


def of_feed(said: Attribution = _NOTHING, html: str = "<p>馆长说藏书多。</p>") -> Prepared:
    parsed = ParsedEntry(id="1", link=URL, title="开放了", summary_html=html, attribution=said)
    return normalize.prepare(parsed, zone=ZONE)


INFO = "来源：青河日报　作者：赵大力　2026-11-19 08:30"


def test_a_longer_text_replaces_and_gaps_are_filled() -> None:
    done = fulltext.complete(of_feed(), page(info=INFO), SOURCE)
    assert "志愿者" in done.content_text
    assert 'src="https://paper.example/2026/pic/1.jpg"' in done.content_html
    assert done.parsed.title == "开放了"
    assert done.summary == "馆长说藏书多。"
    said = done.parsed.attribution
    assert said.source.name == "青河日报"
    assert [p.name for p in said.authors] == ["赵大力"]
    assert str(said.published) == "2026-11-19T08:30+08:00"
    fields = {e.field for e in done.parsed.evidence if e.where == fulltext.BEHIND}
    assert {"source", "authors", "published", "text"} <= fields
    assert fulltext.is_complete(done)
    (kept,) = done.received
    assert (kept.body.kind, kept.body.url, kept.body.size) == (
        "page",
        URL,
        len(page(info=INFO).data),
    )
    assert done.marks.id == of_feed().marks.id


def test_what_the_feed_states_is_never_outranked() -> None:
    said = Attribution(
        source=Publisher(name="晨报"),
        authors=(Person("王小红"),),
        published=GivenDate("2026-11-18"),
    )
    done = fulltext.complete(of_feed(said), page(info=INFO), SOURCE).parsed.attribution
    assert done.source.name == "晨报"
    assert [p.name for p in done.authors] == ["王小红"]
    assert str(done.published) == "2026-11-18"


def test_a_shorter_text_changes_nothing() -> None:
    full = of_feed(html=BODY * 3)
    done = fulltext.complete(full, page(), SOURCE)
    assert done.content_text == full.content_text
    assert not fulltext.is_complete(done)


def test_a_text_that_was_complete_is_kept() -> None:
    before = fulltext.complete(of_feed(), page(), SOURCE)
    now = of_feed()
    kept = fulltext.keeping(now, before.content_html, before.content_text)
    assert kept.content_text == before.content_text
    assert fulltext.keeping(before, "", "").content_text == before.content_text
