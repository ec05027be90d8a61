"""Bytes to text: what is declared, what is meant, and what is said of what cannot be read."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core.decode import decode

TEXT = "<rss><title>廉政法治：人大常委会通过《条例》</title></rss>"


def declared(encoding: str, codec: str | None = None, text: str = TEXT) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(codec or encoding)


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        pytest.param(TEXT.encode(), None, id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), "text/xml; charset=gbk", id="bom-wins"),
        pytest.param(TEXT.encode("utf-16"), None, id="utf-16-bom"),
        pytest.param(TEXT.encode("utf-16-le"), None, id="utf-16-without-bom"),
        pytest.param(TEXT.encode("utf-16-be"), "application/xml", id="utf-16-be-without-bom"),
        pytest.param(TEXT.encode("utf-32"), None, id="utf-32-bom"),
        pytest.param(declared("gb2312", "gb18030"), None, id="gbk-declared-gb2312"),
        pytest.param(declared("utf-8", "gb18030"), None, id="gbk-declared-utf-8"),
        pytest.param(declared("gb2312", "utf-8"), "text/xml; charset=gb2312", id="utf-8-as-gb"),
        pytest.param(TEXT.encode("gb18030"), "text/xml; charset=GBK", id="http-charset"),
        pytest.param(TEXT.encode("gb18030"), None, id="gbk-nothing-declared"),
        pytest.param(
            declared("gb2312"),
            "text/xml; charset=ISO-8859-1",
            id="the server says Latin by default",
        ),
        pytest.param(TEXT.encode("gb2312"), "text/xml; charset=ISO-8859-1", id="only Latin stated"),
        pytest.param(declared("iso-8859-1", "gb2312"), None, id="declared Latin"),
        pytest.param(declared("hz-gb-2312", "hz"), None, id="hz"),
    ],
)
def test_text(data: bytes, content_type: str | None) -> None:
    text, problems = decode(data, content_type)
    assert TEXT in text
    assert not [p for p in problems if "could not be read" in p and " 0 " not in p]


def test_big5() -> None:
    text = "<title>臺灣新聞</title>"
    assert text in decode(declared("big5", text=text), None)[0]


BIG5 = "<rss><title>縣人大常委會聽取報告，講的是甲乙丙丁村的事情。</title></rss>"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        pytest.param(BIG5.encode("big5"), None, id="nothing declared"),
        pytest.param(declared("gb2312", "big5", BIG5), None, id="declared gb2312"),
        pytest.param(declared("utf-8", "big5", BIG5), None, id="declared utf-8"),
        pytest.param(BIG5.encode("big5"), "text/xml; charset=iso-8859-1", id="declared Latin"),
    ],
)
def test_big5_in_disguise(data: bytes, content_type: str | None) -> None:
    assert BIG5 in decode(data, content_type)[0]


@pytest.mark.parametrize("content_type", ["text/xml; charset=ISO-8859-1", "text/xml; charset=x"])
@pytest.mark.parametrize(
    "text",
    [
        "Café déjà vu — naïve façade, élève à l’école où l’été fut très chaud",
        "Straße über Öl, schön für Ärger, Grüße aus Köln, Übergänge, Fußgängerzone",
        "ÀÉÎÕÜ ÇA VA TRÈS BIEN, ÉTÉ, ÉÉÉÉ",
        "Ñandú, señor, mañana, año, niño, pingüino, corazón, “comillas” – guiones",
    ],
)
def test_latin_stays_latin(text: str, content_type: str) -> None:
    assert text in decode(f"<title>{text}</title>".encode("cp1252"), content_type)[0]


def test_a_few_bad_bytes_leave_utf8_what_it_is() -> None:
    text, problems = decode("<title>新闻".encode() + b"\xe8\xbf" + "中心</title>".encode(), None)
    assert text == "<title>新闻\ufffd中心</title>"
    assert problems


def test_halves_of_a_character_are_joined() -> None:
    text, _ = decode("<title>新闻".encode() + b"\xed\xa0\xbd\xed\xb8\x80</title>", None)
    assert text == "<title>新闻😀</title>"


def test_one_bad_byte_in_gbk_costs_one_character() -> None:
    data = declared("gb2312", "gb18030", TEXT * 20)
    text, problems = decode(data[:-20] + b"\xff" + data[-20:], None)
    assert text.count("廉政法治") >= 19
    assert text.count("\ufffd") <= 2
    assert problems


def test_controls_are_gone() -> None:
    assert decode(b"a\x00b\x08c\x1bd\x7f", None)[0] == "abcd"


@given(st.binary(max_size=300), st.sampled_from([None, "text/xml; charset=gbk", "x; charset=?"]))
def test_never_raises_and_is_xml(data: bytes, content_type: str | None) -> None:
    text, _ = decode(data, content_type)
    text.encode("utf-8")
    assert not any(c < " " and c not in "\t\n\r" for c in text)
