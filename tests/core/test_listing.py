"""Lists of articles on pages: by selectors, by their shape, or none at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import listing
from syndicate.core.listing import Listed
from syndicate.errors import ParseError
from syndicate.model import GivenDate
from syndicate.settings import Selectors

URL = "https://gov.example/news/index.html"
TITLES = ("关于修订图书借阅办法的通知", "关于公布开放时间的公告全文", "关于征求公众意见的一则公告")


def found(html: str, **selectors: str) -> list[tuple[str, str, str | None]]:
    made = listing.describe(html, URL, Selectors(**selectors))
    return [(i.link, i.title, str(i.date) if i.date else None) for i in made]


def wanted(*dates: str | None) -> list[tuple[str, str, str | None]]:
    return [
        (f"https://gov.example/news/t{n}.html", title, date)
        for n, (title, date) in enumerate(zip(TITLES, dates, strict=True))
    ]


def rows(form: str, dates: tuple[str, ...] = ("2026-11-20", "2026-11-19", "2026-11-18")) -> str:
    return "".join(
        form.format(n=n, t=title, d=date, cut=title[:9] + "...")
        for n, (title, date) in enumerate(zip(TITLES, dates, strict=True))
    )


DAYS = wanted("2026-11-20", "2026-11-19", "2026-11-18")


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<ul>" + rows('<li><a href="t{n}.html">{t}</a><span>{d}</span></li>') + "</ul>", id="list"),
        pytest.param("<ul>" + rows('<li><span>[{d}]</span><a href="/news/t{n}.html">{t}</a></li>') + "</ul>", id="date first"),
        pytest.param(
            "<table>" + rows('<tr><td><a href="t{n}.html">{t}</a></td><td>{d}</td></tr>') + "</table>", id="table"
        ),
        pytest.param("<ul>" + rows('<li><a href="t{n}.html"><b>{t}</b> <i>{d}</i></a></li>') + "</ul>", id="date in the link"),
        pytest.param(
            "<ul>" + rows('<li><a href="t{n}.html" title="{t}">{cut}</a><em>{d}</em></li>') + "</ul>", id="cut short"
        ),
        pytest.param(
            "<div>"
            + rows('<div class="i"><a href="t{n}.html"><img src="{n}.jpg"></a><h3><a href="t{n}.html">{t}</a></h3><p>{d} 阅读</p></div>')
            + "</div>",
            id="picture and title",
        ),
        pytest.param(
            "<ul>" + rows('<li class="c{n}"><a href="/c/">[通知]</a><a href="t{n}.html">{t}</a><span>{d}</span></li>') + "</ul>",
            id="with its category",
        ),
        pytest.param(
            '<div class="nav">' + rows('<p><a href="x{n}.html">导航里的一个链接</a>2026-01-0{n}</p>').replace("0<", "3<")
            + "</div><ul>" + rows('<li><a href="t{n}.html">{t}</a><span>{d}</span></li>') + "</ul>",
            id="beside a menu",
        ),
        pytest.param(
            "<ul>" + rows('<li><a href="t{n}.html">{t}</a><time datetime="{d}">前天</time></li>') + "</ul>", id="time element"
        ),
        pytest.param(
            '<base href="https://gov.example/news/"><ul>' + rows('<li><a href="t{n}.html">{t}</a>{d}</li>') + "</ul>", id="base"
        ),
        pytest.param(
            "<ul>" + rows('<li><a href="t{n}.html">{t}</a>{d}</li>', ("2026年11月20日", "2026/11/19", "2026.11.18")) + "</ul>",
            id="forms of dates",
        ),
    ],
)  # fmt: skip
def test_lists_are_recognised(html: str) -> None:
    assert found(f"<html><body>{html}</body></html>") == DAYS


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("", id="nothing"),
        pytest.param("<p>one <a href='t.html'>single link in text</a> 2026-11-20</p>", id="one link"),
        pytest.param("<ul>" + rows('<li><a href="t{n}.html">{t}</a></li>') + "</ul>", id="no dates"),
        pytest.param(
            "<ul>" + rows('<li><a href="t{n}.html">{t}</a>{d}</li>', ("昨天", "11-19", "3小时前")) + "</ul>", id="no whole dates"
        ),
        pytest.param("<ul>" + rows('<li><a href="https://ads.example/{n}">{t}</a>{d}</li>') + "</ul>", id="other sites"),
        pytest.param("<footer>" + rows('<p><a href="t{n}.html">{t}</a>{d}</p>') + "</footer>", id="in the foot"),
        pytest.param("<ul>" + rows('<li><a href="javascript:go({n})">{t}</a>{d}</li>') + "</ul>", id="script"),
        pytest.param("<ul>" + rows('<li><a href="#{n}">{t}</a>{d}</li>') + "</ul>", id="anchors"),
    ],
)  # fmt: skip
def test_nothing_is_guessed(html: str) -> None:
    assert found(html) == []


def test_selectors() -> None:
    html = rows(
        '<div class="x"><h4>{t}</h4><a href="/ad">nothing</a><a class="m" href="t{n}.html">more</a><u>{d}</u></div>'
    )
    chosen = {"items": ".x", "title": "h4", "link": "a.m", "date": "u"}
    assert found(html, **chosen) == DAYS
    assert found(html.replace("2026-11-19", "gestern"), **chosen)[1][2] is None


def test_items_that_are_links() -> None:
    html = rows('<a class="i" href="t{n}.html"><b>{t}</b><i>{d}</i></a>')
    assert found(html, items="a.i", title="b") == DAYS


def test_an_article_that_is_listed_twice_is_one() -> None:
    html = rows('<li><a href="t{n}.html">{t}</a>{d}</li>') * 2
    assert found(f"<ul>{html}</ul>") == DAYS


@pytest.mark.parametrize("key", ["items", "title", "link", "date", "next"])
def test_a_broken_selector_is_named(key: str) -> None:
    html = rows('<li><a href="t{n}.html">{t}</a>{d}</li>')
    with pytest.raises(ParseError, match=rf"sources.select.{key}: 'a\['"):
        found(html, **{"items": "li", key: "a["})


def test_a_page_without_a_list_says_what_to_do() -> None:
    with pytest.raises(ParseError, match=r"no list is recognised.*sources\.select"):
        listing.read(b"<p>x</p>", None, URL, Selectors())
    with pytest.raises(ParseError, match=r"select\.items finds nothing"):
        listing.read(b"<p>x</p>", None, URL, Selectors(items="li"))


@pytest.mark.parametrize(
    ("link", "to"),
    [
        ('<a href="index_1.html">下一页</a>', "https://gov.example/news/index_1.html"),
        ('<a href="?page=2">Next &raquo;</a>', "https://gov.example/news/index.html?page=2"),
        ('<a rel="next" href="2">2</a>', "https://gov.example/news/2"),
        ('<a class="n" href="/p/2">2</a>', None),
        ('<a href="https://other.example/2">下一页</a>', None),
        ('<a href="javascript:next()">下一页</a>', None),
        ('<a href="#">下一页</a>', None),
        ('<a href="x.html">下一页的故事</a>', None),
    ],
)
def test_the_next_page(link: str, to: str | None) -> None:
    html = rows('<li><a href="t{n}.html">{t}</a>{d}</li>')
    page = f"<ul>{html}</ul>{link}".encode()
    assert listing.read(page, None, URL, Selectors()).next == to
    chosen = listing.read(page, None, URL, Selectors(items="li", next=".n"))
    assert chosen.next == ("https://gov.example/p/2" if "class" in link else None)


def test_the_name_of_the_site() -> None:
    html = '<meta name="SiteName" content="青河在线">' + rows(
        '<li><a href="t{n}.html">{t}</a>{d}</li>'
    )
    assert (
        listing.read(html.encode("gbk"), "text/html; charset=gb2312", URL, Selectors()).site
        == "青河在线"
    )


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ParseError, match="nested too deeply"):
        found("<div>" * 100_000)


def test_many_links_take_no_time() -> None:
    html = "".join(
        f'<div><a href="t{n}.html">标题很长的一篇文章{n}</a>2026-11-20</div>' for n in range(5000)
    )
    assert len(found(f"<body>{html}</body>")) == 5000


def test_a_base_that_is_no_address_is_passed_over() -> None:
    items = "".join(
        f"<li><a href='t{n}.html'>{title}</a>2026-11-20</li>" for n, title in enumerate(TITLES)
    )
    assert found(f"<base href='//[bad'><ul>{items}</ul>") == found(f"<ul>{items}</ul>")
    assert len(found(f"<base href='//[bad'><ul>{items}</ul>")) == len(TITLES)


@given(
    st.text(max_size=200),
    st.sampled_from(["<li><a href='", "'>", "</a>2026-01-02", "<base href='//["]),
)
def test_nothing_breaks_it(noise: str, part: str) -> None:
    for each in listing.describe(part + noise + part, URL, Selectors()):
        assert isinstance(each, Listed)
        assert each.date is None or isinstance(each.date, GivenDate)


@pytest.mark.parametrize(
    "day", ["[11-{:02}]", "11月{}日", "昨天 14:{:02}", "{}小时前", "11/{:02} 08:00"]
)
def test_days_without_a_year_make_a_list_and_no_dates(day: str) -> None:
    rows = "".join(
        f'<li><a href="/a/{n}.html">第{n}号新闻标题在这里</a> <span>{day.format(n)}</span></li>'
        for n in range(1, 6)
    )
    found = listing.describe(f"<ul>{rows}</ul>", "https://qh.example/list", Selectors())
    assert [item.date for item in found] == [None] * 5
