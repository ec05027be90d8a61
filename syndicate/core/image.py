"""What kind of picture some bytes are, and how large: by the bytes alone, never by what is said.

JPEG (ITU-T T.81), PNG 1.2 to 3, GIF 89a, WebP (RFC 9649). Others are not copied: SVG is a program,
AVIF and HEIC keep their metadata where only a whole parser finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syndicate.errors import ParseError

_PNG = b"\x89PNG\r\n\x1a\n"
_SIDE = 30_000  # pixels; no picture of an article is wider, and decoders fail above
# Within a scan FF is data before 00 and a restart before D0 to D7; before anything else a marker
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # searched for: linear on any bytes
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI = 0xDA, 0xD9
_ALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length
_CHUNKS = 20_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: its media type, and the suffix of its files."""

    type: str
    suffix: str


JPEG, PNG = Kind("image/jpeg", ".jpg"), Kind("image/png", ".png")
GIF, WEBP = Kind("image/gif", ".gif"), Kind("image/webp", ".webp")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a file: its name (a JPEG marker as `ff e1`, a chunk's four letters), where it
    starts and ends in the file, and where its content does."""

    name: bytes
    start: int
    end: int
    body: int
    body_end: int


def kind_of(data: bytes) -> Kind | None:
    """The format of a picture; None where it is none that is copied."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(_PNG):
        return PNG
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return None


def size_of(data: bytes, kind: Kind) -> tuple[int, int]:
    """Width and height in pixels. ParseError where the file does not say, or says nonsense."""
    found = {JPEG: _jpeg, PNG: _png, GIF: _gif, WEBP: _webp}[kind](data)
    if found is None or not all(0 < side <= _SIDE for side in found):
        raise ParseError(f"is a broken picture ({kind.type})")
    return found


def jpeg_segments(data: bytes) -> Iterator[Segment]:
    """The segments of a JPEG file, each scan with its data; what follows the end is in none.

    ParseError where one reaches beyond the file.
    """
    at = 2
    for _ in range(_CHUNKS):
        match = _MARKER.match(data, at)
        if match is None:
            raise ParseError("is a broken picture (image/jpeg)")
        start, at, marker = at, match.end(), match[1][0]
        if marker == _EOI:
            yield Segment(match[1], start, at, at, at)
            return
        if marker in _ALONE:
            yield Segment(match[1], start, at, at, at)
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + length
        if length < 2 or end > len(data):
            raise ParseError("is a broken picture (image/jpeg)")
        body, body_end = at + 2, end
        if marker == _SOS:
            following = _SCAN_END.search(data, end)
            end = following.start() if following else len(data)
        yield Segment(match[1], start, end, body, body_end)
        at = end
        if at >= len(data):
            return  # cut off within its last scan: decoders show what is there
    raise ParseError("is a picture of too many pieces (image/jpeg)")


def png_chunks(data: bytes) -> Iterator[Segment]:
    """The chunks of a PNG file up to its end. ParseError where one reaches beyond the file."""
    yield from _chunks(data, len(_PNG), len(data), b"IEND", "image/png")


def webp_chunks(data: bytes) -> Iterator[Segment]:
    """The chunks of a WebP file. ParseError where one reaches beyond the file."""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for _ in range(_CHUNKS):
        if at + 8 > end:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        body_end = at + 8 + length
        if body_end > end:
            raise ParseError("is a broken picture (image/webp)")
        following = min(body_end + length % 2, end)
        yield Segment(data[at : at + 4], at, following, at + 8, body_end)
        at = following
    raise ParseError("is a picture of too many pieces (image/webp)")


def _chunks(data: bytes, at: int, end: int, last: bytes, type: str) -> Iterator[Segment]:
    for _ in range(_CHUNKS):
        length = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], at + 8
        if body + length + 4 > end or len(name) < 4:
            raise ParseError(f"is a broken picture ({type})")
        yield Segment(name, at, body + length + 4, body, body + length)
        if name == last:
            return
        at = body + length + 4
    raise ParseError(f"is a picture of too many pieces ({type})")


def _jpeg(data: bytes) -> tuple[int, int] | None:
    for segment in jpeg_segments(data):
        if segment.name[0] in _SOF:
            height, width = (
                int.from_bytes(data[segment.body + place : segment.body + place + 2], "big")
                for place in (1, 3)
            )
            return width, height
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _gif(data: bytes) -> tuple[int, int] | None:
    if len(data) < 13:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def _webp(data: bytes) -> tuple[int, int] | None:
    name, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if name == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height
    if name == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return width, height
    return None
