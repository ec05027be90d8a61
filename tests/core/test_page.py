"""What pages say, through the built-in templates: the whole way from an entry to HTML."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from syndicate.adapters.templates import Templates
from syndicate.core import frame as frames
from syndicate.core import page, sample
from syndicate.core.outgoing import Also, Outgoing, outgoing
from syndicate.settings import Column, Notices, Settings, Site, Source

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Templates([ROOT / "templates"])
COLUMNS = (Column("law", "法治"), Column("court", "法院", parent="law"), Column("rest", rest=True))
SITE = Site(
    "示例站", "https://news.example/", notices=Notices(reprint="请在 {takedown_days} 日内联系")
)
SETTINGS = Settings(
    site=SITE,
    file=Path("config.toml"),
    columns=COLUMNS,
    sources=(Source("sample", content="full"), Source("home", type="folder", own=True)),
)


def an_out(**changes: object) -> Outgoing:
    return replace(outgoing(sample.entry("court"), SETTINGS), **changes)  # type: ignore[arg-type]


def article(out: Outgoing, language: str = "zh-CN", **how: object) -> LexborHTMLParser:
    made = frames.frame(replace(SITE, language=language), COLUMNS, 1)
    shown = page.article(out, made, COLUMNS, **how)  # type: ignore[arg-type]
    return LexborHTMLParser(TEMPLATES.render("article.html", page.context(shown)))


def text(html: LexborHTMLParser, selector: str) -> str:
    node = html.css_first(selector)
    assert node is not None, selector
    return re.sub(r"\s+", " ", node.text()).strip()


def href(html: LexborHTMLParser, selector: str) -> str | None:
    node = html.css_first(selector)
    return node.attributes.get("href") if node else None


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        (
            "zh-CN",
            ["来源", "作者", "责任编辑", "发布时间", "更新时间", "原文链接", "版权", "转载自"],
        ),
        ("en", ["Source", "Author", "Editor", "Published", "Updated", "Original", "Rights"]),
    ],
)
def test_attribution_is_visible(language: str, labels: list[str]) -> None:
    block = text(article(an_out(), language), ".attribution")
    for label in labels:
        assert label in block
    for value in ("示例日报", "李 明", "佚名", "王芳", "2026-11-23 09:30+08:00", "© 示例日报",
                  "https://daily.example/1", "示例文摘 → 示例星球"):  # fmt: skip
        assert value in block


def test_breadcrumb_goes_through_all_parents() -> None:
    html = article(an_out())
    steps = [n.text(strip=True) for n in html.css(".breadcrumb li")]
    assert steps == ["首页", "法治", "法院", "正文"]
    assert href(html, ".breadcrumb li:nth-child(3) a") == "../court/index.html"


@pytest.mark.parametrize(
    ("out", "canonical"),
    [
        pytest.param(an_out(), "https://daily.example/1", id="reprint: the original"),
        pytest.param(
            an_out(own=True), "https://news.example/articles/sample000000000000.html", id="own"
        ),
    ],
)
def test_canonical(out: Outgoing, canonical: str) -> None:
    html = article(out)
    assert href(html, "link[rel=canonical]") == canonical
    assert html.css_first("meta[property='og:url']").attributes["content"] == canonical


def test_own_has_no_reprint_notices_and_no_via() -> None:
    out = an_out(own=True, notices=())
    html = article(out)
    assert html.css_first("aside.notices") is None
    assert "转载自" not in text(html, ".attribution")


def test_notices_whole_and_linked() -> None:
    html = article(an_out(notices=SITE.notices.texts()))
    box = text(html, "aside.notices")
    assert "网站声明" in box
    assert "请在 30 日内联系" in box
    assert href(html, "aside.notices .more a") == "../notices.html"


def test_noindex_only_where_asked() -> None:
    assert article(an_out()).css_first("meta[name=robots]") is None
    robots = article(an_out(), noindex=True).css_first("meta[name=robots]")
    assert robots.attributes["content"] == "noindex"


@pytest.mark.parametrize(
    ("shown", "has", "lacks"),
    [
        pytest.param("full", "正文", "摘要", id="full"),
        pytest.param("summary", "摘要", "正文", id="summary"),
        pytest.param("link", "", "摘要", id="link"),
    ],
)
def test_what_may_be_shown(shown: str, has: str, lacks: str) -> None:
    html = article(an_out(shown=shown))
    body = text(html, ".body")
    assert has in body
    assert lacks not in body
    assert lacks not in (html.css_first("head").text() or "")


def test_also_published_by() -> None:
    html = article(an_out(also=(Also("乙报", "https://b.example/"),)))
    assert "另见" in text(html, ".attribution")
    assert href(html, ".attribution .also a") == "https://b.example/"


def test_json_ld() -> None:
    data = json.loads(article(an_out()).css_first("script").text())
    assert data["@type"] == "AdvertiserContentArticle"
    assert data["isBasedOn"] == "https://daily.example/1"
    assert data["author"][1] == {
        "@type": "Person", "name": "佚名", "url": "https://daily.example/a"
    }  # fmt: skip
    assert data["publisher"]["name"] == "示例日报"


def test_every_page_leads_to_all_feeds_relatively() -> None:
    for name, context in sample.contexts(SETTINGS).items():
        if name.endswith(".html") and "page" in context:
            html = LexborHTMLParser(TEMPLATES.render(name, context))
            root = context["frame"].root
            found = {n.attributes["href"] for n in html.css("link[rel=alternate]")}
            assert {f"{root}atom.xml", f"{root}rss.xml", f"{root}feed.json"} <= found
            assert html.css_first("html").attributes["lang"] == "zh-CN"
            assert not html.css("[style], [onclick], script:not([src]):not([type])")


hostile = st.text(max_size=40) | st.sampled_from(
    [
        "</script><script>alert(1)</script>",
        "<!--",
        "{{ 1 }}",
        '"><b onload=x>',
        "\u2028\u202e",
        "😀" * 9,
    ]
)


@limits(max_examples=60, deadline=None)
@given(hostile, hostile, hostile)
def test_no_text_becomes_markup(title: str, name: str, notice: str) -> None:
    entry = sample.entry("court")
    said = entry.attribution
    entry = replace(
        entry,
        title=title,
        attribution=replace(said, source=replace(said.source, name=name), editor=notice),
        notices=(replace(entry.notices[0], text=notice),),
    )
    html = article(outgoing(entry, SETTINGS))
    assert len(html.css("script")) == 1
    assert not html.css("b[onload]")
    json.loads(html.css_first("script").text())


def test_taken_down_says_nothing_of_the_entry() -> None:
    made = page.taken_down(frames.frame(SITE, COLUMNS, 1))
    html = LexborHTMLParser(TEMPLATES.render("taken-down.html", page.context(made)))
    assert "已撤下" in text(html, "main")
    assert html.css_first("meta[name=robots]").attributes["content"] == "noindex"


def test_a_column_without_entries_says_what_will_be_there() -> None:
    made = page.column(frames.frame(SITE, COLUMNS, 1), COLUMNS, "rest", [])
    html = LexborHTMLParser(TEMPLATES.render("column.html", page.context(made)))
    assert text(html, "h1") == "其他"
    assert "还没有文章" in text(html, ".empty")


def test_months_are_pages_in_parts() -> None:
    two = frames.frame(SITE, COLUMNS, 2)
    earlier, later = ("2026-09", 7), ("2026-10", 3)
    made = page.month(two, COLUMNS, "law", [an_out()], ("2026-10", 2), earlier, later)
    assert made.earlier
    assert made.earlier.url == "../../law/archive/2026-09-7.html"
    assert made.later
    assert made.later.text == "2026年10月 · 第 3 页"
    assert [p.url.rpartition("/")[2] for p in made.parts] == ["2026-10.html", "2026-10-2.html"]
    html = TEMPLATES.render("column.html", page.context(made))
    assert '<a href="../../law/index.html#months">全部月份</a>' in html
    months = [("2026-10", 3), ("2026-09", 7)]
    first = page.column(frames.frame(SITE, COLUMNS, 1), COLUMNS, "law", [an_out()], months)
    assert [m.url for m in first.months] == [
        "../law/archive/2026-10-3.html", "../law/archive/2026-09-7.html"
    ]  # fmt: skip


def test_a_page_of_a_busy_month_leads_to_few_others() -> None:
    two = frames.frame(SITE, COLUMNS, 2)
    made = page.month(two, COLUMNS, "law", [], ("2026-10", 300))
    assert [p.text for p in made.parts] == ["1", "297", "298", "299", "300"]


def test_a_hundred_entries_of_a_month_stay_light() -> None:
    two = frames.frame(SITE, COLUMNS, 2)
    made = page.month(two, COLUMNS, "law", [an_out()] * 100, ("2026-10", 2))
    assert len(TEMPLATES.render("column.html", page.context(made)).encode()) < 60_000


def test_the_list_of_sources_says_what_came_of_each() -> None:
    read = [
        page.Read("示例日报", "https://daily.example/", entries=3, newest="2026-11-24"),
        page.Read("示例旧报", entries=1, former=True),
        page.Read("示例新报"),
    ]
    html = TEMPLATES.render(
        "sources.html", page.context(page.sources(frames.frame(SITE, COLUMNS, 0), read))
    )
    assert "3 篇" in html
    assert '<time datetime="2026-11-24">最近收录于 2026-11-24</time>' in html
    assert "已不再收录 · 1 篇" in html
    assert html.count("这里还没有文章") == 1


def test_fifty_entries_stay_light() -> None:
    made = page.column(frames.frame(SITE, COLUMNS, 1), COLUMNS, "law", [an_out()] * 50)
    assert len(TEMPLATES.render("column.html", page.context(made)).encode()) < 60_000


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        return frames._luminance([int(colour[i : i + 2], 16) for i in (1, 3, 5)])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("accent", ["#9b1c1c", "#ffff00", "#000000", "#ffffff", "#0057b8", "red"])
def test_any_accent_is_readable_on_both_grounds(accent: str) -> None:
    site = replace(SITE, accent=accent)
    assert _contrast(frames.light_accent(site), "#f6f4f0") >= 4.5
    assert _contrast(frames.dark_accent(site), "#16181b") >= 4.5
