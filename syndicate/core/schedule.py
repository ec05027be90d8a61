"""When editions are due: cron as cron counts (0 and 7 are Sunday), in local time.

APScheduler's CronTrigger matches the fields; its weekdays count from Monday, so that numbers are
put into names first. Times are wall-clock times of the digest's zone, without an offset: an
edition is keyed by them, and so a time that comes twice when summer time ends counts once, and
one that summer time skips is due with the first moment after the gap.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# What most schedules are: sound without asking
_PLAIN = re.compile(r"([0-5]?\d) (\*|[01]?\d|2[0-3]) \* \* (\*|[0-7])")
_WINDOWS = tuple(timedelta(hours=h) for h in (1, 6, 24, 24 * 7, 24 * 32, 24 * 367, 24 * 366 * 8))


def is_once_a_day(schedule: str) -> bool:
    """Whether a day has one of its times at most, told by its form: one minute, one hour."""
    fields = _NAMED.get(schedule.strip().lower(), schedule).split()
    return len(fields) == 5 and fields[0].isdigit() and fields[1].isdigit()


def problem(schedule: str) -> str | None:
    """What is wrong with a cron expression; None where it is one."""
    if _PLAIN.fullmatch(schedule):
        return None
    try:
        trigger = _trigger(schedule)
        if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
            return f"{schedule!r} never comes"
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return f'{schedule!r} is no cron expression such as "0 8 * * 1-5": {error}'
    return None


@lru_cache(maxsize=256)
def _trigger(schedule: str) -> Any:
    fields = _NAMED.get(schedule.strip().lower(), schedule).split()
    if len(fields) != 5:
        raise ValueError("it should have five fields")
    minute, hour, day, month, weekday = fields
    return _on(minute, hour, month, day.replace("?", "*"), weekday.replace("?", "*"))


def _on(minute: str, hour: str, month: str, day: str, weekday: str) -> Any:
    """Cron's days: where both are narrowed, those that match either (crontab(5))."""
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    both = not day.startswith("*") and not weekday.startswith("*")
    pairs = [(day, "*"), ("*", weekday)] if both else [(day, weekday)]
    triggers = [
        CronTrigger(
            minute=minute,
            hour=hour,
            day=each,
            month=month.lower(),
            day_of_week=_weekdays(on),
            timezone=UTC,
        )
        for each, on in pairs
    ]
    return triggers[0] if len(triggers) == 1 else OrTrigger(triggers)


def _weekdays(field: str) -> str:
    """Cron's weekdays as names: `1-5` is mon to fri, `0` and `7` Sunday, `5-7` wraps rightly."""
    parts = []
    for part in field.lower().split(","):
        match = re.fullmatch(r"([a-z]{3}|\d)(?:-([a-z]{3}|\d))?(?:/(\d+))?", part)
        if match is None:
            if not re.fullmatch(r"\*(/\d+)?", part):
                raise ValueError(f"{part!r} is no weekday")
            parts += _every(part)
            continue
        first = _number(match[1])
        last = _number(match[2]) if match[2] else (6 if match[3] else first)
        if last < first:
            last += 7
        step = int(match[3] or 1)
        parts += [_DAYS[n % 7] for n in range(first, last + 1, max(step, 1))]
    return ",".join(dict.fromkeys(parts))


def _every(part: str) -> list[str]:
    step = int(part[2:]) if part.startswith("*/") else 1
    if step < 1:
        raise ValueError("a step is at least 1")
    return ["*"] if step == 1 else [_DAYS[n] for n in range(0, 7, step)]


def _number(name: str) -> int:
    if name.isdigit():
        if int(name) > 7:
            raise ValueError(f"{name} is no weekday: 0 to 7")
        return int(name)
    return _DAYS.index(name)


def _wall(at: datetime, zone: str) -> datetime:
    """The wall-clock time of a moment in a zone, dressed as UTC for the trigger."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC, fold=0)


def instant(local: datetime, zone: str) -> datetime:
    """The moment of a local time; the first of two, the end of the gap for one that is skipped."""
    place = ZoneInfo(zone)
    at = local.replace(tzinfo=place, fold=0).astimezone(UTC)
    if at.astimezone(place).replace(tzinfo=None) == local:
        return at
    # Reckoned by the offset after the gap it lies before the gap's end, by the one before, behind
    before = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    while at - before > timedelta(seconds=1):
        middle = before + (at - before) // 2
        if middle.astimezone(place).utcoffset() == before.astimezone(place).utcoffset():
            before = middle
        else:
            at = middle
    return at.replace(microsecond=0)


def latest_due(schedule: str, zone: str, since: datetime, now: datetime) -> datetime | None:
    """The latest local time (naive) that was due after `since` and not after `now`."""
    wall = _wall(now, zone)
    trigger = _trigger(schedule)
    for window in _WINDOWS:
        found = _last_in(trigger, wall - window, wall)
        if found is not None:
            local = found.replace(tzinfo=None)
            return local if instant(local, zone) > since else None
        if wall - window < _wall(since, zone):
            return None
    return None


def _last_in(trigger: Any, start: datetime, end: datetime) -> datetime | None:
    last, at = None, start
    while True:
        fired: datetime | None = trigger.get_next_fire_time(None, at)
        if fired is None or fired > end:
            return last
        last, at = fired, fired + timedelta(seconds=1)


def next_due(schedule: str, zone: str, now: datetime) -> datetime | None:
    """The next local time (naive) after `now`."""
    after = _wall(now, zone) + timedelta(microseconds=1)
    fired: datetime | None = _trigger(schedule).get_next_fire_time(None, after)
    return fired.replace(tzinfo=None) if fired else None


def of_day(schedule: str, zone: str, now: datetime) -> datetime:
    """The local time in whose place an edition that is sent by hand stands.

    The next one of that local day, else its last, else the day's beginning: so that sending
    twice in one day is one edition.
    """
    wall = _wall(now, zone)
    start = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1) - timedelta(seconds=1)
    trigger = _trigger(schedule)
    following: datetime | None = trigger.get_next_fire_time(None, wall)
    if following is not None and following <= end:
        return following.replace(tzinfo=None)
    last = _last_in(trigger, start, end)
    return (last or start).replace(tzinfo=None)
