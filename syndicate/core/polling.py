"""When a source is polled next: its past and an answer in, its new rhythm out.

Never faster than the source allows, between ten minutes and a day by what it brought lately,
ever more rarely while it fails, and never given up but for 410 Gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syndicate.model import Health, Move, Rhythm

LEAST = timedelta(minutes=10)
MOST = timedelta(days=1)
# A permanent redirect counts once it was seen for this long and so often
MOVED_FOR = timedelta(days=2)
MOVED_POLLS = 3
# After so many failures at the address that it moved to, the configured one is asked again
_BACK_AFTER = 5
_REMEMBERED = 20
_SLOWER = 1.5
_PERIOD = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What one poll brought, as far as the next depends on it.

    `status` None where there was no answer; `error` says what failed, None for a success (a
    304 is one). `arrivals` are the times of entries that are new with this poll. `ttl_minutes`,
    `skip_hours` (GMT) and `skip_days` (English names) are the feed's own wishes, as last read.
    """

    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    cache_control: str | None = None
    expires: str | None = None
    date: str | None = None
    moved_to: str | None = None
    ttl_minutes: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    arrivals: tuple[datetime, ...] = ()


def every(text: str) -> timedelta | None:
    """The fixed period behind a source's `every`; None for `auto`."""
    match = _PERIOD.fullmatch(text.strip().lower())
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def next_poll(
    past: Rhythm, answer: Answer, now: datetime, jitter: float, fixed: timedelta | None = None
) -> Rhythm:
    """The rhythm after an answer. `jitter` in 0..0.1 spreads sources that would move together;
    `fixed` is the period that the operator set."""
    if answer.status == _GONE and not past.url:
        return replace(
            past,
            health=Health.GONE,
            error=answer.error or "HTTP 410 Gone",
            failures=past.failures + 1,
            last=now,
            next=None,
        )
    if answer.error is not None:
        return _failed(past, answer, now, jitter, fixed)
    return _went_well(past, answer, now, jitter, fixed)


def _failed(
    past: Rhythm, answer: Answer, now: datetime, jitter: float, fixed: timedelta | None
) -> Rhythm:
    failures = past.failures + 1
    wait = _spread(max(_backoff(failures), fixed or LEAST), jitter)
    wait = max(wait, retry_after(answer.retry_after, now) or LEAST)
    is_lost = answer.status == _GONE or failures >= _BACK_AFTER
    return replace(
        past,
        url="" if is_lost else past.url,
        health=Health.FAILING,
        error=answer.error,
        failures=failures,
        last=now,
        next=now + wait,
    )


def _went_well(
    past: Rhythm, answer: Answer, now: datetime, jitter: float, fixed: timedelta | None
) -> Rhythm:
    arrivals = _remember(past.arrivals, answer.arrivals, now)
    interval = learned(arrivals, past, now)
    wait = fixed if fixed is not None else _spread(interval, jitter)
    due = _not_skipped(now + max(wait, floor(answer, now)), answer, now)
    url, move = _moved(past, answer, now)
    return Rhythm(
        url=url,
        health=Health.OK,
        last=now,
        next=due,
        interval=interval,
        arrivals=arrivals,
        move=move,
    )


def _backoff(failures: int) -> timedelta:
    return min(MOST, LEAST * (1 << min(failures - 1, 16)))


def _spread(wait: timedelta, jitter: float) -> timedelta:
    longer = wait * (1 + jitter)
    return longer if longer <= MOST else MOST * (1 - jitter)


def _remember(
    known: Iterable[datetime], new: Iterable[datetime], now: datetime
) -> tuple[datetime, ...]:
    # What comes at one time is one arrival: a source that brings twenty each morning is daily
    times: list[datetime] = []
    for time in sorted({min(time, now) for time in (*known, *new)}):
        if not times or time - times[-1] >= LEAST:
            times.append(time)
    return tuple(times[-_REMEMBERED:])


def learned(arrivals: tuple[datetime, ...], past: Rhythm, now: datetime) -> timedelta:
    """How long to wait by what a source brought: half of the mean time between its entries.

    The time since the last one counts, so that a source which falls silent is asked ever more
    rarely; one that never brought anything slows down with each poll.
    """
    if not arrivals:
        interval = past.interval * _SLOWER if past.last is not None else past.interval
    else:
        interval = (now - arrivals[0]) / len(arrivals) / 2
    return min(MOST, max(LEAST, interval))


def floor(answer: Answer, now: datetime) -> timedelta:
    """The least wait that a source asks for by any means; each counts for a day at most."""
    asked = [
        retry_after(answer.retry_after, now),
        max_age(answer.cache_control),
        _expires(answer, now),
        timedelta(minutes=min(answer.ttl_minutes or 0, 24 * 60)),
    ]
    if max_age(answer.cache_control) is not None:
        asked[2] = None  # max-age outranks Expires (RFC 9111, 5.3)
    return min(MOST, max(wait for wait in (*asked, timedelta(0)) if wait is not None))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """How long the server asks us to wait: delay-seconds or HTTP-date (RFC 9110, 10.2.3).

    None where it is malformed or not in the future; at most one day. Never raises.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), 86400))
    else:
        at = http_date(text)
        if at is None:
            return None
        wait = at - now
    return min(wait, MOST) if wait > timedelta(0) else None


def max_age(cache_control: str | None) -> timedelta | None:
    """How long an answer stays fresh by Cache-Control, a day at most (RFC 9111, 5.2.2)."""
    directives = [part.strip().lower() for part in (cache_control or "").split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(0)
    for directive in directives:
        name, _, value = directive.partition("=")
        value = value.strip('" ')
        if name.strip() == "max-age" and value.isascii() and value.isdigit():
            return timedelta(seconds=min(int(value[:9]), 86400))
    return None


def _expires(answer: Answer, now: datetime) -> timedelta | None:
    at = http_date(answer.expires)
    if at is None:
        return None
    # The server's clock may be wrong: Expires counts from its own Date
    wait = at - (http_date(answer.date) or now)
    return min(wait, MOST) if wait > timedelta(0) else None


def http_date(text: str | None) -> datetime | None:
    """An HTTP-date (RFC 9110, 5.6.7), None where it is none."""
    try:
        at = parsedate_to_datetime((text or "").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def _not_skipped(due: datetime, answer: Answer, now: datetime) -> datetime:
    """The first moment from `due` on in no skipped hour or day, a day later at most."""
    hours = {hour % 24 for hour in answer.skip_hours}
    days = {day.strip().lower() for day in answer.skip_days}
    if not hours and not days:
        return due
    at = due.astimezone(UTC)
    latest = max(at, now.astimezone(UTC) + MOST)
    while at < latest and (at.hour in hours or _DAYS[at.weekday()] in days):
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(at, latest).astimezone(due.tzinfo)


def _moved(past: Rhythm, answer: Answer, now: datetime) -> tuple[str, Move | None]:
    target = answer.moved_to
    if not target or target == past.url:
        return past.url, None
    if past.move is None or past.move.url != target:
        return past.url, Move(target, now)
    move = replace(past.move, polls=past.move.polls + 1)
    if now - move.since >= MOVED_FOR and move.polls >= MOVED_POLLS:
        return target, None
    return past.url, move
