"""Embargo and term: what is stated, and what it makes of an entry at a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syndicate.core import timing
from syndicate.model import Attribution, Entry, GivenDate, ParsedEntry, Status

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENTRY = Entry("e1", "s", "k", "g", "题", Attribution(), NOW)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("start=2026-11-25T09:00+08:00; end=2026-12-01; scheme=W3C-DTF", "2026-11-25T09:00+08:00", "2026-12-01"),
        ("end=2026-12-01", None, "2026-12-01"),
        ("2026-11-25/2026-12-01", "2026-11-25", "2026-12-01"),
        ("2026-11-25/", "2026-11-25", None),
        ("2026-12-01", None, "2026-12-01"),
        ("name=always", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_period(text: str | None, start: str | None, end: str | None) -> None:
    begins, ends = timing.period(text)
    assert (begins and begins.text, ends and ends.text) == (start, end)


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("2026-11-25", "2026-11-26T00:00:00+08:00"),
        ("2026-12-31", "2027-01-01T00:00:00+08:00"),
        ("2026-12", "2027-01-01T00:00:00+08:00"),
        ("2026-02", "2026-03-01T00:00:00+08:00"),
        ("2026", "2027-01-01T00:00:00+08:00"),
        ("2026-11-25T09:30+01:00", "2026-11-25T09:30:00+01:00"),
        ("9999", None),
        ("9999-12-31", None),
    ],
)
def test_a_term_has_its_last_day(given: str, after: str | None) -> None:
    parsed = ParsedEntry(embargo=GivenDate("2026-11-25"), expires=GivenDate(given))
    begins, ends = timing.stated(parsed, ZONE)
    assert begins == datetime.fromisoformat("2026-11-25T00:00:00+08:00")
    assert ends == (datetime.fromisoformat(after) if after else None)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        pytest.param({}, Status.PUBLISHED, "", id="no times"),
        pytest.param({"not_before": NOW}, Status.PUBLISHED, "", id="the moment itself"),
        pytest.param({"not_before": NOW + HOUR}, Status.HELD, "embargoed until 2026-11-24T09:00+08:00", id="before"),
        pytest.param({"expires": NOW}, Status.EXPIRED, "expired on 2026-11-24T08:00+08:00", id="over"),
        pytest.param({"expires": NOW + HOUR}, Status.PUBLISHED, "", id="not yet over"),
        pytest.param({"status": Status.HELD, "held_for": "without author", "not_before": NOW - HOUR}, Status.HELD, "without author", id="held for more"),
        pytest.param({"status": Status.HELD, "held_for": "embargoed until then", "not_before": NOW}, Status.PUBLISHED, "", id="released"),
        pytest.param({"status": Status.HELD, "held_for": "embargoed until then"}, Status.PUBLISHED, "", id="lifted"),
        pytest.param({"status": Status.EXPIRED, "held_for": "expired on then", "expires": NOW + HOUR}, Status.PUBLISHED, "", id="prolonged"),
        pytest.param({"status": Status.RETRACTED, "held_for": "x", "expires": NOW}, Status.RETRACTED, "x", id="taken down"),
        pytest.param({"status": Status.REJECTED, "held_for": "x", "not_before": NOW}, Status.REJECTED, "x", id="rejected"),
    ],
)  # fmt: skip
def test_timed(changes: dict[str, object], status: Status, reason: str) -> None:
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]
    made = timing.timed(entry, NOW, ZONE)
    assert (made.status, made.held_for) == (status, reason)
    assert timing.timed(made, NOW, ZONE) is made
    assert made.due is None or made.due > NOW
    if made.status is Status.PUBLISHED:
        assert made.is_out(NOW)


def test_nothing_is_out_outside_its_time_whatever_its_status_says() -> None:
    assert not replace(ENTRY, not_before=NOW + HOUR).is_out(NOW)
    assert not replace(ENTRY, expires=NOW).is_out(NOW)


def test_what_is_over_at_midnight_is_shown_by_its_last_day() -> None:
    assert timing.last(datetime(2026, 11, 24, 16, tzinfo=UTC), ZONE) == "2026-11-24"
    assert timing.last(datetime(2026, 11, 24, 1, 30, tzinfo=UTC), ZONE) == "2026-11-24 09:30"
