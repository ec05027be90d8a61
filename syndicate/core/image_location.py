"""Where a picture was taken, taken out of its file; who made it and whose it is stays in.

Only the container is written anew: not one pixel changes, and a file that does not say where it
was taken stays byte for byte as it was. Gone are EXIF's GPS directory and XMP's GPS properties,
with makers' notes, in which cameras hide more; and what follows a picture's end, where phones keep
further pictures and films. An EXIF block that holds any of these is replaced by its orientation
and credit. Kept are XMP (creator, credit, rights, digital source type), IPTC-IIM as a whole with
the names of places that an editor wrote, colour profiles, and content credentials (C2PA), whose
seal then shows that something was taken out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from lxml import etree

from syndicate.core import image
from syndicate.core.image import GIF, JPEG, PNG, Kind
from syndicate.errors import ParseError

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_MPF = b"MPF\0"
_GPS = re.compile(rb"GPS(Latitude|Longitude|Altitude|Dest|Position|Img|Track|Info)")
_EOI = b"\xff\xd9"
_APP = range(0xE0, 0xF0)
_COMMENT = 0xFE
_LONGEST = 1_000_000  # bytes of one block of metadata

# TIFF 6.0 and EXIF 3.0: what of the first directory is kept, by tag
_ORIENTATION, _GPS_IFD, _EXIF_IFD, _MAKER_NOTE = 0x0112, 0x8825, 0x8769, 0x927C
_KEPT = (0x010E, _ORIENTATION, 0x013B, 0x8298)  # description, orientation, artist, copyright
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_ENTRIES = 500


def without_location(data: bytes, kind: Kind) -> bytes:
    """The same picture without where it was taken; the very bytes where it does not say.

    ParseError where the file is broken, or where the place cannot be taken out of it.
    """
    if kind is JPEG:
        pieces = _jpeg(data)
    elif kind is PNG:
        pieces = _png(data)
    elif kind is GIF:
        if _GPS.search(data):
            raise ParseError("says where it was taken, in a form that is not known (image/gif)")
        return data
    else:
        pieces = _webp(data)
    return b"".join(pieces)


# --- JPEG -----------------------------------------------------------------------------------


def _jpeg(data: bytes) -> Iterator[bytes]:
    segments = list(image.jpeg_segments(data))
    follows = bool(segments) and len(data) > segments[-1].end
    yield data[:2]
    for segment in segments:
        whole = data[segment.start : segment.end]
        if segment.name[0] not in _APP and segment.name[0] != _COMMENT:
            yield whole
            continue
        body = data[segment.body : segment.body_end]
        kept = _jpeg_metadata(body, follows)
        if kept == body:
            yield whole
        elif kept is not None and len(kept) < 65_534:
            yield b"\xff" + segment.name + struct.pack(">H", len(kept) + 2) + kept


def _jpeg_metadata(body: bytes, follows: bool) -> bytes | None:
    """What is kept of an application's segment, None for nothing of it."""
    if body.startswith(_EXIF):
        return _prefixed(_EXIF, _exif(body[len(_EXIF) :]))
    if body.startswith(_XMP):
        return _prefixed(_XMP, _xmp(body[len(_XMP) :]))
    if body.startswith(_PHOTOSHOP):
        return _PHOTOSHOP + _photoshop(body[len(_PHOTOSHOP) :])
    if body.startswith(_MPF) and follows:
        return None  # an index of what is cut off
    return None if _GPS.search(body) else body


def _prefixed(prefix: bytes, kept: bytes | None) -> bytes | None:
    return None if kept is None else prefix + kept


def _photoshop(body: bytes) -> bytes:
    """Image resources without second copies of EXIF and XMP (1058, 1059, 1060)."""
    kept, at = [], 0
    while body[at : at + 4] == b"8BIM" and at + 12 <= len(body):
        number = int.from_bytes(body[at + 4 : at + 6], "big")
        named = at + 7 + body[at + 6]
        named += (named - at) % 2
        size = int.from_bytes(body[named : named + 4], "big")
        end = named + 4 + size + size % 2
        if number not in (1058, 1059, 1060):
            kept.append(body[at:end])
        at = end
    return b"".join(kept)


# --- PNG and WebP ---------------------------------------------------------------------------


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    for chunk in image.png_chunks(data):
        body = data[chunk.body : chunk.body_end]
        kept = _png_metadata(chunk.name, body)
        if kept is body:
            yield data[chunk.start : chunk.end]
        elif kept is not None:
            checked = chunk.name + kept
            yield struct.pack(">I", len(kept)) + checked + struct.pack(">I", zlib.crc32(checked))


def _png_metadata(name: bytes, body: bytes) -> bytes | None:
    if name == b"eXIf":
        kept = _exif(body)
        return body if kept == body else kept
    if name not in (b"tEXt", b"zTXt", b"iTXt"):
        return body
    keyword, _, rest = body.partition(b"\0")
    if keyword == b"XML:com.adobe.xmp":
        return _png_xmp(body, rest)
    if keyword.lower() in (b"raw profile type exif", b"raw profile type app1"):
        return None  # ImageMagick's hexadecimal copies
    return None if _GPS.search(body) else body


def _png_xmp(body: bytes, rest: bytes) -> bytes | None:
    """XMP in an iTXt chunk: flag, method, language, translated keyword, text."""
    packed = rest[:1] == b"\x01"
    after = rest[2:].split(b"\0", 2)
    if len(after) < 3:
        return None
    text = _unpacked(after[2]) if packed else after[2]
    if text is None:
        return None
    kept = _xmp(text)
    if kept == text:
        return body
    return None if kept is None else b"XML:com.adobe.xmp\0\0\0\0\0" + kept


def _unpacked(data: bytes) -> bytes | None:
    """What was compressed, None where that is broken or too long."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, _LONGEST)
    except zlib.error:
        return None
    return text if unpacking.eof else None


def _webp(data: bytes) -> Iterator[bytes]:
    pieces: list[bytes] = []
    flags, missing = -1, 0
    for chunk in image.webp_chunks(data):
        body = data[chunk.body : chunk.body_end]
        kept: bytes | None = body
        if chunk.name == b"VP8X":
            flags = len(pieces)
        elif chunk.name == b"EXIF":
            bare = body.removeprefix(_EXIF)
            kept = _exif(bare)
            kept = body if kept == bare else kept
            missing |= 0x08 if kept is None else 0
        elif chunk.name == b"XMP ":
            kept = _xmp(body)
            missing |= 0x04 if kept is None else 0
        if kept is not None:
            head = chunk.name + struct.pack("<I", len(kept))
            pieces.append(head + kept + b"\0" * (len(kept) % 2))
    if flags >= 0 and missing:
        extended = pieces[flags]
        pieces[flags] = extended[:8] + bytes([extended[8] & ~missing]) + extended[9:]
    whole = b"WEBP" + b"".join(pieces)
    yield b"RIFF" + struct.pack("<I", len(whole)) + whole


# --- EXIF -----------------------------------------------------------------------------------


def _exif(tiff: bytes) -> bytes | None:
    """An EXIF block, the same where it has neither a place nor a maker's notes; else its
    orientation and credit alone, None where it has none of these."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    first = _directory(tiff, order, _offset(tiff, order, 4))
    inner = first.get(_EXIF_IFD)
    place = _offset(tiff, order, inner[3]) if inner and inner[3] + 4 <= len(tiff) else 0
    notes = _MAKER_NOTE in _directory(tiff, order, place) if place else False
    if _GPS_IFD not in first and not notes and not _GPS.search(tiff):
        return tiff
    return _rebuilt(tiff, order, {tag: first[tag] for tag in _KEPT if tag in first})


Field = tuple[int, int, int, int]  # type, count, bytes, where they stand


def _offset(tiff: bytes, order: str, at: int) -> int:
    found: int = struct.unpack_from(order + "I", tiff, at)[0] if at + 4 <= len(tiff) else 0
    return found


def _directory(tiff: bytes, order: str, at: int) -> dict[int, Field]:
    """The fields of a directory by tag; what reaches beyond the block is left out."""
    if at < 8 or at + 2 > len(tiff):
        return {}
    (count,) = struct.unpack_from(order + "H", tiff, at)
    found: dict[int, Field] = {}
    for number in range(min(count, _ENTRIES)):
        place = at + 2 + number * 12
        if place + 12 > len(tiff):
            break
        tag, kind, values = struct.unpack_from(order + "HHI", tiff, place)
        length = values * _SIZES.get(kind, 1)
        where = place + 8 if length <= 4 else _offset(tiff, order, place + 8)
        if where + length <= len(tiff) or tag in (_GPS_IFD, _MAKER_NOTE):
            found.setdefault(tag, (kind, values, length, where))
    return found


def _rebuilt(tiff: bytes, order: str, kept: dict[int, Field]) -> bytes | None:
    """A TIFF block of one directory with these fields, in the byte order that they are in."""
    if not kept:
        return None
    mark = b"II*\0" if order == "<" else b"MM\0*"
    after = 8 + 2 + 12 * len(kept) + 4
    fields, values = [], b""
    for tag in sorted(kept):
        kind, count, length, where = kept[tag]
        value = tiff[where : where + length]
        if length > 4:
            held = struct.pack(order + "I", after + len(values))
            values += value + b"\0" * (length % 2)
        else:
            held = value.ljust(4, b"\0")
        fields.append(struct.pack(order + "HHI", tag, kind, count) + held)
    head = mark + struct.pack(order + "IH", 8, len(fields))
    return head + b"".join(fields) + struct.pack(order + "I", 0) + values


# --- XMP ------------------------------------------------------------------------------------


def _xmp(packet: bytes) -> bytes | None:
    """An XMP packet without properties whose names begin with GPS, wherever they stand in it;
    None where it has some and cannot be read."""
    if b"GPS" not in packet:
        return packet
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(packet.strip(b"\0 \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    for element in list(root.iter(etree.Element)):
        for name in [n for n in element.attrib if etree.QName(n).localname.startswith("GPS")]:
            del element.attrib[name]
        parent = element.getparent()
        if parent is not None and etree.QName(element).localname.startswith("GPS"):
            parent.remove(element)
    written: bytes = etree.tostring(root.getroottree(), encoding="UTF-8")
    return None if _GPS.search(written) else written
