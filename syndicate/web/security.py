"""Who asks, from where, and whether a form is one of ours.

Addresses and schemes that a proxy states are believed from `web.trusted_proxies` alone. A form is
ours when the browser says that it comes from our pages (Fetch Metadata, else Origin), and its
signed mark holds. What is no browser (it sends neither header) has no standing rights that could
be abused, and needs no mark; the dashboard's forms always need one.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

FORM_LIFE = timedelta(days=1)
_SKEW = timedelta(minutes=5)
_SCHEMES = ("http", "https")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from. `network` is what a household or machine shares."""

    address: str
    scheme: str
    host: str

    @property
    def network(self) -> str:
        """The address, of IPv6 its /64: whoever has one address there has them all."""
        found = _address(self.address)
        if found is None:
            return self.address
        if isinstance(found, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((found, 64), strict=False))
        return str(found)


def client(scope: Scope, trusted: Sequence[str]) -> Client:
    """Who really asks: the last address that no trusted proxy has, going back from ours."""
    headers = Headers(scope=scope)
    peer = scope.get("client") or ("", 0)
    host = headers.get("host", "")
    if not trusts(peer[0], trusted):
        return Client(peer[0], scope.get("scheme", "http"), host)
    address = peer[0]
    for hop in reversed(_listed(headers.getlist("x-forwarded-for"))):
        address = hop
        if not trusts(hop, trusted):
            break
    proto = (_listed(headers.getlist("x-forwarded-proto")) or [""])[-1].lower()
    scheme = proto if proto in _SCHEMES else scope.get("scheme", "http")
    forwarded = _listed(headers.getlist("x-forwarded-host"))
    return Client(address, scheme, forwarded[-1] if forwarded else host)


def trusts(address: str, trusted: Sequence[str]) -> bool:
    """Whether an address is in one of these networks; `unix` stands for a local socket."""
    found = _address(address)
    if found is None:
        return not address and "unix" in trusted
    for each in trusted:
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            continue
        if found.version == network.version and found in network:
            return True
    return False


def _address(text: str) -> _Address | None:
    text = text.strip().strip("[]")
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def _listed(values: Sequence[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def who(client: Client, secret: bytes) -> bytes:
    """The network of a client as a keyed hash, for limits and the record of consent."""
    return hmac.new(secret, f"network\0{client.network}".encode(), hashlib.sha256).digest()[:16]


def from_browser(headers: Headers) -> bool:
    return "origin" in headers or "sec-fetch-site" in headers


def is_ours(request: Request, client: Client, site_url: str) -> bool:
    """Whether a POST comes from one of our own pages, as far as its headers say."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return _host(origin) in {client.host.lower(), _host(site_url)}


def _host(url: str) -> str:
    """The host of an origin, with its port; a proxy may have changed the scheme."""
    return urlsplit(url).netloc.lower() if "://" in url else "null"


def sign_form(secret: bytes, subject: str, now: datetime) -> str:
    """The hidden mark of a form: when it was made, for whom (a session, or "")."""
    made = str(int(now.timestamp()))
    return f"{made}.{_signature(secret, subject, made)}"


def holds_form(secret: bytes, subject: str, mark: str, now: datetime) -> bool:
    """Whether a form's mark is ours and less than a day old."""
    made, _, signature = mark.partition(".")
    if not (made.isascii() and made.isdigit() and len(made) <= 12):
        return False
    if not hmac.compare_digest(signature.encode(), _signature(secret, subject, made).encode()):
        return False
    age = now.timestamp() - int(made)
    return -_SKEW.total_seconds() <= age <= FORM_LIFE.total_seconds()


def _signature(secret: bytes, subject: str, made: str) -> str:
    message = f"form\0{subject}\0{made}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:40]


# --- headers --------------------------------------------------------------------------------

_COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# Published pages show pictures of their originals; they have one script and one style sheet
_PAGES = (
    "default-src 'none'; style-src 'self'{inline}; script-src 'self'; connect-src 'self'; "
    "img-src 'self' https: http: data:; media-src 'self' https: http:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_FORMS = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Raw = tuple[tuple[bytes, bytes], ...]

PUBLISHED: Raw = (
    *_COMMON,
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", _PAGES.format(inline="").encode()),
)
# Pages of editions are the mail itself, whose styles stand in its elements
EDITIONS: Raw = (
    *_COMMON,
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", _PAGES.format(inline=" 'unsafe-inline'").encode()),
)
# `no-referrer` would make browsers send `Origin: null` with our own forms
FORMS: Raw = (
    *_COMMON,
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", _FORMS.encode()),
    (b"cache-control", b"no-store"),
    (b"x-robots-tag", b"noindex"),
)
