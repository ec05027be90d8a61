"""Pictures: told apart by their bytes, measured, and freed of where they were taken."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import (
    GPS_XMP,
    IPTC,
    chunk,
    exif,
    gif,
    jpeg,
    photoshop,
    png,
    resource,
    riff,
    segment,
    tiff,
    webp,
    xmp,
)

from syndicate.core import image
from syndicate.core.image import GIF, JPEG, PNG, WEBP, Kind
from syndicate.core.image_location import without_location
from syndicate.errors import ParseError

ITXT = b"XML:com.adobe.xmp\0\0\0\0\0"


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        pytest.param(jpeg(width=641, height=481), JPEG, (641, 481), id="jpeg"),
        pytest.param(png(width=3, height=2), PNG, (3, 2), id="png"),
        pytest.param(gif(5, 4), GIF, (5, 4), id="gif"),
        pytest.param(webp(width=801, height=601), WEBP, (801, 601), id="webp, extended"),
        pytest.param(
            b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f"
            + struct.pack("<I", 99 | 49 << 14) + b"\0" * 8, WEBP, (100, 50), id="webp, lossless",
        ),
        pytest.param(
            b"RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0\x30\x01\0\x9d\x01\x2a"
            + struct.pack("<HH", 320, 240) + b"\0" * 10, WEBP, (320, 240), id="webp, lossy",
        ),
    ],
)  # fmt: skip
def test_what_a_picture_is_and_how_large(data: bytes, kind: Kind, size: tuple[int, int]) -> None:
    assert image.kind_of(data) is kind
    assert image.size_of(data, kind) == size


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"\0\0\0\x20ftypavif", id="avif"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_picture_that_is_copied(data: bytes) -> None:
    assert image.kind_of(data) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(jpeg(height=0), JPEG, id="without a height"),
        pytest.param(jpeg()[:10], JPEG, id="jpeg cut off"),
        pytest.param(b"\xff\xd8\xff\xe1\xff\xff", JPEG, id="a segment beyond the end"),
        pytest.param(png(width=31_000), PNG, id="too wide"),
        pytest.param(b"GIF89a", GIF, id="gif cut off"),
        pytest.param(b"RIFF\0\0\0\0WEBP", WEBP, id="webp cut off"),
    ],
)
def test_a_broken_picture_is_refused(data: bytes, kind: Kind) -> None:
    with pytest.raises(ParseError, match="broken"):
        image.size_of(data, kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(
            jpeg(exif(tiff(gps=False)), photoshop(resource(1028, IPTC)), segment(0xFE, b"note")),
            JPEG, id="jpeg with credit alone",
        ),
        pytest.param(jpeg(xmp(GPS_XMP.replace(b"GPS", b"Gps"))), JPEG, id="jpeg with xmp"),
        pytest.param(jpeg(segment(0xEB, b"JP\0\x01c2pa manifest")), JPEG, id="content credentials"),
        pytest.param(png(chunk(b"eXIf", tiff(gps=False))), PNG, id="png"),
        pytest.param(webp(riff(b"EXIF", tiff(gps=False))), WEBP, id="webp"),
        pytest.param(gif(), GIF, id="gif"),
    ],
)  # fmt: skip
def test_what_does_not_say_where_it_was_taken_stays_byte_for_byte(data: bytes, kind: Kind) -> None:
    assert without_location(data, kind) == data


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_its_credit_and_orientation_and_loses_its_place(order: str) -> None:
    data = jpeg(
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        exif(tiff(notes=b"GPSInfo: somewhere", order=order)),
        xmp(),
        photoshop(resource(1058, tiff()), resource(1028, IPTC)),
        segment(0xE2, b"MPF\0index"),
        segment(0xE2, b"ICC_PROFILE\0\x01\x01profile"),
        after=jpeg(exif(tiff())),
    )
    kept = without_location(data, JPEG)
    for gone in (
        b"GPS",
        struct.pack(order + "I", 39) + struct.pack(order + "I", 1),
        b"MPF",
        b"Maker",
    ):
        assert gone not in kept
    for stays in (b"Zhou Wangshu\0", b"(c) Qingshi News", IPTC, b"Zhou</rdf:li>", b"ICC_PROFILE",
                  b"Credit", b"JFIF"):  # fmt: skip
        assert stays in kept
    block = next(
        kept[s.body + 6 : s.body_end] for s in image.jpeg_segments(kept) if s.name == b"\xe1"
    )
    assert struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0) in block
    # Not one byte of the picture itself is another one
    scan = data[data.index(b"\xff\xda") : data.index(b"\xff\xd9") + 2]
    assert kept.endswith(scan)
    assert without_location(kept, JPEG) == kept


def test_a_png_is_checked_anew() -> None:
    data = png(
        chunk(b"eXIf", tiff()),
        chunk(b"iTXt", ITXT + GPS_XMP),
        chunk(b"tEXt", b"Author\0Zhou"),
        chunk(b"zTXt", b"Raw profile type exif\0\0x"),
        after=b"GPSLatitude",
    )
    kept = without_location(data, PNG)
    assert b"GPS" not in kept
    assert b"Raw profile" not in kept
    assert b"Author\0Zhou" in kept
    assert b"Zhou Wangshu" in kept
    assert b"Credit" in kept
    chunks = list(image.png_chunks(kept))
    assert [c.name for c in chunks] == [b"IHDR", b"eXIf", b"iTXt", b"tEXt", b"IDAT", b"IEND"]
    for each in chunks:
        body = kept[each.body : each.body_end]
        assert kept[each.start : each.end] == chunk(each.name, body)


def test_compressed_xmp_of_a_png_is_unpacked_no_further_than_it_must_be() -> None:
    import zlib

    packed = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(GPS_XMP)
    kept = without_location(png(chunk(b"iTXt", packed)), PNG)
    assert b"Credit" in kept
    bomb = b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(b"GPS" * 3_000_000)
    assert b"iTXt" not in without_location(png(chunk(b"iTXt", bomb)), PNG)


def test_a_webp_says_what_it_still_has() -> None:
    kept = without_location(webp(riff(b"EXIF", b"no tiff GPS"), riff(b"XMP ", GPS_XMP)), WEBP)
    chunks = {c.name: kept[c.body : c.body_end] for c in image.webp_chunks(kept)}
    assert set(chunks) == {b"VP8X", b"VP8L", b"XMP "}
    assert chunks[b"VP8X"][0] == 0x04
    assert b"GPS" not in chunks[b"XMP "]
    assert int.from_bytes(kept[4:8], "little") == len(kept) - 8


def test_a_gif_with_a_place_is_not_copied() -> None:
    with pytest.raises(ParseError, match="where it was taken"):
        without_location(gif(more=b"!\xff\x0bXMP DataXMP" + GPS_XMP), GIF)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(seed=b"\xff" * 3_000_000 + b"\x00"), id="a scan of nothing but FF"),
        pytest.param(jpeg(b"\xff" * 3_000_000), id="as much before a marker"),
        pytest.param(jpeg(segment(0xFE, b"") * 500_000), id="half a million comments"),
        pytest.param(jpeg(xmp(b"GPS" + b"<a>" * 20_000)), id="XMP that is deep"),
    ],
)
def test_files_made_to_cost_time_cost_none(data: bytes) -> None:
    with contextlib.suppress(ParseError):  # of too many pieces
        assert b"GPS" not in without_location(data, JPEG)


@given(st.sampled_from([jpeg(exif(tiff()), xmp()), png(chunk(b"eXIf", tiff())),
                        webp(riff(b"EXIF", tiff()))]), st.data())  # fmt: skip
def test_damaged_files_end_in_a_picture_or_a_reason(good: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(12, len(good) - 1))
    broken = (
        good[:at] + data.draw(st.binary(max_size=8)) + good[at + data.draw(st.integers(0, 9)) :]
    )
    kind = image.kind_of(broken)
    if kind is None:
        return
    try:
        image.size_of(broken, kind)
        kept = without_location(broken, kind)
    except ParseError:
        return
    assert image.kind_of(kept) is kind
