"""Which entry is this: known by its source and id, else its link, else its text; ids and marks.

A mark is a short digest of one thing an entry is known by. Marks are kept longer than entries,
so that what was once seen is not new when it comes again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from syndicate.core import urls
from syndicate.model import Attribution, Entry, ParsedEntry

_YEAR = 2026
NO_AUTHORITY = "syndicate.invalid,2026"  # and of the entries of sites that 1.0.0 published
_DNS_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SAFE = r"[^\s<>\"{}|\\^`\[\]%#?]|%[0-9A-Fa-f]{2}"
_IRI = re.compile(  # RFC 3987, 2.2; many a query has brackets all the same (?a[]=1)
    r"(?!(?:javascript|vbscript|data):)"  # what a browser would run is no name of an entry
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?=[^#])(//([^\s/?#\[\]]*@)?\[[0-9A-Fa-f:.]+\](?=[:/?#]|$))?"
    rf"({_SAFE})*(\?({_SAFE}|[?\[\]])*)?(#({_SAFE}|\?)*)?",
    re.I,
)


def mark(kind: str, value: str) -> bytes:
    """16 bytes that stand for a value of a kind (`id`, `link`, `text`, `url`)."""
    return hashlib.blake2b(f"{kind}:{value}".encode("utf-8", "replace"), digest_size=16).digest()


def keyed(secret: bytes, mark: bytes) -> bytes:
    """A mark that cannot be guessed without the site's secret; for what was retracted."""
    return hmac.new(secret, mark, hashlib.sha256).digest()[:16]


@dataclass(frozen=True, slots=True)
class Marks:
    """What one entry is known by within its source, in order of weight."""

    id: bytes | None
    link: bytes | None
    text: bytes

    def all(self) -> tuple[bytes, ...]:
        return tuple(m for m in (self.id, self.link, self.text) if m is not None)


def marks(parsed: ParsedEntry, text: str) -> Marks:
    """The marks of an entry; `text` is its whole plain text."""
    body = " ".join(text.split())
    return Marks(
        id=mark("id", parsed.id) if parsed.id else None,
        link=mark("link", urls.canonical(parsed.link)) if parsed.link else None,
        text=mark("text", f"{' '.join(parsed.title.split())}\n{body}"),
    )


def key(parsed: ParsedEntry, own: Marks) -> str:
    """The identity of an entry within its source: its id, else its link, else its text."""
    return parsed.id or parsed.link or "text:" + own.text.hex()


def entry_id(source: str, key: str) -> str:
    """Our id of a new entry, for ever: 16 characters of base32, the same on every machine."""
    digest = hashlib.blake2b(f"{source}\0{key}".encode("utf-8", "replace"), digest_size=10)
    number = int.from_bytes(digest.digest(), "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(70, -1, -10)])


_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(a + b for a in _BASE32 for b in _BASE32)  # base64.b32encode takes four times as long


@dataclass(frozen=True, slots=True)
class Known:
    """The entry that an item is, and by what it was recognised.

    `doubtful`: the item has an id that was never seen, so that only a likeness of title or text
    (`unchanged_but_for_id`) makes it the entry whose link it shares.
    """

    entry: str
    by: str  # "id" | "link" | "text"
    doubtful: bool = False


def recognise(own: Marks, recalled: Mapping[bytes, str], claimed: Container[str]) -> Known | None:
    """The known entry of the same source that this item is, or None for a new one.

    `recalled` has what the source's memory says of these marks; `claimed` are the entries that
    other items of the same document are already. An unknown id does not make a new entry where
    the text is known, or the link with a like title: a source that renames all its ids does not
    flood. Items that share a link (all pointing to one page) are told apart by their ids.
    """
    if own.id is not None and own.id in recalled:
        return Known(recalled[own.id], "id")
    by_text = recalled.get(own.text)
    if by_text is not None and by_text not in claimed:
        return Known(by_text, "text")
    by_link = recalled.get(own.link) if own.link is not None else None
    if by_link is not None and by_link not in claimed:
        return Known(by_link, "link", doubtful=own.id is not None)
    return None


def unchanged_but_for_id(known: Entry, title: str, text: str) -> bool:
    """Whether an item with a new id and an old link is the entry of that link, renamed."""
    return _folded(known.title) == _folded(title) or _folded(known.content_text) == _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def is_iri(text: str) -> bool:
    """Whether an id is an absolute IRI, as Atom demands (RFC 4287, 4.2.6)."""
    return bool(_IRI.fullmatch(text))


@lru_cache(maxsize=512)  # asked of each entry that arrives when its story is found, and when stored
def story_keys(url: str, original_url: str | None, upstream_id: str | None) -> tuple[bytes, ...]:
    """Marks by which the same article in another source is found: canonical URLs, global ids.

    Ids that are no IRI ("17") mean nothing outside their source.
    """
    values = [urls.canonical(u) for u in (url, original_url) if u]
    if upstream_id and is_iri(upstream_id):
        is_url = upstream_id.startswith(("http:", "https:"))
        values.append(urls.canonical(upstream_id) if is_url else upstream_id)
    return tuple(mark("url", value) for value in dict.fromkeys(values))


def retraction_marks(entry: Entry, *, whole_story: bool) -> tuple[bytes, ...]:
    """What a retracted entry is to be known by when it tries to come back.

    Its id and links in whatever source, and its text without the title, which may be reworded.
    With `whole_story` False the text is left out: another entry of the story may stay.
    """
    said = entry.attribution
    keys = list(story_keys(entry.url, said.original_url, said.original_id))
    keys.append(mark("own", f"{entry.source}\0{entry.key}"))
    if whole_story:
        keys.append(body_mark(entry.content_text))
    return tuple(keys)


def arriving_marks(
    source: str, key: str, url: str, said: Attribution, text: str
) -> tuple[bytes, ...]:
    """The marks by which an arriving entry is compared with what was retracted."""
    keys = list(story_keys(url, said.original_url, said.original_id))
    return (*keys, mark("own", f"{source}\0{key}"), body_mark(text))


def body_mark(text: str) -> bytes:
    """The mark of a text alone, its spacing and punctuation aside."""
    return mark("body", re.sub(r"[\W_]+", "", text).casefold())


def authority(site: str) -> str:
    """Who makes our `tag:` URIs (RFC 4151, 2.1): the site's host, and the year of our first.

    To be kept from its first use on, so that no tag depends on anything that may change; the
    year is the same everywhere, so that a site whose database was lost has the same ids again.
    """
    host = urlsplit(site).hostname or ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    known = _DNS_NAME.fullmatch(host)
    return f"{host},{_YEAR}" if known else NO_AUTHORITY


def tag(name: str, authority: str) -> str:
    """A `tag:` URI of our own, for what has no id of its own that is an IRI (RFC 4151)."""
    return f"tag:{authority}:{name}"
