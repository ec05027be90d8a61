"""Both languages whole; dates at their own precision."""

from __future__ import annotations

from dataclasses import fields

import pytest

from syndicate.core import words
from syndicate.core.words import EN, ZH, Words
from syndicate.model import GivenDate


@pytest.mark.parametrize("language", [ZH, EN], ids=["zh-CN", "en"])
def test_every_phrase_is_there(language: Words) -> None:
    empty = [f.name for f in fields(Words) if not getattr(language, f.name).strip()]
    assert empty == []


def test_the_same_names_are_filled_in_both() -> None:
    import re

    holes = re.compile(r"\{\w+\}")
    different = [
        f.name
        for f in fields(Words)
        if set(holes.findall(getattr(ZH, f.name))) != set(holes.findall(getattr(EN, f.name)))
    ]
    assert different == []


@pytest.mark.parametrize(
    ("language", "label"),
    [
        pytest.param("zh-CN", "来源", id="chinese"),
        pytest.param("zh-Hant-TW", "来源", id="any chinese"),
        pytest.param("ZH", "来源", id="in capitals"),
        pytest.param("en-GB", "Source", id="english"),
        pytest.param("fr", "Source", id="unknown is english"),
        pytest.param("", "Source", id="none"),
    ],
)
def test_of(language: str, label: str) -> None:
    assert words.of(language).source == label


@pytest.mark.parametrize(
    ("given", "chinese", "english", "exact"),
    [
        pytest.param("2022", "2022年", "2022", "2022", id="year"),
        pytest.param("2022-06", "2022年6月", "June 2022", "2022-06", id="month"),
        pytest.param("2022-06-24", "2022年6月24日", "24 June 2022", "2022-06-24", id="day"),
        pytest.param(
            "2022-06-24T09:30+08:00",
            "2022年6月24日 09:30",
            "24 June 2022 09:30",
            "2022-06-24 09:30+08:00",
            id="minute",
        ),
    ],
)
def test_dates(given: str, chinese: str, english: str, exact: str) -> None:
    date = GivenDate(given)
    assert (ZH.date(date), EN.date(date), ZH.exact(date)) == (chinese, english, exact)


def test_fill_never_reads_values_as_a_format() -> None:
    assert "{x.__class__}" in ZH.fill("all_of", column="{x.__class__}")


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("zh-CN", 1, "1 篇"),
        ("en", 1, "1 article"),
        ("en", 0, "0 articles"),
        ("en", 2, "2 articles"),
    ],
)
def test_articles_are_counted(language: str, count: int, said: str) -> None:
    assert words.of(language).counted(count) == said
