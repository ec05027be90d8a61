"""Folding: long texts go by a table, and come out as short ones do, character for character."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import folding
from syndicate.core.folding import fold, fold_lines, fold_text

LONG = "青石县图书馆，" * 20  # so that the table is what folds it


def whole(text: str) -> str:
    """What folding is by definition."""
    return " ".join(folding._simplified(folding._compatible(text)).split())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Ｆｕｌｌ　Width 國會", "full width 国会", id="widths and traditional"),
        pytest.param("Straße ﬁx ①", "strasse fix 1", id="one becomes more"),
        pytest.param("e\u0301le\u0300ve", "élève", id="combining marks"),
        pytest.param("ｶﾞｲﾄﾞ", "ガイド", id="half-width voiced kana"),
        pytest.param("\u1112\u1161\u11ab", "한", id="Hangul in parts"),
        pytest.param("反覆深沈，沈阳覆盖", "反复深沉,沈阳覆盖", id="changed beside others alone"),
        pytest.param("如此……而已", "如此......而已", id="ellipsis"),
        pytest.param("a\u00a0b\u3000c\td", "a b c d", id="spaces"),
        pytest.param("\U0001f600 Ok \U00020000", "\U0001f600 ok \U00020000", id="other planes"),
    ],
)
def test_long_and_short_texts_fold_alike(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(f"{LONG} {text}") == f"{whole(LONG)} {folded}"


def test_half_a_character_is_a_question_mark() -> None:
    assert fold(LONG + "\ud83d") == whole(LONG) + "?"


def test_every_character_folds_as_by_the_whole_way() -> None:
    table, _ = folding._tables()
    quick = [chr(code) for code, to in enumerate(table.tolist()) if to != folding._TOGETHER]
    assert len(quick) > 20_000
    for start in range(0, len(quick), 500):
        text = "é".join(quick[start : start + 500])
        assert fold(text) == whole(text)


@given(
    st.text(
        st.sampled_from("aßéÉ沈深覆反坏土瞭解國会，。…ｶﾞ\u0301\u3099\u1100\u1161 \n")
        | st.characters()
    )
)
def test_any_text_folds_as_by_the_whole_way(text: str) -> None:
    text = LONG + text
    assert fold(text) == whole(text)
    assert fold_text(text) == whole(text.replace(folding.LINE, " "))


def test_ends_of_lines_are_kept_where_they_are_wanted() -> None:
    assert fold_lines(f" {LONG}\nEin Ｔ\n") == f"{whole(LONG)}{folding.LINE}ein t"


def test_phrases_of_the_dictionary_are_seen(tmp_path: Path) -> None:
    """Characters that OpenCC leaves alone, but for words that it changes: all are known here."""
    import opencc

    clib = Path(opencc.__file__).parent / "clib"
    binary = clib / "bin" / "opencc_dict"
    if not binary.exists():
        pytest.skip("this build of OpenCC has no tool that reads its dictionaries")
    words = tmp_path / "words.txt"
    dictionary = clib / "share" / "opencc" / "TSPhrases.ocd2"
    command = [binary, "-i", dictionary, "-o", words, "-f", "ocd2", "-t", "text"]
    subprocess.run(command, check=True, capture_output=True)
    _, traditional = folding._tables()
    found = [line.split("\t")[0] for line in words.read_text("utf-8").splitlines() if line]
    changed = [word for word in found if folding._simplified(word) != word]
    assert len(changed) > 100
    assert all(any(traditional[ord(char)] for char in word) for word in changed)
