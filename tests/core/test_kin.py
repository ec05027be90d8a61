"""The table of kindred words: what is looked up in it, and what it has."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from syndicate.core.kin import SIZES, kin


def clusters(*words: str) -> tuple[list[int], list[int]]:
    found, owners = kin(np.array([zlib.crc32(word.encode()) for word in words], np.uint64))
    return found.tolist(), owners.tolist()


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
    found, owners = clusters("qqqzzz", "goal", "\u8fdb", "goal", "zzzz\u0416")
    assert owners == [1] * SIZES + [3] * SIZES
    assert found[:SIZES] == found[SIZES:]
    assert [number >> 16 for number in found[:SIZES]] == [0, 1, 2]
    assert clusters() == ([], [])
