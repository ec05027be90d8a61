"""Outcomes are stored in the config's order, but for what would make everybody wait."""

from __future__ import annotations

from typing import cast

from syndicate.jobs.ingest import _HELD_BACK, _Ordered
from syndicate.jobs.ingest.outcome import Brought


def take_all(ordered: _Ordered) -> list[str]:
    found: list[str] = []
    while batch := ordered.take(4):
        found += cast(list[str], batch)
    return found


def put(ordered: _Ordered, *places: int) -> None:
    for place in places:
        ordered.add(place, cast(Brought, f"b{place}"))


def test_what_comes_early_waits_for_its_turn() -> None:
    ordered = _Ordered()
    put(ordered, 2, 1)
    assert take_all(ordered) == []
    put(ordered, 0)
    assert take_all(ordered) == ["b0", "b1", "b2"]


def test_a_slow_one_is_not_waited_for_without_end_and_still_comes() -> None:
    ordered = _Ordered()
    put(ordered, *range(1, _HELD_BACK + 2))
    assert take_all(ordered) == [f"b{n}" for n in range(1, _HELD_BACK + 2)]
    put(ordered, 0)
    assert take_all(ordered) == ["b0"]
