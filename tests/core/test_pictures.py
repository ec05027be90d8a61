"""Pictures of an entry as they go out: linked, copied or left out, with caption and credit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syndicate.core import feed, pictures
from syndicate.core.outgoing import Outgoing
from syndicate.model import Attribution, Enclosure, Entry, Picture
from syndicate.settings import Site

SITE = Site("清河观察", "https://news.example/")
A, B = "https://s.example/a.jpg?w=1&h=2", "https://s.example/b.png"
SRC = "https://s.example/a.jpg?w=1&amp;h=2"


def an_out(html: str = "", *, shown: str = "full", policy: str = "link", copies: Any = None,
           **fields: Any) -> Outgoing:  # fmt: skip
    entry = Entry(
        "a" * 16, "s", "k", "g", "题", Attribution(), datetime(2026, 11, 24, tzinfo=UTC),
        content_html=html, **fields,
    )  # fmt: skip
    zone = ZoneInfo("Asia/Shanghai")
    return Outgoing(entry, SITE, zone, shown, pictures=policy, copies=copies or {})  # type: ignore[arg-type]


SAID = (Picture(A, "清河大桥 <合龙>", "周望舒 摄", "© 日报"),)
TEXT = "清河大桥 &lt;合龙&gt; · 周望舒 摄 · © 日报"


@pytest.mark.parametrize(
    ("html", "made"),
    [
        pytest.param(
            f'<p>一<img src="{SRC}" alt="桥">二</p>',
            f'<p>一<img src="{SRC}" alt="桥"><br><small>{TEXT}</small>二</p>',
            id="within a paragraph",
        ),
        pytest.param(
            f'<figure><img src="{SRC}"></figure>',
            f'<figure><img src="{SRC}"><figcaption>{TEXT}</figcaption></figure>',
            id="a figure without a caption",
        ),
        pytest.param(
            f'<figure title="x"><a href="/"><img src="{SRC}"></a><figcaption>它自己的</figcaption></figure>',
            f'<figure title="x"><a href="/"><img src="{SRC}"></a><figcaption>它自己的</figcaption></figure>',
            id="a figure with its own",
        ),
        pytest.param(f'<img src="{B}">', f'<img src="{B}">', id="another picture"),
        pytest.param("<p>没有图</p>", "<p>没有图</p>", id="no picture"),
    ],
)
def test_what_is_said_of_a_picture_stands_by_it(html: str, made: str) -> None:
    assert pictures.body(an_out(html, pictures=SAID)) == made


def test_nothing_changes_where_nothing_is_said_or_copied() -> None:
    html = f'<figure><img src="{SRC}" alt=""></figure><p><img src="{B}"></p>'
    assert pictures.body(an_out(html)) is html


def test_a_copy_takes_the_place_of_the_original_wherever_it_is_shown() -> None:
    out = an_out(
        f'<p><img src="{SRC}" alt="桥" width="6"><img src="{B}"></p>', policy="copy",
        copies={A: "media/aa/aa.jpg"}, thumbnail=A, pictures=SAID,
        enclosures=(Enclosure(A, "image/jpeg", 99), Enclosure("https://s.example/x.mp3", "audio/mpeg", 7)),
    )  # fmt: skip
    page = pictures.body(out, "../")
    assert '<img src="../media/aa/aa.jpg" alt="桥" width="6">' in page
    assert f'<img src="{B}">' in page
    for format in ("rss", "atom", "json"):
        written = feed.fragment(format, out).decode()  # type: ignore[arg-type]
        assert "https://news.example/media/aa/aa.jpg" in written
        assert "s.example/a.jpg" not in written
        assert "https://s.example/x.mp3" in written


def test_left_out_they_are_nowhere() -> None:
    out = an_out(
        f'<p>一<img src="{SRC}"></p><figure><img src="{B}"><figcaption>图</figcaption></figure>'
        "<figure><table><tbody><tr><td>表</td></tr></tbody></table></figure>",
        policy="none", thumbnail=A, pictures=SAID, enclosures=(Enclosure(B, "image/png"),),
    )  # fmt: skip
    html = pictures.body(out)
    assert "<img" not in html
    assert "图" not in html
    assert "表" in html
    for format in ("rss", "atom", "json"):
        assert b"/s.example" not in feed.fragment(format, out)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(True, (A, B, "https://s.example/c"), id="of the text and beside it"),
        pytest.param(False, (B, "https://s.example/c"), id="beside it alone, in a summary"),
    ],
)
def test_what_is_copied_is_what_is_shown(text: bool, found: tuple[str, ...]) -> None:
    entry = an_out(
        f'<img src="{SRC}"><img src="{SRC}">', thumbnail=B,
        enclosures=(Enclosure("https://s.example/c", "image/webp"), Enclosure("https://s.example/d.mp3")),
    ).entry  # fmt: skip
    assert pictures.wanted(entry, text=text) == found


def test_feeds_carry_caption_credit_and_rights() -> None:
    out = an_out(pictures=SAID, thumbnail=A)
    rss = feed.fragment("rss", out).decode()
    assert '<media:content url="https://s.example/a.jpg?w=1&amp;h=2" medium="image">' in rss
    assert "<media:credit>周望舒 摄</media:credit>" in rss
    assert '"credit": "周望舒 摄"' in feed.fragment("json", out).decode()
