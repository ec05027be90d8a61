"""Bytes to text, whatever the server says: BOM, strict UTF-8, HTTP charset, declaration, content.

Feeds declare gb2312 and send GBK, say nothing and send GB18030, or break one byte in a million.
The text that reads best wins; what cannot be read is replaced and said.
"""

from __future__ import annotations

import codecs
import re

from syndicate.core.plaintext import xml_text

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What labels mean in practice (WHATWG Encoding): supersets, so that GBK marked gb2312 is read
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "unicode": "utf-16",
}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.I)
_XML_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']", re.I)
_HTML_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.I)
_HEAD = 4096
_SINGLE_BYTES = frozenset({"cp1252", "iso8859-1", "iso8859-15", "latin-1"})
_HALF = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_BEYOND = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff]{4,}")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’—…·]")
_SAMPLE = 20_000  # bytes or characters that are looked at, from the first one beyond ASCII
_ENOUGH = 8  # characters, to tell Chinese from Latin


def decode(
    data: bytes, content_type: str | None, *, xml: bool = True
) -> tuple[str, tuple[str, ...]]:
    """The text of a document, and what was wrong with its encoding. Never raises.

    `xml`: it may declare its encoding, in an XML declaration or a `<meta>`.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], name, ())
    if guessed := _without_bom(data):
        return _decoded(data, guessed, ())
    if b"~{" in data and b"~}" in data and _is_declared(data, content_type, xml, "hz"):
        return _decoded(data, "hz", ())
    try:
        return xml_text(data.decode("utf-8")), ()
    except UnicodeDecodeError:
        return _best(data, content_type, xml)


def _is_declared(data: bytes, content_type: str | None, xml: bool, name: str) -> bool:
    return name in (_named(c) for c in _stated(data, content_type, xml))


def _without_bom(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a BOM, by the zero bytes of its first character (XML 1.0, F.1)."""
    head = data[:4]
    if len(head) == 4 and head.count(0) in (2, 3):
        for shape, name in (
            (b"\0\0\0<", "utf-32-be"),
            (b"<\0\0\0", "utf-32-le"),
            (b"\0<\0", "utf-16-be"),
            (b"<\0", "utf-16-le"),
        ):
            if head.startswith(shape):
                return name
    return None


def _stated(data: bytes, content_type: str | None, xml: bool) -> list[str]:
    found = []
    if content_type and (match := _CHARSET.search(content_type)):
        found.append(match[1])
    declared = (p.search(data[:_HEAD]) for p in (_XML_DECLARED, _HTML_DECLARED)) if xml else ()
    return found + [match[1].decode("ascii", "replace") for match in declared if match]


def _named(label: str) -> str | None:
    folded = label.strip().lower()
    name = _MEANT.get(folded, folded)
    try:
        return codecs.lookup(name).name if name not in _MEANT.values() else name
    except LookupError:
        return None


def _best(data: bytes, content_type: str | None, xml: bool) -> tuple[str, tuple[str, ...]]:
    halves = _joined_halves(data)
    if halves is not None:
        return xml_text(halves), ("half characters (CESU-8) were read as the ones they make",)
    stated = [name for label in _stated(data, content_type, xml) if (name := _named(label))]
    # Any bytes are text in an encoding of single bytes, which servers state by default: last
    for name in sorted(stated, key=lambda name: name in _SINGLE_BYTES):
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if name in _SINGLE_BYTES and (other := _chinese(data)) is not None:
            return xml_text(data.decode(other)), (f"stated as {name}, and read as {other}",)
        if name != "utf-8" and not _is_odd(text):
            return xml_text(text), ()
    if _is_mostly_utf8(data):
        return _decoded(data, "utf-8", ())
    candidates = [*stated, "utf-8", "gb18030", "big5hkscs"]
    read = [(name, data.decode(name, "replace")) for name in dict.fromkeys(candidates)]
    counts = [text.count("\ufffd") + len(_PRIVATE.findall(_part(text))) for _, text in read]
    fewest = min(counts)
    name, text = read[counts.index(fewest)]
    is_latin = name in ("gb18030", "big5hkscs") and not _has_runs(data, 0.3)
    if not stated and (is_latin or fewest > len(text) * 0.02):
        name, text = "cp1252", data.decode("cp1252", "replace")
    problem = f"read as {name}, {text.count(chr(0xFFFD))} characters could not be read"
    return xml_text(text), (problem,)


def _joined_halves(data: bytes) -> str | None:
    """UTF-8 with the halves of UTF-16 in it (CESU-8, as some databases write emoji); else None."""
    if not _HALF.search(data):
        return None
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _chinese(data: bytes) -> str | None:
    """The Chinese encoding of bytes that are stated to be Latin, None where they may well be.

    Chinese comes in runs of bytes beyond ASCII; the accents of Latin text stand alone.
    """
    if not _has_runs(data, 0.5) or len(_BEYOND.findall(_sample(data))) < 2 * _ENOUGH:
        return None
    for name in ("gb18030", "big5hkscs"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        part = _part(text)
        foreign = len(_FOREIGN.findall(part))
        if len(_HAN.findall(part)) > foreign * 0.9 and not _is_odd(text):
            return name
    return None


def _has_runs(data: bytes, share: float) -> bool:
    part = _sample(data)
    return sum(map(len, _RUN.findall(part))) >= len(_BEYOND.findall(part)) * share


def _sample(data: bytes) -> bytes:
    first = _BEYOND.search(data)
    return data[first.start() : first.start() + _SAMPLE] if first else b""


def _part(text: str) -> str:
    first = _FOREIGN.search(text)
    return text[first.start() : first.start() + _SAMPLE] if first else ""


def _is_odd(text: str) -> bool:
    """Whether there are more characters of private use than a text has: it is in another
    encoding (Big5 read as GBK has one in three)."""
    part = _part(text)
    if _PRIVATE.search(part) is None:
        return False
    return len(_PRIVATE.findall(part)) * 50 > len(_FOREIGN.findall(part))


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most of what is beyond ASCII is sound UTF-8, which no other text is by chance."""
    text = _sample(data).decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return bad * 4 <= len(_FOREIGN.findall(text)) - bad


def _decoded(data: bytes, name: str, problems: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    text = data.decode(name, "replace")
    broken = text.count("\ufffd")
    if broken:
        problems = (*problems, f"read as {name}, {broken} characters could not be read")
    return xml_text(text), problems
