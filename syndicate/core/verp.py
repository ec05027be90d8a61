"""Addresses that say who a report or an unsubscription is about, and prove it.

`LOCAL+ID-SIGNATURE@DOMAIN`: the return path of each message (variable envelope return path), and
the address of a mailto unsubscription. Relays may fold the case of a local part, so both parts
are lower case and compared folded; the signature is 80 bits of HMAC-SHA256 over purpose and id,
in base32. A local part has 64 octets at most (RFC 5321, 4.5.3.1.1): with ids of 16 characters the
base address may have 30.
"""

from __future__ import annotations

import base64
import hmac
import re
from enum import StrEnum

_SIGNATURE_BYTES = 10
_PLAIN = re.compile(r"[a-z0-9]{1,64}")
_TOKEN = re.compile(r"(?<![a-z0-9_])(_?[a-z0-9]{1,110})-([a-z2-7]{16})(?![a-z0-9])")


class Purpose(StrEnum):
    """What an address is for; a signature holds for one only."""

    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"


def token(secret: bytes, purpose: Purpose, subscriber: str) -> str:
    """`ID-SIGNATURE` of a subscriber for a purpose; letters, digits, `-` and `_` only."""
    return f"{_written(subscriber)}-{_signature(secret, purpose, subscriber)}"


def find(text: str, secret: bytes, purpose: Purpose) -> str | None:
    """The subscriber whose valid token stands in a text (a subject, a local part); None without.

    Upper and lower case are the same.
    """
    for written, signature in _TOKEN.findall(text.lower()):
        who = _read(written)
        if who and hmac.compare_digest(_signature(secret, purpose, who), signature):
            return who
    return None


def return_path(base: str, secret: bytes, subscriber: str) -> str:
    """The envelope sender of a subscriber's messages, made from the configured base address."""
    return _extended(base, token(secret, Purpose.BOUNCE, subscriber))


def subscriber(address: str, base: str, secret: bytes) -> str | None:
    """The subscriber that a return path was made for; None where it is not one of ours."""
    return _within(address, base, secret, Purpose.BOUNCE)


def unsubscribe_address(base: str, secret: bytes, subscriber: str) -> str:
    """The address that a subscriber writes to in order to unsubscribe."""
    return _extended(base, token(secret, Purpose.UNSUBSCRIBE, subscriber))


def unsubscriber(address: str, base: str, secret: bytes) -> str | None:
    """The subscriber that an unsubscribe address was made for; None where it is not ours."""
    return _within(address, base, secret, Purpose.UNSUBSCRIBE)


def unsubscribe_subject(secret: bytes, subscriber: str) -> str:
    """The subject that does the same where the mailbox has no `+` addresses; `find` reads it."""
    return f"unsubscribe {token(secret, Purpose.UNSUBSCRIBE, subscriber)}"


def _extended(base: str, extension: str) -> str:
    local, _, domain = base.rpartition("@")
    return f"{local}+{extension}@{domain}"


def _within(address: str, base: str, secret: bytes, purpose: Purpose) -> str | None:
    """SRS and BATV forwarders wrap an address in theirs; the token inside still proves itself.
    Without a base every address is looked at."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    own_local, _, own_domain = base.lower().rpartition("@")
    is_ours = not base or (domain == own_domain and local.startswith(f"{own_local}+"))
    is_wrapped = local.startswith(("srs0", "srs1", "prvs="))
    return find(local, secret, purpose) if is_ours or is_wrapped else None


def _signature(secret: bytes, purpose: Purpose, subscriber: str) -> str:
    message = f"verp\0{purpose.value}\0{subscriber}".encode()
    digest = hmac.digest(secret, message, "sha256")[:_SIGNATURE_BYTES]
    return base64.b32encode(digest).decode().lower()


def _written(subscriber: str) -> str:
    """An id as it may stand in a local part: as it is where folding its case loses nothing."""
    if _PLAIN.fullmatch(subscriber):
        return subscriber
    return "_" + base64.b32encode(subscriber.encode()).decode().lower().rstrip("=")


def _read(written: str) -> str | None:
    if not written.startswith("_"):
        return written
    text = written[1:].upper()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8)).decode()
    except ValueError:
        return None
