"""Files of a folder source: Markdown with front matter, and what is told by suffix and content."""

from __future__ import annotations

import pytest

from syndicate.core.article import read_file
from syndicate.errors import ParseError

MARKDOWN = """---
title: 把小事办好
来源: 青禾日报
author: [李　明, 王小红]
date: 2022-06
editor: no
mood: sunny
original_url: https://o.example/1
---
正文**第一段**。<script>alert(1)</script>
"""


def test_front_matter() -> None:
    parsed = read_file("a.md", MARKDOWN.encode())
    said = parsed.attribution
    assert (parsed.title, said.source.name, str(said.published)) == (
        "把小事办好",
        "青禾日报",
        "2022-06",
    )
    assert [p.name for p in said.authors] == ["李　明", "王小红"]
    assert said.editor == "no"  # text, not YAML's false
    assert any("mood" in problem for problem in parsed.problems)
    assert "<strong>" in parsed.content_html
    assert "<script" not in parsed.content_html


def test_broken_front_matter_names_the_line() -> None:
    with pytest.raises(ParseError, match=r"a\.md:3"):
        read_file("a.md", b"---\ntitle: x\nsource: a: b\n---\ntext")


def test_charset_of_a_saved_page() -> None:
    page = '<html><head><meta charset="gb2312"><title>山村的变化</title></head><body><p>正文一段，说山村的变化。</p></body></html>'
    assert read_file("a.html", page.encode("gb18030")).title == "山村的变化"


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt"])
def test_empty_is_an_error(name: str) -> None:
    with pytest.raises(ParseError):
        read_file(name, b"  \n")
