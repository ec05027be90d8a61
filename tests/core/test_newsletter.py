"""Mails as entries: who sent them, and nothing in them that is the recipient's."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import newsletter
from syndicate.errors import ParseError
from syndicate.model import ParsedEntry

HEAD = (
    "From: {sender}\nTo: us@news.example\nSubject: Letter\nDate: Mon, 23 Nov 2026 09:00:00 +0800\n"
    "Message-ID: <one@letters.example>\nMIME-Version: 1.0\n{more}"
)


def letter(
    body: str,
    *,
    kind: str = "html",
    sender: str = "The Letter <news@letters.example>",
    more: str = "",
) -> ParsedEntry:
    head = HEAD.format(sender=sender, more=more)
    data = f"{head}Content-Type: text/{kind}; charset=utf-8\n\n{body}".encode()
    read = newsletter.read(data)
    assert read is not None
    return read


TEXT = "<p>The library opened again, with more books than it ever had, says its director.</p>"


def test_headers_become_fields() -> None:
    read = letter(TEXT, more="List-Id: The Weekly <weekly.example>\nContent-Language: en-GB, fr\n")
    assert read.id == "one@letters.example"
    assert read.title == "Letter"
    assert str(read.attribution.published) == "2026-11-23T09:00:00+08:00"
    assert read.attribution.source.name == "The Weekly"
    assert [p.name for p in read.attribution.authors] == ["The Letter"]
    assert [p.email for p in read.attribution.authors] == [None]
    assert read.language == "en-GB"
    assert ("source", "the List-Id of the mail") in [(e.field, e.where) for e in read.evidence]


@pytest.mark.parametrize(
    ("sender", "more", "source", "authors"),
    [
        pytest.param("A B <a@x.example>", "", "A B", [], id="From alone"),
        pytest.param("a@x.example", "", "x.example", [], id="an address alone: its domain"),
        pytest.param('"a@x.example" <a@x.example>', "", "x.example", [], id="an address as a name"),
        pytest.param("W <a@x.example>", "List-Id: <w.x.example>\n", "W", [], id="List-Id, no phrase"),
        pytest.param("W <a@x.example>", 'List-Id: "W" <w.x>\n', "W", [], id="both the same"),
        pytest.param("W <a@x.example>", "List-Id: 0123456789abcdef01 <w.x>\n", "W", [], id="a number"),
        pytest.param("Ann <a@x.example>", "List-Id: W <w.x>\n", "W", ["Ann"], id="who wrote it"),
        pytest.param(
            "=?gb2312?B?t6jWzizW3LGo?= <a@x.example>", "", "法治,周报", [], id="gb2312, with a comma"
        ),
        pytest.param("法治周报 <a@x.example>", "", "法治周报", [], id="not encoded at all"),
        pytest.param("", "", None, [], id="nobody"),
        pytest.param("<script>x</script>W <a@x.example>", "", None, [], id="markup in a name"),
    ],
)  # fmt: skip
def test_who_sent_it(sender: str, more: str, source: str | None, authors: list[str]) -> None:
    said = letter(TEXT, sender=sender, more=more).attribution
    if source is None:
        assert "<" not in (said.source.name or "")
    else:
        assert said.source.name == source
    assert [person.name for person in said.authors] == authors


KEPT = "library opened again"


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param('<img src="https://x.example/logo.gif" width="1" height="1">', id="a pixel"),
        pytest.param('<img src="https://x.example/p" style="width:1px;height:1px">', id="by style"),
        pytest.param('<img src="https://x.example/track/open/8f2">', id="a counter"),
        pytest.param('<div style="display:none">secret preheader</div>', id="a preheader"),
        pytest.param('<p>No more? <a href="https://x.example/u">Unsubscribe</a></p>', id="unsubscribe"),
        pytest.param('<p>如不想再收到，<a href="https://x.example/u">点此退订</a></p>', id="退订"),
        pytest.param('<td><a href="https://x.example/u">取消订阅</a></td>', id="取消订阅"),
        pytest.param(
            '<p>If you no longer wish to receive this, <a href="https://x.example/q">click here</a>.</p>',
            id="click here",
        ),
        pytest.param('<p><a href="https://x.example/given">bye</a></p>', id="List-Unsubscribe's own"),
        pytest.param('<p><a href="https://x.example/p">Update your preferences</a></p>', id="preferences"),
        pytest.param('<p><a href="https://x.example/b">View in browser</a></p>', id="view in browser"),
        pytest.param('<p>无法正常显示？<a href="https://x.example/b">点击这里</a></p>', id="无法正常显示"),
        pytest.param("<script>alert(1)</script>", id="script"),
    ],
)  # fmt: skip
def test_what_is_the_recipients_goes(gone: str) -> None:
    more = "List-Unsubscribe: <mailto:u@x.example>, <https://x.example/given>\n"
    for body in (gone + TEXT, TEXT + gone, f"<table><tr><td>{TEXT}{gone}</td></tr></table>"):
        read = letter(body, more=more)
        assert KEPT in read.content_html
        assert "x.example" not in read.content_html
        assert "secret" not in read.content_html
        assert "alert" not in read.content_html


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param('<p>Read <a href="https://x.example/r?u=1&amp;to=2">the story</a>.</p>', id="a link"),
        pytest.param('<img src="https://x.example/photo.jpg" width="600">', id="a picture"),
        pytest.param(
            "<p>" + "How people unsubscribe from letters, a long study of many pages. " * 5
            + '<a href="https://x.example/study">The study on how to unsubscribe is here for you all</a></p>',
            id="a story about it: its text",
        ),
    ],
)  # fmt: skip
def test_what_is_the_letters_stays(kept: str) -> None:
    html = letter(TEXT + kept).content_html
    assert "x.example" in html or "a long study" in html


def test_the_browser_link_is_its_link() -> None:
    read = letter(f'<p><a href="https://x.example/v?id=7">View it in your browser</a></p>{TEXT}')
    assert read.link == "https://x.example/v?id=7"
    at = letter(TEXT, more="Archived-At: <https://x.example/archive/7>\n")
    assert at.link == "https://x.example/archive/7"
    assert letter(TEXT).link is None


def test_an_archive_link_names_no_recipient() -> None:
    address = "https://us1.campaign-archive.com/?u=1&amp;id=2&amp;e=3"
    read = letter(f'<p><a href="{address}">View this email in your browser</a></p>{TEXT}')
    assert read.link == "https://us1.campaign-archive.com/?u=1&id=2"


def test_a_plain_text() -> None:
    body = (
        "View in browser:\nhttps://x.example/v/1\n\nHello,\nsee https://a.example/s?x=1&y=2.\n\n"
        "1 < 2\n\nTo unsubscribe, go to\n<https://x.example/u/9>\n-- \nThe Letter"
    )
    read = letter(body, kind="plain")
    assert read.link == "https://x.example/v/1"
    assert read.content_html == (
        "<p>Hello,<br>see "
        '<a href="https://a.example/s?x=1&amp;y=2">https://a.example/s?x=1&amp;y=2</a>.</p>'
        "<p>1 &lt; 2</p>"
    )


def test_html_is_preferred_and_attachments_are_not_read() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "W <w@x.example>", "s"
    message.set_content("plain")
    message.add_alternative("<p>rich</p>", subtype="html")
    message.add_attachment("<p>attached</p>", subtype="html", filename="a.html")
    read = newsletter.read(bytes(message))
    assert read is not None
    assert "rich" in read.content_html
    assert "attached" not in read.content_html


def test_a_wrong_charset_is_read_all_the_same() -> None:
    head = HEAD.format(sender="W <w@x.example>", more="")
    data = f"{head}Content-Type: text/html; charset=us-ascii\n\n".encode() + (
        "<p>县里的图书馆昨日重新开放</p>".encode("gb18030")
    )
    read = newsletter.read(data)
    assert read is not None
    assert "图书馆" in read.content_html


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied\n",
        "X-Autoreply: yes\n",
        "Return-Path: <>\n",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n',
    ],
)
def test_automatic_mails_are_no_newsletters(more: str) -> None:
    data = HEAD.format(sender="W <w@x.example>", more=more) + "\ntext"
    assert newsletter.read(data.encode()) is None


def test_nothing_to_read() -> None:
    with pytest.raises(ParseError):
        newsletter.read(HEAD.format(sender="W <w@x.example>", more="").encode() + b"\n")


def test_several_recipients_have_one_entry() -> None:
    def to(name: str) -> bytes:
        head = HEAD.format(sender="W <w@x.example>", more="").replace("<one@", f"<{name}@")
        foot = f'<p><a href="https://x.example/u/{name}">Unsubscribe</a></p>'
        return f"{head}Content-Type: text/html\n\n{TEXT}{foot}".encode()

    first, second = (newsletter.prepare(to(name), "Asia/Shanghai") for name in "ab")
    assert first is not None
    assert second is not None
    assert first.marks.text == second.marks.text


@given(st.binary(max_size=600))
def test_nothing_breaks_it(noise: bytes) -> None:
    for data in (noise, HEAD.format(sender="W <w@x.example>", more="").encode() + noise):
        try:
            newsletter.prepare(data, "Asia/Shanghai")
        except ParseError:
            continue
