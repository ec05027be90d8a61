"""robots.txt, one row a rule of RFC 9309."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import robots

SITE = "https://gov.example"


@pytest.mark.parametrize(
    ("text", "path", "may"),
    [
        pytest.param("", "/a", True, id="empty"),
        pytest.param("User-agent: *\nDisallow: /", "/a", False, id="all"),
        pytest.param("User-agent: *\nDisallow: /", "/robots.txt", True, id="itself"),
        pytest.param("User-agent: *\nDisallow:", "/a", True, id="nothing"),
        pytest.param("User-agent: *\nDisallow: /a", "/ab", False, id="prefix"),
        pytest.param("User-agent: other\nDisallow: /", "/a", True, id="another's group"),
        pytest.param(
            "User-agent: *\nDisallow: /\n\nUser-agent: Syndicate/1.0\nDisallow: /x", "/a", True,
            id="our own group alone counts",
        ),
        pytest.param(
            "User-agent: syndicate\nDisallow: /x\nUser-agent: z\nDisallow: /\n"
            "User-agent: syndicate\nDisallow: /y", "/y", False, id="our groups together",
        ),
        pytest.param(
            "User-agent: z\nUser-agent: syndicate\nDisallow: /x", "/x", False, id="shared group"
        ),
        pytest.param(
            "User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/b/c", True, id="longest wins"
        ),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True, id="equal: allow"),
        pytest.param("User-agent: *\nDisallow: /*.php$", "/x/a.php", False, id="star and dollar"),
        pytest.param("User-agent: *\nDisallow: /*.php$", "/a.php?x=1", True, id="dollar is end"),
        pytest.param("User-agent: *\nDisallow: /a*b$", "/acb", False, id="star inside"),
        pytest.param("User-agent: *\nDisallow: /a$", "/a", False, id="dollar alone"),
        pytest.param("User-agent: *\nDisallow: /新闻", "/%E6%96%B0%E9%97%BB/1", False, id="Chinese"),
        pytest.param("User-agent: *\nDisallow: /%61", "/a", False, id="escaped letter"),
        pytest.param("\ufeffuser-AGENT : * # us\ndisallow : /a # no", "/a", False, id="odd spelling"),
        pytest.param("Disallow: /a", "/a", True, id="no group"),
        pytest.param("<html>404</html>", "/a", True, id="a page"),
    ],
)  # fmt: skip
def test_rules(text: str, path: str, may: bool) -> None:
    assert robots.parse(text.encode()).allows(SITE + path) is may


def test_the_status_decides_first() -> None:
    refusing = b"User-agent: *\nDisallow: /"
    assert robots.decide(404, refusing).allows(SITE + "/a")
    assert not robots.decide(503, b"").allows(SITE + "/a")
    assert not robots.decide(None, b"").allows(SITE + "/a")
    assert not robots.decide(200, refusing).allows(SITE + "/a")


def test_crawl_delay_and_address() -> None:
    assert robots.parse(b"User-agent: *\nCrawl-delay: 2.5").delay == 2.5
    assert robots.parse(b"User-agent: *\nCrawl-delay: x").delay is None
    assert (
        robots.address("https://u:p@gov.example:8443/a?b") == "https://gov.example:8443/robots.txt"
    )


def test_many_stars_take_no_time() -> None:
    text = "User-agent: *\nDisallow: /" + "*a" * 5000 + "b$"
    assert robots.parse(text.encode()).allows(SITE + "/b")
    robots.parse(text.encode()).allows(SITE + "/" + "a" * 5000)


@given(st.binary(max_size=300), st.text(max_size=30))
def test_it_never_raises(body: bytes, path: str) -> None:
    robots.parse(b"User-agent: *\n" + body).allows(SITE + "/" + path)
