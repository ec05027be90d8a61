"""DKIM: what we sign is verified by dkimpy, which knows nothing of how it was made."""

from __future__ import annotations

import base64
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from syndicate.adapters.dkim import signer
from syndicate.errors import MailError
from syndicate.settings import Dkim

MESSAGE = (
    b"From: =?utf-8?b?56S65L6L?= <a@news.example>\r\nTo: b@reader.example\r\n"
    b"Subject: =?utf-8?b?5Li76aKY?=\r\n =?utf-8?b?5Li76aKY?=\r\n"
    b"List-Unsubscribe: <https://news.example/unsubscribe/x>,\r\n <mailto:u@news.example>\r\n"
    b"Message-ID: <1@news.example>\r\nMIME-Version: 1.0\r\n\r\n5Li76aKY\r\n"
)


def rsa_key() -> tuple[str, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(
        form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
    )
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return pem.decode(), b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def ed25519_key(*, pem: bool) -> tuple[str, bytes]:
    key = ed25519.Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw())
    text = (
        key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        if pem
        else base64.b64encode(key.private_bytes_raw())
    )
    return text.decode(), b"v=DKIM1; k=ed25519; p=" + public


KEYS = [
    pytest.param(rsa_key, id="rsa"),
    pytest.param(lambda: ed25519_key(pem=True), id="ed25519"),
    pytest.param(lambda: ed25519_key(pem=False), id="ed25519 seed"),
]


def verified(message: bytes, record: bytes) -> bool:
    asked: list[bytes] = []

    def txt(name: bytes, **_: Any) -> bytes:
        asked.append(name)
        return record

    good = dkim.verify(message, dnsfunc=txt)
    assert all(name.startswith(b"s1._domainkey.news.example") for name in asked)
    return bool(good)


@pytest.mark.parametrize("make", KEYS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"5Li76aKY\r\n", id="base64"),
        pytest.param(b"a  b\t c \r\n\r\n\r\n", id="not canonical"),
        pytest.param(b"", id="empty"),
        pytest.param(b"no end", id="no line end"),
    ],
)
def test_verified_by_another_program(make: Any, body: bytes) -> None:
    text, record = make()
    sign = signer(Dkim("news.example", "s1", text))
    assert sign is not None
    message = sign(MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body)
    assert verified(message, record)
    assert max(map(len, message.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"To: b@", b"To: c@"),
        (b"unsubscribe/x", b"unsubscribe/y"),
        (b"5Li76aKY\r\n", b"5Li76aKZ\r\n"),
        (b"Message-ID:", b"Subject: another\r\nMessage-ID:"),
        (b"Message-ID:", b"From: other@evil.example\r\nMessage-ID:"),
    ],
    ids=["to", "unsubscribe", "body", "second subject", "second from"],
)
def test_a_change_is_seen(old: bytes, new: bytes) -> None:
    text, record = ed25519_key(pem=True)
    sign = signer(Dkim("news.example", "s1", text))
    assert sign is not None
    message = sign(MESSAGE)
    head, mark, rest = message.partition(b"\r\nFrom:")
    assert old in rest
    assert not verified(head + mark + rest.replace(old, new), record)


def test_without_a_domain_nothing_is_signed() -> None:
    assert signer(Dkim()) is None


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN PRIVATE KEY-----\nx\n", "AAAA"])
def test_an_unusable_key_is_said(key: str) -> None:
    with pytest.raises(MailError, match=r"mail\.dkim\.key"):
        signer(Dkim("news.example", "s1", key))
