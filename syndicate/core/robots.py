"""Whether robots.txt lets us fetch a page (RFC 9309). For pages only: feeds are made for us.

The longest matching rule wins, Allow where two are equal; `*` and `$` mean what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

TOKEN = "syndicate"
MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: at least this much must be read
_SAFE = "%/:@!$&'()*+,;=~-._?"
_MAX_STARS = 12  # more would let a pattern take for ever


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line."""

    path: str
    allow: bool


@dataclass(frozen=True, slots=True)
class Robots:
    """What a robots.txt says to us: the rules of our group, and its Crawl-delay in seconds."""

    rules: tuple[Rule, ...] = ()
    delay: float | None = None

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched; robots.txt itself always."""
        path = _path(url)
        if path == "/robots.txt":
            return True
        best = max(
            (rule for rule in self.rules if _matches(rule.path, path)),
            key=lambda rule: (len(rule.path), rule.allow),
            default=None,
        )
        return best is None or best.allow


EVERYTHING = Robots()
NOTHING = Robots((Rule("/", allow=False),))


def address(url: str) -> str:
    """Where the robots.txt of a page is."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"


def decide(status: int | None, body: bytes) -> Robots:
    """What follows from the answer to a request for robots.txt (RFC 9309, 2.3.1).

    4xx: there are no rules; 5xx or no answer (None): nothing may be fetched for now.
    """
    if status is None or status >= 500:
        return NOTHING
    if status >= 400:
        return EVERYTHING
    return parse(body)


def parse(body: bytes, token: str = TOKEN) -> Robots:
    """The rules for `token`: those of its own groups together, else those of `*`. Never raises."""
    ours, anyone = _Group(), _Group()
    current: list[_Group] = []
    naming = False
    for line in body[:MAX_BYTES].decode("utf-8-sig", "replace").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            current = current if naming else []
            current += _named(value, token, ours, anyone)
            naming = True
        elif name in ("allow", "disallow", "crawl-delay"):
            naming = False
            for group in current:
                group.take(name, value)
    chosen = ours if ours.named else anyone
    return Robots(tuple(chosen.rules), chosen.delay)


class _Group:
    def __init__(self) -> None:
        self.named = False
        self.rules: list[Rule] = []
        self.delay: float | None = None

    def take(self, name: str, value: str) -> None:
        if name == "crawl-delay":
            if re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value):
                self.delay = float(value)
        elif value:  # "Disallow:" with nothing forbids nothing
            self.rules.append(Rule(_escaped(value), name == "allow"))


def _named(value: str, token: str, ours: _Group, anyone: _Group) -> list[_Group]:
    product = re.match(r"[A-Za-z_-]*", value.partition("/")[0])
    if value == "*":
        anyone.named = True
        return [anyone]
    if product and product[0].lower() == token:
        ours.named = True
        return [ours]
    return []


def _path(url: str) -> str:
    parts = urlsplit(url)
    return _escaped((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _escaped(path: str) -> str:
    """One spelling of a path: what may stand unescaped does, all else is %XX."""
    return quote(re.sub(r"%[0-9A-Fa-f]{2}", _unescape, path), safe=_SAFE)


def _unescape(match: re.Match[str]) -> str:
    char = unquote(match[0])
    return char if re.fullmatch(r"[A-Za-z0-9._~-]", char) else match[0].upper()


def _matches(pattern: str, path: str) -> bool:
    end = pattern.endswith("$")
    parts = pattern.removesuffix("$").split("*")
    if len(parts) > _MAX_STARS:
        parts = parts[:_MAX_STARS]
        end = False
    if not path.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:]:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if not end:
        return True
    last = parts[-1]
    return at == len(path) if len(parts) == 1 else path.endswith(last) and len(path) >= at
