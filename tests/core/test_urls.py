"""URLs as keys: one page is one key, two pages are two."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndicate.core import urls

PAGE = "https://news.example/a/1.html"
WECHAT = "https://mp.weixin.qq.com/s?__biz=Mz1&mid=22&idx=1&sn=ab"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(PAGE, "http://news.example/a/1.html", id="scheme"),
        pytest.param(PAGE, "https://WWW.News.Example:443/a/1.html", id="www, case, port"),
        pytest.param(PAGE, PAGE + "?utm_source=x&utm_medium=rss", id="utm"),
        pytest.param(PAGE, PAGE + "?from=singlemessage&isappinstalled=0", id="messenger"),
        pytest.param(PAGE, PAGE + "?spm=1.2.3&fbclid=9&gclid=8", id="ads"),
        pytest.param(PAGE, PAGE + "#top", id="fragment"),
        pytest.param("https://a.example", "https://a.example/", id="empty path"),
        pytest.param("https://a.example/x/", "https://a.example/x", id="last slash"),
        pytest.param("https://a.example/x/", "https://a.example/x/index.html", id="index"),
        pytest.param("https://a.example/?b=2&a=1", "https://a.example/?a=1&b=2", id="order"),
        pytest.param("https://a.example/%7Ex", "https://a.example/~x", id="escapes"),
        pytest.param("https://例子.example/", "https://xn--fsqu00a.example", id="IDN"),
        pytest.param(WECHAT, WECHAT + "&chksm=f0&scene=21#wechat_redirect", id="WeChat"),
        pytest.param(f" {PAGE}\n", PAGE, id="white space"),
    ],
)
def test_one_page_is_one_key(first: str, second: str) -> None:
    assert urls.canonical(first) == urls.canonical(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(PAGE, "https://news.example/a/2.html", id="path"),
        pytest.param(PAGE, "https://news.example:8443/a/1.html", id="port"),
        pytest.param(PAGE + "?id=1", PAGE + "?id=2", id="parameter"),
        pytest.param(PAGE + "?from=2026", PAGE + "?from=2025", id="from that means something"),
        pytest.param("https://a.example/#!/1", "https://a.example/#!/2", id="hashbang"),
        pytest.param(WECHAT, WECHAT.replace("idx=1", "idx=2"), id="WeChat's second article"),
        pytest.param("https://m.example.com/1", "https://example.com/1", id="mobile host"),
    ],
)
def test_two_pages_are_two_keys(first: str, second: str) -> None:
    assert urls.canonical(first) != urls.canonical(second)


@given(st.text() | st.text().map("http://".__add__) | st.text().map("https://a.example/".__add__))
def test_never_raises(text: str) -> None:
    assert isinstance(urls.canonical(text), str)
    assert isinstance(urls.host(text), str)
    urls.is_web(text)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.law.city.gov.cn/x", "city.gov.cn"),
        ("http://a.b.example.co.uk", "example.co.uk"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("not a url", ""),
        (None, ""),
    ],
)
def test_domain(url: str | None, domain: str) -> None:
    assert urls.domain(url) == domain


@given(
    st.from_regex(
        r"\s?https?://(www\.){0,2}[a-z.-]{0,6}(/(index\.html|[A-Za-z.~%?-]{0,4})){0,3}/?",
        fullmatch=True,
    )
)
@example("http://www..a")
def test_plain_addresses_have_the_key_that_the_long_way_gives(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "_SIMPLE", re.compile(r"\Zx"))
        expected = urls.canonical.__wrapped__(url)
    assert urls.canonical.__wrapped__(url) == expected


_BASES = (
    *("https://a.example", "https://a.example:8/b/c?d#e", "HTTP://A.Example/x", "http:///x", ""),
    *(
        "https://[::1]/a",
        "//a.example/x",
        "http://a.example/b;p",
        "http://a b/",
        "https://a.example#f",
    ),
)


@given(st.sampled_from(_BASES), st.text("/.?#;:a1%&=-_ ~@[文\\*", max_size=9))
@example(_BASES[1], "/img/:4.jpg?x=1&y=/../2")
@example(_BASES[1], "/a/../b")
@example(_BASES[1], "//b.example/")
@example(_BASES[1], "/a?")
def test_links_are_joined_as_the_library_joins_them(base: str, url: str) -> None:
    for link in (url, "/" + url):
        assert _joined(urls.join, base, link) == _joined(urljoin, base, link)


def _joined(join: Callable[[str, str], str], base: str, link: str) -> str | None:
    try:
        return join(base, link)
    except ValueError:
        return None
