"""Tokens in links: signed, bound to one purpose and one person, revocable, one spelling each.

A token is `ID.SIGNATURE`: HMAC-SHA256 over purpose, id and the person's salt, so that a new salt
revokes them all, in base64url without padding. It is compared as text, in constant time: a
changed character never gives the same token (base64 has spare bits).
"""

from __future__ import annotations

import base64
import hmac
import re

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})")


def make(secret: bytes, purpose: str, subject: str, salt: str) -> str:
    """The token of a subject for a purpose (`unsubscribe`, `preferences`, `confirm`, …)."""
    message = f"{purpose}\0{subject}\0{salt}".encode()
    digest = hmac.digest(secret, message, "sha256")
    return f"{subject}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def subject(token: str) -> str | None:
    """Whose token it says it is; nothing is proven yet."""
    match = _TOKEN.fullmatch(token)
    return match[1] if match else None


def holds(secret: bytes, purpose: str, token: str, salt: str) -> bool:
    """Whether a token is the one of its subject for this purpose."""
    who = subject(token)
    return who is not None and hmac.compare_digest(make(secret, purpose, who, salt), token)
