"""Stories: which entries are one article, which of them leads, and what an editor ruled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from syndicate.core import lead as leading
from syndicate.core.folding import fold
from syndicate.model import Entry, Status

Rulings = Mapping[tuple[str, str], bool]


def ruled_apart(entry: str, others: Sequence[str], rulings: Rulings) -> bool:
    """Whether an editor said that an entry is not the same article as one of others."""
    return any(rulings.get((min(entry, o), max(entry, o))) is False for o in others)


def settle(members: Sequence[Entry], story: str) -> tuple[Entry, ...]:
    """The members with their story and lead as they should be; those that change differ.

    Only what is published can lead; a story with nothing published has its oldest as lead, so
    that every story has exactly one.
    """
    published = [entry for entry in members if entry.status is Status.PUBLISHED]
    chosen = leading.lead(published or members)
    return tuple(
        replace(entry, story=story, lead=entry.id == chosen)
        if (entry.story, entry.lead) != (story, entry.id == chosen)
        else entry
        for entry in members
    )


_TOKEN = re.compile(r"[^\W_]+")
_SEPARATE = re.compile(r"[\u2e80-\U0003ffff]+")  # scripts that do not part words by spaces


def likeness(first: str, second: str) -> float:
    """How much of the shorter text the longer one has too: of its words, of its pairs of
    characters where words are not parted. 0 where one says nothing."""
    a, b = sorted((_pieces(first), _pieces(second)), key=len)
    return len(a & b) / len(a) if a else 0.0


def numbers(text: str) -> list[str]:
    """The numbers of a title in their order: another number is another notice or day."""
    return re.findall(r"\d+", fold(text))


def _pieces(text: str) -> set[str]:
    folded = fold(text)
    runs = _SEPARATE.findall("".join(_TOKEN.findall(folded)))
    pairs = {run[n : n + 2] for run in runs for n in range(max(1, len(run) - 1))}
    return pairs | set(_TOKEN.findall(_SEPARATE.sub(" ", folded)))
