"""Paces and hours: whom an edition serves and when, by a table and against a naive account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from syndicate.core import pace, schedule
from syndicate.core.pace import DAYS, Served, Times
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Digest

SHANGHAI, BERLIN, LOS_ANGELES = "Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def person(frequency: str, hour: int | None, zone: str = "", **more: object) -> Subscriber:
    made = Subscriber("p", "p@reader.example", SubscriberState.CONFIRMED)
    return replace(made, frequency=frequency, hour=hour, timezone=zone, **more)  # type: ignore[arg-type]


def at(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def turn(
    who: Subscriber,
    cron: str,
    local: str,
    *,
    now: str = "",
    on: str | None = None,
    before: str | None = None,
    zone: str = SHANGHAI,
) -> str | None:
    """When a message of the edition of a local time leaves, in the reader's zone."""
    digest = Digest("daily", schedule=cron, timezone=zone)
    past = (at(before, zone), at(before, zone)) if before else None
    times = pace.times(digest, datetime.fromisoformat(local), at(now or local, zone), past)
    served = Served(1, date.fromisoformat(on) if on else None)
    found = pace.turn(who, served, times, zone)
    return found and f"{found.at.astimezone(ZoneInfo(who.timezone or zone)):%dT%H:%M}"


ONCE, TWICE, HOURLY, WEEKLY = "0 8 * * *", "0 8,20 * * *", "0 * * * *", "0 8 * * 1"
EVENING, MORNING = person("daily", 18), person("daily", 7)
# 2026-11-23 is a Monday
TABLE = [
    pytest.param(person("edition", None), ONCE, "2026-11-23T08:00", {}, "23T08:00", id="each"),
    pytest.param(person("edition", 18), ONCE, "2026-11-23T08:00", {}, "23T08:00",
                 id="an hour is not for who gets each edition"),
    pytest.param(person("daily", None), HOURLY, "2026-11-23T09:00", {"on": "2026-11-22"},
                 "23T09:00", id="daily without an hour: the day's first"),
    pytest.param(person("daily", None), HOURLY, "2026-11-23T10:00", {"on": "2026-11-23"}, None,
                 id="daily: once a day"),
    pytest.param(EVENING, ONCE, "2026-11-23T08:00", {}, "23T18:00", id="later the same day"),
    pytest.param(MORNING, ONCE, "2026-11-23T08:00", {}, "24T07:00", id="the next morning"),
    pytest.param(person("daily", 8), ONCE, "2026-11-23T08:00", {}, "23T08:00", id="this hour"),
    pytest.param(person("daily", 8), "30 8 * * *", "2026-11-23T08:30", {}, "23T08:30",
                 id="within this hour"),
    pytest.param(EVENING, TWICE, "2026-11-23T08:00", {}, "23T18:00", id="before the second"),
    pytest.param(MORNING, TWICE, "2026-11-23T08:00", {}, None, id="the second is nearer"),
    pytest.param(MORNING, TWICE, "2026-11-23T20:00", {}, "24T07:00", id="the nearer one"),
    pytest.param(MORNING, HOURLY, "2026-11-23T06:00", {}, None, id="the next is the hour itself"),
    pytest.param(MORNING, HOURLY, "2026-11-23T07:00", {}, "23T07:00", id="the hour itself"),
    pytest.param(MORNING, "30 * * * *", "2026-11-23T06:30", {}, "23T07:00", id="half before"),
    pytest.param(MORNING, "30 * * * *", "2026-11-23T07:30", {"on": "2026-11-23"}, None,
                 id="half past, served"),
    pytest.param(MORNING, WEEKLY, "2026-11-23T08:00", {"before": "2026-11-16T08:00"}, "24T07:00",
                 id="a weekly digest's next morning"),
    pytest.param(person("weekly", 18), ONCE, "2026-11-23T08:00", {"on": "2026-11-16"}, "23T18:00",
                 id="a week is over that evening"),
    pytest.param(person("weekly", 18), ONCE, "2026-11-22T08:00", {"on": "2026-11-16"}, None,
                 id="not yet"),
    pytest.param(person("daily", 7, LOS_ANGELES), ONCE, "2026-11-23T08:00", {}, "23T07:00",
                 id="another zone, whose day is another"),
    pytest.param(EVENING, ONCE, "2026-11-23T08:00", {"now": "2026-11-23T19:30"}, "23T19:30",
                 id="composed late: at once"),
    pytest.param(EVENING, ONCE, "2026-11-23T08:00", {"now": "2026-11-24T07:50"}, "24T07:50",
                 id="composed a day late: at once"),
    pytest.param(MORNING, HOURLY, "2026-11-23T07:00", {"now": "2026-11-23T07:58"}, "23T07:58",
                 id="composed late in the hour"),
    pytest.param(MORNING, HOURLY, "2026-11-23T09:00",
                 {"before": "2026-11-22T22:00", "on": "2026-11-22"}, "23T09:00",
                 id="the hour found the machine off: at once"),
    pytest.param(MORNING, HOURLY, "2026-11-23T09:00",
                 {"before": "2026-11-23T08:00", "on": "2026-11-22"}, None,
                 id="the hour is past, and found nothing wrong"),
    pytest.param(replace(MORNING, joined=at("2026-11-23T08:30")), HOURLY, "2026-11-23T09:00",
                 {"before": "2026-11-22T22:00"}, None, id="joined after the hour"),
    pytest.param(replace(MORNING, paused_until=at("2026-11-23T08:30")), HOURLY,
                 "2026-11-23T09:00", {"before": "2026-11-22T22:00"}, None,
                 id="the pause ended after the hour"),
    pytest.param(replace(EVENING, paused_until=at("2026-11-24T00:00")), ONCE, "2026-11-23T08:00",
                 {}, None, id="paused"),
    pytest.param(person("daily", 12), TWICE, "2026-11-23T20:00", {"now": "2026-11-23T10:00"},
                 "23T12:00", id="sent by hand in the evening one's place"),
    pytest.param(person("daily", 2, BERLIN), "0 1 * * *", "2026-03-29T01:00", {"zone": BERLIN},
                 "29T03:00", id="an hour that summer time skips"),
    pytest.param(person("daily", 2, BERLIN), "0 1 * * *", "2026-10-25T01:00", {"zone": BERLIN},
                 "25T02:00", id="the first of two hours"),
    pytest.param(person("daily", 2, BERLIN), HOURLY, "2026-10-25T03:00",
                 {"zone": BERLIN, "on": "2026-10-25", "before": "2026-10-25T02:00"}, None,
                 id="and not the second"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "cron", "local", "more", "expected"), TABLE)
def test_turn(
    who: Subscriber, cron: str, local: str, more: dict[str, str], expected: str | None
) -> None:
    assert turn(who, cron, local, **more) == expected


@pytest.mark.parametrize(
    ("who", "now", "expected"),
    [
        pytest.param(person("edition", 18), "2026-11-23T09:00", "2026-11-23T09:00", id="each"),
        pytest.param(EVENING, "2026-11-23T09:00", "2026-11-23T18:00", id="their hour"),
        pytest.param(EVENING, "2026-11-23T18:20", "2026-11-23T18:20", id="it is that hour"),
        pytest.param(replace(EVENING, paused_until=at("2026-11-25T00:00")), "2026-11-23T09:00",
                     "2026-11-25T18:00", id="after the pause"),
    ],
)  # fmt: skip
def test_what_waits_follows_other_wishes(who: Subscriber, now: str, expected: str) -> None:
    found = pace.not_before(who, SHANGHAI, at(now))
    assert (found.at, found.on) == (at(expected), date.fromisoformat(expected[:10]))


# --- against the naive account ---------------------------------------------------------------

ZONES = st.sampled_from((SHANGHAI, BERLIN, LOS_ANGELES, "Asia/Kolkata", "Pacific/Apia"))
CRONS = st.sampled_from((ONCE, TWICE, HOURLY, WEEKLY, "30 7 * * *", "15 */5 * * *", "0 6 * * 1-5"))
STARTS = st.sampled_from(
    (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC))
)  # before either change of the clocks
Mail = tuple[datetime, list[int]]


@cache
def due(cron: str, zone: str, start: datetime) -> tuple[datetime, ...]:
    """The moments of a schedule in some three weeks; a local time that comes twice counts once."""
    found: list[datetime] = []
    now = start
    while (local := schedule.next_due(cron, zone, now)) is not None and now < start + 20 * DAY:
        moment = schedule.instant(local, zone)
        now = max(moment, now + 10 * MINUTE)
        if not found or moment > found[-1]:
            found.append(moment)
    return tuple(found)


def mailed(
    who: Subscriber,
    zone: str,
    moments: Sequence[datetime],
    composed: Sequence[tuple[int, datetime]],
) -> list[Mail]:
    """What a reader gets of the editions of a schedule that are composed (place in it, when),
    each of which has one entry: its number."""
    served, before, out = Served(0, None), None, []
    for number, (place, now) in enumerate(composed, 1):
        times = Times(
            day=moments[place].astimezone(ZoneInfo(zone)).date(),
            due=moments[place],
            now=now,
            following=moments[place + 1],
            previous=None if before is None else moments[before],
            awaited=None if before is None else moments[before + 1],
        )
        found = pace.turn(who, served, times, SHANGHAI)
        if found is not None:
            out.append((found.at, list(range(served.since + 1, number + 1))))
            served = Served(number, found.on)
        before = place
    return out


def naive(who: Subscriber, moments: Sequence[datetime]) -> list[Mail]:
    """Look at the clock in each minute of the hour; send what there is, once a day or week."""
    assert who.hour is not None
    zone = ZoneInfo(who.timezone)
    waiting = list(enumerate(moments, 1))
    out: list[Mail] = []
    last: date | None = None
    day = moments[0].astimezone(zone).date()
    while day <= (moments[-1] + DAY).astimezone(zone).date():
        begins = datetime(day.year, day.month, day.day, who.hour, tzinfo=zone).astimezone(UTC)
        for now in (begins + minute * MINUTE for minute in range(60)):
            there = [number for number, moment in waiting[:200] if moment <= now]
            if there and (last is None or (day - last).days >= DAYS[who.frequency]):
                out.append((now, there))
                waiting, last = waiting[len(there) :], day
        day += DAY
    return out


def _all(out: list[Mail]) -> list[int]:
    return [n for _, numbers in out for n in numbers]


@with_settings(max_examples=60, deadline=None)
@given(
    cron=CRONS,
    frequency=st.sampled_from(("daily", "weekly")),
    hour=st.integers(0, 23),
    theirs=ZONES,
    ours=ZONES,
    start=STARTS,
)
def test_as_a_clock_would_do_it(
    cron: str, frequency: str, hour: int, theirs: str, ours: str, start: datetime
) -> None:
    moments = due(cron, ours, start)
    who = person(frequency, hour, theirs)
    got = mailed(who, ours, moments, list(enumerate(moments[:-1])))
    expected = naive(who, moments[:-1])
    # The last message of either may be one that the other has yet to make
    both = min(len(got), len(expected)) - 1
    assert got[:both] == expected[:both]
    assert abs(len(got) - len(expected)) <= 1


@with_settings(max_examples=60, deadline=None)
@given(
    cron=CRONS,
    frequency=st.sampled_from(("daily", "weekly")),
    hour=st.integers(0, 23),
    zone=ZONES,
    off=st.lists(st.tuples(st.integers(0, 240), st.integers(1, 60)), max_size=4),
)
def test_whatever_is_down_nothing_is_lost_or_doubled(
    cron: str, frequency: str, hour: int, zone: str, off: list[tuple[int, int]]
) -> None:
    start = datetime(2026, 10, 19, tzinfo=UTC)
    moments = due(cron, SHANGHAI, start)
    composed: dict[datetime, int] = {}  # of those that were missed the latest, when it is on again
    for place, moment in enumerate(moments[:-1]):
        now = moment
        for begins, hours in sorted(off):
            if start + begins * HOUR <= now < start + (begins + hours) * HOUR:
                now = start + (begins + hours) * HOUR
        composed[now] = place
    made = [(place, now) for now, place in sorted(composed.items())]
    got = mailed(person(frequency, hour, zone), SHANGHAI, moments, made)
    sent = _all(got)
    assert sent == list(range(1, len(sent) + 1))
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment, _ in got]
    assert all((b - a).days >= DAYS[frequency] for a, b in pairwise(days))
    # Kept no longer than the pace asks for, the schedule pauses and the machine was off
    rest = 7 if cron == WEEKLY else 3
    longest = (DAYS[frequency] + 2 + rest) * DAY + sum(hours for _, hours in off) * HOUR
    assert all(moment - made[numbers[0] - 1][1] <= longest for moment, numbers in got)
    assert made[-1][1] - made[min(len(sent), len(made) - 1)][1] <= longest


def test_a_machine_that_runs_once_a_day_after_the_hour() -> None:
    moments = due(HOURLY, SHANGHAI, at("2026-11-10T00:30"))
    runs = [at("2026-11-10T08:05") + number * DAY for number in range(10)]
    composed = [(moments.index(run - 5 * MINUTE), run) for run in runs]
    got = mailed(person("daily", 7, SHANGHAI), SHANGHAI, moments, composed)
    assert [moment for moment, _ in got] == runs[1:]
    assert _all(got) == list(range(1, 11))
