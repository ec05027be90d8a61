"""A response cut to what was new in it: each piece to the byte, and a document by itself."""

from __future__ import annotations

import hashlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import document, parse, received
from syndicate.model import Piece

URL = "https://feeds.example/news"
HEAD = '<?xml version="1.0" encoding="{charset}"?>\r\n<rss version="2.0"><channel><title>刊</title>'
TAIL = "\n</channel></rss>\n"
ITEMS = [f"<item>\n <guid>{n}</guid><title>第{n}篇</title>\n</item>" for n in range(1, 4)]


def rss(*items: str, charset: str = "utf-8", between: str = "\n\t") -> bytes:
    return (HEAD.format(charset=charset) + between.join(items) + TAIL).encode(charset)


def cut(data: bytes, *fresh: int, total: int = 3) -> tuple[Piece, ...]:
    return received.of_feed(data, URL, (("date", "today"),), fresh, total)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5"])
def test_pieces_are_the_bytes_that_came(charset: str) -> None:
    data = rss(*ITEMS, charset=charset)
    pieces = cut(data, 0, 2)
    items = [received.item(p.body, p.start, p.end) for p in pieces]
    assert items == [ITEMS[0].encode(charset), ITEMS[2].encode(charset)]
    assert [p.sha256 for p in pieces] == [hashlib.sha256(item).digest() for item in items]
    body = pieces[0].body
    assert body is pieces[1].body
    assert (body.size, body.sha256) == (len(data), hashlib.sha256(data).digest())


def test_a_piece_with_what_stood_around_it_is_a_feed() -> None:
    data = rss(*ITEMS)
    (piece,) = cut(data, 1)
    alone = received.document(piece.body, piece.start, piece.end)
    feed = parse.parse(alone, url=URL)
    assert feed.title == "刊"
    assert [entry.id for entry in feed.entries] == ["2"]
    assert feed.entries[0] == parse.parse(data, url=URL).entries[1]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(rss(*ITEMS, charset="utf-16"), id="two bytes a character"),
        pytest.param(rss("<item><![CDATA[</item><item>]]></item>", *ITEMS[1:]), id="tags in CDATA"),
        pytest.param(rss("<item><!-- <item> --></item>", *ITEMS[1:]), id="a tag in a comment"),
        pytest.param(rss(*ITEMS).replace(b"</item>", b""), id="not closed"),
        pytest.param(b"no feed at all", id="no feed"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_cannot_be_cut_for_sure_is_kept_whole(data: bytes) -> None:
    pieces = cut(data, 0, 1)
    assert [received.item(p.body, p.start, p.end) for p in pieces] == [data, data]
    assert received.document(pieces[0].body, pieces[0].start, pieces[0].end) == data


def test_something_between_items_goes_with_none_of_them() -> None:
    pieces = cut(rss(*ITEMS, between="<!-- ad --><x/>"), 0, 1, 2)
    items = [received.item(p.body, p.start, p.end).decode() for p in pieces]
    assert items == ITEMS


def test_json() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "刊",
        "items": [{"id": "1", "title": "]}"}, {"id": "2", "tags": ["}", "{"]}],
        "_more": [1],
    }
    data = json.dumps(feed, ensure_ascii=False, indent=1).encode()
    (piece,) = cut(data, 1, total=2)
    assert json.loads(received.item(piece.body, piece.start, piece.end)) == feed["items"][1]  # type: ignore[index]
    alone = json.loads(received.document(piece.body, piece.start, piece.end))
    assert alone == {**feed, "items": [feed["items"][1]]}  # type: ignore[index]


@given(st.binary(max_size=200), st.integers(0, 3), st.integers(0, 5))
def test_any_bytes(data: bytes, place: int, total: int) -> None:
    for around in (data, b"<item>" + data + b"</item>", b'{"items": [' + data):
        (piece,) = received.of_feed(around, URL, (), [place], max(total, place + 1))
        assert hashlib.sha256(received.item(piece.body, piece.start, piece.end)).digest() == (
            piece.sha256
        )


def test_a_document_has_the_bytes_of_each_new_entry() -> None:
    data = rss(*ITEMS)
    known = document.read_feed(rss(ITEMS[1]), None, URL, "UTC").items
    read = document.read_feed(data, None, URL, "UTC", known, (("etag", "x"),))
    got = {
        e.parsed.id: received.item(*(lambda p: (p.body, p.start, p.end))(e.received[0]))
        for e in read.entries
    }
    assert got == {"1": ITEMS[0].encode(), "3": ITEMS[2].encode()}
    assert read.entries[0].received[0].body.headers == (("etag", "x"),)
    assert zlib.decompress(read.entries[0].received[0].body.data).count(b"<item>") == 2


def test_pages_and_files_are_kept_whole() -> None:
    piece = received.whole("page", b"<p>a</p>", "https://a.example/1")
    assert received.document(piece.body, piece.start, piece.end) == b"<p>a</p>"
