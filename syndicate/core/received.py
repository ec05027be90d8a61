"""What came, byte for byte: a response cut to what was new in it, small enough to be kept.

A feed's document is kept as its head, the items that were new, and its tail, so that head + item +
tail is again a document that any reader of feeds takes. What cannot be cut for sure is kept whole,
as pages, files and letters are. Bytes are those after transfer and content encodings (RFC 9110,
8.4), before any decoding of text. Offsets are in bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Sequence

from syndicate.core import split
from syndicate.model import Body, Headers, Piece

# The fastest: six levels more would take a tenth less room and four times as long
_LEVEL = 1
_START = re.compile(rb"<(item|entry)[\s>]")
_CLOSED = re.compile("|".join((split.CDATA, split.COMMENT, split.INSTRUCTION)).encode())
_JSON_SPACE = " \t\r\n"


def of_feed(
    data: bytes, url: str, headers: Headers, fresh: Sequence[int], total: int
) -> tuple[Piece, ...]:
    """The pieces of a feed's new items; `fresh` are their places among its `total` items."""
    if not fresh:
        return ()
    found = spans(data, fresh)
    if found is None or len(found) != total:
        return (whole("feed", data, url, headers),) * len(fresh)
    head, tail = found[0][0], found[-1][1]
    items = [data[start:end] for start, end in (found[place] for place in fresh)]
    kept = b"".join((data[:head], *items, data[tail:]))
    length = head + sum(map(len, items))
    body = _body("feed", url, headers, data, head, length, kept)
    pieces, start = [], head
    for item in items:
        end = start + len(item)
        pieces.append(Piece(body, start, end, hashlib.sha256(item).digest()))
        start = end
    return tuple(pieces)


def whole(kind: str, data: bytes, url: str, headers: Headers = ()) -> Piece:
    """A page, file or letter, or a feed that cannot be cut."""
    body = _body(kind, url, headers, data, 0, len(data), data)
    return Piece(body, 0, len(data), body.sha256)


def _body(
    kind: str, url: str, headers: Headers, data: bytes, head: int, tail: int, kept: bytes
) -> Body:
    digest = hashlib.sha256(data).digest()
    packed = zlib.compress(kept, _LEVEL)
    return Body(kind, url, headers, len(data), digest, head, tail, packed)


def document(body: Body, start: int, end: int) -> bytes:
    """One entry's bytes with what stood around them."""
    kept = zlib.decompress(body.data)
    return kept[: body.head] + kept[start:end] + kept[body.tail :]


def item(body: Body, start: int, end: int) -> bytes:
    """One entry's bytes alone."""
    return zlib.decompress(body.data)[start:end]


# --- where the items are ----------------------------------------------------------------------


def spans(data: bytes, wanted: Sequence[int]) -> list[tuple[int, int]] | None:
    """Where the items of a feed are in its bytes; None where that is not sure of those that are
    wanted, by their places."""
    start = data[:4].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] or data.lstrip()[:1]
    return _json_spans(data) if start in (b"{", b"[") else _xml_spans(data, wanted)


def _xml_spans(data: bytes, wanted: Sequence[int]) -> list[tuple[int, int]] | None:
    first = _START.search(data)
    if first is None:
        return None
    opening, closing = b"<" + first[1], b"</" + first[1] + b">"
    found, start = [], first.start()
    while True:
        end = data.find(closing, start)
        if end < 0:
            return None
        end += len(closing)
        found.append((start, end))
        start = data.find(opening, end)
        if start < 0:
            break
    if not _is_closed(data[: found[0][0]]) or not _is_closed(data[found[-1][1] :]):
        return None
    chosen = (found[place] for place in wanted if place < len(found))
    sure = all(_is_one(data[start:end], opening, closing) for start, end in chosen)
    return found if sure else None


def _is_one(item: bytes, opening: bytes, closing: bytes) -> bool:
    return item.count(opening) == item.count(closing) == 1 and _is_closed(item)


def _is_closed(part: bytes) -> bool:
    """Whether every CDATA section, comment and instruction of a part ends within it."""
    if b"<!" not in part and b"<?" not in part and b"]]>" not in part:
        return True
    rest = _CLOSED.sub(b"", part)
    return not any(mark in rest for mark in (b"<![", b"]]>", b"<!--", b"-->", b"<?"))


def _json_spans(data: bytes) -> list[tuple[int, int]] | None:
    # One character a byte: JSON's own signs are ASCII, and offsets stay those of the bytes
    text = data.decode("latin-1")
    try:
        return _items(text, text.index("{") + 1)
    except (ValueError, IndexError, RecursionError):
        return None


def _items(text: str, at: int) -> list[tuple[int, int]] | None:
    read = json.JSONDecoder(strict=False).raw_decode
    while True:
        at = _skip(text, at)
        if text[at] == "}":
            return None
        name, at = read(text, at)
        at = _skip(text, at, ":")
        if name != "items" or text[at] != "[":
            at = read(text, at)[1]
            continue
        found, at = [], _skip(text, at + 1)
        while text[at] != "]":
            end = read(text, at)[1]
            found.append((at, end))
            at = _skip(text, end)
        return found or None


def _skip(text: str, at: int, signs: str = ",") -> int:
    while text[at] in _JSON_SPACE or text[at] in signs:
        at += 1
    return at
