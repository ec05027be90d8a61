"""Web addresses taken apart for dialling."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urljoin, urlsplit

from syndicate.errors import FetchError

_SAFE_PATH = "%/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: `path` (with its query) is ASCII, `host` IDNA and lower case.

    `url` is without `login`, so that no report shows a password.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    login: str | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def target_of(url: str) -> Target:
    """Take an address apart; FetchError where it is none that can be fetched."""
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise FetchError(f"is no address ({error})", where=url) from None
    if scheme not in ("http", "https"):
        raise FetchError("only http and https can be fetched", where=url)
    path = quote(parts.path or "/", safe=_SAFE_PATH)
    if parts.query:
        path += "?" + quote(parts.query, safe=_SAFE_PATH + "?[]|")
    login = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    shown = parts._replace(fragment="", netloc=parts.netloc.rpartition("@")[2])
    return Target(
        shown.geturl(),
        scheme,
        _host(host, url),
        _default_port(scheme) if port is None else port,
        path,
        login,
    )


def _host(host: str, url: str) -> str:
    if ":" in host:
        return host
    try:
        ascii_ = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise FetchError(f"{host!r} is no host name", where=url) from None
    if not re.fullmatch(r"[a-z0-9_.\-]+", ascii_):
        raise FetchError(f"{host!r} is no host name", where=url)
    return ascii_


def redirected(place: Target, location: bytes, asked: str) -> Target:
    """Where a `Location` leads to; a login goes along to the same server alone.

    Raises FetchError where that is nothing that can be fetched, naming the address `asked`.
    """
    try:
        text = location.decode("utf-8")
    except UnicodeDecodeError:
        text = location.decode("latin-1")
    try:
        target = urljoin(place.url, text.strip())
        following = target_of(target)
    except (FetchError, ValueError) as error:
        what = error.what if isinstance(error, FetchError) else str(error)
        raise FetchError(f"redirects to {text!r}: {what}", where=asked) from None
    same = following.key == place.key
    return replace(following, login=following.login or (place.login if same else None))
