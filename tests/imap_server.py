"""A small IMAP server on loopback: one folder, over TLS, and what it was told."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Folder:
    """Messages by UID, those that are seen, and every command that came."""

    messages: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    validity: int = 7
    name: str = '"INBOX"'
    login: tuple[str, str] = ("reader", "pass wörd")
    capabilities: str = "IMAP4rev1 AUTH=PLAIN ID"
    told: list[str] = field(default_factory=list)
    port: int = 0


class _Session(socketserver.StreamRequestHandler):
    folder: Folder
    tls: ssl.SSLContext
    wrapped: bool

    def handle(self) -> None:
        if self.wrapped:
            self._wrap()
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
            self.folder.told.append(command)
            if not self._answer(tag, command):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _wrap(self) -> None:
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")

    def _say(self, *lines: bytes) -> None:
        for line in lines:
            self.wfile.write(line + b"\r\n")
        self.wfile.flush()

    def _done(self, tag: str, word: str = "OK done") -> bool:
        self._say(f"{tag} {word}".encode())
        return True

    def _answer(self, tag: str, command: str) -> bool:
        name = command.upper()
        if name == "CAPABILITY":
            extra = "" if self.wrapped else " STARTTLS" * ("TLS" not in self.folder.capabilities)
            self._say(f"* CAPABILITY {self.folder.capabilities}{extra}".encode())
        elif name == "STARTTLS":
            self._done(tag)
            self.wrapped = True
            self._wrap()
            return True
        elif name.startswith("AUTHENTICATE"):
            self._say(b"+ ")
            given = base64.b64decode(self.rfile.readline()).decode().split("\0")[1:]
            return self._done(tag, "OK done" if tuple(given) == self.folder.login else "NO wrong")
        elif name.startswith("SELECT"):
            if command.partition(" ")[2] != self.folder.name:
                return self._done(tag, "NO no such mailbox")
            self._say(b"* 1 EXISTS", f"* OK [UIDVALIDITY {self.folder.validity}] x".encode())
        elif name == "LOGOUT":
            self._say(b"* BYE")
            self._done(tag)
            return False
        else:
            self._uid(command)
        return self._done(tag)

    def _uid(self, command: str) -> None:
        folder = self.folder
        if command == "UID SEARCH UNSEEN":
            found = [str(uid) for uid in sorted(folder.messages) if uid not in folder.seen]
            self._say(f"* SEARCH {' '.join(found)}".rstrip().encode())
        elif match := re.match(r"UID FETCH (\d+) (.*)", command):
            uid, data = int(match[1]), folder.messages[int(match[1])]
            if "SIZE" in match[2]:
                self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(data)})".encode())
            else:
                part = re.search(r"<0\.(\d+)>", match[2])
                data = data[: int(part[1])] if part else data
                where = "<0>" if part else ""
                self._say(f"* 1 FETCH (UID {uid} BODY[]{where} {{{len(data)}}}".encode())
                self.wfile.write(data)
                self._say(b")")
        elif match := re.match(r"UID STORE ([\d,]+) \+FLAGS.SILENT \(\\Seen\)", command):
            folder.seen |= set(map(int, match[1].split(",")))


@contextmanager
def serving(folder: Folder, certificate: Path, *, wrapped: bool = True) -> Iterator[Folder]:
    """`folder` served on a port of 127.0.0.1, over TLS from the start or by STARTTLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    kind = type("Session", (_Session,), {"folder": folder, "tls": tls, "wrapped": wrapped})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()


def certified(folder: Path) -> Path:
    """A certificate and its key for 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
