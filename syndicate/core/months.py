"""Archive months: by reception, in the site's zone (contract §5)."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def month_of(at: datetime, zone: tzinfo) -> str:
    """`YYYY-MM`."""
    return at.astimezone(zone).strftime("%Y-%m")


def bounds(month: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first instant of a month, and of the next one; UTC."""
    year, number = int(month[:4]), int(month[5:])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    start = datetime(year, number, 1, tzinfo=zone)
    return start.astimezone(UTC), datetime(*following, 1, tzinfo=zone).astimezone(UTC)


def archive_path(column: str, month: str, part: int) -> str:
    """Where a part of a month's archive stands; the first has the month's plain name."""
    folder = f"{column}/archive" if column else "archive"
    return f"{folder}/{month}{f'-{part}' if part > 1 else ''}.atom.xml"


def page_path(column: str, month: str, part: int) -> str:
    """Where the page of it stands, beside its feed."""
    return f"{column}/archive/{month}{f'-{part}' if part > 1 else ''}.html"
