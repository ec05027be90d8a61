"""Foreign HTML in our pages: outline, alternatives, what scrolls, times."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from syndicate.core.page_body import fitted, machine_time
from syndicate.core.sanitize import clean


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        pytest.param("<h2>a</h2><h3>b</h3>", "23", id="as it should be"),
        pytest.param("<h3>a</h3><h3>b</h3>", "22", id="begins too low"),
        pytest.param("<h1>a</h1><h2>b</h2><h3>c</h3><h6>d</h6>", "2345", id="its own h1, a gap"),
        pytest.param("<h4>a</h4><h2>b</h2><h4>c</h4>", "223", id="rises, and falls by two"),
        pytest.param(
            "".join(f"<h{n}>x</h{n}>" for n in (1, 2, 3, 4, 5, 6)), "234566", id="no seventh level"
        ),
        pytest.param("<p>no heading</p>", "", id="none"),
    ],
)
def test_headings_go_on_from_the_title(body: str, levels: str) -> None:
    made = fitted(clean(body))
    assert "".join(re.findall(r"<h([1-6])", made)) == levels
    assert re.findall(r"<h([1-6])", made) == re.findall(r"</h([1-6])", made)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param(
            '<img src="https://a.example/1.png">',
            '<img alt="" src="https://a.example/1.png">',
            id="nobody said what it shows",
        ),
        pytest.param(
            '<img src="https://a.example/1.png" alt="a boat">',
            '<img src="https://a.example/1.png" alt="a boat">',
            id="somebody did",
        ),
        pytest.param("<pre>x</pre>", '<pre tabindex="0">x</pre>', id="code scrolls"),
        pytest.param(
            '<p title="</h2><h5><pre>">x</p><h4>y</h4>',
            '<p title="&lt;/h2&gt;&lt;h5&gt;&lt;pre&gt;">x</p><h2>y</h2>',
            id="tags in an attribute are text",
        ),
        pytest.param(
            '<time datetime="2026-11-24T05:00:00-00:00">x</time>',
            '<time datetime="2026-11-24T05:00:00+00:00">x</time>',
            id="a zone that HTML does not know",
        ),
        pytest.param("<ul><a></a><li>x</li></ul>", "<ul><li>x</li></ul>", id="a link to nothing"),
        pytest.param(
            '<a href="https://a.example/">x</a>', '<a href="https://a.example/">x</a>', id="a link"
        ),
        pytest.param("<p>正文</p>", "<p>正文</p>", id="nothing to do"),
    ],
)
def test_what_a_page_needs(body: str, shown: str) -> None:
    assert fitted(clean(body)) == shown


def test_a_table_can_be_scrolled_by_keyboard() -> None:
    made = LexborHTMLParser(fitted(clean("<table><tr><td>1</td></tr></table>")))
    table = made.css_first("table")
    assert table is not None
    assert table.attributes["tabindex"] == "0"


@given(st.lists(st.sampled_from([*"123456"]), max_size=12), st.text(max_size=20))
def test_no_level_is_skipped_and_no_text_lost(levels: list[str], words: str) -> None:
    body = clean("".join(f"<h{n}>{n}</h{n}>" for n in levels) + f"<p>{words}</p>")
    made = fitted(body)
    found = [1, *map(int, re.findall(r"<h([1-6])", made))]
    assert all(after <= before + 1 for before, after in pairwise(found))
    assert LexborHTMLParser(made).text() == LexborHTMLParser(body).text()


@pytest.mark.parametrize(
    ("said", "made"),
    [("2026-11-24T05:00:00-00:00", "2026-11-24T05:00:00+00:00"),
     ("2026-11-24T05:00-08:00", "2026-11-24T05:00-08:00"), ("2026-11", "2026-11"), ("", "")],
)  # fmt: skip
def test_times_for_machines(said: str, made: str) -> None:
    assert machine_time(said) == made
