"""How a text is written: its shape, its capitals, its width."""

from __future__ import annotations

import pytest

from syndicate.core import forms


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        pytest.param("2012年考研英语攻略(图)", "0X(X)", id="Chinese"),
        pytest.param("T6570芯 惠普4411S报价", "A0X X0AX", id="mixed"),
        pytest.param("AP - The US said...", "A - Aa A a...", id="English"),
        pytest.param("  Élan  Москва\n", "Aa Aa", id="other letters, white space"),
        pytest.param("", "", id="empty"),
        pytest.param("！！", "！！", id="marks are themselves"),
        pytest.param("\ud800a", " a", id="half a character"),
    ],
)
def test_shape(text: str, shaped: str) -> None:
    assert "".join(map(chr, forms.shape(text))) == shaped


def test_form() -> None:
    found = forms.form("ＡＰ：Goal", "the iPhone of 2007 IN use 用AI写")
    assert "".join(map(chr, found.head)) == "A:Aa"
    assert found.capitals == ("AP", "Goal", "iPhone", "IN", "AI")
    assert forms.form("", "Goal").head.tolist() == forms.form("Goal", "").head.tolist()


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), (" abc ", 3), ("中文abc", 7), ("，。", 4), ("字" * 70, 120), ("a" * 500, 120)],
    ids=["empty", "alphabet", "mixed", "marks", "longest", "a whole text"],
)
def test_width(text: str, width: int) -> None:
    assert forms.width(text) == width


@pytest.mark.parametrize("text", ["The 12 dogs (and U.S. cats)!", "a\tB 3\x00 c-d", "AA aa", "x"])
def test_ascii_has_the_shape_that_it_has_beside_other_characters(text: str) -> None:
    assert forms.shape(f"{text};").tolist()[:-1] == forms.shape(f"{text}·").tolist()[:-1]


@pytest.mark.parametrize("text", ["", "iPhone 4S of_The USA's 2nd A-b cD3", "x" * 1200])
def test_ascii_has_the_capitals_that_it_has_beside_other_characters(text: str) -> None:
    assert forms.form("", text).capitals == forms.form("", f"{text} ·").capitals
