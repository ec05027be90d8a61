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
    stated = [name for label in _stated(data, content_type, xml) if (name := _named(label))]
    for name in stated:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if name != "utf-8":
            return xml_text(text), ()
    candidates = [*stated, "utf-8", "gb18030", "big5hkscs"]
    read = [(name, data.decode(name, "replace")) for name in dict.fromkeys(candidates)]
    counts = [text.count("\ufffd") for _, text in read]
    fewest = min(counts)
    name, text = read[counts.index(fewest)]
    if fewest > len(text) * 0.02 and not stated:
        name, text = "cp1252", data.decode("cp1252", "replace")
    problem = f"read as {name}, {text.count(chr(0xFFFD))} characters could not be read"
    return xml_text(text), (problem,)


def _decoded(data: bytes, name: str, problems: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    text = data.decode(name, "replace")
    broken = text.count("\ufffd")
    if broken:
        problems = (*problems, f"read as {name}, {broken} characters could not be read")
    return xml_text(text), problems
