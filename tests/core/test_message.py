"""Messages: what goes into headers stays there, lines are short, what is too long is cut whole."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicate.adapters.templates import Templates
from syndicate.core import editions, message, mime, textpart, words
from syndicate.core.message import LARGEST
from syndicate.core.mime import Recipient, Rendered
from syndicate.model import Entry, Notice
from syndicate.settings import Digest, Mail, Notices
from tests.conftest import ROOT
from tests.jobs import publishing

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
SETTINGS = replace(publishing.settings(ROOT), mail=Mail(sender="digest@news.example"))
DIGEST = Digest("daily", "每日摘要")
RENDERED = Rendered(
    subject="每日摘要",
    html="<p>正文 \ue0f0email\ue0f1 <a href='\ue0f0unsubscribe\ue0f1'>退订</a></p>",
    text="正文\n\ue0f0unsubscribe\ue0f1\n",
    language="zh-CN",
    text_only=False,
    digest="daily",
    digest_title="每日摘要",
    kind="digest",
)
TO = Recipient(
    email="reader@reader.example",
    name="",
    message_id="<1@news.example>",
    date=NOW,
    unsubscribe="https://news.example/unsubscribe/x.y",
    preferences="https://news.example/preferences/x.y",
    unsubscribe_mail="digest+x-y@news.example?subject=unsubscribe%20x-y",
    edition="daily-1",
)


def parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def built(rendered: Rendered = RENDERED, **to: Any) -> bytes:
    return mime.build(rendered, replace(TO, **to), SETTINGS)


def mail(*entries: Entry, settings: Any = SETTINGS, digest: Digest = DIGEST) -> Rendered:
    local = datetime(2026, 11, 24, 8, 0)
    return editions.render(
        settings, digest, "daily-1", local, entries, "zh-CN", Templates([ROOT / "templates"]),
        also={},
    )  # fmt: skip


# --- headers --------------------------------------------------------------------------------

NASTY = [
    pytest.param("标题\r\nBcc: all@reader.example", id="CRLF"),
    pytest.param("title\nBcc: all@reader.example", id="LF"),
    pytest.param("title\rBcc: all@reader.example", id="CR"),
    pytest.param("title\u2028Bcc: all@reader.example\u2029", id="separators of Unicode"),
    pytest.param("title\x00\x1b[31m\x85Bcc: x", id="control characters"),
    pytest.param("=?utf-8?b?DQpCY2M6IGFsbA==?=", id="looks encoded"),
    pytest.param("很长的标题" * 60, id="long Chinese"),
    pytest.param("word " * 200, id="long ASCII"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("text", NASTY)
def test_a_subject_is_a_subject(text: str) -> None:
    data = built(replace(RENDERED, subject=text))
    head = data.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert not re.search(rb"^bcc:", head, re.I | re.M)
    got = parsed(data)
    assert got["Bcc"] is None
    shown = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    assert " ".join(str(got["Subject"]).split()) == " ".join(shown.split())


NAMES = [
    pytest.param("张三", "张三", id="Chinese"),
    pytest.param('O"Neil, "Al"', "O Neil, Al", id="quotes"),
    pytest.param("Last, First (x)", "Last, First (x)", id="specials"),
    pytest.param("a\r\nBcc: b@c.example", "a Bcc: b@c.example", id="CRLF"),
    pytest.param("evil <x@y.example>", "evil x@y.example", id="an address"),
    pytest.param("back\\slash", "back slash", id="backslash"),
    pytest.param("名字" * 40, "名字" * 40, id="long"),
]


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_a_name_is_a_name(name: str, shown: str) -> None:
    got = parsed(built(name=name))
    assert got["Bcc"] is None
    (only,) = got["To"].addresses
    assert only.addr_spec == TO.email
    # Spaces between encoded words are none (RFC 2047, 6.2), which Python's reader does not know
    assert "".join(only.display_name.split()) == "".join(shown.split())


ADDRESSES = [
    pytest.param("a@例子.example", b"a@xn--fsqu00a.example", id="IDN"),
    pytest.param("用户@reader.example", "用户@reader.example".encode(), id="local part in UTF-8"),
    pytest.param(
        "用户@例子.example", "用户@xn--fsqu00a.example".encode(), id="local part and domain"
    ),
    pytest.param("a@b.example>\r\nBcc: c", b"a@b.exampleBcc:c", id="CRLF"),
]


@pytest.mark.parametrize(("address", "written"), ADDRESSES)
def test_an_address(address: str, written: bytes) -> None:
    head = built(email=address).partition(b"\r\n\r\n")[0]
    assert b"To: " + written in head.split(b"\r\n")


@pytest.mark.parametrize(
    ("public", "archive"),
    [(True, "<https://news.example/editions/daily/>"), (False, "<https://news.example/>")],
    ids=["public", "not public"],
)
def test_the_archive_is_where_something_is(public: bool, archive: str) -> None:
    rendered = mail(publishing.entry(1), digest=replace(DIGEST, public=public))
    assert parsed(built(rendered))["List-Archive"] == archive


def test_list_headers_are_whole() -> None:
    got = parsed(built())
    ways = f"<{TO.unsubscribe}>, <mailto:{TO.unsubscribe_mail}>"
    assert " ".join(str(got["List-Unsubscribe"]).split()) == ways
    assert parsed(built(replace(RENDERED, kind="letter")))["List-Unsubscribe"] is None


# --- bytes ----------------------------------------------------------------------------------


@given(
    before=st.text(max_size=200), after=st.text(max_size=200), only=st.booleans(), own=st.booleans()
)
def test_what_is_written_is_read(before: str, after: str, only: bool, own: bool) -> None:
    def plain(text: str) -> str:
        return re.sub("[\ue0f0\ue0f1\r\ud800-\udfff]", "", text)

    before, after = plain(before), plain(after)
    mark = message.UNSUBSCRIBE if own else ""
    rendered = replace(RENDERED, text=f"{before}{mark}{after}\n", text_only=only)
    pieces = mime.prepare(rendered, SETTINGS).build(TO)
    data = pieces.joined()
    body = data.partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(body).digest() == pieces.digest
    assert data == mime.build(rendered, TO, SETTINGS)
    part = parsed(data).get_body(("plain",))
    assert part is not None
    got = cast(bytes, part.get_payload(decode=True)).decode()
    wanted = f"{before}{TO.unsubscribe if own else ''}{after}\n"
    assert got == wanted.replace("\n", "\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 78


def test_a_recipient_s_own_is_escaped_in_markup() -> None:
    rendered = replace(RENDERED, html="<p>\ue0f0email\ue0f1</p>")
    html, text = mime.shown(rendered, replace(TO, email='<b>&"@x.example'))
    assert html == "<p>&lt;b&gt;&amp;&quot;@x.example</p>"
    assert "<b>" not in text


# --- what a mail shows ----------------------------------------------------------------------


def long_entries(count: int) -> list[Entry]:
    return [
        publishing.entry(n, title=f"第{n}号 " + "标题" * 20, summary="摘要里的句子。" * 40)
        for n in range(1, count + 1)
    ]


def test_what_fits_is_not_cut() -> None:
    html = mail(*long_entries(3)).html
    assert message.fitted(html, "https://news.example/e.html", words.of("zh-CN")) == html


def test_what_is_too_long_is_cut_between_two_entries() -> None:
    html = mail(*long_entries(120)).html
    size = len(html.encode())
    assert LARGEST - 8000 < size <= LARGEST
    tree = etree.HTML(html)
    shown = [e.get("id") for e in tree.iter() if (e.get("id") or "").startswith("e-")]
    assert shown == [f"e-{publishing.entry(n).id}" for n in range(1, len(shown) + 1)]
    assert 10 < len(shown) < 120
    cut = tree.xpath("//a[contains(@href, '/editions/daily/') and ancestor::td]")
    assert any(a.getparent().getprevious() is not None for a in cut)
    assert message.UNSUBSCRIBE in html  # the foot is there
    for tag in ("table", "tr", "td", "div", "p", "h2", "h3", "a"):
        opened = len(re.findall(rf"<{tag}[\s>]", re.sub(r"<!--.*?-->", "", html, flags=re.S)))
        assert opened == html.count(f"</{tag}>") - len(
            re.findall(rf"</{tag}>", "".join(re.findall(r"<!--.*?-->", html, re.S)))
        ), tag


def test_lines_of_the_text_part_are_short() -> None:
    settings = replace(
        SETTINGS, site=replace(SETTINGS.site, notices=Notices(reprint="转载的声明。" * 30))
    )
    entries = [
        *long_entries(3),
        publishing.entry(7, title="An English title " * 9, summary="Words, and more words. " * 20,
                         notices=(Notice("本文仅供参考，不代表本站立场。" * 9),)),
    ]  # fmt: skip
    text = mime.shown(mail(*entries, settings=settings), TO)[1]
    for line in text.splitlines():
        if "://" not in line:
            assert textpart._columns(line) <= 74, line  # a closing mark may hang over the edge
    assert "\n\n\n\n" not in text


def test_notices_are_whole_and_lead_to_all_of_them() -> None:
    notice = "本文仅供参考，" * 20 + "完。"
    rendered = mail(publishing.entry(1, notices=(Notice(notice),)))
    block = etree.HTML(rendered.html).xpath("//*[starts-with(@id, 'e-')]")[0]
    assert notice in "".join(block.itertext())
    assert 'href="https://news.example/notices.html"' in rendered.html
    assert notice in re.sub(r"\s", "", rendered.text)
    assert "https://news.example/notices.html" in rendered.text


def test_the_site_s_own_notices_are_there_once() -> None:
    site = replace(SETTINGS.site, notices=Notices(reprint="转载请联系，{takedown_days}日内处理。"))
    rendered = mail(
        *(publishing.entry(n) for n in range(1, 4)), settings=replace(SETTINGS, site=site)
    )
    assert rendered.html.count("转载请联系，30日内处理。") == 1
    assert rendered.text.count("转载请联系，30日内处理。") == 1


def test_marks_from_outside_are_no_marks() -> None:
    bad = f"标题{message.EMAIL}"
    rendered = mail(publishing.entry(1, title=bad, summary=bad, notices=(Notice(bad),)))
    block = etree.HTML(rendered.html).xpath("//*[starts-with(@id, 'e-')]")[0]
    assert not re.search("[\ue0f0\ue0f1]", "".join(block.itertext()))
