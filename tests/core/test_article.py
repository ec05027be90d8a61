"""Files of a folder source: Markdown with front matter, and what is told by suffix and content."""

from __future__ import annotations

from contextlib import suppress

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
        read_file("a.md", b"---\ntitle: x\nsource: [a\n---\ntext")


@pytest.mark.parametrize(
    "head",
    [
        "---\n标题：改革：新的一步\n来源：青禾日报\n作者：李　明\n日期：2022-06\n---\n",
        "\ufeff---\r\n标题：改革：新的一步\r\n来源: 青禾日报\r\n作者：李　明\r\n日期：2022-06\r\n---\r\n",
        "---\ntitle:\t改革：新的一步\nsource:\t'青禾日报'\nauthor:\n\t- 李　明\ndate: 2022-06\n---\n",
        "---\ntitle: 改革：新的一步\n来源: 青禾日报\n作者: 李　明\n日期: 2022-06\nsummary: *要点*: 一\n"
        "via: [{name: 甲, url: 'https://v.example/'}]\n---\n",
        "---\ntitle: 改革：新的一步\nsource: 青禾日报\nauthor: 李　明\ndate: 2022-06\n\n",
    ],
    ids=["full-width", "BOM and CRLF", "tabs", "a colon in a value", "not closed"],
)
def test_what_people_write_is_read(head: str) -> None:
    parsed = read_file("a.md", f"{head}\n正文第一段。".encode())
    said = parsed.attribution
    assert (parsed.title, said.source.name) == ("改革：新的一步", "青禾日报")
    assert [p.name for p in said.authors] == ["李　明"]
    assert str(said.published) == "2022-06"
    assert parsed.content_html.strip() == "<p>正文第一段。</p>"


def test_a_rule_is_no_front_matter() -> None:
    parsed = read_file("a.md", "---\n\n# 标题\n\n来源: 不是\n".encode())
    assert parsed.attribution.source.name is None
    assert "<hr" in parsed.content_html


def test_charset_of_a_saved_page() -> None:
    page = '<html><head><meta charset="gb2312"><title>山村的变化</title></head><body><p>正文一段，说山村的变化。</p></body></html>'
    assert read_file("a.html", page.encode("gb18030")).title == "山村的变化"


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt"])
def test_empty_is_an_error(name: str) -> None:
    with pytest.raises(ParseError):
        read_file(name, b"  \n")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 10))
            + "\nk0: &k0 x\ntitle: *k9",
            id="aliases of aliases",
        ),
        pytest.param(f"title: {'[' * 5_000}", id="nested without end"),
    ],
)
def test_bombs_in_front_matter_are_text_or_refused(head: str) -> None:
    with suppress(ParseError):
        assert len(read_file("a.md", f"---\n{head}\n---\n正文".encode()).title) < 200_000


def test_a_title_in_stars_is_text() -> None:
    assert "重要" in read_file("a.md", "---\ntitle: *重要* 通知\n---\n正文".encode()).title
