"""The copies of the database that `serve` keeps: their names, when one is due, which may go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_NAME = re.compile(r"syndicate-(\d{8}T\d{6}Z)\.db")
_FORM = "%Y%m%dT%H%M%SZ"
_EVERY = timedelta(hours=20)  # a day, less what a run may come late


def name(at: datetime) -> str:
    """The file of a copy that is taken at a moment."""
    return f"syndicate-{at.astimezone(UTC).strftime(_FORM)}.db"


def taken(file: str) -> datetime | None:
    """When a file of this name was taken; None where it is no copy of ours."""
    found = _NAME.fullmatch(file)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_due(files: Iterable[str], now: datetime) -> bool:
    """Whether none of these was taken within the day. One of the future (a clock that was wrong)
    does not count."""
    times = [at for each in files if (at := taken(each)) is not None and at <= now]
    return not times or now - max(times) >= _EVERY


def surplus(files: Iterable[str], keep: int) -> list[str]:
    """Which copies may go, so that the newest `keep` stay; other files are not ours."""
    ours = sorted(each for each in files if taken(each) is not None)
    return ours[: max(len(ours) - keep, 0)]
