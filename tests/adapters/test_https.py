"""TLS is verified against the name, whatever address is dialled."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syndicate.adapters.http import Answer, Fetcher, Request
from syndicate.core import addresses
from syndicate.errors import FetchError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for gov.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gov.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("gov.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "gov.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def fetch(certificate: Path, host: str, trusted: bool, plain: bool = False) -> Answer:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if plain:
            writer.write(b"220 mail.example ready\r\n")
        else:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<rss>")
        await writer.drain()
        writer.close()

    async def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def main() -> Answer:
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(certificate)
        listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if plain else served)
        port = listener.sockets[0].getsockname()[1]
        context = ssl.create_default_context(cafile=str(certificate)) if trusted else None
        permit = addresses.guard([f"127.0.0.1:{port}"])
        try:
            async with Fetcher(permit, resolve=resolve, context=context, timeout=5) as fetcher:
                return await fetcher.fetch(Request(f"https://{host}:{port}/feed"))
        finally:
            listener.close()

    return asyncio.run(main())


def test_a_trusted_certificate_is_read(certificate: Path) -> None:
    assert fetch(certificate, "gov.example", trusted=True).body == b"<rss>"


@pytest.mark.parametrize(
    ("host", "trusted", "words"),
    [
        pytest.param("gov.example", False, "its certificate is not valid: self", id="unknown"),
        pytest.param("law.example", True, "not valid: Hostname mismatch", id="another name"),
    ],
)
def test_a_wrong_certificate_is_refused(
    certificate: Path, host: str, trusted: bool, words: str
) -> None:
    with pytest.raises(FetchError, match=words):
        fetch(certificate, host, trusted)


def test_a_server_that_speaks_no_tls(certificate: Path) -> None:
    with pytest.raises(FetchError, match="no TLS connection"):
        fetch(certificate, "gov.example", trusted=True, plain=True)
