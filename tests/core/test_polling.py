"""The polling decision, one row a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import polling
from syndicate.core.polling import Answer, every, next_poll
from syndicate.model import Health, Move, Rhythm

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW = "https://new.example/feed"


def hours_ago(*hours: float) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(hours=each) for each in hours)


PAST = Rhythm(last=NOW - HOUR, interval=HOUR, arrivals=hours_ago(8, 6, 4, 2))  # every 2 hours


@pytest.mark.parametrize(
    ("past", "answer", "wait"),
    [
        pytest.param(PAST, Answer(200), HOUR, id="half of the mean time between entries"),
        pytest.param(Rhythm(), Answer(200), HOUR, id="first poll, nothing known"),
        pytest.param(
            Rhythm(), Answer(200, arrivals=hours_ago(40, 30, 20, 10)), 5 * HOUR, id="first poll"
        ),
        pytest.param(
            Rhythm(last=NOW, interval=HOUR), Answer(304), 90 * MINUTE, id="never brings anything"
        ),
        pytest.param(
            Rhythm(last=NOW, interval=20 * HOUR), Answer(304), DAY, id="silent for long: a day"
        ),
        pytest.param(
            Rhythm(arrivals=hours_ago(24 * 900)), Answer(304), DAY, id="dead for years: a day"
        ),
        pytest.param(
            PAST,
            Answer(200, arrivals=tuple(NOW - n * MINUTE for n in range(0, 240, 12))),
            timedelta(minutes=10),
            id="a flood: ten minutes",
        ),
        pytest.param(
            Rhythm(last=NOW),
            Answer(200, arrivals=tuple(NOW - 12 * HOUR for _ in range(20))),
            6 * HOUR,
            id="twenty at once are one arrival",
        ),
        pytest.param(
            Rhythm(last=NOW), Answer(200, arrivals=(NOW + 9 * DAY,)), 10 * MINUTE, id="the future"
        ),
        pytest.param(PAST, Answer(200, retry_after="7200"), 2 * HOUR, id="Retry-After, seconds"),
        pytest.param(
            PAST,
            Answer(200, retry_after="Tue, 24 Nov 2026 12:30:00 GMT"),
            3 * HOUR,
            id="Retry-After, date",
        ),
        pytest.param(PAST, Answer(200, retry_after="99999999"), DAY, id="Retry-After, a day"),
        pytest.param(
            PAST,
            Answer(200, retry_after="Fri, 31 Dec 9999 23:59:59 GMT"),
            DAY,
            id="Retry-After, for ever",
        ),
        pytest.param(PAST, Answer(200, retry_after="soon"), HOUR, id="Retry-After, nonsense"),
        pytest.param(PAST, Answer(200, retry_after="-5"), HOUR, id="Retry-After, negative"),
        pytest.param(
            PAST, Answer(200, cache_control="public, max-age=14400"), 4 * HOUR, id="max-age"
        ),
        pytest.param(
            PAST, Answer(200, cache_control='Max-Age="99999999"'), DAY, id="max-age, a day at most"
        ),
        pytest.param(
            PAST, Answer(200, cache_control="no-cache, max-age=14400"), HOUR, id="no-cache"
        ),
        pytest.param(PAST, Answer(200, cache_control="max-age=60"), HOUR, id="short max-age"),
        pytest.param(
            PAST, Answer(304, cache_control="max-age=x, =, ,"), HOUR, id="max-age, nonsense"
        ),
        pytest.param(
            PAST, Answer(200, expires="Tue, 24 Nov 2026 13:30:00 GMT"), 4 * HOUR, id="Expires"
        ),
        pytest.param(
            PAST,
            Answer(
                200,
                expires="Wed, 01 Jan 2020 05:00:00 GMT",
                date="Wed, 01 Jan 2020 00:00:00 GMT",
            ),
            5 * HOUR,
            id="Expires by the server's own clock",
        ),
        pytest.param(
            PAST,
            Answer(200, cache_control="max-age=0", expires="Tue, 24 Nov 2026 13:30:00 GMT"),
            HOUR,
            id="max-age outranks Expires",
        ),
        pytest.param(PAST, Answer(200, expires="0"), HOUR, id="Expires: 0"),
        pytest.param(PAST, Answer(200, ttl_minutes=180), 3 * HOUR, id="ttl"),
        pytest.param(PAST, Answer(200, ttl_minutes=10**9), DAY, id="ttl, a day at most"),
        pytest.param(
            PAST, Answer(200, skip_hours=(10, 11)), 150 * MINUTE, id="skipHours: 12:00 GMT"
        ),
        pytest.param(
            PAST, Answer(200, skip_hours=tuple(range(24))), DAY, id="skipHours, all: a day"
        ),
        pytest.param(
            PAST, Answer(200, skip_days=("Tuesday",)), 14.5 * HOUR, id="skipDays: midnight GMT"
        ),
        pytest.param(
            PAST, Answer(200, skip_days=("tuesday ", "Wednesday")), DAY, id="skipDays, a day"
        ),
        pytest.param(PAST, Answer(200, skip_days=("周二",)), HOUR, id="skipDays, unknown"),
        pytest.param(
            replace(PAST, failures=9, error="x", health=Health.FAILING),
            Answer(304),
            HOUR,
            id="after failures: as before them",
        ),
    ],
)
def test_next_poll(past: Rhythm, answer: Answer, wait: timedelta) -> None:
    after = next_poll(past, answer, NOW, 0.0)
    assert after.next == NOW + wait
    assert (after.health, after.error, after.failures) == (Health.OK, None, 0)
    assert after.last == NOW


@pytest.mark.parametrize(
    ("failures", "answer", "wait"),
    [
        pytest.param(0, Answer(None, "timed out"), 10 * MINUTE, id="first"),
        pytest.param(1, Answer(404, "HTTP 404"), 20 * MINUTE, id="second"),
        pytest.param(4, Answer(500, "HTTP 500"), 160 * MINUTE, id="fifth"),
        pytest.param(9, Answer(500, "HTTP 500"), DAY, id="tenth: a day"),
        pytest.param(9_999, Answer(500, "HTTP 500"), DAY, id="never given up"),
        pytest.param(0, Answer(503, "HTTP 503", "3600"), HOUR, id="Retry-After"),
        pytest.param(0, Answer(429, "HTTP 429", "1"), 10 * MINUTE, id="Retry-After, short"),
        pytest.param(0, Answer(429, "HTTP 429", "9999999"), DAY, id="Retry-After, long"),
        pytest.param(
            0, Answer(500, "HTTP 500", cache_control="max-age=80000"), 10 * MINUTE, id="max-age"
        ),
        pytest.param(0, Answer(200, "no feed"), 10 * MINUTE, id="answered, but no feed"),
    ],
)
def test_failures_back_off(failures: int, answer: Answer, wait: timedelta) -> None:
    past = replace(PAST, failures=failures)
    after = next_poll(past, answer, NOW, 0.0)
    assert after.next == NOW + wait
    assert (after.health, after.error) == (Health.FAILING, answer.error)
    assert after.failures == failures + 1
    assert (after.interval, after.arrivals) == (past.interval, past.arrivals)


def test_gone_stops_and_comes_back_when_it_answers() -> None:
    gone = next_poll(PAST, Answer(410, "HTTP 410 Gone"), NOW, 0.0)
    assert (gone.health, gone.next) == (Health.GONE, None)
    assert next_poll(gone, Answer(200), NOW, 0.0).health is Health.OK


@pytest.mark.parametrize(
    ("fixed", "answer", "wait"),
    [
        pytest.param("30m", Answer(200), 30 * MINUTE, id="as set"),
        pytest.param("30m", Answer(200, ttl_minutes=120), 2 * HOUR, id="never faster than ttl"),
        pytest.param("30m", Answer(200, retry_after="3600"), HOUR, id="never than Retry-After"),
        pytest.param("2d", Answer(200), 2 * DAY, id="longer than a day"),
        pytest.param("30m", Answer(500, "HTTP 500"), 30 * MINUTE, id="failing"),
    ],
)
def test_a_fixed_period(fixed: str, answer: Answer, wait: timedelta) -> None:
    assert next_poll(PAST, answer, NOW, 0.0, every(fixed)).next == NOW + wait


def test_every() -> None:
    assert every("auto") is None
    assert [every(text) for text in ("90s", "30m", "2h", "1d", "1w")] == [
        90 * timedelta(seconds=1), 30 * MINUTE, 2 * HOUR, DAY, 7 * DAY,
    ]  # fmt: skip


def _polls(*times: timedelta, target: str | None = NEW, past: Rhythm = PAST) -> Rhythm:
    for time in times:
        past = next_poll(past, Answer(200, moved_to=target), NOW + time, 0.0)
    return past


def test_a_permanent_redirect_counts_after_days_and_polls() -> None:
    assert _polls(0 * DAY).move == Move(NEW, NOW, 1)
    assert _polls(0 * DAY, HOUR, 2 * HOUR, 3 * HOUR).url == ""  # often, but hours only
    assert _polls(0 * DAY, 3 * DAY).url == ""  # for long, but twice only
    moved = _polls(0 * DAY, DAY, 2 * DAY)
    assert (moved.url, moved.move) == (NEW, None)


def test_a_permanent_redirect_starts_anew() -> None:
    seen = _polls(0 * DAY, DAY)
    assert _polls(2 * DAY, target=None, past=seen).move is None
    other = _polls(2 * DAY, target="https://other.example/", past=seen).move
    assert other == Move("https://other.example/", NOW + 2 * DAY, 1)
    failed = next_poll(seen, Answer(None, "lost"), NOW + 2 * DAY, 0.0)
    assert failed.move == seen.move  # a failure says nothing of it


@pytest.mark.parametrize(
    ("statuses", "asked"),
    [
        pytest.param([404] * 4, NEW, id="a few failures change nothing"),
        pytest.param([404] * 5, "", id="where it moved to is lost"),
        pytest.param([410], "", id="where it moved to is gone"),
    ],
)
def test_what_moved_into_nothing_is_asked_for_where_it_was(statuses: list[int], asked: str) -> None:
    past = _polls(0 * DAY, DAY, 2 * DAY)
    for status in statuses:
        past = next_poll(past, Answer(status, f"HTTP {status}"), NOW + 3 * DAY, 0.0)
    assert (past.url, past.health) == (asked, Health.FAILING)
    gone = next_poll(replace(past, url=""), Answer(410, "HTTP 410 Gone"), NOW + 4 * DAY, 0.0)
    assert gone.health is Health.GONE


wild = st.one_of(st.none(), st.text(max_size=40), st.integers().map(str))


@given(
    retry=wild, cache=wild, expires=wild, date=wild, jitter=st.floats(0, 0.1),
    ttl=st.one_of(st.none(), st.integers(-5, 10**12)),
    hours=st.lists(st.integers(-3, 99), max_size=30), failures=st.integers(0, 10**6),
    error=st.one_of(st.none(), st.just("x")),
)  # fmt: skip
def test_it_is_always_between_ten_minutes_and_a_day(
    retry: str | None, cache: str | None, expires: str | None, date: str | None, jitter: float,
    ttl: int | None, hours: list[int], failures: int, error: str | None,
) -> None:  # fmt: skip
    answer = Answer(
        200, error, retry, f"max-age={cache}", expires, date,
        ttl_minutes=ttl, skip_hours=tuple(hours),
    )  # fmt: skip
    after = next_poll(replace(PAST, failures=failures), answer, NOW, jitter)
    assert after.next is not None
    assert polling.LEAST <= after.next - NOW <= polling.MOST
