"""Mail routes against real servers on loopback: TLS, passwords, LMTP, sendmail, Maildir."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syndicate.adapters.smtp import Envelope, SmtpRoute, route
from syndicate.errors import MailError, PermanentMailError

DATA = b"From: a@news.example\r\nSubject: x\r\n\r\n.dot\r\n..two\r\nend\r\n"
MAIL = Envelope("bounce+1@news.example", "reader@reader.example", "<1@news.example>", DATA)


class Loopback(Controller):
    """A controller on a free port of this machine."""

    def __init__(self, handler: Any, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Inbox:
    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 taken"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def _server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def _trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


def _password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (b"user", b"secret")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def submission(inbox: Inbox, certificate: tuple[Path, Path]) -> Iterator[Controller]:
    """A server with STARTTLS, which takes nothing without a password."""
    controller = Loopback(
        inbox,
        tls_context=_server_tls(certificate),
        require_starttls=True,
        authenticator=_password,
        auth_required=True,
    )
    controller.start()
    yield controller
    controller.stop()


def _port(controller: Any) -> int:
    return int(controller.server.sockets[0].getsockname()[1])


def _send(way: Any, *mails: Envelope) -> None:
    async def run() -> None:
        connection = await way.connect()
        try:
            for mail in mails:
                await connection.send(mail)
        finally:
            await connection.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_submission(submission: Controller, inbox: Inbox, certificate: tuple[Path, Path]) -> None:
    url = f"smtp://user@127.0.0.1:{_port(submission)}"
    _send(route(url, "secret", _trusting(certificate)), MAIL, MAIL)
    assert inbox.got == [(MAIL.sender, [MAIL.recipient], DATA)] * 2


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_password_mechanisms(inbox: Inbox, certificate: tuple[Path, Path], mechanism: str) -> None:
    controller = Loopback(
        inbox, tls_context=_server_tls(certificate),
        authenticator=_password, auth_required=True,
        auth_exclude_mechanism=[{"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]],
    )  # fmt: skip
    controller.start()
    try:
        url = f"smtp://user@127.0.0.1:{_port(controller)}"
        _send(route(url, "secret", _trusting(certificate)), MAIL)
    finally:
        controller.stop()
    assert len(inbox.got) == 1


def test_a_wrong_password_is_said(submission: Controller, certificate: tuple[Path, Path]) -> None:
    url = f"smtp://user@127.0.0.1:{_port(submission)}"
    with pytest.raises(MailError, match="the password is refused: 535"):
        _send(route(url, "wrong", _trusting(certificate)), MAIL)


def test_certificates_are_checked(submission: Controller) -> None:
    with pytest.raises(MailError, match="certificate verify failed"):
        _send(route(f"smtp://user@127.0.0.1:{_port(submission)}", "secret"), MAIL)


@pytest.fixture
def plain(inbox: Inbox) -> Iterator[Controller]:
    controller = Loopback(inbox, enable_SMTPUTF8=True)
    controller.start()
    yield controller
    controller.stop()


def test_loopback_needs_no_tls(plain: Controller, inbox: Inbox) -> None:
    _send(route(f"smtp://127.0.0.1:{_port(plain)}"), MAIL)
    assert len(inbox.got) == 1


@pytest.mark.parametrize("tail", ["", "?tls=none"], ids=["offered", "switched off"])
def test_a_password_never_goes_without_tls(plain: Controller, inbox: Inbox, tail: str) -> None:
    with pytest.raises(MailError, match="never goes without TLS"):
        _send(route(f"smtp://user@127.0.0.1:{_port(plain)}{tail}", "secret"), MAIL)
    assert inbox.got == []


@pytest.mark.parametrize(
    ("url", "port", "implicit", "demanded", "offered"),
    [
        ("smtp://mail.example", 25, False, True, True),
        ("smtp://user@mail.example", 587, False, True, True),
        ("smtps://user@mail.example", 465, True, False, True),
        ("smtp://127.0.0.1:2525", 2525, False, False, True),
        ("smtp://[::1]:2525", 2525, False, False, True),
        ("smtp://localhost", 25, False, False, True),
        ("smtp://mail.example?tls=none", 25, False, False, False),
    ],
)
def test_when_tls_is_demanded(
    url: str, port: int, implicit: bool, demanded: bool, offered: bool
) -> None:
    way = SmtpRoute.of(url, "")
    assert (way.port, way.implicit_tls, way.demand_tls, way.offer_tls) == (
        port,
        implicit,
        demanded,
        offered,
    )


def test_without_the_tls_that_is_demanded_nothing_goes(plain: Controller, inbox: Inbox) -> None:
    way = SmtpRoute("127.0.0.1", _port(plain), "", "", False, True, True)
    with pytest.raises(MailError, match="does not offer STARTTLS"):
        _send(way, MAIL)
    assert inbox.got == []


def test_tls_from_the_start(inbox: Inbox, certificate: tuple[Path, Path]) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(inbox), "127.0.0.1", 0, ssl=_server_tls(certificate)
        )
        port = server.sockets[0].getsockname()[1]
        way = route(f"smtps://127.0.0.1:{port}", "", _trusting(certificate))
        connection = await way.connect()
        await connection.send(MAIL)
        await connection.close()
        server.close()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert len(inbox.got) == 1


def test_addresses_in_utf8(plain: Controller, inbox: Inbox) -> None:
    mail = Envelope("b@news.example", "读者@例子.example", "<1@news.example>", DATA)
    _send(route(f"smtp://127.0.0.1:{_port(plain)}"), mail)
    assert inbox.got[0][1] == ["读者@xn--fsqu00a.example"]


def test_without_smtputf8_such_an_address_fails(inbox: Inbox) -> None:
    controller = Loopback(inbox, enable_SMTPUTF8=False)
    controller.start()
    mail = Envelope("b@news.example", "读者@reader.example", "<1@news.example>", DATA)
    try:
        with pytest.raises(PermanentMailError, match="SMTPUTF8"):
            _send(route(f"smtp://127.0.0.1:{_port(controller)}"), mail)
    finally:
        controller.stop()


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example"])
def test_nothing_breaks_out_of_an_envelope(plain: Controller, inbox: Inbox, address: str) -> None:
    mail = Envelope("b@news.example", address, "<1@news.example>", DATA)
    with pytest.raises(PermanentMailError):
        _send(route(f"smtp://127.0.0.1:{_port(plain)}"), mail)
    assert inbox.got == []


class LmtpController(UnixSocketController):
    def factory(self) -> LMTP:
        return LMTP(self.handler)


def test_lmtp(inbox: Inbox, tmp_path: Path) -> None:
    socket = tmp_path / "lmtp"
    controller = LmtpController(inbox, str(socket))
    controller.start()
    try:
        _send(route(f"lmtp:{socket}"), MAIL)
    finally:
        controller.stop()
    assert inbox.got == [(MAIL.sender, [MAIL.recipient], DATA)]


def test_maildir_repeats_replace_themselves(tmp_path: Path) -> None:
    way = route(f"maildir:{tmp_path}/mail")
    _send(way, MAIL, MAIL)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    file.rename(tmp_path / "mail" / "cur" / f"{file.name}:2,S")
    _send(way, MAIL)
    assert list((tmp_path / "mail" / "new").iterdir()) == []
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


@pytest.mark.parametrize(("status", "error"), [(0, None), (75, "status 75"), (67, "status 67")])
def test_sendmail(tmp_path: Path, status: int, error: str | None) -> None:
    program = tmp_path / "sendmail"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/args\ncat > {tmp_path}/in\nexit {status}\n'
    )
    program.chmod(0o755)
    if error:
        with pytest.raises(MailError, match=error):
            _send(route(f"sendmail:{program}"), MAIL)
    else:
        _send(route(f"sendmail:{program}"), MAIL)
    assert (tmp_path / "args").read_text() == f"-i -f {MAIL.sender} -- {MAIL.recipient}\n"
    assert (tmp_path / "in").read_bytes() == DATA.replace(b"\r\n", b"\n")
