"""DKIM signatures (RFC 6376, 8463) over every header that we set, with RSA or Ed25519."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable
from typing import Any

from syndicate.errors import MailError
from syndicate.settings import Dkim

_SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"reply-to", b"auto-submitted", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post"),
    *(b"list-archive", b"feedback-id", b"precedence", b"content-language"),
    b"content-transfer-encoding",
)
_NAME = re.compile(rb"^([!-9;-~]+):", re.M)

Sign = Callable[[bytes], bytes]


def signer(settings: Dkim) -> Sign | None:
    """A function that puts the signature before a message; None where none is configured.

    Raises MailError where the key cannot be used.
    """
    if not (settings.domain and settings.selector and settings.key):
        return None
    import dkim

    key, algorithm = _key(settings.key)
    if algorithm == b"rsa-sha256":
        dkim.RSASSA_PKCS1_v1_5_sign = _rsa_sign  # 0.4 ms where dkimpy's own takes 5.7

    def sign(message: bytes) -> bytes:
        head = message.partition(b"\r\n\r\n")[0] + b"\r\n"
        present = {name.lower() for name in _NAME.findall(head)}
        signature: bytes = dkim.sign(
            message,
            settings.selector.encode(),
            settings.domain.encode("idna"),
            key,
            canonicalize=(b"relaxed", b"simple"),
            signature_algorithm=algorithm,
            include_headers=[name for name in _SIGNED if name in present],
        )
        return signature + message

    return sign


def _key(text: str) -> tuple[bytes, bytes]:
    """The key as dkimpy takes it, and its algorithm: PEM of either kind, or 32 bytes in base64."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if "-----BEGIN" not in text:
        try:
            if len(base64.b64decode(text, validate=True)) == 32:
                return text.encode(), b"ed25519-sha256"
        except ValueError:
            pass
        raise MailError("is neither PEM nor an Ed25519 seed in base64", where="mail.dkim.key")
    try:
        private = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise MailError(f"cannot be read: {error}", where="mail.dkim.key") from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        seed = private.private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
        return base64.b64encode(seed), b"ed25519-sha256"
    if isinstance(private, rsa.RSAPrivateKey):
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return pem, b"rsa-sha256"
    raise MailError("is neither RSA nor Ed25519", where="mail.dkim.key")


def _rsa_sign(digest: Any, parsed: dict[str, int]) -> bytes:
    """dkimpy's RSA signing by OpenSSL instead of Python's integers."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    numbers = tuple(sorted((name, value) for name, value in parsed.items() if value))
    private = _private(numbers)
    signature: bytes = private.sign(
        digest.digest(), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    )
    return signature


@functools.lru_cache(maxsize=4)
def _private(numbers: tuple[tuple[str, int], ...]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    parsed = dict(numbers)
    p, q = parsed["prime1"], parsed["prime2"]
    private = parsed["privateExponent"]
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(parsed["publicExponent"], parsed["modulus"]),
    ).private_key()
