"""Language: what is declared, what the script says, nothing guessed."""

from __future__ import annotations

import pytest

from syndicate.core import language


@pytest.mark.parametrize(
    ("stated", "feed", "text", "found"),
    [
        pytest.param("zh_cn", None, "", "zh-CN", id="its own, spelt otherwise"),
        pytest.param(None, "en-US", "Plain English words here", "en-US", id="the feed's"),
        pytest.param(None, "en-US", "这是一段中文，没有别的字。", "zh", id="the script says no"),
        pytest.param(None, None, "Plain words", "", id="Latin names no language"),
        pytest.param(None, "ja", "これは日本語の文章です。", "ja", id="kana"),
        pytest.param("not a tag!", None, "한국어 문장입니다", "ko", id="hangul, a bad tag aside"),
    ],
)
def test_choose(stated: str | None, feed: str | None, text: str, found: str) -> None:
    assert language.choose(stated, feed, text) == found


@pytest.mark.parametrize(
    ("known", "text", "tag"),
    [
        pytest.param("de", "Guten Tag", "de", id="known"),
        pytest.param("", "Plain words", "und", id="another script than Chinese"),
        pytest.param("", "مرحبا بالعالم", "und", id="Arabic"),
        pytest.param("", "开业", "", id="Chinese, too short to tell"),
        pytest.param("", "A long text of many words about 李明 and what he did there in all those "
                     "years of his life with many more words", "und", id="a name among words"),
        pytest.param("", "", "", id="nothing"),
        pytest.param("", "2026-11-24", "", id="no letters"),
    ],
)  # fmt: skip
def test_a_page_of_another_script_does_not_lend_its_language(
    known: str, text: str, tag: str
) -> None:
    assert language.of_part(known, text) == tag
