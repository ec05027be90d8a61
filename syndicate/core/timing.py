"""When an entry may be out: after its embargo, before the end of its term.

What a source states (front matter, `dcterms:valid`, PRISM) becomes two instants of the entry;
`timed` says what they make of it at a moment, and is asked whenever an entry is about to be
stored, and of every entry whose time has come.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from syndicate.model import EMBARGOED, Entry, GivenDate, ParsedEntry, Status

_PART = re.compile(r"\s*(start|end|name|scheme)\s*=\s*([^;]*)", re.I)
_INTERVAL = re.compile(r"\s*(?P<start>[\d:T+.Z-]*)\s*/\s*(?P<end>[\d:T+.Z-]*)\s*")
EXPIRED = "expired on "
UNREADABLE = "its embargo could not be read: "


def period(text: str | None) -> tuple[GivenDate | None, GivenDate | None]:
    """Start and end of a `dcterms:valid`: a DCMI Period, an ISO 8601 interval, or one date, which
    is the end."""
    if not text:
        return None, None
    from syndicate.core import dates  # 20 ms of patterns, and few entries have a time of their own

    parts = {name.lower(): value.strip() for name, value in _PART.findall(text)}
    if "start" in parts or "end" in parts:
        return dates.read_date(parts.get("start", "")), dates.read_date(parts.get("end", ""))
    if match := _INTERVAL.fullmatch(text):
        return dates.read_date(match["start"]), dates.read_date(match["end"])
    return None, dates.read_date(text)


def to_period(start: datetime | None, end: datetime | None) -> str | None:
    """A DCMI Period (DCMI Period Encoding Scheme), as Media RSS uses it; None for none."""
    said = [("start", start), ("end", end)]
    parts = [f"{name}={at.isoformat(timespec='seconds')}" for name, at in said if at]
    return "; ".join([*parts, "scheme=W3C-DTF"]) if parts else None


def stated(parsed: ParsedEntry, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The instants from which and until which an entry may be out, as its source says.

    An embargo until a day ends as that day begins; a term until a day has that whole day.
    """
    begins = _utc(parsed.embargo.earliest(zone)) if parsed.embargo else None
    try:
        ends = _utc(parsed.expires.after(zone)) if parsed.expires else None
    except (OverflowError, ValueError):  # the end of the calendar
        ends = None
    return begins, ends


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def unreadable(parsed: ParsedEntry) -> str:
    """Why an entry has to wait for an editor: an embargo in words that are no date; "" if not."""
    found = [text for field, text in parsed.raw_dates if field == "embargo"]
    return UNREADABLE + ", ".join(map(repr, found)) if found and not parsed.embargo else ""


def timed(entry: Entry, now: datetime, zone: tzinfo) -> Entry:
    """What its times make of an entry at a moment.

    What is published waits for the end of its embargo, and is over at the end of its term; what
    waited, or was over, is published when its source or time says so. Whatever else keeps an
    entry back is left alone.
    """
    if not (entry.status in (Status.PUBLISHED, Status.EXPIRED) or entry.is_embargoed):
        return entry
    if entry.expires is not None and entry.expires <= now:
        status, reason = Status.EXPIRED, EXPIRED + _text(entry.expires, zone)
    elif entry.not_before is not None and now < entry.not_before:
        status, reason = Status.HELD, EMBARGOED + _text(entry.not_before, zone)
    else:
        status, reason = Status.PUBLISHED, ""
    if (status, reason) == (entry.status, entry.held_for):
        return entry
    return replace(entry, status=status, held_for=reason)


def _text(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")


def last(expires: datetime, zone: tzinfo) -> str:
    """The end of a term as readers see it: its last day, or its time."""
    local = expires.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        return (local - timedelta(days=1)).date().isoformat()
    return local.strftime("%Y-%m-%d %H:%M")
