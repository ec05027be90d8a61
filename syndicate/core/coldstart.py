"""A cold start: which column an entry belongs to by the columns' own titles and descriptions.

Nothing is learned yet, so it decides only where the words of one column alone are met: its whole
title, or several words of its description.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from syndicate.core.folding import fold
from syndicate.core.rules import occurs
from syndicate.settings import Column

ENOUGH = 2.0  # one word in the headline, or several in the text; less is chance
_APART = re.compile(r"[\s,、;:：；。.()（）/|·—!?！？\"'“”《》&+-]+")
_EMPTY = frozenset(
    {
        "a", "an", "and", "are", "for", "from", "in", "its", "news", "of", "on", "or", "the", "to",
        "with", "about", "latest", "新闻", "其他", "资讯", "信息", "频道", "栏目", "最新", "动态",
        "综合", "以及", "有关", "相关", "与", "和", "及", "的", "等"
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Words of columns, each with how much it says; words that several columns have say less."""

    weights: dict[str, dict[str, float]]  # folded word → column → weight

    def best(
        self, title: str, text: str, *, without: Sequence[str] = ()
    ) -> tuple[str, tuple[str, ...]]:
        """The column whose words are met clearly most, and those; "" where none is.

        Columns `without` are left out: a model that has learned them knows better.
        """
        head, body = fold(title), fold(text[:1000])
        scores: defaultdict[str, float] = defaultdict(float)
        met: defaultdict[str, list[str]] = defaultdict(list)
        for word, columns in self.weights.items():
            value = 3.0 if occurs(word, head) else 1.0 if occurs(word, body) else 0.0
            for column, weight in columns.items() if value else ():
                if column not in without:
                    scores[column] += value * weight
                    met[column].append(word)
        ranked = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
        if not ranked or ranked[0][1] < ENOUGH or (len(ranked) > 1 and _near(*ranked)):
            return "", ()
        return ranked[0][0], tuple(met[ranked[0][0]][:4])


def _near(first: tuple[str, float], second: tuple[str, float]) -> bool:
    return first[1] < 1.5 * second[1]


def name_columns(columns: Sequence[Column]) -> Names:
    """The words of titles, categories and descriptions; those of the rest say nothing."""
    weights: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for column in columns:
        if column.rest:
            continue
        for text, weight in ((column.description, 0.7), *((c, 1.0) for c in column.categories)):
            for word in _words(text):
                weights[word][column.id] = weight
        for word in _title_words(column.title):
            weights[word][column.id] = 1.0
    shared = {word: len(owners) for word, owners in weights.items()}
    return Names(
        {
            word: {column: weight / shared[word] for column, weight in owners.items()}
            for word, owners in weights.items()
        }
    )


def _words(text: str) -> list[str]:
    return [word for word in _APART.split(fold(text)) if len(word) > 1 and word not in _EMPTY]


def _title_words(title: str) -> list[str]:
    """Words of a title; four Chinese characters are mostly two words of two (廉政法治)."""
    words = _words(title)
    for word in tuple(words):
        if len(word) == 4 and all("\u4e00" <= char <= "\u9fff" for char in word):
            words += [half for half in (word[:2], word[2:]) if half not in _EMPTY]
    return words
