"""OPML, sitemap, robots.txt, gone.txt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicate.core import sitefiles
from syndicate.settings import Column, Settings, Site

S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MADE = Settings(
    site=Site("示例 & 站", "https://news.example/"),
    file=Path("config.toml"),
    columns=(
        Column("law", "法治"),
        Column("court", "法院", parent="law"),
        Column("rest", rest=True),
    ),
)


def test_opml_has_children_inside_their_parents() -> None:
    body = etree.fromstring(sitefiles.opml(MADE)).find("body")
    site, law, rest = body
    assert site.get("text") == "示例 & 站"
    assert site.get("xmlUrl") == "https://news.example/atom.xml"
    assert [child.get("text") for child in law] == ["法院"]
    assert law[0].get("xmlUrl") == "https://news.example/court/atom.xml"
    assert rest.get("text") == "rest"
    assert {n.get("type") for n in body.iter("outline")} == {"rss"}


@given(st.lists(st.text(alphabet="abc&<>\"'/？汉", max_size=20), max_size=5))
def test_a_sitemap_says_what_it_was_given(paths: list[str]) -> None:
    urls = [f"https://news.example/{path}" for path in paths]
    root = etree.fromstring(sitefiles.sitemap(urls))
    assert root.tag == S + "urlset"
    assert [node.findtext(S + "loc") for node in root.findall(S + "url")] == urls
    index = etree.fromstring(sitefiles.sitemap_index(urls))
    assert index.tag == S + "sitemapindex"
    assert [node.findtext(S + "loc") for node in index.findall(S + "sitemap")] == urls


def test_robots_and_gone() -> None:
    assert b"Sitemap: https://news.example/sitemap.xml" in sitefiles.robots(MADE)
    assert sitefiles.gone(["b", "a"]) == b"articles/a.html\narticles/b.html\n"
    assert sitefiles.gone([]) == b""
    assert b"text" in sitefiles.opml(replace(MADE, columns=()))
