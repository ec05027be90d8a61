"""A feed's text cut into its items, so that those read before need not be read again.

An item is known by a hash of its text and of all that the rest of the document gives it: name
spaces, base, language, authors. What changes at every poll without touching items (the time of
the build, the list of an RDF feed) is left out of that. Where a cut could be wrong (an item's tag
within CDATA, something between items) there is no cut, and the whole document is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass

# Counts up whenever readers read more than they did: what was known is then read once more
READER = 2
_VOLATILE = re.compile(
    r"<((?:\w+:)?(?:lastBuildDate|pubDate|updated|modified|date|generator|ttl|updateBase))\b[^<>]*>"
    r"[^<>]*</\1\s*>|<items\b[^<>]*>.*?</items\s*>|<!--.*?-->|\s+",
    re.S,
)
# To the first end of each: written out, since `.*?` goes character by character
CDATA = r"<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>"
COMMENT = r"<!--[^-]*+(?:-(?!->)[^-]*+)*+-->"
INSTRUCTION = r"<\?[^?]*+(?:\?(?!>)[^?]*+)*+\?>"
_CLOSED = re.compile(f"{CDATA}|{COMMENT}|{INSTRUCTION}")
_ELEMENT = re.compile(r"<[A-Za-z_]")
_START = re.compile(r"<(item|entry)[\s>]")


@dataclass(frozen=True, slots=True)
class Split:
    """A text in parts: `head` + `items` with white space between + `tail`; a hash an item."""

    head: str
    items: tuple[str, ...]
    hashes: tuple[bytes, ...]
    tail: str

    def without(self, known: Container[bytes]) -> tuple[str, int] | None:
        """The document with the unknown items alone, and their number; None if a cut is unsafe."""
        new = [i for i, h in zip(self.items, self.hashes, strict=True) if h not in known]
        name = self.items[0][1 : 1 + len("item" if self.items[0].startswith("<item") else "entry")]
        if not all(map(_is_closed, (self.head, self.tail))):
            return None
        if not all(_is_closed(item) and _is_one(item, name) for item in new):
            return None
        return self.head + "\n".join(new) + self.tail, len(new)


def split(text: str, context: str = "") -> Split | None:
    """The parts of a feed in XML; None where it has no items or they cannot be told apart.

    `context`: what else decides how an item is read, such as the address of the feed.
    """
    first = _START.search(text)
    if first is None:
        return None
    closing = f"</{first[1]}>"
    spans = _spans(text, first.start(), f"<{first[1]}", closing)
    if not spans:
        return None
    head, tail = text[: spans[0][0]], text[spans[-1][1] :]
    if f"<{first[1]}" in tail or not _ELEMENT.search(head):  # nor where an entry is the root
        return None
    items = tuple(text[start:end] for start, end in spans)
    around = "\0".join((str(READER), context, _VOLATILE.sub("", head), _VOLATILE.sub("", tail)))
    key = hashlib.blake2b(_bytes(around), digest_size=32).digest()
    return Split(head, items, tuple(digest(item, key) for item in items), tail)


def digest(item: str, key: bytes = b"") -> bytes:
    """The hash of one item within what surrounds it, 16 bytes."""
    return hashlib.blake2b(_bytes(item), digest_size=16, key=key).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _spans(text: str, start: int, opening: str, closing: str) -> list[tuple[int, int]] | None:
    """Where the items are, one after another with white space between; None if anything else is."""
    spans: list[tuple[int, int]] = []
    while True:
        end = text.find(closing, start)
        if end < 0:
            return None
        end += len(closing)
        spans.append((start, end))
        following = text.find(opening, end)
        if following < 0:
            return spans
        if not text[end:following].isspace() and following != end:
            return None
        after = text[following + len(opening) : following + len(opening) + 1]
        if after != ">" and not after.isspace():
            return None
        start = following


def _is_closed(part: str) -> bool:
    """Whether every CDATA section, comment and instruction of a part ends within it."""
    if "<!" not in part and "<?" not in part and "]]>" not in part:
        return True
    rest = _CLOSED.sub("", part)
    return not any(mark in rest for mark in ("<![", "]]>", "<!--", "-->", "<?"))


def _is_one(item: str, name: str) -> bool:
    return item.count(f"<{name}") == 1 and item.count(f"</{name}") == 1
