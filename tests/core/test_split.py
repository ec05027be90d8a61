"""Items known from before are left out, and nothing else changes: over samples and all corpora."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import parse, split
from syndicate.errors import ParseError

URL = "https://feeds.example/news"
RSS = (
    '<rss version="2.0"><channel><title>T</title><lastBuildDate>{date}</lastBuildDate>'
    "<language>{language}</language>{items}</channel></rss>"
)
A, B, C = (f"<item><guid>{n}</guid><title>第{n}条</title></item>" for n in "123")


def rss(*items: str, date: str = "2026", language: str = "zh", between: str = "\n") -> bytes:
    return RSS.format(date=date, language=language, items=between.join(items)).encode()


def new(data: bytes, *known: bytes) -> list[str]:
    """The ids of the entries that are new in `data` to who knows the documents `known`."""
    seen = {h for each in known for h in parse.parse_new(each, url=URL)[1]}
    return [entry.id or "" for entry in parse.parse_new(data, url=URL, known=seen)[0].entries]


@pytest.mark.parametrize(
    ("before", "after", "fresh"),
    [
        pytest.param(rss(A, B), rss(A, B), [], id="nothing"),
        pytest.param(rss(A, B), rss(C, A, B), ["3"], id="one"),
        pytest.param(rss(A, B), rss(A, B, date="2027"), [], id="build-date"),
        pytest.param(rss(A, B), rss(A, B, language="en"), ["1", "2"], id="language-of-the-feed"),
        pytest.param(rss(A), rss(A.replace("条", "章")), ["1"], id="changed"),
        pytest.param(rss(A), rss(A, B.replace("条", "条 & 其他")), ["1", "2"], id="broken"),
        pytest.param(rss(A), rss(A, "<x/>", B), ["1", "2"], id="something-between"),
    ],
)
def test_new_items(before: bytes, after: bytes, fresh: list[str]) -> None:
    assert new(after, before) == fresh


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("<item><title><![CDATA[</item><item>]]></title></item>", id="cdata"),
        pytest.param("<item><!-- </item> --><title>x</title></item>", id="comment"),
        pytest.param("<item><title>a</title><item><title>b</title></item></item>", id="nested"),
        pytest.param("<item/>", id="empty"),
        pytest.param("<item ><a/></item >", id="spaces"),
    ],
)
@pytest.mark.parametrize("known", [0, 1, 2])
def test_odd_items_are_read_as_in_the_whole(item: str, known: int) -> None:
    data = rss(A, item, B)
    whole = parse.parse(data, url=URL)
    every, hashes = parse.parse_new(data, url=URL)
    assert every == whole
    seen = {hashes[known]} if known < len(hashes) else set()
    part, again = parse.parse_new(data, url=URL, known=seen)
    kept = [e for e, h in zip(whole.entries, hashes, strict=True) if h not in seen]
    assert list(part.entries) == kept
    assert again == hashes


def test_json_items() -> None:
    data = b'{"version":"1","title":"T","items":[{"id":"1"},{"id":"2","title":"b"}]}'
    assert new(data, data) == []
    assert new(data.replace(b'"b"', b'"c"'), data) == ["2"]


def test_the_address_counts() -> None:
    data = rss("<item><link>/a</link></item>")
    hashes = parse.parse_new(data, url="https://a.example/")[1]
    assert parse.parse_new(data, url="https://b.example/")[1] != hashes


def test_no_items() -> None:
    assert split.split("<rss><channel/></rss>") is None


@pytest.mark.parametrize(
    "folder", ["feeds", "feed-cases", "feeds-rust-syndication", "feeds-feedparser"]
)
def test_each_file_of_the_corpora_gives_the_same(shared: Path, folder: str) -> None:
    """Whatever is known, what is returned are the very entries of the whole document."""
    for path in sorted((shared / "corpora" / folder).rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        try:
            whole = parse.parse(data, url=URL)
        except ParseError:
            with pytest.raises(ParseError):
                parse.parse_new(data, url=URL)
            continue
        every, hashes = parse.parse_new(data, url=URL)
        assert every == whole, path
        for seen in ({hashes[0]}, set(hashes[1:]), set(hashes)) if hashes else ():
            part, again = parse.parse_new(data, url=URL, known=seen)
            fresh = [e for e, h in zip(whole.entries, hashes, strict=True) if h not in seen]
            assert (list(part.entries), again) == (fresh, hashes), path


_PARTS = (
    "<![CDATA[",
    "]]>",
    "]",
    "]]",
    "<!--",
    "-->",
    "-",
    "--",
    "<?",
    "?>",
    "?",
    ">",
    "<!",
    "a\n",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=14).map("".join))
def test_what_is_aside_ends_at_its_first_end(text: str) -> None:
    slow = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>", re.S)
    assert split._CLOSED.sub("|", text) == slow.sub("|", text)
