"""Mails that claim: what is read of them, whether anybody wrote them, what is answered."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import claim_mail
from syndicate.core.claim_mail import ClaimMail, Nature
from syndicate.core.claims import LONGEST, Kind, is_complete
from syndicate.errors import ParseError

SITE = "https://news.example/"


def mail(body: str = "请撤下。", **headers: str) -> bytes:
    """A mail by a person; a header that is "" is left out."""
    fields = {
        "From": "某出版社 <rights@press.example>",
        "To": "claims@news.example",
        "Subject": "撤稿",
        "Message-ID": "<1@press.example>",
        "Date": "Tue, 24 Nov 2026 08:00:00 +0800",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\n{body}".encode()


def read(body: str = "请撤下。", **headers: str) -> ClaimMail:
    return claim_mail.read(mail(body, **headers), SITE)


@pytest.mark.parametrize(
    ("headers", "nature", "silent"),
    [
        pytest.param({}, Nature.WRITTEN, False, id="a person's"),
        pytest.param({"Auto_Submitted": "no"}, Nature.WRITTEN, False, id="says that it is"),
        pytest.param({"Auto_Submitted": "auto-replied"}, Nature.AUTOMATIC, True, id="vacation"),
        pytest.param({"Auto_Submitted": "auto-generated; x=1"}, Nature.SENT, True, id="a program"),
        pytest.param({"Return_Path": "<>"}, Nature.AUTOMATIC, True, id="from nowhere"),
        pytest.param({"From": "MAILER-DAEMON@mx.example"}, Nature.AUTOMATIC, True, id="a bounce"),
        pytest.param(
            {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
            Nature.AUTOMATIC, True, id="a report",
        ),
        pytest.param({"Subject": "自动回复：撤稿"}, Nature.AUTOMATIC, True, id="vacation by subject"),
        pytest.param({"X_Autoreply": "yes"}, Nature.AUTOMATIC, True, id="vacation of old"),
        pytest.param({"Precedence": "bulk"}, Nature.SENT, True, id="bulk"),
        pytest.param({"List_Id": "<l.example>"}, Nature.SENT, True, id="a list"),
        pytest.param({"List_Unsubscribe": "<https://x.example>"}, Nature.SENT, True, id="mass mail"),
        pytest.param({"X_Auto_Response_Suppress": "All"}, Nature.SENT, True, id="wants no reply"),
        pytest.param({"From": "noreply@press.example"}, Nature.WRITTEN, True, id="no-reply"),
        pytest.param({"From": "owner-l@press.example"}, Nature.WRITTEN, True, id="list's owner"),
        pytest.param({"From": "nobody"}, Nature.WRITTEN, True, id="no address"),
        pytest.param({"From": ""}, Nature.WRITTEN, True, id="no From"),
        pytest.param(
            {"Authentication_Results": "mx.example; dmarc=fail header.from=press.example"},
            Nature.WRITTEN, True, id="forged",
        ),
        pytest.param({"X_Spam_Flag": "YES"}, Nature.SPAM, True, id="spam by flag"),
        pytest.param({"X_Spam_Status": "Yes, score=9"}, Nature.SPAM, True, id="spam by status"),
        pytest.param({"X_Spam_Status": "No, score=1"}, Nature.WRITTEN, False, id="no spam"),
    ],
)  # fmt: skip
def test_who_wrote_it(headers: dict[str, str], nature: Nature, silent: bool) -> None:
    found = read(**headers)
    assert found.nature is nature
    assert bool(found.silent) is silent


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        pytest.param("看 https://news.example/articles/a.html。", ("https://news.example/articles/a.html",),
                     id="ends at a full stop"),
        pytest.param("https://a.example/b请", ("https://a.example/b请", "https://a.example/b"),
                     id="words behind it, or of it"),
        pytest.param("(http://a.example/x?y=1)", ("http://a.example/x?y=1",), id="in brackets"),
        pytest.param("news.example/articles/a.html 侵权", ("https://news.example/articles/a.html",),
                     id="ours without a scheme"),
        pytest.param("other.example/a", (), id="another's without one"),
        pytest.param("x@news.example/a", (), id="no address of a person"),
        pytest.param("https://a.example/1 https://a.example/1", ("https://a.example/1",), id="once"),
        pytest.param("javascript:alert(1)", (), id="no web address"),
    ],
)  # fmt: skip
def test_addresses_in_the_text(text: str, urls: tuple[str, ...]) -> None:
    assert read(text).urls == urls


def test_links_of_the_html_part() -> None:
    html = '<p>Remove <a href="https://news.example/articles/a.html?x=1&amp;y=2">this</a></p>'
    found = read(html, Content_Type="text/html")
    assert found.urls == ("https://news.example/articles/a.html?x=1&y=2",)
    assert found.text == "Remove this"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请支付稿酬", Kind.ROYALTY),
        ("please pay the royalty, or take it down", Kind.TAKEDOWN),
        ("未经授权转载，请支付稿酬", Kind.TAKEDOWN),
        ("hello", Kind.TAKEDOWN),
    ],
)
def test_what_is_asked_for(text: str, kind: Kind) -> None:
    assert read(text, Subject="x").kind is kind


def test_the_thread() -> None:
    found = read(
        Subject="Re: 已收到您的投诉，编号 C00007 c00008 ABC00009",
        In_Reply_To="<letter.claim-7.abc@news.example>",
        References="<a@b>\r\n <c@d>",
    )
    assert found.numbers == (7, 8)
    assert found.refers == ("letter.claim-7.abc@news.example", "a@b", "c@d")


def test_the_same_mail_has_the_same_mark_however_it_came() -> None:
    one = read(Received="from a", Delivered_To="x@news.example")
    assert one.mark == read(body="请撤下。\r\n-- \r\n列表", Received="from b").mark
    assert one.mark != read(Message_ID="<2@press.example>").mark
    assert one.mark != read(From="other@press.example").mark, "ids are nobody's own"
    assert read(Message_ID="").mark == read(Message_ID="", Received="x").mark
    assert read(Message_ID="").mark != read("其他", Message_ID="").mark


def test_answers_go_to_reply_to_if_it_is_one_address() -> None:
    assert read(Reply_To="desk@press.example").answer_to == "desk@press.example"
    assert read(Reply_To="a@press.example, b@press.example").answer_to == "rights@press.example"
    assert read(Reply_To="not an address").answer_to == "rights@press.example"
    name = base64.b64encode("王, 律师".encode()).decode()
    assert read(From=f"=?utf-8?b?{name}?= <w@law.example>").name == "王, 律师"


def test_for_whom() -> None:
    assert claim_mail.is_for(read(), "claims@news.example")
    assert claim_mail.is_for(read(To="CLAIMS+x@News.example"), "claims@news.example")
    assert claim_mail.is_for(read(To="", Delivered_To="claims@news.example"), "claims@news.example")
    assert not claim_mail.is_for(read(To="bounce@news.example"), "claims@news.example")
    listed = read(To="all@list.example", Delivered_To="claims@news.example", List_Id="<l.example>")
    assert not claim_mail.is_for(listed, "claims@news.example")


def test_attachments_are_named() -> None:
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nsee attached\r\n"
        "--b\r\nContent-Type: application/pdf; name*=utf-8''%E5%90%88%E5%90%8C.pdf\r\n"
        "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n--b--\r\n"
    )
    found = read(parts, Content_Type="multipart/mixed; boundary=b")
    assert found.text == "see attached"
    assert found.attachments == ("合同.pdf (application/pdf, 3 bytes)", "- (message/rfc822)")
    asked = claim_mail.demand(found, "is larger than 9 bytes")
    assert "[合同.pdf (application/pdf, 3 bytes)]" in asked.text
    assert asked.text.endswith("[is larger than 9 bytes]")


@pytest.mark.parametrize("text", ["x" * 100_000, "", "\x00\x1b[31m\r\n" * 9, "\n" * 50_000])
def test_any_mail_is_a_claim_that_can_be_kept(text: str) -> None:
    asked = claim_mail.demand(read(text, Subject="y" * 5000, From="z" * 999))
    assert is_complete(asked, reachable=False)
    assert len(asked.text) <= LONGEST["text"]
    assert "\x1b" not in asked.text + asked.name


@pytest.mark.parametrize("data", [b"", b"\r\n\r\nx", b"X: y\r\n\r\nx"])
def test_no_mail(data: bytes) -> None:
    with pytest.raises(ParseError):
        claim_mail.read(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b"From: a@b.example\r\n"
            + b"".join(
                b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n)
                for n in range(5000)
            ),
            id="parts within parts",
        ),
        pytest.param(
            b"From: a@b.example\r\n" + b"Content-Type: message/rfc822\r\n\r\nFrom: a@b\r\n" * 5000,
            id="mails within mails",
        ),
        pytest.param(
            b"From: a@b.example\r\nSubject: " + b"=?utf-8?b?5p+Q?= " * 300_000 + b"\r\n\r\nx",
            id="minutes for the standard library",
        ),
        pytest.param(b"From: " + b"(" * 500_000 + b"a@b.example\r\n\r\nx", id="comments within"),
        pytest.param(b"From: " + b"a@b.example, " * 50_000 + b"\r\n\r\nx", id="many senders"),
        pytest.param(b'From: a@b.example\r\nContent-Type: ;;;="\r\n\r\nx', id="broken type"),
        pytest.param(
            b"From: a@b.example\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff",
            id="charset",
        ),
    ],
)
def test_hostile(data: bytes) -> None:
    try:
        found = claim_mail.read(data)
    except ParseError:
        return
    assert is_complete(claim_mail.demand(found), reachable=False)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_nothing_breaks_it(head: bytes, body: bytes) -> None:
    try:
        found = claim_mail.read(b"From: a@b.example\r\n" + head + b"\r\n\r\n" + body, SITE)
    except ParseError:
        return
    assert is_complete(claim_mail.demand(found), reachable=False)
