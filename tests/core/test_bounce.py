"""What comes back is told apart: reports of every form, complaints, and what is neither."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import bounce, verp
from syndicate.core.bounce import Kind, Mail, Report
from syndicate.core.bounce_words import is_nobody
from syndicate.errors import ParseError

SECRET = b"a secret of tests"
BASE = "bounces@news.example"
TO = verp.return_path(BASE, SECRET, "0123456789abcdef")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def mail(
    body: str, *, subject: str, sender: str = "MAILER-DAEMON@mx.example", **more: str
) -> bytes:
    """A mail in one part, as plain text in UTF-8."""
    headers = {
        "From": sender,
        "To": TO,
        "Subject": Header(subject, "utf-8").encode(),
        "Message-ID": "<report-1@mx.example>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    return f"{head}\n\n{body}\n".encode()


def dsn(status: str, told: str, *, action: str = "failed", text: str = "It failed.") -> bytes:
    """An RFC 3464 report."""
    code = f"Diagnostic-Code: smtp; {told}\n" if told else ""
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {TO}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <report-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

{text}
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Tue, 24 Nov 2026 08:00:00 +0800

Original-Recipient: rfc822;Reader@Far.example
Final-Recipient: rfc822; reader@far.example
Action: {action}
Status: {status}
{code}
--B
Content-Type: text/rfc822-headers

Return-Path: <{TO}>
Message-ID: <daily.1.abc@news.example>
To: Reader@Far.example
List-Unsubscribe: <https://news.example/unsubscribe/TOKEN>

--B--
""".encode()


QQ = """
抱歉，您的邮件被退回来了……
原邮件信息：
时间 2026-11-24 08:00:00
主题 每日法治
收件人 nobody@qq.example
退信原因
收件人邮件地址（nobody@qq.example）不存在，邮件无法送达。
host mx.qq.example said: 550 Mailbox unavailable or access denied
解决方案
请核实邮箱地址是否正确。
"""
QQ_FULL = QQ.replace(
    "收件人邮件地址（nobody@qq.example）不存在，邮件无法送达。", "对方邮箱空间已满，暂时无法接收。"
).replace("550 Mailbox unavailable or access denied", "552 Mailbox is full")
NETEASE = """
您的邮件未能送达以下收件人：
nobody@163.example
退信代码：550 User not found: nobody@163.example
退信原因：收件人的帐号不存在
"""
QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@far.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 sorry, no mailbox here by that name

--- Below this line is a copy of the message.

Return-Path: <{to}>
Message-ID: <daily.1.abc@news.example>
"""
EXCHANGE = """Delivery has failed to these recipients or groups:

reader@far.example
The e-mail address you entered couldn't be found. Please check the recipient's e-mail address.

Diagnostic information for administrators:
Generating server: ex.far.example
reader@far.example
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  reader@far.example
    host mx.far.example said: 552 mailbox is full: retry timeout exceeded
"""


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(dsn("5.1.1", "550 5.1.1 user unknown"), "hard", id="dsn: no such user"),
        pytest.param(dsn("5.1.2", ""), "hard", id="dsn: no such domain"),
        pytest.param(dsn("5.0.0", "550 账号不存在"), "hard", id="dsn: chinese words"),
        pytest.param(dsn("5.0.0", ""), "hard", id="dsn: failed, nothing else said"),
        pytest.param(dsn("5.2.2", "552 5.2.2 mailbox full"), "soft", id="dsn: full"),
        pytest.param(dsn("5.1.1", "552 over quota"), "soft", id="dsn: the words outrank the code"),
        pytest.param(dsn("5.7.1", "550 5.7.1 looks like spam"), "soft", id="dsn: refused as spam"),
        pytest.param(dsn("5.7.26", "550 unauthenticated, DMARC"), "soft", id="dsn: about us"),
        pytest.param(dsn("5.2.3", "552 message size exceeds limit"), "soft", id="dsn: too large"),
        pytest.param(dsn("5.2.1", "550 account disabled"), "hard", id="dsn: disabled"),
        pytest.param(dsn("4.4.7", "", text="expired"), "soft", id="dsn: expired"),
        pytest.param(dsn("4.4.1", "timed out", action="delayed"), "soft", id="dsn: delayed"),
        pytest.param(mail(QQ, subject="系统退信/Systems bounce", sender="PostMaster@qq.example"), "hard", id="qq"),
        pytest.param(mail(QQ_FULL, subject="系统退信/Systems bounce", sender="PostMaster@qq.example"), "soft", id="qq: full"),
        pytest.param(mail(NETEASE, subject="系统退信", sender="Postmaster@163.example"), "hard", id="163"),
        pytest.param(
            mail("您的邮件无法投递：\n收件人 a@aliyun.example 邮箱容量已满", subject="退信通知", sender="postmaster@aliyun.example"),
            "soft",
            id="aliyun: full",
        ),
        pytest.param(
            mail("发往 a@126.example 的邮件被退回，原因：查无此人", subject="邮件退信提醒", sender="postmaster@126.example"),
            "hard",
            id="126",
        ),
        pytest.param(
            mail("收件服务器拒收：发送过于频繁，请稍后再试", subject="系统退信", sender="postmaster@qq.example"), "soft", id="qq: too often"
        ),
        pytest.param(mail(QMAIL.format(to=TO), subject="failure notice"), "hard", id="qmail"),
        pytest.param(mail(EXCHANGE, subject="Undeliverable: Daily", sender="postmaster@far.example"), "hard", id="exchange"),
        pytest.param(mail(EXIM, subject="Mail delivery failed: returning message to sender"), "soft", id="exim: full"),
        pytest.param(mail("Sorry.\n550 nope", subject="Returned mail: see below"), "hard", id="only a 5xx"),
        pytest.param(mail("Sorry.", subject="Undelivered mail"), "soft", id="came back, no reason given"),
    ],
)  # fmt: skip
def test_reports(data: bytes, kind: str) -> None:
    read = bounce.read(data)
    assert isinstance(read, Report)
    assert read.kind == kind
    assert any(verp.subscriber(place, BASE, SECRET) for place in read.places)


def test_a_delivery_report_is_read_in_full() -> None:
    read = bounce.read(dsn("5.1.1", "550 5.1.1 user\n  unknown"))
    assert isinstance(read, Report)
    assert read.addresses == ("reader@far.example",)
    assert read.returned == "daily.1.abc@news.example"
    assert read.status == "5.1.1"
    assert read.reason == "550 5.1.1 user unknown"
    assert read.id == "report-1@mx.example"
    assert "<https://news.example/unsubscribe/TOKEN>" in read.places


def test_the_gravest_of_several_recipients_counts() -> None:
    second = b"\nFinal-Recipient: rfc822; other@far.example\nAction: delayed\nStatus: 4.2.2\n\n--B\nContent-Type: text/rfc822"
    data = dsn("5.1.1", "550 unknown user").replace(b"\n--B\nContent-Type: text/rfc822", second)
    read = bounce.read(data)
    assert isinstance(read, Report)
    assert read.kind is Kind.HARD


def test_an_international_report() -> None:
    data = dsn("5.1.1", "550 no such user").replace(
        b"message/delivery-status", b"message/global-delivery-status"
    )
    read = bounce.read(data)
    assert isinstance(read, Report)
    assert read.kind is Kind.HARD


def arf(kind: str) -> bytes:
    return f"""From: <abuse@provider.example>
To: {BASE}
Subject: FW: Daily
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.
--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{TO}>
Original-Rcpt-To: <reader@far.example>

--B
Content-Type: message/rfc822

From: us@news.example
To: reader@far.example
Subject: Daily
Message-ID: <daily.1.abc@news.example>

text
--B--
""".encode()


@pytest.mark.parametrize("kind", ["abuse", "fraud", "other", "opt-out", "Abuse"])
def test_complaints(kind: str) -> None:
    read = bounce.read(arf(kind))
    assert isinstance(read, Report)
    assert read.kind is Kind.COMPLAINT
    assert read.addresses == ("reader@far.example",)
    assert read.returned == "daily.1.abc@news.example"
    assert any(verp.subscriber(place, BASE, SECRET) for place in read.places)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(arf("not-spam"), id="a complaint taken back"),
        pytest.param(arf("auth-failure"), id="an authentication report"),
        pytest.param(dsn("2.0.0", "", action="delivered"), id="it was delivered"),
        pytest.param(dsn("2.0.0", "", action="relayed"), id="it was relayed"),
        pytest.param(
            mail("I am away. My mailbox is full of work.", subject="Out of office", sender="r@far.example"),
            id="out of office",
        ),
        pytest.param(
            mail("不在，邮箱已满", subject="自动回复：每日法治", sender="r@far.example"), id="自动回复"
        ),
        pytest.param(
            mail("Thanks, user unknown", subject="Re: Daily", sender="r@far.example", Auto_Submitted="auto-replied"),
            id="auto-replied",
        ),
        pytest.param(
            mail("Your mailbox is full of good news!", subject="Re: Daily", sender="r@far.example"), id="a letter"
        ),
        pytest.param(
            mail("away", subject="Re: Daily", sender="r@far.example", X_Autoreply="yes"), id="x-autoreply"
        ),
    ],
)  # fmt: skip
def test_what_is_no_report(data: bytes) -> None:
    assert isinstance(bounce.read(data), Mail)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "no headers", id="empty"),
        pytest.param(b"\x00\xff\xfe garbage", "no headers", id="garbage"),
        pytest.param(b"hello there, no mail", "no headers", id="a text"),
        pytest.param(
            dsn("5.1.1", "x").replace(b"message/delivery-status", b"text/plain"),
            "without a status",
            id="a report without status",
        ),
        pytest.param(
            dsn("5.1.1", "x")[: dsn("5.1.1", "x").index(b"Original-Recipient")],
            "names no recipient",
            id="cut off",
        ),
        pytest.param(
            arf("").replace(b"Feedback-Type: \n", b""), "Feedback-Type", id="arf without type"
        ),
    ],
)
def test_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        bounce.read(data)


def test_an_encoded_report() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "postmaster@qq.example", TO, "系统退信"
    message.set_content("<p>收件人不存在</p>", subtype="html", charset="gb2312", cte="base64")
    read = bounce.read(bytes(message))
    assert isinstance(read, Report)
    assert read.kind is Kind.HARD


@given(st.binary(max_size=400), st.sampled_from([dsn("5.1.1", "550 x"), arf("abuse"), b""]))
def test_nothing_breaks_it(noise: bytes, start: bytes) -> None:
    try:
        read = bounce.read(start[: len(start) * 2 // 3] + noise)
    except ParseError:
        return
    assert isinstance(read, Report | Mail)


def test_whole_messages_with_large_parts_are_read_quickly() -> None:
    large = base64.encodebytes(b"x" * 3_000_000)
    data = dsn("5.1.1", "550 x").replace(b"text/rfc822-headers\n\n", b"message/rfc822\n\n", 1)
    read = bounce.read(data.replace(b"TOKEN>\n", b"TOKEN>\n\n" + large, 1))
    assert isinstance(read, Report)
    assert read.returned == "daily.1.abc@news.example"


@pytest.mark.parametrize(
    ("every", "times", "given_up"),
    [
        pytest.param(timedelta(0), 5, True, id="five at once"),
        pytest.param(timedelta(0), 4, False, id="four at once"),
        pytest.param(timedelta(days=1), 6, True, id="six days"),
        pytest.param(timedelta(days=7), 10, True, id="ten weeks"),
        pytest.param(timedelta(days=30), 100, False, id="once a month, for ever"),
    ],
)
def test_soft_bounces_decay(every: timedelta, times: int, given_up: bool) -> None:
    score, last = 0.0, None
    for number in range(times):
        now = NOW + every * number
        score, last = bounce.added(score, last, now), now
    assert bounce.is_too_many(score) is given_up


@pytest.mark.parametrize(
    ("said", "nobody"),
    [
        ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", True),
        ("550 no such user", True),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup", True),
        ("550 User not found: a@b.example", True),
        ("550 收件人不存在", True),
        ("550 5.2.1 The email account that you tried to reach is disabled", True),
        ("550", False),
        ("550 5.7.1 Our system has detected unsolicited mail from your address", False),
        ("554 5.7.1 <a@b.example>: Relay access denied", False),
        ("550 5.7.1 Unable to relay recipient in non-accepted domain", False),
        ("550 relaying to <a@b.example> prohibited by administrator, user unknown", False),
        ("550 not permitted to send to this recipient", False),
        ("530 5.7.0 Must authenticate first", False),
        ("552 5.2.2 mailbox full", False),
        ("450 4.1.1 user unknown", False),
    ],
)
def test_whom_a_server_refuses_because_nobody_is_there(said: str, nobody: bool) -> None:
    assert is_nobody(said) is nobody
