"""The LMTP listener, asked by a real client."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syndicate.adapters import lmtp
from syndicate.errors import ParseError, StoreError, UsageError

MOST = 200_000
MAIL = b"Subject: x\r\n\r\n.dot\r\nend\r\n"


class Taken:
    """What was taken in; refuses what says so."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def __call__(self, data: bytes) -> None:
        if b"Subject: nonsense" in data:
            raise ParseError("is no mail")
        if b"Subject: later" in data:
            raise StoreError("the database is away")
        self.mails.append(data)


@contextmanager
def listening(where: str, taken: Taken) -> Iterator[str]:
    """A listener in a loop of its own; where it listens."""
    loop = asyncio.new_event_loop()
    bound = lmtp.socket_at(where)
    listener = lmtp.Listener(taken, MOST)
    loop.run_until_complete(listener.open(bound))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        name = bound.getsockname()
        yield name if isinstance(name, str) else f"{name[0]}:{name[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(listener.close(0.1), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def client(taken: Taken) -> Iterator[smtplib.LMTP]:
    with listening("lmtp://127.0.0.1:0", taken) as where:
        host, _, port = where.rpartition(":")
        with smtplib.LMTP(host, int(port), timeout=10) as found:
            yield found


def test_a_mail_with_its_envelope(client: smtplib.LMTP, taken: Taken) -> None:
    assert client.sendmail("", ["bounce+1@news.example"], MAIL) == {}
    assert taken.mails == [b"Return-Path: <>\r\nDelivered-To: bounce+1@news.example\r\n" + MAIL]


def test_over_a_socket_file(tmp_path: Path, taken: Taken) -> None:
    path = tmp_path / "in.sock"
    with listening(f"lmtp:{path}", taken):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with pytest.raises(UsageError, match="another process listens"):
            lmtp.socket_at(f"lmtp:{path}")
        with smtplib.LMTP(str(path), timeout=10) as client:
            client.sendmail("mailer@mx.example", ["a@news.example"], MAIL)
    assert not path.exists()
    assert len(taken.mails) == 1
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))  # of a process that was killed
    left.close()
    with lmtp.socket_at(f"lmtp:{path}"):
        assert path.exists()


@pytest.mark.parametrize(
    ("where", "what"),
    [("lmtp:/no/such/folder/in.sock", "No such file"), ("lmtp://127.0.0.1:99999", "cannot listen")],
)
def test_where_nobody_can_listen(where: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        lmtp.socket_at(where)


def test_an_answer_for_each_recipient(client: smtplib.LMTP, taken: Taken) -> None:
    client.ehlo("mx.example")
    client.mail("")
    for name in ("a", "b", "c"):
        assert client.rcpt(f"{name}@news.example")[0] == 250
    code, _ = client.data(MAIL)
    others = [client.getreply()[0] for _ in range(2)]
    assert (code, others, len(taken.mails)) == (250, [250, 250], 3)
    assert client.noop()[0] == 250


@pytest.mark.parametrize(("subject", "code"), [(b"nonsense", 554), (b"later", 451)])
def test_what_is_not_taken(client: smtplib.LMTP, taken: Taken, subject: bytes, code: int) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        client.sendmail("", ["a@news.example"], b"Subject: " + subject + b"\r\n\r\nx\r\n")
    assert refused.value.smtp_code == code
    assert taken.mails == []
    assert client.sendmail("", ["a@news.example"], MAIL) == {}


@pytest.mark.parametrize("line", [b"x" * 70, b"x" * 150_000], ids=["lines", "a long line"])
def test_too_large(client: smtplib.LMTP, taken: Taken, line: bytes) -> None:
    client.ehlo("mx.example")
    client.mail("")
    client.rcpt("a@news.example")
    client.rcpt("b@news.example")
    code, said = client.data((line + b"\r\n") * (250_000 // len(line) + 1))
    assert (code, client.getreply()[0]) == (552, 552), said
    assert taken.mails == []
    client.putcmd("MAIL", f"FROM:<> SIZE={MOST + 1}")
    assert client.getreply()[0] == 552
    assert client.sendmail("", ["a@news.example"], b"Subject: " + b"x" * 150_000) == {}
    assert len(taken.mails[0]) > 150_000


def test_an_endless_body_ends(client: smtplib.LMTP, taken: Taken) -> None:
    client.ehlo("mx.example")
    client.mail("")
    client.rcpt("a@news.example")
    client.docmd("DATA")
    assert client.sock is not None
    with pytest.raises(OSError):
        client.sock.sendall(b"x" * (100 * MOST))
    assert taken.mails == []
    client.close()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("MAIL FROM:<>",), 503),
        (("EHLO mx.example",), 500),
        (("LHLO",), 501),
        (("LHLO x", "RCPT TO:<a@b.example>"), 503),
        (("LHLO x", "MAIL FROM:<a b@c.example>"), 501),
        (("LHLO x", "MAIL FROM:<>", "MAIL FROM:<>"), 503),
        (("LHLO x", "MAIL FROM:<>", "RCPT TO:<>"), 501),
        (("LHLO x", "MAIL FROM:<>", "DATA"), 503),
        (("LHLO x", "MAIL FROM:<> BODY=8BITMIME SMTPUTF8", "RCPT TO:<王@例子.example>"), 250),
        (("LHLO x", "MAIL FROM:<>", "RSET", "RCPT TO:<a@b.example>"), 503),
        (("_serve x",), 500),
        (("RUN x",), 500),
        (("VRFY a",), 252),
    ],
)
def test_commands_out_of_order(client: smtplib.LMTP, lines: tuple[str, ...], code: int) -> None:
    client.command_encoding = "utf-8"
    for line in lines:
        client.putcmd(line)
        answer, _ = client.getreply()
    assert answer == code


def test_only_crlf_dot_crlf_ends_a_mail(client: smtplib.LMTP, taken: Taken) -> None:
    client.ehlo("mx.example")
    client.mail("")
    client.rcpt("a@news.example")
    client.docmd("DATA")
    client.send(b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<>\n.\n\r\n..b\r\n.\r\n")
    assert client.getreply()[0] == 250
    assert taken.mails[0].endswith(b"\r\n\r\na\n.\r\nMAIL FROM:<>\n.\n\r\n.b\r\n")


def test_too_many_connections_and_errors(client: smtplib.LMTP) -> None:
    host, port = client.sock.getpeername()  # type: ignore[union-attr]
    others = [socket.create_connection((host, port), 10) for _ in range(lmtp._CONNECTIONS)]
    said = [other.recv(100)[:3] for other in others]
    assert said == [b"220"] * (len(others) - 1) + [b"421"]
    for other in others:
        other.close()
    for _ in range(lmtp._ERRORS):
        client.putcmd("nonsense")
        assert client.getreply()[0] == 500
    assert client.getreply()[0] == 421
