"""Small pictures made by hand: JPEG, PNG, WebP and GIF with the metadata that a test needs."""

from __future__ import annotations

import struct
import zlib

GPS_XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" exif:GPSLatitude="39,54.5N" '
    b'photoshop:Credit="Qingshi News"><exif:GPSLongitude>116,23E</exif:GPSLongitude>'
    b"<dc:creator><rdf:Seq><rdf:li>Zhou</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF>"
    b'</x:xmpmeta><?xpacket end="w"?>'
)
IPTC = b"\x1c\x02\x50\x00\x04Zhou\x1c\x02\x6e\x00\x0cQingshi News\x1c\x02\x74\x00\x02(c"


def tiff(
    *, gps: bool = True, artist: bytes = b"Zhou Wangshu\0", notes: bytes = b"", order: str = "<"
) -> bytes:
    """An EXIF block: orientation, artist, a GPS directory, a maker's notes."""
    texts = {0x010F: b"Maker\0\0\0", 0x013B: artist, 0x8298: b"(c) Qingshi News\0"}
    fields: dict[int, tuple[int, int, bytes]] = {
        tag: (2, len(text), text) for tag, text in texts.items() if text
    }
    fields[0x0112] = (3, 1, struct.pack(order + "H", 6))
    pointers = ([0x8825] if gps else []) + ([0x8769] if notes else [])
    for tag in pointers:
        fields[tag] = (4, 1, b"")
    after = 8 + 2 + 12 * len(fields) + 4
    values = b""
    for tag, (_, _, value) in sorted(fields.items()):
        if tag not in pointers and len(value) > 4:
            values += value + b"\0" * (len(value) % 2)
    gps_at = after + len(values)
    latitude = struct.pack(order + "H", 1) + struct.pack(order + "HHI", 2, 5, 1)
    latitude += struct.pack(order + "II", gps_at + 18, 0) + struct.pack(order + "II", 39, 1)
    inner_at = gps_at + (len(latitude) if gps else 0)
    inner = struct.pack(order + "HHHII", 1, 0x927C, 7, len(notes), inner_at + 18) + b"\0" * 4
    out, at = b"", after
    for tag, (kind, count, value) in sorted(fields.items()):
        if tag == 0x8825:
            held = struct.pack(order + "I", gps_at)
        elif tag == 0x8769:
            held = struct.pack(order + "I", inner_at)
        elif len(value) > 4:
            held, at = struct.pack(order + "I", at), at + len(value) + len(value) % 2
        else:
            held = value.ljust(4, b"\0")
        out += struct.pack(order + "HHI", tag, kind, count) + held
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "IH", 8, len(fields)) + out + struct.pack(order + "I", 0)
    return head + values + (latitude if gps else b"") + (inner + notes if notes else b"")


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(
    *segments: bytes, width: int = 640, height: int = 480, after: bytes = b"", seed: bytes = b"\x12"
) -> bytes:
    """A JPEG in its container: no decoder would show it, every reader of segments can."""
    sof = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + seed + b"\xff\x00\xff\xd0\x34"
    return b"\xff\xd8" + b"".join(segments) + sof + scan + b"\xff\xd9" + after


def exif(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


def xmp(packet: bytes = GPS_XMP) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)


def resource(number: int, body: bytes) -> bytes:
    padded = body + b"\0" * (len(body) % 2)
    return b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(body)) + padded


def photoshop(*resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: bytes, width: int = 3, height: int = 2, after: bytes = b"") -> bytes:
    """A PNG that decoders show: grey."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = (b"\0" + b"\x80" * min(width, 64)) * min(height, 64)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b"") + after


def riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: bytes, width: int = 800, height: int = 600, flags: int = 0x0C) -> bytes:
    """A WebP with the extended header."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    head = riff(b"VP8X", bytes([flags, 0, 0, 0]) + sizes)
    body = b"WEBP" + head + riff(b"VP8L", b"\x2f\x00\x00\x00\x00") + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(width: int = 5, height: int = 4, more: bytes = b"") -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0" + more + b";"
