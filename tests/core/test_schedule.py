"""When editions are due: cron's weekdays, and local time where it skips or repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import schedule

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return at(text).replace(tzinfo=UTC)


# 2026-11-23 is a Monday
NEXT = [
    pytest.param("0 8 * * 1", "2026-11-23T08:00", "2026-11-30T08:00", id="1 is Monday"),
    pytest.param("0 8 * * 0", "2026-11-23T08:00", "2026-11-29T08:00", id="0 is Sunday"),
    pytest.param("0 8 * * 7", "2026-11-23T08:00", "2026-11-29T08:00", id="7 is Sunday"),
    pytest.param("0 8 * * sun", "2026-11-23T08:00", "2026-11-29T08:00", id="by name"),
    pytest.param("0 8 * * SAT", "2026-11-23T08:00", "2026-11-28T08:00", id="in capitals"),
    pytest.param("0 8 * * 1-5", "2026-11-27T08:00", "2026-11-30T08:00", id="working days"),
    pytest.param("0 8 * * mon-fri", "2026-11-27T08:00", "2026-11-30T08:00", id="by their names"),
    pytest.param("0 8 * * 5-7", "2026-11-27T08:00", "2026-11-28T08:00", id="to Sunday as 7"),
    pytest.param("0 8 * * fri-sun", "2026-11-28T08:00", "2026-11-29T08:00", id="over Sunday"),
    pytest.param("0 8 * * 0-2", "2026-11-24T08:00", "2026-11-29T08:00", id="from Sunday as 0"),
    pytest.param("0 8 * * 1,3", "2026-11-23T08:00", "2026-11-25T08:00", id="a list"),
    pytest.param("0 8 * * */2", "2026-11-24T08:00", "2026-11-26T08:00", id="every other day"),
    pytest.param("0 8 * * 1-5/2", "2026-11-23T08:00", "2026-11-25T08:00", id="a range with a step"),
    pytest.param("*/15 8-9 * * *", "2026-11-23T08:15", "2026-11-23T08:30", id="quarters"),
    pytest.param("*/15 8-9 * * *", "2026-11-23T09:45", "2026-11-24T08:00", id="after the last"),
    pytest.param("0 8 31 * *", "2026-11-23T08:00", "2026-12-31T08:00", id="no 31st in November"),
    pytest.param("0 8 last * *", "2026-11-23T08:00", "2026-11-30T08:00", id="a month's last day"),
    pytest.param("0 8 29 2 *", "2026-11-23T08:00", "2028-02-29T08:00", id="a leap day"),
    pytest.param("0 8 1 jan *", "2026-11-23T08:00", "2027-01-01T08:00", id="a month's name"),
    pytest.param("0 8 1 * 1", "2026-11-23T08:00", "2026-11-30T08:00", id="either day: Monday"),
    pytest.param("0 8 1 * 1", "2026-11-30T08:00", "2026-12-01T08:00", id="either day: the 1st"),
    pytest.param("0 8 */2 * 1", "2026-11-23T08:00", "2026-12-07T08:00", id="both, with a star"),
    pytest.param("@daily", "2026-11-23T08:00", "2026-11-24T00:00", id="@daily"),
    pytest.param("@weekly", "2026-11-23T08:00", "2026-11-29T00:00", id="@weekly"),
]


@pytest.mark.parametrize(("cron", "now", "expected"), NEXT)
def test_next(cron: str, now: str, expected: str) -> None:
    assert schedule.problem(cron) is None
    assert schedule.next_due(cron, "UTC", utc(now)) == at(expected)
    before = at(expected) - timedelta(minutes=1)
    assert schedule.latest_due(cron, "UTC", utc(now), before.replace(tzinfo=UTC)) is None
    assert schedule.latest_due(cron, "UTC", utc(now), utc(expected)) == at(expected)


@pytest.mark.parametrize(
    "cron",
    [
        *("", "8", "0 8 * *", "0 8 * * * *", "60 8 * * *", "0 24 * * *", "0 8 0 * *", "0 8 32 * *"),
        *("0 8 * 13 *", "0 8 * * 8", "0 8 * * 1-8", "0 8 * * xyz", "0 8 * * */0", "0 8 * * 1-",
          "*/0 8 * * *", "@often", "0 8 30 2 *", "a b c d e", "-1 8 * * *", "0 8 * * ,"),
    ],
)  # fmt: skip
def test_no_schedule(cron: str) -> None:
    said = schedule.problem(cron)
    assert said
    assert repr(cron) in said


def test_a_time_that_summer_time_skips_is_due_after_the_gap() -> None:
    cron = "30 2 * * *"
    local = at("2026-03-29T02:30")
    assert schedule.instant(local, BERLIN) == utc("2026-03-29T01:00")  # 03:00 in summer time
    since = utc("2026-03-28T12:00")
    assert schedule.latest_due(cron, BERLIN, since, utc("2026-03-29T00:59")) is None
    # Not before its own moment, which its messages are dated with
    assert schedule.latest_due(cron, BERLIN, since, utc("2026-03-29T01:00")) == local
    assert (
        schedule.latest_due(cron, BERLIN, utc("2026-03-29T01:00"), utc("2026-03-29T20:00")) is None
    )
    half = schedule.instant(at("2026-10-04T02:10"), "Australia/Lord_Howe")
    assert half == utc("2026-10-03T15:30")  # a gap of half an hour


def test_a_time_that_comes_twice_counts_once() -> None:
    cron = "30 2 * * *"
    local = at("2026-10-25T02:30")
    assert schedule.instant(local, BERLIN) == utc("2026-10-25T00:30")
    since = utc("2026-10-24T12:00")
    assert schedule.latest_due(cron, BERLIN, since, utc("2026-10-25T00:29")) is None
    assert schedule.latest_due(cron, BERLIN, since, utc("2026-10-25T00:30")) == local
    again = schedule.latest_due(cron, BERLIN, utc("2026-10-25T00:30"), utc("2026-10-25T01:45"))
    assert again is None


def test_after_days_without_anything_the_latest_is_due() -> None:
    found = schedule.latest_due(
        "0 8 * * 1-5", "UTC", utc("2026-11-02T00:00"), utc("2026-11-22T10:00")
    )
    assert found == at("2026-11-20T08:00")


OF_DAY = [
    pytest.param("0 8 * * *", "2026-11-23T06:00", "2026-11-23T08:00", id="before it"),
    pytest.param("0 8 * * *", "2026-11-23T09:00", "2026-11-23T08:00", id="after it"),
    pytest.param("0 8,18 * * *", "2026-11-23T09:00", "2026-11-23T18:00", id="between two"),
    pytest.param("0 8 * * 2", "2026-11-23T09:00", "2026-11-23T00:00", id="none that day"),
]


@pytest.mark.parametrize(("cron", "now", "expected"), OF_DAY)
def test_sent_by_hand(cron: str, now: str, expected: str) -> None:
    assert schedule.of_day(cron, "UTC", utc(now)) == at(expected)


def test_the_zone_is_the_digest_s() -> None:
    assert schedule.of_day("0 8 * * *", "Asia/Shanghai", utc("2026-11-22T17:00")) == at(
        "2026-11-23T08:00"
    )


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    days=st.integers(0, 800),
    zone=st.sampled_from([BERLIN, "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
)
def test_daily_means_once_a_local_date(minute: int, hour: int, days: int, zone: str) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days)
    end = start + timedelta(days=4)
    found, now, since = [], start, start
    while now < end:
        now += timedelta(minutes=37)
        if (local := schedule.latest_due(f"{minute} {hour} * * *", zone, since, now)) is not None:
            assert since < schedule.instant(local, zone) <= now
            found.append(local)
            since = max(schedule.instant(local, zone), since)
    days_found = [local.date() for local in found]
    assert days_found == sorted(set(days_found))
    assert len(found) in (4, 5) or start.astimezone(ZoneInfo(zone)).utcoffset() != (
        end.astimezone(ZoneInfo(zone)).utcoffset()
    )
