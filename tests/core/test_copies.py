"""Daily copies: when one is due, which stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syndicate.core import copies

NOW = datetime(2026, 11, 24, 3, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ages", "due"),
    [
        ([], True),
        ([timedelta(hours=19)], False),
        ([timedelta(hours=20)], True),
        ([timedelta(days=9), timedelta(hours=3)], False),
        ([timedelta(days=-2)], True),  # taken while the clock was wrong
    ],
)
def test_due(ages: list[timedelta], due: bool) -> None:
    assert copies.is_due([copies.name(NOW - age) for age in ages], NOW) is due


def test_only_ours_go_and_the_newest_stay() -> None:
    ours = [copies.name(NOW - timedelta(days=n)) for n in range(4)]
    files = ["mine.db", "syndicate-20269999T999999Z.db", *ours, ".syndicate-x.db.new"]
    assert copies.surplus(files, 2) == sorted(ours[2:])
    assert copies.surplus(files, 9) == []
    assert copies.taken(ours[1]) == NOW - timedelta(days=1)
