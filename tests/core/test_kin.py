"""The table of kindred words and their vectors: what is looked up in them, and what they have."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from syndicate.core import kin
from syndicate.core.kin import SIZES


def clusters(*words: str) -> tuple[list[int], list[int]]:
    places, which = found(*words)
    return kin.clusters(places).tolist(), np.repeat(which, SIZES).tolist()


def found(*words: str) -> tuple[kin.Places, kin.Places]:
    return kin.find(np.array([zlib.crc32(word.encode()) for word in words], np.uint64))


def meaning(*words: str) -> NDArray[np.float32]:
    return kin.meaning(found(*words)[0])


@pytest.mark.parametrize(
    ("word", "like", "unlike"),
    [
        ("midfielder", "striker", "bonds"),
        ("browser", "software", "goalkeeper"),
        ("insurgents", "rebels", "equities"),
    ],
)
def test_words_that_are_used_alike_share_clusters(word: str, like: str, unlike: str) -> None:
    own, alike, other = (set(clusters(each)[0]) for each in (word, like, unlike))
    assert own & alike
    assert not own & other


def test_what_is_not_in_the_table_has_none_and_each_is_told_whose_it_is() -> None:
    numbers, owners = clusters("qqqzzz", "goal", "\u8fdb", "goal", "zzzz\u0416")
    assert owners == [1] * SIZES + [3] * SIZES
    assert numbers[:SIZES] == numbers[SIZES:]
    assert [number >> 16 for number in numbers[:SIZES]] == [0, 1, 2]
    assert clusters() == ([], [])


@pytest.mark.parametrize(
    ("words", "like", "unlike"),
    [
        ("the striker scored", "a goalkeeper saved", "shares and bonds fell"),
        ("browser software", "linux server", "rebels killed"),
    ],
)
def test_texts_that_mean_alike_have_vectors_in_one_direction(
    words: str, like: str, unlike: str
) -> None:
    own, alike, other = (meaning(*text.split())[:-1] for text in (words, like, unlike))
    assert own @ alike > 0.5 > own @ other
    assert np.linalg.norm(own) == pytest.approx(1)


@pytest.mark.parametrize("words", [(), ("qqqzzz",), ("\u8fdb",)], ids=repr)
def test_without_a_word_that_is_known_there_is_no_meaning(words: tuple[str, ...]) -> None:
    assert not meaning(*words).any()
    assert meaning(*words, "goal")[-1] == 1


def test_words_beyond_the_vectors_have_clusters_and_no_meaning() -> None:
    _, _, vectors = kin._table()
    rare = np.flatnonzero(vectors == 0)
    assert len(rare) == len(vectors) - 30_000
    assert len(kin.clusters(rare[:1])) == SIZES
    assert not kin.meaning(rare[:1]).any()
    assert (np.sort(vectors[vectors > 0]) == np.arange(1, 30_001)).all()
    assert kin._vectors().shape == (30_001, kin.MEANING - 1)
