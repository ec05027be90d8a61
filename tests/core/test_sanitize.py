"""What is published of foreign HTML: nothing active, all of the text, always the same."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

from syndicate.core import sanitize
from syndicate.core.nesting import depth
from syndicate.core.plaintext import shorten

ACTIVE = {
    "script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "svg",
    "math", "link", "base", "frame", "frameset", "template", "video", "audio", "textarea",
    "select", "noscript", "marquee", "xml",
}  # fmt: skip


def active_in(html: str) -> list[str]:
    """What in it could act, by two parsers; empty where nothing can."""
    found = []
    for node in LexborHTMLParser(f"<div>{html}</div>").body.traverse():
        found += _active(node.tag, node.attributes)
    tree = lxml_html.fromstring(f"<div>{html}</div>")
    for element in tree.iter():
        name = element.tag if isinstance(element.tag, str) else "comment"
        found += _active(name, element.attrib)
    return found


def _active(name: str, attributes: dict[str, str | None]) -> list[str]:
    found = [name] if name in ACTIVE | {"comment"} else []
    for attribute, value in attributes.items():
        value = (value or "").lower().strip()
        if attribute.startswith("on") or attribute in ("style", "srcdoc", "formaction", "action"):
            found.append(attribute)
        if attribute in ("href", "src", "srcset", "background", "poster") and not value.startswith(
            ("http://", "https://", "mailto:")
        ):
            found.append(f"{attribute}={value}")
    return found


def hostile(shared: Path) -> list[str]:
    folder = shared / "corpora" / "hostile" / "xss"
    if not folder.is_dir():
        pytest.skip("no hostile corpus here")
    texts = [path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.txt"))]
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return [*texts, *lines, *map(unescaped, lines)]


def unescaped(line: str) -> str:
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), line)


def test_no_hostile_line_acts_in_a_body(shared: Path) -> None:
    for line in hostile(shared):
        result = sanitize.clean(line, "https://gov.example/a/")
        assert active_in(result) == [], line


def test_no_hostile_line_acts_in_a_title_or_name(shared: Path) -> None:
    for line in hostile(shared):
        result = sanitize.plain(line)
        assert set(active_in(result)) <= {"comment"}, (line, result)
        assert not set(result) & {"\n", "\r"}


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("没有标记 a > b", "没有标记 a &gt; b", id="text without markup"),
        pytest.param('<p onclick="x()">甲</p>', "<p>甲</p>", id="handler"),
        pytest.param("<script>x()</script>甲", "甲", id="script with what it holds"),
        pytest.param('<a href="JaVa&#9;script:x()">甲</a>', "<a>甲</a>", id="hidden scheme"),
        pytest.param('<a href="../b?x=1&y=2">甲</a>',
                     '<a href="https://gov.example/b?x=1&amp;y=2">甲</a>', id="relative link"),
        pytest.param('<a href="//cdn.example/x">甲</a>', '<a href="https://cdn.example/x">甲</a>',
                     id="link without scheme"),
        pytest.param('<a href="mailto:a@b.example">信</a>', '<a href="mailto:a@b.example">信</a>',
                     id="mail link"),
        pytest.param('<img src="p.png" alt="图">', '<img src="https://gov.example/a/p.png" alt="图">',
                     id="relative picture"),
        pytest.param('<img src="data:image/gif;base64,R0" data-src="/p.png">',
                     '<img src="https://gov.example/p.png">', id="lazy picture"),
        pytest.param('<img src="/blank.gif" data-original="/p.png">',
                     '<img src="https://gov.example/p.png">', id="placeholder with data-original"),
        pytest.param('<img data-src="/p.png"><noscript><img src="/p.png"></noscript>',
                     '<img src="https://gov.example/p.png">', id="noscript twin"),
        pytest.param('<img srcset="/s.png 320w, /l.png 1280w">',
                     '<img src="https://gov.example/l.png">', id="largest of a srcset"),
        pytest.param('<img src="/t.gif" width="1" height="1">', "", id="tracking pixel"),
        pytest.param("<img src='data:image/png;base64,AA'>", "", id="data picture"),
        pytest.param("<ruby>漢<rt>かん</rt></ruby>", "<ruby>漢<rt>かん</rt></ruby>", id="ruby"),
        pytest.param('<p lang="zh" dir="rtl" style="x" class="y" id="z">甲</p>',
                     '<p lang="zh" dir="rtl">甲</p>', id="harmless attributes"),
        pytest.param('<table><tr><td colspan="2">甲</td></tr></table>',
                     '<table><tbody><tr><td colspan="2">甲</td></tr></tbody></table>', id="table"),
        pytest.param("<p>甲<p>乙", "<p>甲</p><p>乙</p>", id="made well-formed"),
        pytest.param("甲&#0;&#27;&#xFFFE;乙\x0b", "甲\ufffd乙", id="control characters"),
        pytest.param("<svg><a href='javascript:x()'>甲</a></svg>乙", "乙", id="svg"),
        pytest.param("<form action=/x>甲<input></form>", "甲", id="form"),
        pytest.param('<img src="https://a.example/<b>{x}|y.png" alt="">',
                     '<img src="https://a.example/%3Cb%3E%7Bx%7D%7Cy.png" alt="">',
                     id="what no address may hold"),
    ],
)  # fmt: skip
def test_clean(html: str, expected: str) -> None:
    assert sanitize.clean(html, "https://gov.example/a/") == expected


def test_without_a_base_no_relative_link_stays() -> None:
    assert sanitize.clean('<a href="/x">甲</a><img src="y.png">') == "<a>甲</a>"


FRAGMENTS = st.lists(
    st.sampled_from([
        "<p>", "</p>", "<div title=\"a>b\">", "</div>", "<b>", "</b>", "<a href=/x>", "</a>", "<!--",
        "-->", "<svg>", "</svg>", "<style>", "</style>", "<table>", "<td>", "</table>", "<img src=x>",
        "<math><mtext>", "<title>", "</title>", "<noscript>", "</noscript>", "<textarea>", "<pre>",
        "<img data-src='//a.example/\"><script>'>", "<script>", "</script>", "&lt;", "&amp;", "&#x1b;",
        "<br>", "<ruby>", "<rt>", "<select>", "<xmp>", "<template>", "]]>", "甲", " ", "\n", "<", ">", "\"",
        "onload=x()", "javascript:x()", "<object>", "</object>", "<p/onclick=x()>", "\ud800", "\ufffe",
    ])
    | st.text(max_size=5),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(FRAGMENTS)
def test_clean_is_inert_stable_and_fit_for_xml(html: str) -> None:
    result = sanitize.clean(html, "https://gov.example/")
    assert active_in(result) == []
    assert sanitize.clean(html, "https://gov.example/") == result
    assert sanitize.xml_text(result) == result
    etree.Element("x").text = result


@settings(max_examples=150, deadline=None)
@given(FRAGMENTS)
def test_text_and_titles_are_fit_for_anything(html: str) -> None:
    title = sanitize.plain(html)
    assert set(active_in(title)) <= {"comment"}
    assert title == " ".join(title.split(" ")) == title.strip()
    assert not set(title) & set("\n\r\t\x00\x1b\u202e\u2028")
    for text in (title, sanitize.to_text(html), sanitize.summary(html, 20)):
        etree.Element("x").text = text
        assert sanitize.xml_text(text) == text
    assert len(sanitize.summary(html, 20)) <= 20


@settings(max_examples=150, deadline=None)
@given(FRAGMENTS)
def test_depth_tells_no_less_than_a_parser_builds(html: str) -> None:
    def deepest(node: object, level: int) -> int:
        children = [child for child in node.iter(include_text=False)]  # type: ignore[attr-defined]
        return max([level, *(deepest(child, level + 1) for child in children)])

    repeated = html.replace("\ud800", "") * 20
    body = LexborHTMLParser(repeated).body
    built = deepest(body, 0) if body is not None else 0
    if repeated.count("<") > 500:
        assert depth(repeated) >= min(built, 400) * 0.5 - 3


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<div>" * 100_000, 100_000, id="div"),
        pytest.param("<div></div>" * 1000, 1, id="beside each other"),
        pytest.param("<div><object></div></object>" * 1000, 1001, id="end tag out of scope"),
        pytest.param("<b id=1>" * 1000, 1000, id="formatting"),
        pytest.param("<p>甲" * 1000, 1, id="paragraphs without end"),
        pytest.param("<br>" * 1000, 0, id="void"),
        pytest.param("<script>" + "'<div>'" * 1000 + "</script>", 0, id="script is text"),
        pytest.param("<!--" + "<div>" * 1000 + "-->", 0, id="comment"),
        pytest.param('<div title="</div>">' * 1000, 1000, id="tag in an attribute"),
    ],
)
def test_depth(html: str, expected: int) -> None:
    assert depth(html) == expected


@pytest.mark.parametrize("unit", [
    "</td><td><ul>", "<ul></li></td><li>", "<h1></mtext><mtext>", "<desc></html><html>",
    "<svg><span></a></svg>", "<div/></desc></p><p>", "<form></form><form><mi></object>",
    "<td></th></dd><th><table></nobr>", "<select></tr><i><math></select>", "<b>x</html><html><th>",
    "<object><marquee></object></title>", "<p><svg><foreignObject>", "<svg><title><div></title></svg>",
    "<li><table><td>", "<html><svg><tr>", "<svg><path/></svg>",
])  # fmt: skip
def test_depth_is_not_deceived_by(unit: str) -> None:
    html = unit * 260
    built, walk = 0, [(LexborHTMLParser(html).body, 0)]
    while walk:
        node, level = walk.pop()
        built = max(built, level)
        walk += [(child, level + 1) for child in node.iter(include_text=False)]
    assert depth(html) * 2.1 + 20 >= built


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000, "<b id=1>" * 100_000, "<" * 200_000, '<div a="' * 50_000, "<!--" * 50_000,
        "<div><table>" + "<span>" * 1000 + "</div>" * 100_000, "&lt" * 100_000, " " * 200_000,
        "<scr" * 50_000 + "ipt>" * 50_000, "\n \t" * 60_000, "<title>" * 50_000,
    ],
    ids=lambda html: html[:12],
)  # fmt: skip
def test_hostile_size_takes_linear_time(html: str) -> None:
    before = time.process_time()
    for tell in (sanitize.clean, sanitize.to_text, sanitize.plain):
        tell(html)
    assert time.process_time() - before < 3


def test_too_deep_is_refused_to_its_text() -> None:
    assert sanitize.clean("<div>" * 600 + "甲 &lt;b&gt;<script>x</script>") == "甲 &lt;b&gt;"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>第一段，<a href=x>链接</a>。</p><p>第二段</p>", "第一段，链接。\n第二段",
                     id="no break inside a sentence"),
        pytest.param("甲<br>乙", "甲\n乙", id="br"),
        pytest.param("<ul><li>甲<li>乙</ul>", "甲\n乙", id="list"),
        pytest.param("<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>",
                     "甲\t乙\n丙", id="cells"),
        pytest.param("<p>a\n  b&nbsp;c</p>", "a b c", id="white space"),
        pytest.param("<pre>a\nb</pre>", "a\nb", id="pre"),
        pytest.param("<p>AT&amp;amp;T &lt;b&gt;</p>", "AT&amp;T <b>", id="entities once"),
        pytest.param("x<script>y</script><style>z</style>", "x", id="silent"),
        pytest.param("a & b < c", "a & b < c", id="loose signs"),
        pytest.param("<P>甲</P><DIV>乙</DIV>", "甲\n乙", id="upper case"),
        pytest.param("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "漢(かん)", id="ruby"),
        pytest.param("　　首行缩进", "首行缩进", id="indent"),
    ],
)  # fmt: skip
def test_to_text(html: str, expected: str) -> None:
    assert sanitize.to_text(html) == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        pytest.param("<b>甲</b>乙", "甲乙", id="markup"),
        pytest.param("甲<br>乙", "甲 乙", id="break"),
        pytest.param("AT&amp;T", "AT&T", id="entity"),
        pytest.param("AT&amp;amp;T", "AT&amp;T", id="entity once"),
        pytest.param("&lt;script&gt;x()&lt;/script&gt;", "x()", id="script under entities"),
        pytest.param("The &lt;b&gt; tag", "The <b> tag", id="a tag as a word"),
        pytest.param("Vector<int> 与 a < b", "Vector<int> 与 a < b", id="no markup at all"),
        pytest.param("<scr<b>ipt>x()</scr</b>ipt>", "x()", id="made anew by removal"),
        pytest.param("甲\r\nBcc: x@y.example", "甲 Bcc: x@y.example", id="line break"),
        pytest.param("甲\u202e乙\u200b", "甲乙", id="override"),
        pytest.param("李　明", "李　明", id="padded name"),
        pytest.param(" \x00\x1b甲&#10;乙 ", "甲 乙", id="controls"),
        pytest.param("👩‍👩‍👧", "👩‍👩‍👧", id="joined emoji"),
    ],
)
def test_plain(given_text: str, expected: str) -> None:
    assert sanitize.plain(given_text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        pytest.param("短文", 10, "短文", id="fits"),
        pytest.param("今天天气好。我们去公园。然后回家吃饭，晚上看书。", 15, "今天天气好。我们去公园。…", id="sentence"),
        pytest.param("很长很长很长很长很长很长，没有句号的一段话", 14, "很长很长很长很长很长很长…", id="no comma at the end"),
        pytest.param("The quick brown fox jumps over the lazy dog", 20, "The quick brown fox…", id="word"),
        pytest.param("He left. Then he came back again and again", 20, "He left. Then he…", id="early sentence"),
        pytest.param("ab e\u0301e\u0301e\u0301e\u0301", 6, "ab…", id="combining"),
        pytest.param("\U0001f469\u200d\U0001f467" * 5, 9, "\U0001f469\u200d\U0001f467" * 2 + "…", id="emoji"),
        pytest.param("\U0001f1e8\U0001f1f3" * 5, 6, "\U0001f1e8\U0001f1f3" * 2 + "…", id="flags"),
        pytest.param("\U0001f44d\U0001f3fd" * 5, 6, "\U0001f44d\U0001f3fd" * 2 + "…", id="skin"),
        pytest.param("他说：“好的。”然后他就离开了这里再也没有回来", 10, "他说：“好的。”…", id="closing quote"),
    ],
)  # fmt: skip
def test_shorten(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected
    assert len(shorten(text, limit)) <= limit
