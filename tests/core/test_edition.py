"""What an edition takes, and what holds it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syndicate.core.edition import Past, choose, edition_id, objection
from syndicate.model import Entry, Status
from syndicate.settings import Digest
from tests.jobs import publishing

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
DIGEST = Digest("daily", "每日摘要", items=3, settle=timedelta(minutes=30))


def entry(number: int, **changes: Any) -> Entry:
    made = publishing.entry(number, received=NOW - timedelta(hours=2))
    return replace(made, **{"stale_after": made.published_at, **changes})


LATE = {"received": NOW - timedelta(minutes=29)}
CHOICES: list[Any] = [
    pytest.param([], (), id="nothing"),
    pytest.param([entry(1), entry(2)], (1, 2), id="in their order"),
    pytest.param([entry(1, **LATE), entry(2)], (2,), id="not known long enough"),
    pytest.param([entry(1, received=NOW - timedelta(minutes=30))], (1,), id="just long enough"),
    pytest.param([entry(n) for n in range(1, 6)], (1, 2, 3), id="more than items"),
    pytest.param([entry(1, story="s"), entry(2, story="s"), entry(3)], (1, 3), id="a story once"),
    pytest.param(
        [entry(1, stale_after=None), entry(2, received=NOW - timedelta(days=90))],
        (1, 2),
        id="received long ago is not old news",
    ),
]


@pytest.mark.parametrize(("candidates", "taken"), CHOICES)
def test_choice(candidates: list[Entry], taken: tuple[int, ...]) -> None:
    assert [e.id for e in choose(candidates, DIGEST, NOW)] == [entry(n).id for n in taken]


def test_no_more_is_looked_at_than_it_takes() -> None:
    candidates = (entry(n) for n in itertools.count(1))
    assert len(choose(candidates, DIGEST, NOW)) == DIGEST.items


def test_what_was_old_when_it_was_read_is_in_none() -> None:
    old = NOW - timedelta(days=400)
    chosen = choose([entry(1, published_at=old), replace(entry(2), stale_after=old)], DIGEST, NOW)
    assert entry(2).id not in {e.id for e in chosen}


def some(count: int, **changes: Any) -> list[Entry]:
    return [entry(n, **changes) for n in range(count)]


NONE = Past((), ())
USUAL = Past((4, 5, 6), (100, 90, 80))
OBJECTIONS: list[Any] = [
    pytest.param(some(500), 10_000, NONE, "", id="a first one is never held for its size"),
    pytest.param(some(500), 10_000, Past((4, 5), (9, 9)), "", id="nor a third"),
    pytest.param(some(15), 100, USUAL, "", id="three times the usual"),
    pytest.param(some(16), 100, USUAL, "16 entries, where earlier", id="more than that"),
    pytest.param(some(5), 1, Past((1, 1, 1), (9, 9, 9)), "", id="five are few"),
    pytest.param(some(6), 1, Past((1, 1, 1), (9, 9, 9)), "6 entries", id="six of one are not"),
    pytest.param(some(9), 1, Past((0, 0, 3, 3), (9,)), "", id="empty ones are no measure"),
    pytest.param(some(5), 200, USUAL, "", id="twice the most people"),
    pytest.param(some(5), 201, USUAL, "it would go to 201", id="more people than that"),
    pytest.param(some(1), 10, Past((1, 1, 1), (1, 1, 1)), "", id="ten people are few"),
    pytest.param(
        [entry(1), entry(2, url="javascript:alert(1)")], 1, NONE, "malformed", id="a script as link"
    ),
    pytest.param([entry(1, url="http://")], 1, NONE, "malformed links", id="a link without a host"),
    pytest.param([entry(1, url="")], 1, NONE, "", id="no link at all is none that is broken"),
    pytest.param([entry(1, status=Status.HELD)], 1, NONE, "not published", id="a held entry"),
    pytest.param(
        [entry(1, status=Status.RETRACTED)], 1, NONE, "not published", id="one taken down"
    ),
]


@pytest.mark.parametrize(("entries", "recipients", "past", "said"), OBJECTIONS)
def test_objection(entries: list[Entry], recipients: int, past: Past, said: str) -> None:
    found = objection(entries, recipients, past)
    assert (said in found) if said else found == ""


def test_its_id_is_its_digest_and_local_time() -> None:
    assert edition_id("daily", datetime(2026, 11, 24, 8, 0)) == "daily-20261124T0800"
